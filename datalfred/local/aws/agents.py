"""Bedrock's agents in the embedded AWS: InvokeAgent, and what their owner reads of them.

All services of it (``bedrock-agent-runtime``, ``bedrock-agent`` and ``bedrock``) sign as
``bedrock`` and share paths with other services; only a request that signs so and hits one of their
paths is theirs. What is not implemented answers ``NotImplemented``, never an empty success.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from datalfred import settings
from datalfred.local.aws.agents_records import AgentRecords
from datalfred.local.aws.message import Request, Response
from datalfred.orchestrator.orchestrator import Orchestrator

if TYPE_CHECKING:
    from datalfred.bedrock.wire import Operation, WireService
    from datalfred.local.aws.embedded import EmbeddedAws

SIGNING_NAME = "bedrock"


def install(
    aws: "EmbeddedAws",
    orchestrator: Orchestrator,
    operations: "Mapping[str, Operation] | None" = None,
) -> "AgentServices":
    """Lets the embedded AWS answer for the agents of an orchestrator.

    Args:
        aws: where to answer.
        orchestrator: runs the turns.
        operations: further operations of ``bedrock-agent-runtime``, such as ``Retrieve``.
    """
    services = AgentServices(orchestrator, operations or {})
    aws.register(services)
    return services


class ControlPlane:
    """``bedrock-agent`` and ``bedrock``: what the owner of agents and models reads of them."""

    def __init__(self, operations: "Callable[[], Mapping[str, Operation]]") -> None:
        """A control plane.

        Args:
            operations: gives what is implemented, when it is first asked for.
        """
        self._operations = operations

    def handle(self, request: Request) -> Response | None:
        """The response; None when the request is for another service."""
        return _answered(self._wire, request)

    @cached_property
    def _wire(self) -> "WireService":
        from datalfred.bedrock.wire import WireService

        return WireService(("bedrock-agent", "bedrock"), self._operations())


class AgentServices:
    """``bedrock-agent-runtime`` behind the front door, and the control plane beside it."""

    def __init__(
        self,
        orchestrator: Orchestrator,
        operations: "Mapping[str, Operation]",
        control: ControlPlane | None = None,
    ) -> None:
        self._orchestrator = orchestrator
        self._operations = operations
        self._control = control or ControlPlane(self._own_records)

    def handle(self, request: Request) -> Response | None:
        """The response; None when the request is for another service."""
        if request.caller.service != SIGNING_NAME:
            return None
        return _answered(self._wire, request) or self._control.handle(request)

    @cached_property
    def _wire(self) -> "WireService":
        # Made at the first request: reading the service models takes longer than listening.
        # Two requests at once may both read them; the results are the same.
        from datalfred.bedrock.wire import WireService

        operations = {"InvokeAgent": self._invoke_agent}
        return WireService(("bedrock-agent-runtime",), {**operations, **self._operations})

    def _own_records(self) -> "Mapping[str, Operation]":
        team = (self._orchestrator.directory, self._orchestrator.model.model_id)
        return AgentRecords([team], settings.DEFAULT_REGION).operations

    def _invoke_agent(self, given: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "contentType": "application/json",
            "sessionId": given["sessionId"],
            "completion": self._orchestrator.invoke_agent(given),
        }


def _answered(wire: "WireService", request: Request) -> Response | None:
    route = wire.route(request.method, request.path)
    if route is None:
        return None
    answer = wire.answer(route, request.query, request.headers, request.body)
    return Response(answer.status, answer.headers, answer.body)
