"""Bedrock's agents in the embedded AWS: InvokeAgent, and what clients read of agents and aliases.

Both services of it, ``bedrock-agent-runtime`` and ``bedrock-agent``, sign as ``bedrock`` and share
paths with other services; only a request that signs so and hits one of their paths is theirs. What
is not implemented answers ``NotImplemented``, never an empty success.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.message import ACCOUNT, Request, Response
from datalfred.orchestrator.directory import ALIAS, VERSION, AgentIdentity
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


class AgentServices:
    """``bedrock-agent-runtime`` and ``bedrock-agent`` behind the front door."""

    def __init__(self, orchestrator: Orchestrator, operations: "Mapping[str, Operation]") -> None:
        self._orchestrator = orchestrator
        self._operations = operations
        self._made_at = datetime.now(UTC)

    def handle(self, request: Request) -> Response | None:
        """The response; None when the request is for another service."""
        if request.caller.service != SIGNING_NAME:
            return None
        route = self._wire.route(request.method, request.path)
        if route is None:
            return None
        answer = self._wire.answer(route, request.query, request.headers, request.body)
        return Response(answer.status, answer.headers, answer.body)

    @cached_property
    def _wire(self) -> "WireService":
        # Made at the first request: reading the service models takes longer than listening.
        # Two requests at once may both read them; the results are the same.
        from datalfred.bedrock.wire import WireService

        operations = {
            "GetAgent": self._get_agent,
            "GetAgentAlias": self._get_agent_alias,
            "InvokeAgent": self._invoke_agent,
            "ListAgentAliases": self._list_agent_aliases,
            "ListAgents": self._list_agents,
        }
        services = ("bedrock-agent-runtime", "bedrock-agent")
        return WireService(services, {**operations, **self._operations})

    def _invoke_agent(self, given: dict[str, Any]) -> Mapping[str, Any]:
        return {
            "contentType": "application/json",
            "sessionId": given["sessionId"],
            "completion": self._orchestrator.invoke_agent(given),
        }

    def _get_agent(self, given: dict[str, Any]) -> Mapping[str, Any]:
        agent = self._orchestrator.directory.find(given["agentId"])
        definition = agent.definition
        return {
            "agent": {
                **self._summary(agent, "agentVersion", "DRAFT"),
                "agentArn": agent.arn,
                "agentResourceRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{agent.resource}_role",
                "agentCollaboration": "SUPERVISOR" if definition.collaborators else "DISABLED",
                "foundationModel": self._orchestrator.model.model_id,
                "idleSessionTTLInSeconds": definition.session_ttl_seconds,
                "instruction": definition.instructions,
                "createdAt": self._made_at,
            }
        }

    def _list_agents(self, _given: dict[str, Any]) -> Mapping[str, Any]:
        agents = self._orchestrator.directory
        return {
            "agentSummaries": [
                self._summary(agent, "latestAgentVersion", VERSION) for agent in agents
            ]
        }

    def _get_agent_alias(self, given: dict[str, Any]) -> Mapping[str, Any]:
        agent = self._orchestrator.directory.find(given["agentId"], given["agentAliasId"])
        ids = {"agentId": agent.agent_id, "agentAliasArn": agent.alias_arn}
        return {"agentAlias": {**ids, **self._alias(agent)}}

    def _list_agent_aliases(self, given: dict[str, Any]) -> Mapping[str, Any]:
        agent = self._orchestrator.directory.find(given["agentId"])
        return {"agentAliasSummaries": [self._alias(agent)]}

    def _summary(self, agent: AgentIdentity, version: str, value: str) -> dict[str, Any]:
        return {
            "agentId": agent.agent_id,
            "agentName": agent.resource,
            "agentStatus": "PREPARED",
            "description": agent.definition.description,
            "updatedAt": self._made_at,
            version: value,
        }

    def _alias(self, agent: AgentIdentity) -> dict[str, Any]:
        return {
            "agentAliasId": agent.alias_id,
            "agentAliasName": ALIAS,
            "agentAliasStatus": "PREPARED",
            "aliasInvocationState": "ACCEPT_INVOCATIONS",
            "routingConfiguration": [{"agentVersion": VERSION}],
            "createdAt": self._made_at,
            "updatedAt": self._made_at,
        }
