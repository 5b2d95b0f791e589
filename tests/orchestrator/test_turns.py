"""One turn: the loop, collaborators, operations, what a model gets wrong, ceilings."""

import json
import threading
import uuid
from typing import Annotated

import pytest

from datalfred.bedrock.resolver import ActionGroupResolver, parameter
from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Thought,
)
from datalfred.bedrock.service_error import ServiceError
from datalfred.definitions.result import Result
from datalfred.errors import (
    ModelUnavailableError,
    QueryFailedError,
    ThrottledError,
    TimedOutError,
)
from datalfred.models.scripted import Call, Say
from datalfred.orchestrator.ceilings import Ceilings

QUERY = "post__athena__run_query"
SEND = "AgentCommunication__sendMessage"


def ask(recipient, content):
    return Call(SEND, {"recipient": recipient, "content": content})


def tool_results(heard):
    return [block["toolResult"] for block in heard.messages[-1]["content"]]


def body_of(result):
    return result["content"][0]["text"]


def test_the_words_of_the_model_are_the_answer(stage):
    assert stage([Say("Hello.")]).answer("Hi") == "Hello."


def test_a_collaborator_asks_an_operation_and_answers_its_supervisor(stage, delegated):
    here = stage(delegated)

    assert here.answer() == "42 orders."

    supervisor, analyst, analyst_again, supervisor_again = here.model.heard
    assert supervisor.system[0]["text"].startswith("supervisor:")
    assert analyst.system[0]["text"].startswith("data_analyst:")
    assert here.heard(1) == ["user: How many orders?"]
    (observed,) = tool_results(analyst_again)
    assert observed["status"] == "success"
    assert json.loads(body_of(observed))["n"] == 42
    (answered,) = tool_results(supervisor_again)
    assert body_of(answered) == "There are 42."


def test_no_agent_sees_the_tools_of_another(stage, delegated):
    here = stage(delegated)
    here.answer()

    names = [
        {spec["toolSpec"]["name"] for spec in heard.tool_config["tools"]}
        for heard in here.model.heard
    ]

    assert names == [{SEND, "user__askuser"}, {QUERY}, {QUERY}, {SEND, "user__askuser"}]


def test_the_supervisors_tool_tells_whom_to_ask_for_what(stage):
    here = stage([Say("Hello.")])
    here.answer()

    spec = here.model.heard[0].tool_config["tools"][0]["toolSpec"]

    assert "- data_analyst: Data." in spec["description"]
    assert spec["inputSchema"]["json"]["required"] == ["recipient", "content"]


def test_a_function_is_given_bedrocks_event(stage):
    given = {"sql": "SELECT 1, 'é'", "page": 2, "deep": {"a": [1]}, "yes": True, "none": None}
    here = stage(
        [
            Say(calls=(ask("data_analyst", "Look."),)),
            Say(calls=(Call(QUERY, given),)),
            Say("."),
            Say("."),
        ]
    )

    here.answer(
        sessionState={
            "sessionAttributes": {"user": "local:ana", "request_id": "r-1"},
            "promptSessionAttributes": {"now": "noon"},
        }
    )

    ((name, event),) = here.calls
    analyst = here.orchestrator.directory.named("data_analyst")
    assert name == "datalfred_demo_local_athena"
    assert event == {
        "messageVersion": "1.0",
        "agent": {
            "name": "datalfred_demo_local_data_analyst",
            "id": analyst.agent_id,
            "alias": analyst.alias_id,
            "version": "1",
        },
        "inputText": "Look.",
        "sessionId": "session-1",
        "actionGroup": "athena",
        "apiPath": "/run_query",
        "httpMethod": "POST",
        "parameters": [],
        "requestBody": {
            "content": {
                "application/json": {
                    "properties": [
                        {"name": "sql", "type": "string", "value": "SELECT 1, 'é'"},
                        {"name": "page", "type": "integer", "value": "2"},
                        {"name": "deep", "type": "string", "value": '{"a": [1]}'},
                        {"name": "yes", "type": "string", "value": "true"},
                    ]
                }
            }
        },
        "sessionAttributes": {"user": "local:ana", "request_id": "r-1"},
        "promptSessionAttributes": {},
    }


