"""A turn as it is kept: the question, and what happened, each event with its moment.

It is text in and text out, so that whoever keeps it need know no event. Of a turn in which the
guardrail intervened only its words, tokens and failure are kept: nobody screened the rest.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Citation,
    Event,
    Failed,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Text,
)

_KEPT: dict[str, type[Any]] = {
    each.__name__: each
    for each in (
        *(AgentAnswered, AgentAsked, Citation, Failed, GuardrailActed, ModelUsed),
        *(OperationCalled, OperationReturned, Retrieved, Text),
    )
}
"""What is kept; what an agent said to itself is not."""
_SCREENED = (Failed, GuardrailActed, ModelUsed, Text)


@dataclass(frozen=True)
class Moment:
    """Something that happened, and when it was seen: ISO 8601 UTC, empty when nobody knows."""

    at: str
    event: Event


@dataclass(frozen=True)
class PastTurn:
    """A turn that is over.

    Attributes:
        question: what the person wrote.
        asked_at: ISO 8601 UTC; empty when nobody knows.
        user: proved identity of the person; empty when unproved.
        target: which lake or deployment was asked.
        moments: what happened, in its order.
        traced: whether all that happened was kept, or the words alone.
        finished: whether the turn came to its end; a person may have stopped it.
    """

    question: str
    asked_at: str
    user: str
    target: str
    moments: tuple[Moment, ...]
    traced: bool = True
    finished: bool = True

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened, without the moments."""
        return tuple(moment.event for moment in self.moments)


def written(turn: PastTurn) -> str:
    """The turn as JSON."""
    screened = any(
        isinstance(event, GuardrailActed) and event.action == "INTERVENED" for event in turn.events
    )
    moments = [
        [moment.at, type(moment.event).__name__, asdict(moment.event)]
        for moment in turn.moments
        if type(moment.event).__name__ in _KEPT
        and (not screened or isinstance(moment.event, _SCREENED))
    ]
    said = {each.name: getattr(turn, each.name) for each in fields(turn)}
    return json.dumps({**said, "moments": moments})


def read(text: str) -> PastTurn:
    """The turn that was written; what this version does not know of it is left out.

    Raises:
        ValueError: the text is no turn.
    """
    try:
        given = json.loads(text)
        moments = tuple(_moments(given.pop("moments")))
        known = {each.name for each in fields(PastTurn)}
        return PastTurn(
            **{name: value for name, value in given.items() if name in known}, moments=moments
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"This is no turn: {error}") from error


def _moments(given: Iterable[tuple[str, str, Mapping[str, Any]]]) -> Iterable[Moment]:
    for at, kind, values in given:
        if kind in _KEPT:
            yield Moment(at, _event(_KEPT[kind], dict(values)))


def _event(kind: type[Any], values: dict[str, Any]) -> Any:
    if kind is Retrieved:
        values["passages"] = tuple(Citation(**each) for each in values["passages"])
    return kind(**values)
