"""Unchanged boto3 clients against the agents of the embedded AWS, over loopback."""

import contextlib
import json
import threading

import pytest
from botocore.exceptions import ClientError, EventStreamError

from datalfred import clients, settings
from datalfred.answers.assemble import AnswerBuilder
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.bedrock.runtime import Turn
from datalfred.definitions.action_groups import ActionGroup, Operation, Parameter
from datalfred.definitions.agents import AgentDefinition, Collaboration, Team
from datalfred.errors import ThrottledError
from datalfred.local.aws import agents
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.models.scripted import Call, Say, ScriptedModel
from datalfred.orchestrator.orchestrator import Orchestrator

INSTRUCTIONS = "You are an agent of a test and answer what you are asked, in few words."
ATHENA = ActionGroup(
    name="athena",
    description="Queries.",
    operations=(
        Operation(
            operation_id="run_query",
            path="/run_query",
            verb="post",
            description="Runs a query.",
            parameters=(Parameter(name="sql", type="string", description="It.", required=True),),
        ),
    ),
)


def agent(name, **more):
    return AgentDefinition(name=name, description=name, instructions=INSTRUCTIONS, **more)


TEAM = Team(
    supervisor=agent(
        "supervisor", collaborators=(Collaboration(name="data_analyst", instruction="Data."),)
    ),
    collaborators={"data_analyst": agent("data_analyst", action_groups=("athena",))},
)


class Script:
    """What the model says: set anew by each test."""

    def __init__(self):
        self.say = lambda _heard: Say("Hello.")

    def __call__(self, heard):
        return self.say(heard)


def handler(event, _context):
    body = json.dumps({"evidence": "one row", "asked_by": event["sessionAttributes"]})
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": 200,
            "responseBody": {"application/json": {"body": body}},
        },
    }


def retrieve(given):
    passage = {"content": {"text": f"about {given['retrievalQuery']['text']}"}}
    return {"retrievalResults": [passage]}


@pytest.fixture(scope="module")
def script():
    return Script()


@pytest.fixture(scope="module")
def directory(embedded_aws, script):
    """The agents of a team behind the front door."""
    embedded_aws.functions.register("datalfred_demo_local_athena", handler)
    orchestrator = Orchestrator(
        TEAM,
        ScriptedModel(script),
        embedded_aws.functions.invoke,
        project="demo",
        stage="local",
        region="eu-west-1",
        account=ACCOUNT,
        load=lambda _name: ATHENA,
    )
    agents.install(embedded_aws, orchestrator, {"Retrieve": retrieve})
    return orchestrator.directory


@pytest.fixture
def client(embedded_aws, directory):
    with settings.using(embedded_aws.environment()):
        yield lambda name: clients.client(name, retries=0)


def invoke(client, who, session="session-1", **more):
    return client("bedrock-agent-runtime").invoke_agent(
        agentId=who.agent_id,
        agentAliasId=who.alias_id,
        sessionId=session,
        **{"inputText": "How many?", **more},
    )


def events_of(response):
    with contextlib.closing(response["completion"]) as stream:
        return list(stream)


def delegates(heard):
    last = heard.messages[-1]["content"][0]
    if "toolResult" in last:
        return Say("There are 42.")
    tools = [spec["toolSpec"]["name"] for spec in heard.tool_config["tools"]]
    if "AgentCommunication__sendMessage" in tools:
        ask = {"recipient": "data_analyst", "content": last["text"]}
        return Say(calls=(Call("AgentCommunication__sendMessage", ask),))
    return Say(calls=(Call("post__athena__run_query", {"sql": "SELECT 1"}),))


def test_boto3_gets_the_words_of_the_supervisor(client, directory, script):
    script.say = lambda _heard: Say("Hello.")

    response = invoke(client, directory.supervisor, "plain-1")

    assert response["sessionId"] == "plain-1"
    assert response["contentType"] == "application/json"
    assert events_of(response) == [{"chunk": {"bytes": b"Hello."}}]


def test_a_turn_through_collaborator_and_function_becomes_an_answer(client, directory, script):
    script.say = delegates
    who = directory.supervisor
    runtime = BedrockAgentRuntime.connect(who.agent_id, who.alias_id)
    builder = AnswerBuilder("demo lake", "whole-1")

    for event in runtime.invoke(
        Turn("How many?", "whole-1", "r-1", user="local:ana", channel="cli")
    ):
        builder.feed(event)

    answer = builder.build()
    assert builder.failure is None
    assert answer.answer == "There are 42."
    assert answer.agents == ("supervisor", "data_analyst")
    (operation,) = answer.operations
    assert (operation.operation, operation.status) == ("run_query", "succeeded")
    assert answer.usage.input_tokens == 40
    assert answer.model == "scripted"
    assert answer.cost_usd == 0.0


def test_a_function_knows_who_asked(client, directory, script):
    script.say = delegates
    attributes = {"user": "local:ana", "request_id": "r-1"}

    events = events_of(
        invoke(
            client,
            directory.supervisor,
            "who-1",
            enableTrace=True,
            sessionState={"sessionAttributes": attributes},
        )
    )

    (observed,) = [
        step["observation"]["actionGroupInvocationOutput"]["text"]
        for event in events
        if "trace" in event
        for step in [event["trace"]["trace"]["orchestrationTrace"]]
        if "actionGroupInvocationOutput" in step.get("observation", {})
    ]
    assert json.loads(observed)["asked_by"] == attributes


