"""Reads the trace of InvokeAgent: what happened in a turn, as the events of the port.

A trace event holds one member of a union of unions [1]_. What is unknown is passed over: AWS adds
members, and no answer depends on one. Tokens are counted from ``modelInvocationOutput`` alone;
collaborators and final responses repeat them.

.. [1] https://docs.aws.amazon.com/bedrock/latest/userguide/trace-events.html
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Citation,
    Event,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Thought,
)

_Part = Mapping[str, Any]
_NOTHING: _Part = {}
_INTERVENED = "INTERVENED"

STEPS = (
    "preProcessingTrace",
    "orchestrationTrace",
    "routingClassifierTrace",
    "postProcessingTrace",
)


class TraceReader:
    """Reads the trace parts of one turn, in order.

    Args:
        agent: the name of the agent that the turn was given to.
        model_id: the model of parts that name none: Bedrock seldom says which it used.
    """

    def __init__(self, agent: str, model_id: str = "") -> None:
        self.failure = ""
        """Why the whole turn failed, when the trace says so: the last ``failureReason``."""
        self._agent = agent
        self._model_id = model_id
        self._models: dict[str, str] = {}
        self._calls: defaultdict[tuple[str, str], deque[OperationCalled]] = defaultdict(deque)
        self._lookups: dict[tuple[str, str], str] = {}

    def read(self, part: _Part) -> Iterator[Event]:
        """The events of one trace part; none for what nobody needs.

        Args:
            part: Bedrock's ``TracePart`` as boto3 gives it.
        """
        agent = part.get("collaboratorName") or self._agent
        for name, value in part.get("trace", _NOTHING).items():
            if name in STEPS:
                yield from self._step(agent, value)
            elif name == "guardrailTrace":
                # The user guide writes GUARDRAIL_INTERVENED, the service model INTERVENED.
                acted = _INTERVENED in value.get("action", "")
                yield GuardrailActed(_INTERVENED if acted else "NONE")
            elif name == "failureTrace" and agent == self._agent:
                self.failure = value.get("failureReason", "")

    def _step(self, agent: str, step: _Part) -> Iterator[Event]:
        for name, value in step.items():
            trace_id = value.get("traceId", "")
            if name == "modelInvocationInput":
                self._models[trace_id] = _priced(value.get("foundationModel", ""))
            elif name == "modelInvocationOutput":
                yield from self._model_used(agent, trace_id, value.get("metadata", _NOTHING))
            elif name == "rationale":
                yield Thought(agent, value.get("text", ""))
            elif name == "invocationInput":
                yield from self._input(agent, trace_id, value)
            elif name == "observation":
                yield from self._observation(agent, trace_id, value)

    def _model_used(self, agent: str, trace_id: str, metadata: _Part) -> Iterator[Event]:
        usage = metadata.get("usage")
        if usage:
            yield ModelUsed(
                agent,
                self._models.get(trace_id) or self._model_id,
                usage.get("inputTokens", 0),
                usage.get("outputTokens", 0),
                _milliseconds(metadata),
            )

    def _input(self, agent: str, trace_id: str, value: _Part) -> Iterator[Event]:
        if group := value.get("actionGroupInvocationInput"):
            name = group.get("apiPath") or group.get("function", "")
            call = OperationCalled(
                agent,
                group.get("actionGroupName", ""),
                name.strip("/"),
                _parameters(group),
                trace_id,
            )
            self._calls[agent, trace_id].append(call)
            yield call
        elif asked := value.get("agentCollaboratorInvocationInput"):
            text = asked.get("input", _NOTHING).get("text", "")
            yield AgentAsked(asked.get("agentCollaboratorName", ""), agent, text)
        elif lookup := value.get("knowledgeBaseLookupInput"):
            self._lookups[agent, trace_id] = lookup.get("text", "")

    def _observation(self, agent: str, trace_id: str, value: _Part) -> Iterator[Event]:
        if returned := value.get("actionGroupInvocationOutput"):
            # Calls of one step share a trace id; their results come in the order of the calls.
            waiting = self._calls[agent, trace_id]
            call = waiting.popleft() if waiting else OperationCalled(agent, "", "", {}, trace_id)
            body = returned.get("text", "")
            yield OperationReturned(agent, call.action_group, call.operation, body, trace_id)
        elif answered := value.get("agentCollaboratorInvocationOutput"):
            text = answered.get("output", _NOTHING).get("text", "")
            yield AgentAnswered(answered.get("agentCollaboratorName", ""), text)
        elif found := value.get("knowledgeBaseLookupOutput"):
            query = self._lookups.pop((agent, trace_id), "")
            yield Retrieved(agent, query, passages(found.get("retrievedReferences", ())))


def passages(references: Any) -> tuple[Citation, ...]:
    """Retrieved references as citations: their text, and where it stands."""
    return tuple(
        Citation(
            each.get("content", _NOTHING).get("text", ""), _uri(each.get("location", _NOTHING))
        )
        for each in references
    )


def _uri(location: _Part) -> str:
    """The address of a location, whatever its type: ``{"s3Location": {"uri"}}``, ``url``, ..."""
    for value in location.values():
        if isinstance(value, Mapping):
            return str(next(iter(value.values()), ""))
    return ""


def _parameters(group: _Part) -> dict[str, str]:
    given = list(group.get("parameters", ()))
    for content in group.get("requestBody", _NOTHING).get("content", _NOTHING).values():
        given += content
    return {each.get("name", ""): each.get("value", "") for each in given}


def _milliseconds(metadata: _Part) -> int:
    if "totalTimeMs" in metadata:
        return int(metadata["totalTimeMs"])
    start, end = metadata.get("startTime"), metadata.get("endTime")
    if isinstance(start, datetime) and isinstance(end, datetime):
        return round((end - start).total_seconds() * 1000)
    return 0


def _priced(model: str) -> str:
    """The model that was called, if its name says which: that of a team's own profile does not."""
    return "" if ":application-inference-profile/" in model else model
