"""What is deployed is what is defined: agents and schemas, read back from the template."""

import copy
import json

import pytest

from datalfred.definitions.action_groups import action_group_names, load_action_group
from datalfred.definitions.agents import load_team
from datalfred.definitions.content import content_folder
from datalfred.definitions.naming import SIZES
from datalfred.orchestrator.directory import ALIAS as LOCAL_ALIAS
from datalfred.orchestrator.directory import Directory
from tests.infra.agents import reading

PREFIX = "datalfred_demo_prod_"
LOAD = content_folder("openapi")


def documents():
    return {name: json.loads((LOAD / f"{name}.json").read_text()) for name in action_group_names()}


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_the_team_of_the_definitions(production, size):
    assert reading.team_of(production, size, prefix=PREFIX) == load_team()


@pytest.mark.parametrize("size", SIZES)
def test_each_size_is_offered_the_operations_of_the_schemas(production, size):
    assert reading.schemas_of(production, size) == documents()
    assert reading.descriptions_of(production, size) == {
        name: load_action_group(name).description for name in action_group_names()
    }


def first_agent(template, name):
    return next(
        each
        for each in reading.of_type(template, reading.AGENT).values()
        if each["AgentName"] == f"{PREFIX}{name}_medium"
    )


def with_other(name, field, value):
    def mutate(template):
        first_agent(template, name)[field] = value

    return mutate


def with_other_in(name, section, field, value):
    def mutate(template):
        first_agent(template, name)[section][-1][field] = value

    return mutate


def asks_others(template):
    collaborators = first_agent(template, "supervisor")["AgentCollaborators"]
    first, second = (each["AgentDescriptor"]["AliasArn"] for each in collaborators)
    first["Fn::GetAtt"], second["Fn::GetAtt"] = second["Fn::GetAtt"], first["Fn::GetAtt"]


def asks_nobody(template):
    del first_agent(template, "supervisor")["AgentCollaborators"]


def runs_another_function(template):
    groups = first_agent(template, "data_analyst")["ActionGroups"]
    groups[-1]["ActionGroupExecutor"], groups[-2]["ActionGroupExecutor"] = (
        groups[-2]["ActionGroupExecutor"],
        groups[-1]["ActionGroupExecutor"],
    )


def never_asks_back(template):
    first_agent(template, "supervisor")["ActionGroups"][0]["ActionGroupState"] = "DISABLED"


def offers_less(template):
    group = first_agent(template, "run_guy")["ActionGroups"][-1]
    schema = json.loads(group["ApiSchema"]["Payload"])
    schema["paths"].popitem()
    group["ApiSchema"]["Payload"] = json.dumps(schema)


@pytest.mark.parametrize(
    "mutate",
    [
        pytest.param(with_other("run_guy", "Instruction", "x" * 50), id="instruction"),
        pytest.param(with_other("run_guy", "Description", "Somebody."), id="description"),
        pytest.param(with_other("run_guy", "IdleSessionTTLInSeconds", 60), id="ttl"),
        pytest.param(with_other("supervisor", "AgentCollaboration", "DISABLED"), id="mode"),
        pytest.param(with_other("supervisor", "Description", "Boss."), id="no-revision"),
        pytest.param(
            with_other_in("run_guy", "ActionGroups", "ActionGroupState", "DISABLED"), id="group"
        ),
        pytest.param(
            with_other_in("run_guy", "ActionGroups", "Description", "Jobs."), id="group-words"
        ),
        pytest.param(
            with_other_in("supervisor", "AgentCollaborators", "CollaborationInstruction", "Ask."),
            id="collaboration",
        ),
        pytest.param(
            with_other_in("supervisor", "AgentCollaborators", "RelayConversationHistory", "NONE"),
            id="history",
        ),
        asks_others,
        asks_nobody,
        runs_another_function,
        never_asks_back,
        offers_less,
    ],
)
def test_a_template_that_differs_anywhere_is_noticed(production, mutate):
    template = copy.deepcopy(production)
    mutate(template)

    def same():
        return (
            reading.team_of(template, "medium", prefix=PREFIX) == load_team()
            and reading.schemas_of(template, "medium") == documents()
            and reading.descriptions_of(template, "medium")
            == reading.descriptions_of(production, "medium")
        )

    try:
        noticed = not same()
    except AssertionError:
        noticed = True
    assert noticed


@pytest.mark.parametrize("size", SIZES)
def test_agents_and_aliases_are_called_as_on_the_laptop(production, size):
    local = Directory(load_team(), "demo", "prod", "eu-west-1", "111122223333", size=size)

    names = {each["AgentName"] for each in reading.agents_of_size(production, size).values()}
    aliases = {
        each["AgentAliasName"] for each in reading.of_type(production, reading.ALIAS).values()
    }

    assert names == {each.resource for each in local}
    assert aliases == {LOCAL_ALIAS}


def test_every_agent_is_prepared_whenever_it_changes_and_no_alias_pins_a_version(production):
    agents = reading.of_type(production, reading.AGENT)
    aliases = reading.of_type(production, reading.ALIAS)

    assert all(each["AutoPrepare"] is True for each in agents.values())
    assert len(aliases) == len(agents) == 9
    assert not any("RoutingConfiguration" in each for each in aliases.values())


def test_no_agent_runs_code_of_its_own(production):
    for agent in reading.of_type(production, reading.AGENT).values():
        (interpreter,) = (
            each
            for each in agent["ActionGroups"]
            if each.get("ParentActionGroupSignature") == "AMAZON.CodeInterpreter"
        )
        assert interpreter["ActionGroupState"] == "DISABLED"
