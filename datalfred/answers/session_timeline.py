"""What happened in a turn, as lines of a timeline. No line is Markdown yet."""

from collections.abc import Iterator

from datalfred.answers.observations import failed, parse
from datalfred.answers.session import Outcome
from datalfred.answers.turns import PastTurn
from datalfred.bedrock.runtime import (
    AgentAsked,
    Event,
    Failed,
    GuardrailActed,
    OperationReturned,
    Retrieved,
)

_LONGEST = 160
ENDED: dict[Outcome, str] = {
    "answered": "The question was answered",
    "abstained": "The agents abstained",
    "blocked": "The guardrail blocked the question or its answer",
    "stopped": "The person stopped the answer",
    "failed": "The question was not answered",
}
"""How a turn ended, as a sentence without its end."""


def timeline(turn: PastTurn, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Moments and what happened then; a moment that nobody knows is empty.

    Args:
        turn: as it was kept.
        outcome: how it ended.
    """
    who = turn.user or "Somebody"
    yield turn.asked_at, f"{who} asked: {_brief(turn.question)}"
    screened = any(
        isinstance(event, GuardrailActed) and event.action == "INTERVENED" for event in turn.events
    )
    for moment in turn.moments:
        if not screened and (words := _words(moment.event)):
            yield moment.at, words
    if turn.traced:
        ended = turn.moments[-1].at if turn.moments else turn.asked_at
        yield ended, f"{ENDED[outcome]}{_why(turn)}."


def _words(event: Event) -> str:
    if isinstance(event, AgentAsked):
        return f"{event.by} asked {event.agent}."
    if isinstance(event, Retrieved):
        found = "found nothing" if not event.passages else f"found {len(event.passages)}"
        return f"{event.agent} looked for passages of runbooks and {found}."
    if isinstance(event, OperationReturned):
        called = f"{event.agent} called {event.action_group}.{event.operation}"
        return f"{called}, which {'failed' if failed(parse(event.body)) else 'succeeded'}."
    return ""


def _why(turn: PastTurn) -> str:
    failure = next((each for each in turn.events if isinstance(each, Failed)), None)
    return f": {_brief(failure.message).rstrip('.')}" if failure else ""


def _brief(text: str) -> str:
    on_one_line = " ".join(text.split())
    return on_one_line if len(on_one_line) <= _LONGEST else f"{on_one_line[:_LONGEST]}…"
