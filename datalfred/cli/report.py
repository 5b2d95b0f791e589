"""``datalfred report``: an incident or a session in Markdown, for whoever was not there."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from datalfred.cli.options import Target, check_session_id, target_options
from datalfred.errors import DatalfredError, OperatorError


@click.command()
@click.argument("pipeline", default="")
@click.option("--execution", metavar="ARN", default="", help="The execution; wins over PIPELINE.")
@click.option(
    "--session",
    metavar="ID",
    callback=check_session_id,
    help="Tell this session instead: what was asked, done, found and spent.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of the terminal.",
)
@target_options
def report(
    target: Target, pipeline: str, execution: str, session: str | None, output: Path | None
) -> None:
    """Write an incident report in Markdown, from the records alone.

    PIPELINE is a name or a fragment of one: its newest failure is told, else its newest execution;
    without it the newest failure of any pipeline. On AWS it reads with your own credentials.

    With --session the report tells a session that was asked on this laptop, from what was kept of
    it: also one that has ended.
    """
    if session is None:
        text = _incident(target, pipeline.strip(), execution.strip())
    elif pipeline or execution:
        raise click.UsageError("--session tells a session: name no pipeline or execution with it.")
    else:
        text = _session(target, session)
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, "utf-8")
        click.echo(f"wrote {output}")


def _incident(target: Target, pipeline: str, execution: str) -> str:
    from datalfred.answers.report import incident_report
    from datalfred.cli.connection import connect
    from datalfred.lake.pipelines import diagnosis

    with connect(target) as connection:
        found = diagnosis.diagnose(diagnosis.choose(pipeline, execution))
        arn = found.execution.arn
        approvals = [each for each in _approvals(connection) if each["target"] == arn]
        where = connection.target
    return incident_report(found, approvals, target=where, written_at=_now())


def _session(target: Target, session_id: str) -> str:
    from datalfred.answers.session_report import session_report
    from datalfred.cli.past_session import known_session

    session = known_session(target, session_id)
    # Only what became of an approval needs a stack that runs.
    if asked := {each.id for each in session.asked}:
        approvals, gaps = _outcomes(target, asked)
        session = replace(session, approvals=approvals, gaps=(*session.gaps, *gaps))
    where = session.turns[-1].target or f"local: {target.project}-{target.stage}"
    return session_report(session, target=where, written_at=_now())


def _outcomes(target: Target, asked: Collection[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """What became of approvals, and why that is not known; a report is no less for it."""
    from datalfred.cli.connection import connect

    try:
        with connect(target) as connection:
            return [each for each in _approvals(connection) if each["id"] in asked], []
    except DatalfredError as problem:
        return [], [f"The approver could not be asked: {problem.message}"]


def _approvals(connection: Any) -> list[dict[str, Any]]:
    """All that was asked of people, what is over first; none where there is no approver."""
    try:
        door = connection.approvals()
    except OperatorError:
        return []
    over = door.send({"action": "history"})["history"]
    waiting = door.send({"action": "list"})["approvals"]
    return list({each["id"]: each for each in (*waiting, *over)}.values())


def _now() -> str:
    from datalfred.lake import moments

    return moments.iso(moments.now())