def test_a_call_without_a_body_has_none_in_its_event(stage):
    here = stage([Say(calls=(Call(QUERY),)), Say("Done.")])

    here.answer(agent="data_analyst", sessionState={"promptSessionAttributes": {"now": "noon"}})

    ((_, event),) = here.calls
    assert "requestBody" not in event
    assert event["promptSessionAttributes"] == {"now": "noon"}


def test_a_function_may_change_the_attributes(stage):
    def function(event):
        return replied(
            event, {}, sessionAttributes={"step": "2"}, promptSessionAttributes={"now": "one"}
        )

    twice = Say(calls=(Call(QUERY), Call(QUERY)))
    here = stage([twice, Say("Done."), Say(calls=(Call(QUERY),)), Say("Done.")], function)

    here.answer(agent="data_analyst")
    here.answer(agent="data_analyst")

    first, second, third = [event for _, event in here.calls]
    assert first["sessionAttributes"] == {}
    assert second["sessionAttributes"] == {"step": "2"}
    assert second["promptSessionAttributes"] == {"now": "one"}
    assert third["sessionAttributes"] == {"step": "2"}
    assert third["promptSessionAttributes"] == {}


def replied(event, body, status=200, **more):
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "messageVersion": "1.0",
        "response": {
            "actionGroup": event["actionGroup"],
            "apiPath": event["apiPath"],
            "httpMethod": event["httpMethod"],
            "httpStatusCode": status,
            "responseBody": {"application/json": {"body": text}},
        },
        **more,
    }


def test_a_failed_operation_is_an_error_to_the_model(stage):
    error = {"error": {"code": "NOT_FOUND", "message": "There is no table x."}}
    here = stage(
        [Say(calls=(Call(QUERY, {"sql": "x"}),)), Say("I could not.")],
        lambda event: replied(event, error, status=404),
    )

    assert here.answer(agent="data_analyst") == "I could not."

    (observed,) = tool_results(here.model.heard[-1])
    assert observed["status"] == "error"
    assert json.loads(body_of(observed)) == error


def test_several_calls_of_one_step_are_answered_in_order(stage):
    both = Say(calls=(Call(QUERY, {"sql": "a"}), Call("nonsense"), Call(QUERY, {"sql": "b"})))
    here = stage([both, Say("Done.")], lambda event: replied(event, _sql_of(event)))

    here.answer(agent="data_analyst")

    assert here.heard()[-1] == "user: <toolResult>"
    results = tool_results(here.model.heard[-1])
    calls = here.model.heard[-1].messages[-2]["content"]
    assert [each["toolUseId"] for each in results] == [
        each["toolUse"]["toolUseId"] for each in calls
    ]
    assert [body_of(each)[:12] for each in results] == ["a", "There is no ", "b"]


def _sql_of(event):
    return event["requestBody"]["content"]["application/json"]["properties"][0]["value"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call("post__athena__drop_table"), "There is no tool 'post__athena__drop_table'"),
        (Call(SEND, '{"recipient": '), "is no JSON object"),
        (Call(SEND, "[1]"), "is no JSON object"),
        (ask("the_boss", "Help"), "There is no agent 'the_boss'. The agents are: data_analyst"),
        (ask("run_guy", "  "), "has no content"),
        (Call(SEND, {"recipient": "run_guy"}), "has no content"),
        (Call(SEND, {"recipient": ["run_guy"], "content": "x"}), "There is no agent"),
        (Call("user__askuser"), "has no question"),
    ],
)
def test_a_call_that_makes_no_sense_is_explained_to_the_model(stage, call, words):
    here = stage([Say(calls=(call,)), Say("Sorry. 42.")])

    assert here.answer() == "Sorry. 42."

    (told,) = tool_results(here.model.heard[-1])
    assert told["status"] == "error"
    assert words in body_of(told)
    assert here.calls == []


def test_a_model_that_only_makes_mistakes_is_stopped(stage):
    here = stage(lambda _heard: Say(calls=(Call("nonsense"),)))

    answer = here.answer()

    assert answer.startswith("I cannot answer that.")
    assert "tools that do not exist" in answer
    assert len(here.model.heard) == Ceilings().mistakes + 1