def test_a_trace_part_arrives_while_the_model_still_thinks(client, directory, script):
    go_on = threading.Event()

    def thinks(_heard):
        assert go_on.wait(10)
        return Say("At last.")

    script.say = thinks
    response = invoke(client, directory.supervisor, "slow-1", enableTrace=True)

    with contextlib.closing(response["completion"]) as stream:
        events = iter(stream)
        first = next(events)
        go_on.set()
        rest = list(events)

    assert "modelInvocationInput" in first["trace"]["trace"]["orchestrationTrace"]
    assert rest[-1] == {"chunk": {"bytes": b"At last."}}


def test_a_client_that_leaves_stops_the_turn_and_frees_the_session(client, directory, script):
    calls = threading.Semaphore(0)

    def loops(_heard):
        calls.release()
        return Say("x" * 100_000, calls=(Call("nonsense"),))

    script.say = loops
    response = invoke(client, directory.supervisor, "left-1", enableTrace=True)
    next(iter(response["completion"]))
    response["completion"].close()

    script.say = lambda _heard: Say("Free.")
    events = events_of(invoke(client, directory.supervisor, "left-1"))
    assert events == [{"chunk": {"bytes": b"Free."}}]


def test_a_model_that_fails_is_an_error_amid_the_stream(client, directory, script):
    script.say = lambda _heard: ThrottledError("Slower, please.")

    with pytest.raises(EventStreamError, match="Slower, please") as error:
        events_of(invoke(client, directory.supervisor, "fails-1"))

    assert error.value.response["Error"]["Code"] == "throttlingException"


@pytest.mark.parametrize(
    ("wrong", "code", "status"),
    [
        ({"agentId": "NOSUCHAGNT"}, "ResourceNotFoundException", 404),
        ({"agentAliasId": "NOSUCHALIA"}, "ResourceNotFoundException", 404),
        ({"agentId": "no-letters"}, "ValidationException", 400),
        ({"sessionId": "has space"}, "ValidationException", 400),
        ({"inputText": ""}, "ValidationException", 400),
    ],
)
def test_a_wrong_request_is_an_error_before_the_stream(client, directory, wrong, code, status):
    who = directory.supervisor
    request = {
        "agentId": who.agent_id,
        "agentAliasId": who.alias_id,
        "sessionId": "wrong-1",
        "inputText": "x",
    }

    with pytest.raises(ClientError) as error:
        client("bedrock-agent-runtime").invoke_agent(**{**request, **wrong})

    assert error.value.response["Error"]["Code"] == code
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_agents_can_be_listed_and_read(client, directory):
    bedrock = client("bedrock-agent")

    summaries = bedrock.list_agents()["agentSummaries"]
    assert [each["agentName"] for each in summaries] == [
        "datalfred_demo_local_supervisor",
        "datalfred_demo_local_data_analyst",
    ]
    found = [bedrock.get_agent(agentId=each["agentId"])["agent"] for each in summaries]
    assert [each["agentCollaboration"] for each in found] == ["SUPERVISOR", "DISABLED"]
    assert found[0]["agentStatus"] == "PREPARED"
    assert found[0]["foundationModel"] == "scripted"
    assert found[0]["instruction"] == INSTRUCTIONS


def test_aliases_can_be_listed_and_read(client, directory):
    bedrock = client("bedrock-agent")
    who = directory.supervisor

    (summary,) = bedrock.list_agent_aliases(agentId=who.agent_id)["agentAliasSummaries"]
    found = bedrock.get_agent_alias(agentId=who.agent_id, agentAliasId=summary["agentAliasId"])

    assert summary["agentAliasId"] == who.alias_id
    assert found["agentAlias"]["agentAliasArn"] == who.alias_arn
    assert found["agentAlias"]["agentAliasStatus"] == "PREPARED"


def test_what_is_not_implemented_says_so(client):
    with pytest.raises(ClientError) as error:
        client("bedrock-agent").prepare_agent(agentId="AGENT12345")

    assert error.value.response["Error"]["Code"] == "NotImplemented"


def test_an_operation_of_another_part_answers_here_too(client):
    found = client("bedrock-agent-runtime").retrieve(
        knowledgeBaseId="KB12345678", retrievalQuery={"text": "memory"}
    )

    assert found["retrievalResults"][0]["content"]["text"] == "about memory"


def test_a_path_of_another_service_is_not_taken(embedded_aws):
    """A bucket may be called ``agents``."""
    caller = embedded_aws.callers.caller(service="s3")
    request = Request("POST", "/agents/", "", {}, b"", caller)

    assert agents.AgentServices(None, {}, agents.ControlPlane(dict)).handle(request) is None


def test_other_services_that_sign_as_bedrock_go_on_to_moto(embedded_aws):
    caller = embedded_aws.callers.caller(service="bedrock")
    request = Request("POST", "/model/m/converse", "", {}, b"", caller)

    assert agents.AgentServices(None, {}, agents.ControlPlane(dict)).handle(request) is None
