"""The agents of a size: prepared, behind aliases that route, and known to their supervisor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datalfred.cli.doctor.stage import HIDDEN, Stage
from datalfred.definitions.agents import load_team
from datalfred.definitions.naming import agent_variables
from datalfred.errors import OperatorError, UnavailableError

_ABSENT = ("ResourceNotFoundException",)
_READY = "PREPARED"


@dataclass(frozen=True)
class Member:
    """One agent as it is deployed.

    Attributes:
        name: its name in the team.
        agent: what GetAgent says of it.
        alias: what GetAgentAlias says of its alias.
    """

    name: str
    agent: Mapping[str, Any]
    alias: Mapping[str, Any]

    @property
    def version(self) -> str:
        """The version that its alias routes to."""
        return str(self.alias["routingConfiguration"][0]["agentVersion"])


def ready(stage: Stage, size: str) -> str:
    """Whether a team can answer: its supervisor, and those whom the supervisor names.

    Raises:
        OperatorError: an agent or alias is missing, not prepared or out of order.
    """
    supervisor = _supervisor(stage, size)
    collaborators = team_of(stage, size, supervisor)
    missing = {each.name for each in load_team().supervisor.collaborators} - set(collaborators)
    if missing:
        raise OperatorError(
            f"The supervisor knows nobody called {', '.join(sorted(missing))}.",
            hint=_deploy(stage),
        )
    told = [f"{each.name} {each.version}" for each in (supervisor, *collaborators.values())]
    return f"prepared, with aliases that route to versions: {', '.join(told)}"


def members(stage: Stage, size: str) -> tuple[Member, ...]:
    """The supervisor of a size, and its collaborators.

    Raises:
        OperatorError: one of them is missing or not prepared.
    """
    supervisor = _supervisor(stage, size)
    return (supervisor, *team_of(stage, size, supervisor).values())


def team_of(stage: Stage, size: str, supervisor: Member) -> dict[str, Member]:
    """The collaborators that a supervisor names in the version that answers, by name.

    Raises:
        OperatorError: it names an alias that is not there, of another agent or not in order.
    """
    found = {}
    for each in collaborators_of(stage, supervisor):
        name, arn = each["collaboratorName"], each["agentDescriptor"]["aliasArn"]
        agent_id, _, alias_id = arn.rpartition(":agent-alias/")[2].partition("/")
        member = _member(stage, name, agent_id, alias_id)
        wanted = stage.name(f"{name}_{size}")
        if member.agent["agentName"] != wanted:
            raise OperatorError(
                f"The supervisor asks {member.agent['agentName']} where it should ask {wanted}.",
                hint=_deploy(stage),
            )
        found[name] = member
    return found


def collaborators_of(stage: Stage, supervisor: Member) -> list[Mapping[str, Any]]:
    """What the version that answers says of its collaborators."""
    agent_id = supervisor.agent["agentId"]
    return list(
        stage.account.all_of(
            "bedrock-agent",
            "list_agent_collaborators",
            "agentCollaboratorSummaries",
            stage.account.arn("bedrock", f"agent/{agent_id}"),
            agentId=agent_id,
            agentVersion=supervisor.version,
        )
    )


def _supervisor(stage: Stage, size: str) -> Member:
    agent, alias = agent_variables(size)
    if agent not in stage.told or alias not in stage.told:
        if stage.statuses is None:
            raise UnavailableError(HIDDEN, hint=f"Or set {agent} and {alias}.")
        there = ", ".join(stage.sizes)
        raise OperatorError(
            f"There is no team of the size {size}." + (f" There is: {there}." if there else ""),
            hint=f"Choose another (-m), or deploy it: sizes: in infra/stages/{stage.stage}.yaml.",
        )
    return _member(stage, load_team().supervisor.name, stage.told[agent], stage.told[alias])


def _member(stage: Stage, name: str, agent_id: str, alias_id: str) -> Member:
    account = stage.account
    agent = account.find(
        "bedrock-agent",
        "get_agent",
        account.arn("bedrock", f"agent/{agent_id}"),
        _ABSENT,
        agentId=agent_id,
    )
    alias = agent and account.find(
        "bedrock-agent",
        "get_agent_alias",
        account.arn("bedrock", f"agent-alias/{agent_id}/{alias_id}"),
        _ABSENT,
        agentId=agent_id,
        agentAliasId=alias_id,
    )
    if agent is None or alias is None:
        what = f"alias {alias_id} of the agent {agent_id}" if agent else f"agent {agent_id}"
        raise OperatorError(f"There is no {what}, which should be {name}.", hint=_deploy(stage))
    member = Member(name, agent["agent"], alias["agentAlias"])
    if problem := _problem(member):
        raise OperatorError(problem, hint=_deploy(stage))
    return member


def _problem(member: Member) -> str:
    agent, alias = member.agent, member.alias
    if agent["agentStatus"] != _READY:
        why = " ".join((*agent.get("failureReasons", ()), *agent.get("recommendedActions", ())))
        return f"The agent {agent['agentName']} is {agent['agentStatus']}. {why}".strip()
    named = f"The alias {alias['agentAliasName']} of {agent['agentName']}"
    if alias["agentAliasStatus"] != _READY:
        why = " ".join(alias.get("failureReasons", ()))
        return f"{named} is {alias['agentAliasStatus']}. {why}".strip()
    if alias.get("aliasInvocationState") == "REJECT_INVOCATIONS":
        return f"{named} rejects questions (REJECT_INVOCATIONS)."
    routes = alias.get("routingConfiguration") or [{}]
    if not str(routes[0].get("agentVersion", "")).isdigit():
        return f"{named} routes to no version."
    return ""


def _deploy(stage: Stage) -> str:
    return f"Deploy the agents again: make deploy STAGE={stage.stage}."