def test_a_looping_model_is_stopped(stage):
    here = stage(
        lambda _heard: Say(calls=(Call(QUERY, {"sql": "SELECT 1"}),)),
        ceilings=Ceilings(tool_calls=5),
    )

    answer = here.answer(agent="data_analyst")

    assert answer.startswith("I cannot answer that.")
    assert "5 calls of tools" in answer
    assert len(here.calls) == 5


def test_a_turn_that_is_stopped_says_so_in_its_trace(stage):
    here = stage(lambda _heard: Say(calls=(Call("nonsense"),)))

    *_, failed, _chunk = here.turn(enableTrace=True)

    reason = failed["trace"]["trace"]["failureTrace"]["failureReason"]
    cause, way_out = reason.split("\n")
    assert "tools that do not exist" in cause
    assert "DATALFRED_MODEL_NAME" in way_out


def test_operations_refuse_before_the_turn_is_stopped():
    ceilings = Ceilings.for_calls(24)

    assert 24 < ceilings.tool_calls < ceilings.model_calls


def test_the_ceiling_holds_for_all_agents_of_a_turn_together(stage):
    def script(heard):
        is_supervisor = heard.system[0]["text"].startswith("supervisor")
        if is_supervisor:
            return Say(calls=(ask("run_guy", "again"),))
        return Say("no") if len(heard.messages) > 1 else Say(calls=(Call(QUERY, {"sql": "x"}),))

    here = stage(script, ceilings=Ceilings(model_calls=7))

    assert "7 calls of the language model" in here.answer()
    assert len(here.model.heard) == 7


def test_a_turn_that_costs_too_much_is_stopped(stage):
    class Dear:
        model_id = "anthropic.claude-sonnet-4-6"

        def __init__(self, model):
            self.converse_stream = model.converse_stream

    from_script = stage(
        lambda _heard: Say(calls=(Call(QUERY, {"sql": "x"}),), input_tokens=100_000)
    )
    here = stage(Dear(from_script.model), ceilings=Ceilings(cost_usd=0.5))

    answer = here.answer(agent="data_analyst")

    assert "cost more than 0.50 US dollars" in answer
    assert len(from_script.model.heard) == 2


def test_a_session_goes_on_after_a_ceiling(stage):
    here = stage([Say(calls=(Call("nonsense"),)), Say("Better.")], ceilings=Ceilings(mistakes=0))
    here.answer("First?")

    assert here.answer("Second?") == "Better."
    assert here.heard()[0] == "user: First?"
    assert here.heard()[1].startswith("assistant: I cannot answer that.")


def test_asking_the_person_back_ends_the_turn(stage):
    here = stage(
        [
            Say(calls=(ask("run_guy", "x"), Call("user__askuser", {"question": "Which one?"}))),
            Say("That one."),
        ]
    )

    assert here.answer("Run it.") == "Which one?"
    assert here.answer("The first.") == "That one."
    assert here.heard() == ["user: Run it.", "assistant: Which one?", "user: The first."]


def test_a_model_without_words_abstains(stage):
    assert stage([Say()]).answer().startswith("I cannot answer that")


def test_the_trace_tells_what_happened_and_in_which_order(stage, delegated):
    asked, *rest = [
        event for event in stage(delegated).events() if not isinstance(event, ModelUsed)
    ]

    assert asked == AgentAsked("data_analyst", "supervisor", "How many orders?")
    thought, called, returned, answered = rest
    assert thought == Thought("data_analyst", "Let me look.")
    assert called == OperationCalled(
        "data_analyst", "athena", "run_query", {"sql": "SELECT 1"}, called.trace_id
    )
    assert returned == OperationReturned(
        "data_analyst", "athena", "run_query", '{"evidence": "one row", "n": 42}', called.trace_id
    )
    assert answered == AgentAnswered("data_analyst", "There are 42.")


