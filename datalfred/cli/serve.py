"""``datalfred local``: serves the embedded AWS until it is stopped."""

import logging
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalfred.cli.options import check_stack_name
from datalfred.local import collecting

if TYPE_CHECKING:
    from datalfred.local.seeding import Seeding
    from datalfred.local.stack import Stack

_POLL_SECONDS = 0.1


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=4566,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--lake",
    default="demo",
    show_default=True,
    help="`demo`, or a folder of Parquet, CSV and JSON files.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where sessions and approvals are kept.",
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the exports to this file, too.",
)
@click.option(
    "-p",
    "--project-name",
    default="demo",
    show_default=True,
    callback=check_stack_name,
    help="Project of the stack.",
)
@click.option(
    "-s",
    "--stage-name",
    default="local",
    show_default=True,
    callback=check_stack_name,
    help="Stage of the stack.",
)
@click.option("--coverage", is_flag=True, help="List what the embedded AWS does, and end.")
@click.option("--json", "as_json", is_flag=True, help="With --coverage: print JSON.")
def local(
    *,
    port: int,
    lake: str,
    state: Path | None,
    env_file: Path | None,
    project_name: str,
    stage_name: str,
    coverage: bool,
    as_json: bool,
) -> None:
    """Serve the lake and its agents on one port, for boto3, the aws CLI and any SDK."""
    if coverage:
        from datalfred.cli.coverage import show

        show(as_json=as_json)
        return
    if as_json:
        raise click.UsageError("--json goes with --coverage.")
    from datalfred.cli.progress import progress
    from datalfred.local import stack

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", force=True)
    with progress() as report:
        opened = stack.start(
            project_name, stage_name, lake=lake, state=state, port=port, progress=report
        )
    with opened as running:
        environment = running.environment()
        if env_file:
            _write(env_file, environment)
        click.echo(f"Serving {running.lake} at {running.endpoint}. In another terminal:\n")
        click.echo("\n".join(f"export {name}={value}" for name, value in environment.items()))
        click.echo("\nStop with Ctrl-C.")
        sys.stdout.flush()
        _until_stopped(running)


def _write(env_file: Path, environment: Mapping[str, str]) -> None:
    lines = "".join(f"{name}={value}\n" for name, value in environment.items())
    try:
        env_file.write_text(lines, "utf-8")
    except OSError as error:
        raise click.UsageError(f"{env_file} cannot be written: {error.strerror}.") from error


def _until_stopped(running: "Stack") -> None:
    """Waits for Ctrl-C or a termination; the stack then closes as it should.

    Raises:
        LocalStackError: the lake cannot be served; a port that answers nothing helps nobody.
    """
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    seeding = running.seeding
    assert seeding is not None  # noqa: S101 -- this process runs the stack
    while not seeding.wait(0) and not stopped.wait(_POLL_SECONDS):
        _raise_failure(seeding)
    _raise_failure(seeding)
    collecting.settle()
    stopped.wait()


def _raise_failure(seeding: "Seeding") -> None:
    if seeding.failure:
        raise seeding.failure
