"""Assembles an answer from what happened in a turn. No I/O: events in, an answer out.

The words stand alone. Everything else is enrichment, read from the operations' results; when the
guardrail intervened nothing of it is shown, for nobody screened it.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from datalfred.answers.models import (
    Answer,
    ApprovalUse,
    ChartWithData,
    CitationUse,
    OperationUse,
    QueryType,
    SqlUse,
    Table,
    TokenUsage,
)
from datalfred.answers.observations import Enrichment, enrichments, failed, parse
from datalfred.bedrock.runtime import (
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
from datalfred.bedrock.untrusted import neutral
from datalfred.definitions.prices import ModelPrice, price_of

ABSTENTION = "I cannot answer that"
"""How every agent is told to begin an answer that it cannot give."""

_INTERVENED = "INTERVENED"
_Kind = TypeVar("_Kind")


class AnswerBuilder:
    """Builds the answer of one turn.

    Args:
        target: which lake or deployment answers.
        session_id: of the turn.
        price: the price of a model by its id; None when it is not known.
    """

    def __init__(
        self,
        target: str,
        session_id: str,
        price: Callable[[str], ModelPrice | None] = price_of,
    ) -> None:
        self._target = target
        self._session_id = session_id
        self._price = price
        self._events: list[Event] = []

    @property
    def failure(self) -> Failed | None:
        """Why there is no answer, when there is none."""
        return next(iter(_of(Failed, self._events)), None)

    def feed(self, event: Event) -> None:
        """Takes the next event of the turn."""
        self._events.append(event)

    def build(self) -> Answer:
        """The answer so far."""
        # A model repeats what it read: links and mentions from data are words in an answer, too.
        text = neutral("".join(each.text for each in _of(Text, self._events)).strip())
        used = _of(ModelUsed, self._events)
        intervened = any(each.action == _INTERVENED for each in _of(GuardrailActed, self._events))
        return Answer(
            answer=text,
            target=self._target,
            session_id=self._session_id,
            query_type=self._query_type(),
            usage=TokenUsage(
                input_tokens=sum(each.input_tokens for each in used),
                output_tokens=sum(each.output_tokens for each in used),
            ),
            cost_usd=self._cost(used),
            model=used[-1].model if used else "",
            abstained=text.startswith(ABSTENTION),
            guardrail="INTERVENED" if intervened else "NONE",
            **(_NOTHING_TRACED if intervened else self._traced()),
        )

    def _traced(self) -> dict[str, Any]:
        found: list[Enrichment] = []
        for returned in _of(OperationReturned, self._events):
            found += enrichments(parse(returned.body) or {})
        citations = [
            CitationUse(text=each.text, uri=each.uri) for each in _of(Citation, self._events)
        ]
        approvals = {each.id: each for each in _of(ApprovalUse, found)}
        return {
            "agents": self._agents(),
            "operations": self._operations(),
            "sql": statements(_of(SqlUse, found)),
            "tables": _unique(_of(Table, found)),
            "charts": _unique(_of(ChartWithData, found)),
            "citations": _unique(citations),
            "pending_approvals": tuple(approvals.values()),
        }

    def _agents(self) -> tuple[str, ...]:
        names = [each.agent for each in self._events if isinstance(each, ModelUsed | AgentAsked)]
        return tuple(dict.fromkeys(names))

    def _operations(self) -> tuple[OperationUse, ...]:
        waiting = _of(OperationReturned, self._events)
        calls = _of(OperationCalled, self._events)
        return tuple(_operation(call, _result_of(call, waiting)) for call in calls)

    def _query_type(self) -> QueryType:
        looked_up = any(isinstance(each, Retrieved | Citation) for each in self._events)
        called = any(isinstance(each, OperationCalled) for each in self._events)
        if looked_up and called:
            return "mixed"
        if looked_up:
            return "rag"
        return "tool" if called else "general"

    def _cost(self, used: list[ModelUsed]) -> float | None:
        total = 0.0
        for each in used:
            price = self._price(each.model)
            if price is None:
                return None
            total += price.cost(each.input_tokens, each.output_tokens)
        return total


_NOTHING_TRACED: dict[str, Any] = dict.fromkeys(
    ("agents", "operations", "sql", "tables", "charts", "citations", "pending_approvals"), ()
)


def _result_of(call: OperationCalled, waiting: list[OperationReturned]) -> OperationReturned | None:
    """Takes the result of a call: calls of one step share a trace id and answer in order."""
    for returned in waiting:
        if (returned.agent, returned.trace_id, returned.operation) == (
            call.agent,
            call.trace_id,
            call.operation,
        ):
            waiting.remove(returned)
            return returned
    return None


def _operation(call: OperationCalled, returned: OperationReturned | None) -> OperationUse:
    if returned is None:
        status = "unanswered"
    else:
        status = "failed" if failed(parse(returned.body)) else "succeeded"
    return OperationUse(
        agent=call.agent,
        action_group=call.action_group,
        operation=call.operation,
        input=dict(call.input),
        status=status,
    )


def statements(found: Iterable[SqlUse]) -> tuple[SqlUse, ...]:
    """Each execution once, as it was seen last, with the estimate that it began with."""
    latest: dict[str, SqlUse] = {}
    for each in found:
        before = latest.get(each.query_id, each)
        priced = {
            "bytes_estimated": before.bytes_estimated,
            "estimate_is_upper_bound": before.estimate_is_upper_bound,
        }
        latest[each.query_id] = each.model_copy(update=priced)
    return tuple(latest.values())


def _of(kind: type[_Kind], found: Iterable[object]) -> list[_Kind]:
    return [each for each in found if isinstance(each, kind)]


def _unique(found: list[_Kind]) -> tuple[_Kind, ...]:
    """Without repetitions: an agent may read the same page of a result twice."""
    return tuple(each for index, each in enumerate(found) if each not in found[:index])