def test_a_trace_is_bedrocks_own(stage, delegated):
    here = stage(delegated)

    traces = [part["trace"] for part in here.turn(enableTrace=True) if "trace" in part]

    supervisor, analyst = map(here.orchestrator.directory.named, ("supervisor", "data_analyst"))
    of_analyst = [trace for trace in traces if trace["agentId"] == analyst.agent_id]
    of_supervisor = [trace for trace in traces if trace["agentId"] == supervisor.agent_id]
    assert len(of_analyst) + len(of_supervisor) == len(traces)
    assert {trace.get("collaboratorName") for trace in of_supervisor} == {None}
    assert {trace["collaboratorName"] for trace in of_analyst} == {"data_analyst"}
    assert of_analyst[0]["callerChain"] == [
        {"agentAliasArn": supervisor.alias_arn},
        {"agentAliasArn": analyst.alias_arn},
    ]
    steps = [next(iter(trace["trace"]["orchestrationTrace"])) for trace in traces]
    assert steps == [
        "modelInvocationInput",
        "modelInvocationOutput",
        "invocationInput",
        "modelInvocationInput",
        "modelInvocationOutput",
        "rationale",
        "invocationInput",
        "observation",
        "modelInvocationInput",
        "modelInvocationOutput",
        "observation",
        "observation",
        "modelInvocationInput",
        "modelInvocationOutput",
        "observation",
    ]
    ids = [
        step["traceId"] for each in traces for step in each["trace"]["orchestrationTrace"].values()
    ]
    assert all(2 <= len(each) <= 16 for each in ids)
    assert len(set(ids)) == 4


def test_without_a_trace_only_the_answer_comes(stage, delegated):
    (part,) = stage(delegated).turn()

    assert part == {"chunk": {"bytes": b"42 orders."}}


def test_a_trace_part_comes_before_the_model_is_called(stage):
    here = stage([Say("Hello.")])
    parts = here.turn(enableTrace=True)

    part = next(parts)

    assert "modelInvocationInput" in part["trace"]["trace"]["orchestrationTrace"]
    assert here.model.heard == []
    parts.close()


def test_three_turns_cost_their_sum(stage):
    here = stage([Say("1", input_tokens=7), Say("2", input_tokens=11), Say("3", output_tokens=13)])

    used = [event for text in "abc" for event in here.events(text) if isinstance(event, ModelUsed)]

    assert [(each.input_tokens, each.output_tokens) for each in used] == [(7, 5), (11, 5), (10, 13)]
    assert {each.model for each in used} == {"scripted"}


def test_a_client_that_leaves_stops_the_turn(stage, delegated):
    here = stage(delegated)
    parts = here.turn(enableTrace=True)
    next(parts)
    next(parts)

    parts.close()

    assert len(here.model.heard) == 1
    assert here.calls == []
    assert here.answer("Again?") == "There are 42."  # the session is free: the script goes on


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ThrottledError("Slower.", hint="Wait."), "ThrottlingException", "Slower.\nWait."),
        (ModelUnavailableError("No model."), "ModelNotReadyException", "No model."),
        (TimedOutError("Silent."), "DependencyFailedException", "Silent."),
    ],
)
def test_a_model_that_fails_is_an_error_amid_the_stream(stage, error, code, words):
    here = stage([error, Say("Back.")])
    parts = here.turn(enableTrace=True)
    next(parts)

    with pytest.raises(ServiceError) as raised:
        next(parts)

    assert raised.value.code == code
    assert raised.value.message == words
    assert here.answer("Again?") == "Back."
    assert here.heard() == ["user: Again?"]


def _raises(_event):
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_raises, "the function failed"),
        (lambda _event: None, "error processing the Lambda response"),
        (lambda _event: {"response": {}}, "error processing the Lambda response"),
        (lambda event: replied(event, {}, status="odd"), "error processing the Lambda response"),
        (lambda event: _with_body(event, {"not": "a string"}), "error processing the Lambda"),
        (lambda event: replied(event, "x" * 25_001), "exceeds maximum size 25KB: 25001"),
    ],
    ids=["raises", "gives nothing", "no body", "odd status", "body is no text", "too large"],
)
def test_a_function_that_breaks_ends_the_turn(stage, function, words, caplog):
    here = stage([Say(calls=(Call(QUERY, {"sql": "x"}),))], function)

    with pytest.raises(ServiceError, match=words) as raised:
        here.answer(agent="data_analyst")

    assert raised.value.code == "DependencyFailedException"
    assert raised.value.members == {"resourceName": "athena"}


