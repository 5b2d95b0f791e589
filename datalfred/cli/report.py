"""``datalfred report``: an incident in Markdown, for whoever was not there."""

from pathlib import Path
from typing import Any

import click

from datalfred.cli.options import Target, target_options
from datalfred.errors import OperatorError


@click.command()
@click.argument("pipeline", default="")
@click.option("--execution", metavar="ARN", default="", help="The execution; wins over PIPELINE.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the terminal.",
)
@target_options
def report(target: Target, pipeline: str, execution: str, output: Path | None) -> None:
    """Write an incident report in Markdown, from the records alone.

    PIPELINE is a name or a fragment of one: its newest failure is told, else its newest execution;
    without it the newest failure of any pipeline. On AWS it reads with your own credentials.
    """
    from datalfred.cli.connection import connect
    from datalfred.lake.pipelines import diagnosis

    with connect(target) as connection:
        found = diagnosis.diagnose(diagnosis.choose(pipeline.strip(), execution.strip()))
        text = _told(found, _approvals(connection, found.execution.arn), connection.target)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"wrote {output}")


def _told(found: Any, approvals: list[dict[str, Any]], target: str) -> str:
    from datalfred.answers.report import incident_report
    from datalfred.lake import moments

    return incident_report(found, approvals, target=target, written_at=moments.iso(moments.now()))


def _approvals(connection: Any, execution_arn: str) -> list[dict[str, Any]]:
    """What was asked about this execution, what is over first; none where there is no approver."""
    try:
        door = connection.approvals()
    except OperatorError:
        return []
    over = door.send({"action": "history"})["history"]
    waiting = door.send({"action": "list"})["approvals"]
    known = {each["id"]: each for each in (*waiting, *over)}
    return [each for each in known.values() if each["target"] == execution_arn]
