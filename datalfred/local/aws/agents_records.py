"""What ``bedrock-agent`` says of the agents of a stack: their versions, aliases, tools and teams.

A stack's agents come from their folder. One that is made here is kept until it is deleted and can
be neither prepared nor asked: that is enough to find out whether an account may make agents.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.action_groups import load_action_group
from datalfred.definitions.content import content_folder
from datalfred.local.aws.message import ACCOUNT
from datalfred.orchestrator.directory import ALIAS, VERSION, AgentIdentity, Directory

if TYPE_CHECKING:
    from datalfred.bedrock.wire import Operation

_DRAFT = "DRAFT"
_ASKS_BACK = "UserInputAction"
Record = dict[str, Any]


class AgentRecords:
    """The agents of one or more teams, as their owner sees them.

    Attributes:
        operations: what answers, by the operation's name.
    """

    def __init__(
        self, teams: Sequence[tuple[Directory, str]], region: str, clock: type[datetime] = datetime
    ) -> None:
        """The records of some teams.

        Args:
            teams: the agents of each, and the model that they say they have.
            region: where agents are made.
            clock: what says now.
        """
        self._agents = {each.agent_id: (each, model) for team, model in teams for each in team}
        self._region = region
        self._clock = clock
        self._made_at = clock.now(UTC)
        self._lock = threading.Lock()
        self._made: dict[str, Record] = {}
        self.operations: Mapping[str, Operation] = {
            "CreateAgent": self._create,
            "DeleteAgent": self._delete,
            "GetAgent": self._get,
            "GetAgentActionGroup": self._get_action_group,
            "GetAgentAlias": self._get_alias,
            "GetAgentVersion": self._get_version,
            "ListAgentActionGroups": self._list_action_groups,
            "ListAgentAliases": self._list_aliases,
            "ListAgentCollaborators": self._list_collaborators,
            "ListAgents": self._list,
        }

    def _list(self, _given: Record) -> Record:
        deployed = [self._summary(each) for each, _ in self._agents.values()]
        shown = {"agentId", "agentName", "agentStatus", "description", "updatedAt"}
        with self._lock:
            made = [_only(each, shown) for each in self._made.values()]
        return {"agentSummaries": [*deployed, *made]}

    def _get(self, given: Record) -> Record:
        with self._lock:
            if made := self._made.get(given["agentId"]):
                return {"agent": made}
        agent, model = self._found(given["agentId"])
        return {"agent": {**self._described(agent, model), "agentVersion": _DRAFT}}

    def _get_version(self, given: Record) -> Record:
        agent, model = self._versioned(given)
        version = {"version": given["agentVersion"]}
        return {"agentVersion": {**self._described(agent, model), **version}}

    def _create(self, given: Record) -> Record:
        name = given["agentName"]
        with self._lock:
            names = {each["agentName"] for each in self._made.values()}
            if name in names | {each.resource for each, _ in self._agents.values()}:
                raise ServiceError("ConflictException", f"An agent is named {name} already.")
            agent_id = _id(f"{name}:{len(self._made)}:{self._clock.now(UTC)}")
            now = self._clock.now(UTC)
            kept = ("agentName", "description", "foundationModel", "instruction")
            made = {
                **_only(given, {*kept, "agentResourceRoleArn"}),
                "agentId": agent_id,
                "agentArn": f"arn:aws:bedrock:{self._region}:{ACCOUNT}:agent/{agent_id}",
                "agentVersion": _DRAFT,
                "agentStatus": "NOT_PREPARED",
                "idleSessionTTLInSeconds": given.get("idleSessionTTLInSeconds", 600),
                "createdAt": now,
                "updatedAt": now,
            }
            self._made[agent_id] = made
        return {"agent": {**made, "agentStatus": "CREATING"}}

    def _delete(self, given: Record) -> Record:
        agent_id = given["agentId"]
        with self._lock:
            made = self._made.pop(agent_id, None)
        if made is None:
            agent, _ = self._found(agent_id)
            said = f"The agent {agent.resource} comes from its folder and cannot be deleted here."
            raise ServiceError("ConflictException", said)
        return {"agentId": agent_id, "agentStatus": "DELETING"}

    def _list_aliases(self, given: Record) -> Record:
        agent, _ = self._found(given["agentId"])
        return {"agentAliasSummaries": [self._alias(agent)]}

    def _get_alias(self, given: Record) -> Record:
        agent, _ = self._found(given["agentId"])
        if given["agentAliasId"] != agent.alias_id:
            raise _missing("alias", f"{agent.agent_id}/{given['agentAliasId']}")
        ids = {"agentId": agent.agent_id, "agentAliasArn": agent.alias_arn}
        return {"agentAlias": {**ids, **self._alias(agent)}}

    def _list_collaborators(self, given: Record) -> Record:
        agent, _ = self._versioned(given)
        team = {each.name: each for each, _ in self._agents.values() if _same_team(agent, each)}
        return {
            "agentCollaboratorSummaries": [
                {
                    "agentId": agent.agent_id,
                    "agentVersion": given["agentVersion"],
                    "collaboratorId": _id(f"{agent.resource}:{each.name}"),
                    "agentDescriptor": {"aliasArn": team[each.name].alias_arn},
                    "collaboratorName": each.name,
                    "collaborationInstruction": each.instruction,
                    "relayConversationHistory": (
                        "TO_COLLABORATOR" if each.relay_history else "DISABLED"
                    ),
                    "createdAt": self._made_at,
                    "lastUpdatedAt": self._made_at,
                }
                for each in agent.definition.collaborators
            ]
        }

    def _list_action_groups(self, given: Record) -> Record:
        agent, _ = self._versioned(given)
        shown = {"actionGroupId", "actionGroupName", "actionGroupState", "description", "updatedAt"}
        return {"actionGroupSummaries": [_only(each, shown) for each in self._groups(agent)]}

    def _get_action_group(self, given: Record) -> Record:
        agent, _ = self._versioned(given)
        for each in self._groups(agent):
            if each["actionGroupId"] == given["actionGroupId"]:
                version = {"agentId": agent.agent_id, "agentVersion": given["agentVersion"]}
                return {"agentActionGroup": {**each, **version}}
        raise _missing("action group", given["actionGroupId"])

    def _groups(self, agent: AgentIdentity) -> Iterator[Record]:
        times = {"createdAt": self._made_at, "updatedAt": self._made_at}
        on = {**times, "actionGroupState": "ENABLED"}
        if agent.definition.asks_user:
            named = {"actionGroupId": _id(f"{agent.resource}:asks"), "actionGroupName": _ASKS_BACK}
            yield {**on, **named, "parentActionSignature": "AMAZON.UserInput"}
        for group in agent.definition.action_groups:
            yield {
                **on,
                "actionGroupId": _id(f"{agent.resource}:{group}"),
                "actionGroupName": group,
                "description": load_action_group(group).description,
                "actionGroupExecutor": {"lambda": _function(agent, group)},
                "apiSchema": {"payload": _schema(group)},
            }

    def _found(self, agent_id: str) -> tuple[AgentIdentity, str]:
        if agent_id not in self._agents:
            raise _missing("agent", agent_id)
        return self._agents[agent_id]

    def _versioned(self, given: Record) -> tuple[AgentIdentity, str]:
        found = self._found(given["agentId"])
        if given["agentVersion"] not in {_DRAFT, VERSION}:
            raise _missing("version", f"{given['agentId']}/{given['agentVersion']}")
        return found

    def _described(self, agent: AgentIdentity, model: str) -> Record:
        definition = agent.definition
        return {
            **_only(self._summary(agent), {"agentId", "agentName", "agentStatus", "description"}),
            "agentArn": agent.arn,
            "agentResourceRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{agent.resource}_role",
            "agentCollaboration": "SUPERVISOR" if definition.collaborators else "DISABLED",
            "foundationModel": model,
            "idleSessionTTLInSeconds": definition.session_ttl_seconds,
            "instruction": definition.instructions,
            "createdAt": self._made_at,
            "updatedAt": self._made_at,
        }

    def _summary(self, agent: AgentIdentity) -> Record:
        return {
            "agentId": agent.agent_id,
            "agentName": agent.resource,
            "agentStatus": "PREPARED",
            "description": agent.definition.description,
            "updatedAt": self._made_at,
            "latestAgentVersion": VERSION,
        }

    def _alias(self, agent: AgentIdentity) -> Record:
        return {
            "agentAliasId": agent.alias_id,
            "agentAliasName": ALIAS,
            "agentAliasStatus": "PREPARED",
            "aliasInvocationState": "ACCEPT_INVOCATIONS",
            "routingConfiguration": [{"agentVersion": VERSION}],
            "createdAt": self._made_at,
            "updatedAt": self._made_at,
        }


def _missing(kind: str, what: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"There is no {kind} {what}.")


def _only(record: Mapping[str, Any], names: set[str]) -> Record:
    return {name: value for name, value in record.items() if name in names}


def _same_team(one: AgentIdentity, other: AgentIdentity) -> bool:
    """Whether two agents have the same prefix and size around their names."""
    return one.resource.replace(one.name, "") == other.resource.replace(other.name, "")


def _function(agent: AgentIdentity, group: str) -> str:
    """The ARN of an action group's function: in the stage and region of the agent."""
    prefix, _, _ = agent.resource.rpartition(agent.name)
    region = agent.arn.split(":")[3]
    return f"arn:aws:lambda:{region}:{ACCOUNT}:function:{prefix}{group}"


def _schema(group: str) -> str:
    """The schema as the deployment writes it into the agent."""
    schema = json.loads((content_folder("openapi") / f"{group}.json").read_text("utf-8"))
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":"))


def _id(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return base64.b32encode(digest).decode()[:10]