def _with_body(event, body):
    answer = replied(event, {})
    answer["response"]["responseBody"]["application/json"]["body"] = body
    return answer


def test_turns_of_different_sessions_run_at_once(stage):
    both = threading.Barrier(2, timeout=10)

    def script(heard):
        both.wait()
        return Say(f"{heard.messages[-1]['content'][0]['text']}!")

    here = stage(script)
    answers = {}
    threads = [
        threading.Thread(target=lambda name=name: answers.update({name: here.answer(name, name)}))
        for name in ("s-a", "s-b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {"s-a": "s-a!", "s-b": "s-b!"}


def _first_asks(name):
    """A supervisor that asks one collaborator, twice, and then says what it was told."""

    def script(heard):
        if not heard.system[0]["text"].startswith("supervisor"):
            raise ThrottledError("Bedrock asked for slower calls.", hint="Wait.")
        told = [
            result["toolResult"]
            for message in heard.messages
            for result in message["content"]
            if "toolResult" in result
        ]
        if len(told) < 2:
            return Say(calls=(ask(name, "How many?"),))
        assert {result["status"] for result in told} == {"error"}
        return Say(told[-1]["content"][0]["text"])

    return script


def test_a_collaborator_that_is_down_costs_its_part_and_is_asked_once(stage, caplog):
    here = stage(_first_asks("run_guy"))
    state = {"sessionAttributes": {"request_id": "r-9"}}

    answer = here.answer(sessionState=state)

    assert answer.startswith("run_guy could not answer: Bedrock asked for slower calls.")
    assert len(here.model.heard) == 4  # the supervisor three times, run_guy once
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith(
        "correlation_id=<r-9>, session=<session-1>, agent=<run_guy>, code=<ThrottlingException>"
    )


def test_a_tool_that_is_down_costs_its_collaborators_part(stage, caplog):
    here = stage(
        [
            Say(calls=(ask("data_analyst", "How many?"),)),
            Say(calls=(Call(QUERY, {"sql": "SELECT 'secret'"}),)),
            Say("The queries are down, so I cannot say how many."),
        ],
        _raises,
    )

    assert here.answer() == "The queries are down, so I cannot say how many."
    assert "The action group athena broke" in str(here.model.heard[-1].messages[-1])
    assert "action_group=<athena>, error=<ZeroDivisionError>" in caplog.text
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_turn_that_fails_is_one_line_of_the_log(stage, caplog):
    here = stage([ModelUnavailableError("No model at http://secret.")])

    with pytest.raises(ServiceError):
        here.answer(sessionState={"sessionAttributes": {"request_id": "r-7"}})

    (record,) = caplog.records
    assert "correlation_id=<r-7>, session=<session-1>, agent=<supervisor>" in record.getMessage()
    assert "secret" not in record.getMessage()


def test_an_exception_of_a_provider_is_no_words_of_a_chat(stage, caplog):
    here = stage([RuntimeError("the prompt was: secret")])

    with pytest.raises(ServiceError) as raised:
        here.answer()

    assert raised.value.code == "DependencyFailedException"
    assert "scripted failed (RuntimeError)" in raised.value.message
    assert "secret" not in raised.value.message + caplog.text


def test_a_model_that_repeats_a_failed_call_makes_it_once_and_is_stopped(stage):
    app, ran = ActionGroupResolver(), []

    @app.operation
    def run_query(sql: Annotated[str, parameter("One statement.")]) -> Result:
        """Run a statement."""
        ran.append(sql)
        raise QueryFailedError("line 1: mismatched input", sql=sql)

    here = stage(
        lambda _heard: Say(calls=(Call(QUERY, {"sql": "SELEC 1"}),)),
        lambda event: app.resolve(event, None),
        ceilings=Ceilings(tool_calls=9),
    )
    attributes = {"sessionAttributes": {"request_id": uuid.uuid4().hex}}

    answer = here.answer(agent="data_analyst", sessionState=attributes)

    assert "9 calls of tools" in answer
    assert len(here.calls) == 9
    assert ran == ["SELEC 1"]
