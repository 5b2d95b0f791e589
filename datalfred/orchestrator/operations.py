"""Calls an operation the way Bedrock does: one event to the action group's function."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datalfred.bedrock.rules import BODY_LONGEST_BYTES
from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.naming import resource_name
from datalfred.orchestrator.directory import VERSION, AgentIdentity
from datalfred.orchestrator.tools import OperationTool

_log = logging.getLogger(__name__)

InvokeFunction = Callable[[str, dict[str, Any]], Any]
"""Invokes the Lambda function of that name with that event and gives back what it returned."""

_ERROR_STATUS = 400
_MIME = "application/json"


@dataclass(frozen=True)
class OperationResult:
    """What an operation answered.

    Attributes:
        body: the JSON text for the model.
        failed: whether its HTTP status says so.
        session_attributes: as the function wants them from now on; None leaves them.
        prompt_attributes: likewise, for the rest of the turn.
    """

    body: str
    failed: bool
    session_attributes: dict[str, str] | None
    prompt_attributes: dict[str, str] | None


def properties_of(tool: OperationTool, arguments: Mapping[str, Any]) -> list[dict[str, str]]:
    """A tool's input as Bedrock delivers it: a flat list of named, typed strings."""
    types = {each.name: each.type for each in tool.operation.parameters}
    return [
        {"name": name, "type": types.get(name, "string"), "value": _as_text(value)}
        for name, value in arguments.items()
        if value is not None
    ]


def event_for(
    agent: AgentIdentity, tool: OperationTool, properties: list[dict[str, str]], **turn: Any
) -> dict[str, Any]:
    """The event of an OpenAPI action group.

    Args:
        agent: who calls.
        tool: what it calls.
        properties: the body, see :func:`properties_of`.
        turn: ``inputText``, ``sessionId``, ``sessionAttributes``, ``promptSessionAttributes``.
    """
    event = {
        "messageVersion": "1.0",
        "agent": {
            "name": agent.resource,
            "id": agent.agent_id,
            "alias": agent.alias_id,
            "version": VERSION,
        },
        "actionGroup": tool.group,
        "apiPath": tool.operation.path,
        "httpMethod": tool.operation.verb.upper(),
        "parameters": [],
        **turn,
    }
    if properties:  # Bedrock leaves the key out of a call without a body
        event["requestBody"] = {"content": {_MIME: {"properties": properties}}}
    return event


class ActionGroups:
    """The functions of a stage.

    Args:
        invoke: invokes one by its deployed name.
        project: the project's name.
        stage: the stage's name.
    """

    def __init__(self, invoke: InvokeFunction, project: str, stage: str) -> None:
        self._invoke = invoke
        self._project = project
        self._stage = stage

    def call(self, event: dict[str, Any]) -> OperationResult:
        """Calls the function of the event's action group.

        Raises:
            ServiceError: ``DependencyFailedException`` when the function fails, or answers in
                another form or at greater length than Bedrock takes.
        """
        group = event["actionGroup"]
        try:
            answer = self._invoke(resource_name(self._project, self._stage, group), event)
        except Exception as error:
            # Its words may quote rows or SQL, and its own log has them.
            _log.error("action_group=<%s>, error=<%s> | the function failed", group, _kind(error))
            raise _broken(group, "the function failed. Its log says why") from error
        try:
            return _read(answer, group)
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            raise _broken(
                group,
                "the server encountered an error processing the Lambda response. "
                "Check the Lambda response and retry the request",
            ) from error


def _read(answer: Mapping[str, Any], group: str) -> OperationResult:
    response = answer["response"]
    body = next(iter(response["responseBody"].values()))["body"]
    if not isinstance(body, str):
        raise TypeError("the body is no string")
    size = len(body.encode())
    if size > BODY_LONGEST_BYTES:
        raise _broken(group, f"Lambda response exceeds maximum size 25KB: {size}")
    return OperationResult(
        body,
        int(response["httpStatusCode"]) >= _ERROR_STATUS,
        answer.get("sessionAttributes"),
        answer.get("promptSessionAttributes"),
    )


def _kind(error: Exception) -> str:
    """The class of what went wrong; of a function, as Lambda reports it."""
    reported = getattr(error, "payload", {}).get("errorType")
    return str(reported or type(error).__name__)


def _broken(group: str, why: str) -> ServiceError:
    return ServiceError(
        "DependencyFailedException", f"The action group {group} broke: {why}.", resourceName=group
    )


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
