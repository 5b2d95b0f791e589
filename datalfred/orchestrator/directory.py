"""Which agents there are, under which ids and ARNs."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.agents import AgentDefinition, Team
from datalfred.definitions.naming import resource_name

ALIAS = "live"
VERSION = "1"


@dataclass(frozen=True)
class AgentIdentity:
    """An agent of a team as Bedrock would know it.

    Attributes:
        definition: the agent.
        resource: its name in AWS, ``datalfred_<project>_<stage>_<agent>``.
        agent_id: ten letters and digits, the same on every start.
        alias_id: likewise.
        arn: of the agent.
        alias_arn: of its alias.
    """

    definition: AgentDefinition
    resource: str
    agent_id: str
    alias_id: str
    arn: str
    alias_arn: str

    @property
    def name(self) -> str:
        """The agent's name in its team."""
        return self.definition.name


class Directory:
    """The agents of a team in one project and stage.

    Args:
        team: supervisor and collaborators.
        project: the project's name.
        stage: the stage's name.
        region: of the ARNs.
        account: of the ARNs.
        size: of the team's model; each size is a team of its own. Empty when there is but one.
    """

    def __init__(
        self, team: Team, project: str, stage: str, region: str, account: str, *, size: str = ""
    ) -> None:
        prefix = f"arn:aws:bedrock:{region}:{account}"
        self._by_name: dict[str, AgentIdentity] = {}
        for definition in team.agents:
            what = f"{definition.name}_{size}" if size else definition.name
            resource = resource_name(project, stage, what)
            agent_id, alias_id = _id(resource), _id(f"{resource}:{ALIAS}")
            self._by_name[definition.name] = AgentIdentity(
                definition,
                resource,
                agent_id,
                alias_id,
                f"{prefix}:agent/{agent_id}",
                f"{prefix}:agent-alias/{agent_id}/{alias_id}",
            )
        self.supervisor = self._by_name[team.supervisor.name]

    def __iter__(self) -> Iterator[AgentIdentity]:
        return iter(self._by_name.values())

    def named(self, name: str) -> AgentIdentity:
        """The agent of that name; KeyError when the team has none."""
        return self._by_name[name]

    def find(self, agent_id: str, alias_id: str | None = None) -> AgentIdentity:
        """The agent of that id, and alias when one is given.

        Raises:
            ServiceError: ``ResourceNotFoundException``.
        """
        for each in self._by_name.values():
            if each.agent_id == agent_id and alias_id in {None, each.alias_id}:
                return each
        given = f"{agent_id}/{alias_id}" if alias_id else agent_id
        raise ServiceError("ResourceNotFoundException", f"There is no agent {given}.")


def _id(seed: str) -> str:
    digest = hashlib.sha256(seed.encode()).digest()
    return base64.b32encode(digest).decode()[:10]
