"""``datalfred stage smoke``: real questions to a stage, and what each took and cost."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import click

from datalfred.cli.options import Target, target_options
from datalfred.cli.render.words import printable
from datalfred.errors import CorrectableError, DatalfredError, RefusedError

if TYPE_CHECKING:
    from datalfred.answers.models import Answer
    from datalfred.approvals.door import ApprovalsDoor
    from datalfred.bedrock.adapter import BedrockAgentRuntime
    from datalfred.cli.connection import Connection

QUESTIONS = {
    "data_analyst": "Which databases are there?",
    "run_guy": "Which pipelines are there?",
}
"""What each collaborator is asked; it reads names, never data."""

_LOCAL_PIPELINE = "orders-ingestion"
"""The demo lake's pipeline that has failed and can be redriven."""
_NOBODYS_ID = "0" * 32
_SHOWN = 70


@dataclass(frozen=True)
class Outcome:
    """One thing that was tried.

    Attributes:
        what: in words.
        well: whether it went as it must.
        detail: what was seen.
        asked: whether a model was.
        cost_usd: of the model; None where none was asked, or its price is not known.
        seconds: how long it took.
    """

    what: str
    well: bool
    detail: str
    asked: bool = False
    cost_usd: float | None = None
    seconds: float = 0.0


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--pipeline",
    default="",
    help="A pipeline that has failed: ask to redrive it, and deny that.  [on aws default: none]",
)
@target_options
def smoke(target: Target, *, pipeline: str, as_json: bool) -> None:
    """Ask each collaborator a question, list approvals, have a request denied.

    Nothing is changed: what is asked for is denied at once. On AWS the questions cost what the
    model costs.
    """
    from datalfred.cli.connection import connect

    if target.kind == "local":
        pipeline = pipeline or _LOCAL_PIPELINE
    outcomes = []
    with connect(target) as connection:
        connection.runtime()  # a stage that is not there is said once
        for trial in _trials(connection, pipeline):
            outcomes.append(outcome := _timed(*trial))
            if not as_json:
                click.echo(_line(outcome))
    if as_json:
        click.echo(json.dumps([asdict(outcome) for outcome in outcomes]))
    else:
        click.echo(_total(outcomes, connection.target))
    if not all(outcome.well for outcome in outcomes):
        raise click.exceptions.Exit(1)


Trial = Callable[[], Outcome]


def _trials(connection: "Connection", pipeline: str) -> Iterator[tuple[str, Trial]]:
    for agent, text in QUESTIONS.items():
        yield f"{agent} answers", partial(_asked, connection, agent, text)
    yield "approvals are listed", partial(_listed, connection)
    if pipeline:
        yield "a request is denied", partial(_denied, connection, pipeline)
    yield "an unknown request is not found", partial(_not_found, connection)


def _timed(what: str, trial: Trial) -> Outcome:
    began = time.monotonic()
    try:
        outcome = trial()
    except DatalfredError as error:
        outcome = Outcome(what, well=False, detail=f"{error.message} {error.hint}".strip())
    return replace(outcome, what=what, seconds=round(time.monotonic() - began, 2))


def _asked(connection: "Connection", agent: str, text: str) -> Outcome:
    answer = _answer(connection, connection.runtime(), text)
    # A model may correct itself: what fails before it succeeds is no failure.
    used = [
        each.operation
        for each in answer.operations
        if each.agent == agent and each.status == "succeeded"
    ]
    seen = f"{', '.join(used)}: {answer.answer}" if used else f"no operation: {answer.answer}"
    well = bool(used) and not answer.abstained
    return Outcome("", well, seen, asked=True, cost_usd=answer.cost_usd)


def _answer(connection: "Connection", runtime: "BedrockAgentRuntime", text: str) -> "Answer":
    from datalfred.cli.render.screen import QuietScreen
    from datalfred.cli.turn import session_of, take_turn

    with session_of(runtime, None) as session:
        return take_turn(connection, runtime, text, session, QuietScreen(traced=False))


def _listed(connection: "Connection") -> Outcome:
    waiting = connection.approvals().send({"action": "list"})["approvals"]
    return Outcome("", well=True, detail=f"{len(waiting)} wait")


def _denied(connection: "Connection", pipeline: str) -> Outcome:
    """Asks for a redrive and denies it; somebody else's request for the same is left alone."""
    door = connection.approvals()
    before = {each["id"] for each in door.send({"action": "list"})["approvals"]}
    answer = _answer(connection, connection.runtime(), f"redrive {pipeline}")
    well, seen = _withdrawn(connection, door, answer, before)
    return Outcome("", well, seen, asked=True, cost_usd=answer.cost_usd)


def _withdrawn(
    connection: "Connection", door: "ApprovalsDoor", answer: "Answer", before: set[str]
) -> tuple[bool, str]:
    """Whether what the answer asks for came to its right end, and which that was."""
    asked = [each.id for each in answer.pending_approvals]
    if before.intersection(asked):
        return True, f"{asked[0]} is left alone: somebody else asked for it before"
    if asked:
        states = [_deny(door, each) for each in asked]
        return set(states) == {"DENIED"}, f"{asked[0]} is {states[0]}"
    if not connection.user and any(each.status == "failed" for each in answer.operations):
        return True, "refused, as it must be: on AWS a terminal proves nobody to the agents"
    return False, f"nothing was asked for: {answer.answer}"


def _deny(door: "ApprovalsDoor", approval_id: str) -> str:
    decided = door.send({"action": "deny", "id": approval_id})
    return str(decided["approval"]["state"])


def _not_found(connection: "Connection") -> Outcome:
    """Proves URL, signature, function and table where nothing waits to be denied."""
    try:
        state = _deny(connection.approvals(), _NOBODYS_ID)
    except RefusedError:
        raise
    except CorrectableError as error:
        return Outcome("", well=True, detail=error.message)
    return Outcome("", well=False, detail=f"{_NOBODYS_ID} is {state}")


def _line(outcome: Outcome) -> str:
    mark = "ok  " if outcome.well else "FAIL"
    words = " ".join(outcome.detail.split())
    if outcome.well and len(words) > _SHOWN:
        words = f"{words[:_SHOWN]}…"
    cost = f"  {_usd(outcome.cost_usd)}" if outcome.asked else ""
    return printable(f"{mark}  {outcome.what}  {outcome.seconds:.1f} s{cost}  {words}")


def _usd(cost: float | None) -> str:
    return "cost unknown" if cost is None else f"${cost:.4f}"


def _total(outcomes: list[Outcome], target: str) -> str:
    well = sum(outcome.well for outcome in outcomes)
    seconds = sum(outcome.seconds for outcome in outcomes)
    costs = [outcome.cost_usd for outcome in outcomes if outcome.asked]
    known = [cost for cost in costs if cost is not None]
    total = sum(known) if len(known) == len(costs) else None
    return f"{target}: {well} of {len(outcomes)} went well, {seconds:.1f} s, {_usd(total)}"
