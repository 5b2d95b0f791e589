"""Reads a template back into the types that the agents are defined in."""

import json
import re

from datalfred.definitions.agents import AgentDefinition, Collaboration, Team
from datalfred.definitions.handlers import handler_of

AGENT, ALIAS = "AWS::Bedrock::Agent", "AWS::Bedrock::AgentAlias"
BUILT_IN = {"AMAZON.UserInput", "AMAZON.CodeInterpreter"}
TEAM = re.compile(r" \[team [0-9a-f]{16}\]$")


def of_type(template, kind):
    """The resources of a type: logical id to properties."""
    return {
        name: each["Properties"]
        for name, each in template["Resources"].items()
        if each["Type"] == kind
    }


def agents_of_size(template, size):
    """The agents of a size: logical id to properties."""
    agents = of_type(template, AGENT)
    return {name: each for name, each in agents.items() if each["AgentName"].endswith(f"_{size}")}


def team_of(template, size, *, prefix):
    """The team that a template deploys for a size."""
    agents = agents_of_size(template, size)
    read = {
        name: _definition(template, properties, size, prefix) for name, properties in agents.items()
    }
    supervisors = [each for each in read.values() if each.collaborators]
    assert len(supervisors) == 1
    others = {each.name: each for each in read.values() if not each.collaborators}
    return Team(supervisor=supervisors[0], collaborators=others)


def schemas_of(template, size):
    """The schemas that the agents of a size are given, by action group."""
    groups = [
        group for each in agents_of_size(template, size).values() for group in own_groups(each)
    ]
    schemas = {
        group["ActionGroupName"]: json.loads(group["ApiSchema"]["Payload"]) for group in groups
    }
    assert len(schemas) == len(groups), "two agents share an action group"
    return schemas


def descriptions_of(template, size):
    """What a model reads about each action group."""
    return {
        group["ActionGroupName"]: group["Description"]
        for each in agents_of_size(template, size).values()
        for group in own_groups(each)
    }


def own_groups(agent):
    """The action groups that are enabled and not Bedrock's."""
    return [
        group
        for group in agent["ActionGroups"]
        if group.get("ParentActionGroupSignature") not in BUILT_IN
        and group["ActionGroupState"] == "ENABLED"
    ]


def _definition(template, agent, size, prefix):
    collaborators = tuple(
        _collaboration(template, each, size, prefix) for each in agent.get("AgentCollaborators", ())
    )
    description = agent["Description"]
    if collaborators:
        assert agent["AgentCollaboration"] == "SUPERVISOR"
        assert TEAM.search(description)
    return AgentDefinition(
        name=_name(agent, size, prefix),
        description=TEAM.sub("", description) if collaborators else description,
        instructions=agent["Instruction"],
        action_groups=tuple(_action_group(template, each) for each in own_groups(agent)),
        knowledge_bases=tuple(each["KnowledgeBaseId"] for each in agent.get("KnowledgeBases", ())),
        asks_user=_enabled(agent, "AMAZON.UserInput"),
        session_ttl_seconds=agent["IdleSessionTTLInSeconds"],
        collaborators=collaborators,
    )


def _name(agent, size, prefix):
    return agent["AgentName"].removeprefix(prefix).removesuffix(f"_{size}")


def _enabled(agent, signature):
    (group,) = (
        each
        for each in agent["ActionGroups"]
        if each.get("ParentActionGroupSignature") == signature
    )
    return group["ActionGroupState"] == "ENABLED"


def _action_group(template, group):
    """Its name, when the function behind it is the one that answers it."""
    (executor,) = group["ActionGroupExecutor"].items()
    kind, function = executor
    assert kind == "Lambda"
    handler = template["Resources"][function["Fn::GetAtt"][0]]["Properties"]["Handler"]
    assert handler == handler_of(group["ActionGroupName"])
    return group["ActionGroupName"]


def _collaboration(template, collaborator, size, prefix):
    """A collaborator, when the alias behind it belongs to the agent of that name and size."""
    alias = collaborator["AgentDescriptor"]["AliasArn"]["Fn::GetAtt"][0]
    agent = of_type(template, ALIAS)[alias]["AgentId"]["Fn::GetAtt"][0]
    name = _name(agents_of_size(template, size)[agent], size, prefix)
    assert name == collaborator["CollaboratorName"]
    return Collaboration(
        name=name,
        instruction=collaborator["CollaborationInstruction"],
        relay_history=collaborator["RelayConversationHistory"] == "TO_COLLABORATOR",
    )
