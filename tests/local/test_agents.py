"""A whole turn: boto3 over the socket, agents, an operation in its function, the lake, and back."""

import json

import pytest

from datalfred import clients, settings
from datalfred.local import host, stack
from datalfred.local.lakes import Lake
from datalfred.models import choice
from datalfred.models.scripted import Call, Say, ScriptedModel

ANALYST = "AgentCommunication__sendMessage"
DATABASES = "post__glue__list_databases"


def one_database(_name, _cache):
    """A lake that is quick to make."""

    def seed(aws, _progress):
        aws.client("glue").create_database(DatabaseInput={"Name": "sales"})

    return Lake("small lake", "", seed, has_pipelines=False)


@pytest.fixture
def model(monkeypatch):
    """The model of the stack, which plays what the test gives it."""
    script = []
    playing = ScriptedModel(script)
    playing.script = script
    monkeypatch.setattr(choice, "from_settings", lambda _settings, _size: playing)
    monkeypatch.setattr(host, "lake_named", one_database)
    return playing


def ask(environment, question, session="session-1"):
    """The words of an answer and what the operations observed."""
    with settings.using(environment):
        answer = clients.client("bedrock-agent-runtime").invoke_agent(
            agentId=environment["DATALFRED_AGENT_ID"],
            agentAliasId=environment["DATALFRED_AGENT_ALIAS_ID"],
            sessionId=session,
            inputText=question,
            enableTrace=True,
        )
    words, observed = "", []
    for event in answer["completion"]:
        words += event.get("chunk", {}).get("bytes", b"").decode()
        observation = event.get("trace", {}).get("trace", {}).get("orchestrationTrace", {})
        output = observation.get("observation", {}).get("actionGroupInvocationOutput", {})
        if output:
            observed.append(json.loads(output["text"]))
    return words, observed


def test_a_turn_reaches_the_lake_through_the_function_of_its_action_group(tmp_path, model):
    model.script += [
        Say(calls=(Call(ANALYST, {"recipient": "data_analyst", "content": "databases?"}),)),
        Say(calls=(Call(DATABASES),)),
        Say("There is one: sales."),
        Say("One database: sales."),
    ]
    with stack.start(state=tmp_path) as running:
        words, observed = ask(running.environment(), "Which databases are there?")
        asked_for = {
            (call.operation, call.role)
            for call in running.aws.door.calls
            if call.service == "glue" and call.role
        }

    assert words == "One database: sales."
    assert [database["name"] for database in observed[0]["databases"]] == ["sales"]
    assert asked_for
    assert {role for _, role in asked_for} == {"datalfred_demo_local_glue_role"}


def test_a_conversation_goes_on_after_a_restart(tmp_path, model):
    model.script += [Say("The lake is small."), Say("Still small.")]
    for question, answer in (("How big is it?", "The lake is small."), ("Now?", "Still small.")):
        with stack.start(state=tmp_path) as running:
            assert ask(running.environment(), question) == (answer, [])

    assert "How big is it?" in str(model.heard[-1].messages)


def test_a_turn_that_its_client_leaves_is_over(tmp_path, model):
    model.script += [Say("A long answer.")]
    with stack.start(state=tmp_path) as running:
        environment = running.environment()
        with settings.using(environment):
            answer = clients.client("bedrock-agent-runtime").invoke_agent(
                agentId=environment["DATALFRED_AGENT_ID"],
                agentAliasId=environment["DATALFRED_AGENT_ALIAS_ID"],
                sessionId="session-2",
                inputText="Well?",
            )
        answer["completion"].close()

        assert running.seeding.wait(20)  # it lets turns go first, and none is left
