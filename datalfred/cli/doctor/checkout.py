"""Whether the deployed agents are those of this checkout, word for word.

A stage that is behind its checkout works, and is what one sees before each deployment: it is told,
and is no failure.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.cli.doctor.findings import Well
from datalfred.cli.doctor.stage import Stage
from datalfred.cli.doctor.team import Member, collaborators_of, members
from datalfred.definitions.agents import AgentDefinition, load_team
from datalfred.definitions.content import content_folder

_TEAM = re.compile(r" \[team [0-9a-f]+\]$")
"""What the deployment adds to a supervisor's description: the revision of its collaborators."""

_BEDROCKS_OWN = {"CodeInterpreterAction", "UserInputAction"}
"""Action groups of Bedrock itself, on or off, that no definition names."""


def same(stage: Stage, size: str) -> str | Well:
    """What differs between the agents of a size, as their aliases route, and their definitions."""
    defined = {each.name: each for each in load_team().agents}
    found = members(stage, size)
    told = [
        f"{member.name} ({', '.join(differences)})"
        for member in found
        if (differences := list(_differences(stage, member, defined[member.name])))
    ]
    if not told:
        return f"{', '.join(each.name for each in found)} are those of this checkout"
    return Well(
        f"the deployed agents are not those of this checkout: {'; '.join(told)}",
        f"If this checkout is the newer one, deploy it: make deploy STAGE={stage.stage}.",
    )


def _differences(stage: Stage, member: Member, defined: AgentDefinition) -> Iterator[str]:
    agent_id = member.agent["agentId"]
    arn = stage.account.arn("bedrock", f"agent/{agent_id}")
    at = {"agentId": agent_id, "agentVersion": member.version}
    said = stage.account.read("bedrock-agent", "get_agent_version", arn, **at)["agentVersion"]
    if said.get("instruction", "").strip() != defined.instructions:
        yield "instructions"
    if _TEAM.sub("", said.get("description", "")) != defined.description:
        yield "description"
    if said.get("idleSessionTTLInSeconds") != defined.session_ttl_seconds:
        yield "session_ttl_seconds"
    if defined.collaborators and _asked(stage, member) != _to_ask(defined):
        yield "collaborators"
    yield from _other_groups(stage, arn, at, defined)


def _asked(stage: Stage, member: Member) -> dict[str, tuple[str, bool]]:
    return {
        each["collaboratorName"]: (
            each["collaborationInstruction"],
            each.get("relayConversationHistory") == "TO_COLLABORATOR",
        )
        for each in collaborators_of(stage, member)
    }


def _to_ask(defined: AgentDefinition) -> dict[str, tuple[str, bool]]:
    return {each.name: (each.instruction, each.relay_history) for each in defined.collaborators}


def _other_groups(
    stage: Stage, arn: str, at: Mapping[str, str], defined: AgentDefinition
) -> Iterator[str]:
    """The action groups that are missing, too many or of another schema."""
    listed = stage.account.all_of(
        "bedrock-agent", "list_agent_action_groups", "actionGroupSummaries", arn, **at
    )
    ids = {each["actionGroupName"]: each["actionGroupId"] for each in listed}
    for group in sorted(ids.keys() - set(defined.action_groups) - _BEDROCKS_OWN):
        yield f"with {group}"
    for group in defined.action_groups:
        if group not in ids:
            yield f"without {group}"
            continue
        found = stage.account.read(
            "bedrock-agent", "get_agent_action_group", arn, **at, actionGroupId=ids[group]
        )
        if _schema(found["agentActionGroup"]) != _defined_schema(group):
            yield f"schema of {group}"


def _schema(group: Mapping[str, Any]) -> Any:
    try:
        return json.loads(group.get("apiSchema", {}).get("payload", ""))
    except ValueError:
        return None


def _defined_schema(group: str) -> Any:
    return json.loads((content_folder("openapi") / f"{group}.json").read_text("utf-8"))
