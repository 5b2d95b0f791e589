"""Progress of anything over a second, on stderr: a spinner for a person, lines for a log."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Report = Callable[[str, float], None]

_PATIENCE_SECONDS = 1.0


@contextmanager
def progress() -> Iterator[Report]:
    """Gives a function that reports a step and the fraction (0 to 1) that is done."""
    if sys.stderr.isatty():
        with _spinner() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _spinner() -> Iterator[Report]:
    from rich.console import Console

    with Console(stderr=True).status("Starting") as status:

        def report(step: str, fraction: float) -> None:
            status.update(f"{step} [dim]{fraction:.0%}[/dim]" if fraction else step)

        yield report


def _lines() -> Report:
    began, said = time.monotonic(), set[str]()

    def report(step: str, _fraction: float) -> None:
        if step not in said and time.monotonic() - began > _PATIENCE_SECONDS:
            said.add(step)
            click.echo(f"{step} ...", err=True)

    return report
