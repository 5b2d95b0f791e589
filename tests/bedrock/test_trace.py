from datetime import UTC, datetime

import pytest

from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Citation,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Thought,
)
from datalfred.bedrock.trace import TraceReader

USAGE = {"inputTokens": 7, "outputTokens": 3}


@pytest.fixture
def read():
    reader = TraceReader("supervisor", "anthropic.claude-sonnet-4-6")

    def one(step=None, *, who="", **trace):
        part = {"trace": trace or {"orchestrationTrace": step}}
        return list(reader.read({**part, "collaboratorName": who} if who else part))

    one.reader = reader
    return one


def called(name, trace_id="t-1", **more):
    group = {"actionGroupName": "athena", "apiPath": f"/{name}", "verb": "post", **more}
    return {"invocationInput": {"traceId": trace_id, "actionGroupInvocationInput": group}}


def returned(text, trace_id="t-1"):
    return {"observation": {"traceId": trace_id, "actionGroupInvocationOutput": {"text": text}}}


def test_tokens_are_counted_once(read):
    output = {"traceId": "t-1", "metadata": {"usage": USAGE, "totalTimeMs": 12}}
    answered = {
        "agentCollaboratorName": "run_guy",
        "output": {"text": "x"},
        "metadata": {"usage": USAGE},
    }
    final = {"finalResponse": {"text": "x", "metadata": {"usage": USAGE}}}

    events = [
        *read({"modelInvocationOutput": output}),
        *read({"observation": {"agentCollaboratorInvocationOutput": answered}}),
        *read({"observation": final}),
    ]

    used = [event for event in events if isinstance(event, ModelUsed)]
    assert used == [ModelUsed("supervisor", "anthropic.claude-sonnet-4-6", 7, 3, 12)]


@pytest.mark.parametrize(
    "step", ["preProcessingTrace", "routingClassifierTrace", "postProcessingTrace"]
)
def test_every_kind_of_step_counts(read, step):
    output = {"modelInvocationOutput": {"metadata": {"usage": USAGE}}}

    (used,) = read(**{step: output})

    assert (used.input_tokens, used.output_tokens, used.milliseconds) == (7, 3, 0)


def test_the_model_that_a_trace_names_wins(read):
    read({"modelInvocationInput": {"traceId": "t-1", "foundationModel": "offline"}})

    (used,) = read({"modelInvocationOutput": {"traceId": "t-1", "metadata": {"usage": USAGE}}})

    assert used.model == "offline"


def test_a_team_is_priced_by_its_model_not_by_the_profile_that_a_trace_names(read):
    profile = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"
    read({"modelInvocationInput": {"traceId": "t-1", "foundationModel": profile}})

    (used,) = read({"modelInvocationOutput": {"traceId": "t-1", "metadata": {"usage": USAGE}}})

    assert used.model == "anthropic.claude-sonnet-4-6"


def test_the_time_of_a_model_call_may_stand_in_its_start_and_end(read):
    times = {
        "startTime": datetime(2026, 1, 1, tzinfo=UTC),
        "endTime": datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC),
    }

    (used,) = read({"modelInvocationOutput": {"metadata": {"usage": USAGE, **times}}})

    assert used.milliseconds == 2000


def test_a_model_call_without_usage_counts_nothing(read):
    assert read({"modelInvocationOutput": {"traceId": "t-1"}}) == []


def test_results_find_their_calls_in_order(read):
    properties = [{"name": "sql", "type": "string", "value": "SELECT 1"}]
    body = {"requestBody": {"content": {"application/json": properties}}}

    first = read(called("run_query", **body), who="data_analyst")
    read(
        called("stop_query", parameters=[{"name": "query_id", "value": "q-1"}]), who="data_analyst"
    )
    read(called("list_alarms"), who="run_guy")
    results = [
        *read(returned("1"), who="data_analyst"),
        *read(returned("2"), who="data_analyst"),
        *read(returned("3"), who="run_guy"),
    ]

    assert first == [
        OperationCalled("data_analyst", "athena", "run_query", {"sql": "SELECT 1"}, "t-1")
    ]
    assert [(each.agent, each.operation, each.body) for each in results] == [
        ("data_analyst", "run_query", "1"),
        ("data_analyst", "stop_query", "2"),
        ("run_guy", "list_alarms", "3"),
    ]


def test_a_result_without_a_call_is_still_a_result(read):
    assert read(returned("{}")) == [OperationReturned("supervisor", "", "", "{}", "t-1")]


def test_a_function_group_has_a_function_for_a_path(read):
    group = {
        "actionGroupName": "g",
        "function": "restart",
        "parameters": [{"name": "a", "value": "b"}],
    }

    (call,) = read({"invocationInput": {"actionGroupInvocationInput": group}})

    assert (call.operation, call.input) == ("restart", {"a": "b"})


def test_collaborators_are_asked_and_answer(read):
    asked = {"agentCollaboratorName": "run_guy", "input": {"type": "TEXT", "text": "Why?"}}
    answered = {"agentCollaboratorName": "run_guy", "output": {"type": "TEXT", "text": "Memory."}}

    events = [
        *read({"invocationInput": {"agentCollaboratorInvocationInput": asked}}),
        *read({"observation": {"agentCollaboratorInvocationOutput": answered}}),
    ]

    assert events == [
        AgentAsked("run_guy", "supervisor", "Why?"),
        AgentAnswered("run_guy", "Memory."),
    ]


@pytest.mark.parametrize(
    ("location", "uri"),
    [
        ({"type": "S3", "s3Location": {"uri": "s3://runbooks/a.md"}}, "s3://runbooks/a.md"),
        ({"type": "WEB", "webLocation": {"url": "https://a.b/c"}}, "https://a.b/c"),
        ({"type": "CUSTOM"}, ""),
        ({}, ""),
    ],
)
def test_a_lookup_tells_what_was_sought_and_found(read, location, uri):
    lookup = {"traceId": "t-1", "knowledgeBaseLookupInput": {"text": "out of memory"}}
    reference = {"content": {"text": "Raise it."}, "location": location}
    found = {"traceId": "t-1", "knowledgeBaseLookupOutput": {"retrievedReferences": [reference]}}

    assert read({"invocationInput": lookup}) == []
    assert read({"observation": found}) == [
        Retrieved("supervisor", "out of memory", (Citation("Raise it.", uri),))
    ]


@pytest.mark.parametrize(
    ("said", "action"),
    [("INTERVENED", "INTERVENED"), ("GUARDRAIL_INTERVENED", "INTERVENED"), ("NONE", "NONE")],
)
def test_the_guardrail_acts(read, said, action):
    assert read(guardrailTrace={"action": said}) == [GuardrailActed(action)]


def test_what_an_agent_said_to_itself_is_a_thought(read):
    assert read({"rationale": {"text": "Let me look."}}) == [Thought("supervisor", "Let me look.")]


def test_the_failure_of_the_agent_itself_is_the_turns(read):
    assert read(who="run_guy", failureTrace={"failureReason": "theirs"}) == []
    assert read.reader.failure == ""

    read(failureTrace={"failureReason": "LLM prediction format incorrect"})

    assert read.reader.failure == "LLM prediction format incorrect"


def test_what_is_new_in_a_trace_is_passed_over(read):
    assert read({"somethingNew": {"traceId": "t-1"}}) == []
    assert read(customOrchestrationTrace={"event": {"text": "x"}}) == []
    assert read({"invocationInput": {"codeInterpreterInvocationInput": {"code": "1"}}}) == []
    assert read({"observation": {"finalResponse": {"text": "x"}}}) == []
