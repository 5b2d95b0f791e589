"""What is known of a session after the fact: its turns, and what they say put together again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from datalfred.answers.assemble import AnswerBuilder, statements
from datalfred.answers.models import Answer, ApprovalUse, SqlUse
from datalfred.answers.observations import parse
from datalfred.answers.turns import PastTurn
from datalfred.bedrock.runtime import Failed, OperationReturned
from datalfred.lake.pipelines.models import Diagnosis

Outcome = Literal["answered", "abstained", "blocked", "stopped", "failed"]


@dataclass(frozen=True)
class Session:
    """What is known of a session.

    Attributes:
        id: of the session.
        turns: those that were kept, oldest first.
        is_open: whether it can be continued.
        approvals: those that it asked for, as the approver tells them; what is not there is told
            as it was asked for.
        gaps: what whoever gathered this could not learn.
    """

    id: str
    turns: Sequence[PastTurn]
    is_open: bool
    approvals: Sequence[Mapping[str, Any]] = ()
    gaps: Sequence[str] = ()

    @cached_property
    def told(self) -> "tuple[Told, ...]":
        """The turns with what they say."""
        return tuple(_told(self.id, turn) for turn in self.turns)

    @cached_property
    def diagnoses(self) -> tuple[Diagnosis, ...]:
        """Each execution's newest diagnosis, in the order in which they were first looked at."""
        found = {
            one.execution.arn: one
            for told in self.told
            for _, result in told.results
            if (one := _diagnosis((result or {}).get("diagnosis"))) is not None
        }
        return tuple(found.values())

    @property
    def queries(self) -> tuple[SqlUse, ...]:
        """The statements that ran, each once, with the estimate that it began with."""
        return statements(each for told in self.told for each in told.answer.sql)

    @property
    def asked(self) -> tuple[ApprovalUse, ...]:
        """The approvals that were asked for, each once."""
        found = {each.id: each for told in self.told for each in told.answer.pending_approvals}
        return tuple(found.values())


@dataclass(frozen=True)
class Told:
    """A turn and what it says.

    Attributes:
        turn: as it was kept.
        answer: put together again; of a turn that failed, what there is of it.
        results: of its operations, with who called which; none where the guardrail intervened.
    """

    turn: PastTurn
    answer: Answer
    results: tuple[tuple[OperationReturned, Mapping[str, Any] | None], ...]

    @property
    def failure(self) -> Failed | None:
        """Why there is no answer, if there is none."""
        return next((each for each in self.turn.events if isinstance(each, Failed)), None)

    @property
    def outcome(self) -> Outcome:
        """How the turn ended."""
        if self.failure:
            return "failed"
        if not self.turn.finished:
            return "stopped"
        if self.answer.guardrail == "INTERVENED":
            return "blocked"
        return "abstained" if self.answer.abstained else "answered"


def _told(session_id: str, turn: PastTurn) -> Told:
    builder = AnswerBuilder(turn.target, session_id)
    for event in turn.events:
        builder.feed(event)
    answer = builder.build()
    returned = [each for each in turn.events if isinstance(each, OperationReturned)]
    if answer.guardrail == "INTERVENED":
        returned = []
    return Told(turn, answer, tuple((each, parse(each.body)) for each in returned))


def _diagnosis(value: Any) -> Diagnosis | None:
    try:
        return None if value is None else Diagnosis.model_validate(value)
    except ValidationError:
        return None
