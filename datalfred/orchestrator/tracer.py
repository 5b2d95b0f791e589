"""Writes the trace of a turn in Bedrock's words, each part when it happened."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from datalfred.models.port import Message
from datalfred.orchestrator.directory import VERSION, AgentIdentity
from datalfred.orchestrator.operations import OperationResult
from datalfred.orchestrator.reply import Reply
from datalfred.orchestrator.tools import OperationTool

StreamPart = Mapping[str, Any]
"""One member of InvokeAgent's ``ResponseStream``."""

Parts = tuple[StreamPart, ...]
_MIME = "application/json"


@dataclass
class TurnTrace:
    """What all agents of one turn share: whether to trace, the session, the numbering."""

    enabled: bool
    session_id: str
    prefix: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    numbers: Any = field(default_factory=count)


class Tracer:
    """The trace of one agent in one turn.

    Every method gives the stream parts to emit, none when the caller did not ask for a trace.

    Args:
        turn: what the agents of the turn share.
        agent: who works.
        callers: the agents that the question came through, the first one first.
    """

    def __init__(
        self, turn: TurnTrace, agent: AgentIdentity, callers: Sequence[AgentIdentity] = ()
    ) -> None:
        self.turn = turn
        self.chain = (*callers, agent)
        self._trace_id = ""
        self._base: dict[str, Any] = {
            "agentId": agent.agent_id,
            "agentAliasId": agent.alias_id,
            "agentVersion": VERSION,
            "sessionId": turn.session_id,
            "callerChain": [{"agentAliasArn": each.alias_arn} for each in self.chain],
        }
        if callers:
            self._base["collaboratorName"] = agent.name

    def model_input(
        self, model_id: str, system: Sequence[Mapping[str, str]], messages: Sequence[Message]
    ) -> Parts:
        """A model is about to be called; what follows belongs to this call."""
        self._trace_id = f"{self.turn.prefix}-{next(self.turn.numbers)}"
        if not self.turn.enabled:
            return ()
        text = json.dumps({"system": system, "messages": messages}, ensure_ascii=False)
        value = {"type": "ORCHESTRATION", "text": text, "foundationModel": model_id}
        return self._part("modelInvocationInput", value)

    def model_output(self, reply: Reply, started: datetime) -> Parts:
        """A model answered."""
        if not self.turn.enabled:
            return ()
        usage = {"inputTokens": reply.input_tokens, "outputTokens": reply.output_tokens}
        content = json.dumps(reply.message, ensure_ascii=False)
        value = {
            "rawResponse": {"content": content},
            "metadata": {**_times(started, datetime.now(UTC)), "usage": usage},
        }
        return self._part("modelInvocationOutput", value)

    def rationale(self, text: str) -> Parts:
        """What the model said before it acts."""
        return self._part("rationale", {"text": text})

    def operation_input(self, tool: OperationTool, properties: list[dict[str, str]]) -> Parts:
        """An operation is about to be called."""
        value: dict[str, Any] = {
            "actionGroupName": tool.group,
            "apiPath": tool.operation.path,
            "verb": tool.operation.verb,
            "executionType": "LAMBDA",
        }
        if properties:
            value["requestBody"] = {"content": {_MIME: properties}}
        return self._input("ACTION_GROUP", "actionGroupInvocationInput", value)

    def operation_output(self, result: OperationResult, started: datetime) -> Parts:
        """An operation answered."""
        value = {"text": result.body, "metadata": _duration(started)}
        return self._observation("ACTION_GROUP", "actionGroupInvocationOutput", value)

    def collaborator_input(self, collaborator: AgentIdentity, text: str) -> Parts:
        """A collaborator is about to be asked."""
        value = {**_collaborator(collaborator), "input": {"type": "TEXT", "text": text}}
        return self._input("AGENT_COLLABORATOR", "agentCollaboratorInvocationInput", value)

    def collaborator_output(
        self, collaborator: AgentIdentity, text: str, started: datetime
    ) -> Parts:
        """A collaborator answered."""
        value = {
            **_collaborator(collaborator),
            "output": {"type": "TEXT", "text": text},
            "metadata": _duration(started),
        }
        return self._observation("AGENT_COLLABORATOR", "agentCollaboratorInvocationOutput", value)

    def reprompt(self, text: str) -> Parts:
        """The model called what cannot be called and is told so."""
        return self._observation("REPROMPT", "repromptResponse", {"source": "PARSER", "text": text})

    def final(self, kind: str, text: str) -> Parts:
        """The agent is done: ``FINISH``, or ``ASK_USER``."""
        return self._observation(kind, "finalResponse", {"text": text})

    def failed(self, reason: str) -> Parts:
        """The turn is given up."""
        return self._event({"failureTrace": {"traceId": self._trace_id, "failureReason": reason}})

    def _input(self, kind: str, name: str, value: Mapping[str, Any]) -> Parts:
        return self._part("invocationInput", {"invocationType": kind, name: value})

    def _observation(self, kind: str, name: str, value: Mapping[str, Any]) -> Parts:
        return self._part("observation", {"type": kind, name: value})

    def _part(self, name: str, value: Mapping[str, Any]) -> Parts:
        step = {name: {"traceId": self._trace_id, **value}}
        return self._event({"orchestrationTrace": step})

    def _event(self, trace: Mapping[str, Any]) -> Parts:
        if not self.turn.enabled:
            return ()
        return ({"trace": {**self._base, "eventTime": datetime.now(UTC), "trace": trace}},)


def _collaborator(agent: AgentIdentity) -> dict[str, str]:
    return {
        "agentCollaboratorName": agent.name,
        "agentCollaboratorAliasArn": agent.alias_arn,
    }


def _times(started: datetime, ended: datetime) -> dict[str, Any]:
    return {"startTime": started, "endTime": ended, **_duration(started, ended)}


def _duration(started: datetime, ended: datetime | None = None) -> dict[str, Any]:
    taken = (ended or datetime.now(UTC)) - started
    return {"totalTimeMs": round(taken.total_seconds() * 1000), "clientRequestId": _request_id()}


def _request_id() -> str:
    return str(uuid.uuid4())
