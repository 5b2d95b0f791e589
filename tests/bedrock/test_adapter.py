import contextlib
import socket
import threading

import pytest

from datalfred import settings
from datalfred.bedrock.adapter import PAST_TURNS, BedrockAgentRuntime
from datalfred.bedrock.runtime import (
    Citation,
    ConfirmationRequested,
    Failed,
    ModelUsed,
    Said,
    Text,
    Turn,
)
from datalfred.bedrock.service_error import ServiceError

FOUND = "Correlation id: r-1."
TURN = Turn("How many?", "session-1", "r-1", user="local:ana", channel="cli")


def completed(*events, seen=None):
    def operation(given):
        if seen is not None:
            seen.append(given)
        return {"contentType": "a/b", "sessionId": given["sessionId"], "completion": iter(events)}

    return {"InvokeAgent": operation}


def chunk(data, **more):
    return {"chunk": {"bytes": data, **more}}


def used(tokens):
    output = {"traceId": "t-1", "metadata": {"usage": {"inputTokens": tokens, "outputTokens": 0}}}
    return {"trace": {"trace": {"orchestrationTrace": {"modelInvocationOutput": output}}}}


@pytest.fixture
def ask(serve, client_of):
    """Asks one turn of a server that answers with these operations."""

    def asks(operations, turn=TURN, **options):
        client = client_of(serve(operations))
        runtime = BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345", **options)
        return list(runtime.invoke(turn))

    return asks


def test_words_come_as_they_were_sent_even_cut_inside_a_letter(ask):
    data = "42 €".encode()

    events = ask(completed(chunk(data[:4]), chunk(data[4:5]), chunk(data[5:])))

    assert "".join(event.text for event in events) == "42 €"


def test_a_turn_says_who_asks_and_from_where(ask):
    seen = []
    turn = Turn(
        "How many?",
        "session-1",
        "r-1",
        user="slack:T1:U1",
        channel="slack",
        attributes={"team": "T1", "user": "forged"},
        history=(Said("user", "before"), Said("assistant", "then")),
    )

    ask(completed(chunk(b"x"), seen=seen), turn, past_turns=PAST_TURNS)

    (given,) = seen
    assert given["inputText"] == "How many?"
    assert given["sessionId"] == "session-1"
    assert given["enableTrace"] is True
    assert given["promptCreationConfigurations"] == {"previousConversationTurnsToInclude": 10}
    state = given["sessionState"]
    assert state["sessionAttributes"] == {
        "team": "T1",
        "user": "slack:T1:U1",
        "channel": "slack",
        "request_id": "r-1",
        "session_id": "session-1",
    }
    assert state["conversationHistory"]["messages"] == [
        {"role": "user", "content": [{"text": "before"}]},
        {"role": "assistant", "content": [{"text": "then"}]},
    ]


def test_a_plain_turn_leaves_window_and_history_to_the_engine(ask):
    seen = []

    ask(completed(chunk(b"x"), seen=seen))

    assert "promptCreationConfigurations" not in seen[0]
    assert "conversationHistory" not in seen[0]["sessionState"]


def test_citations_stand_beside_the_words(ask):
    reference = {
        "content": {"text": "Raise the memory."},
        "location": {"type": "S3", "s3Location": {"uri": "s3://runbooks/a.md"}},
    }
    citation = {"retrievedReferences": [reference]}

    events = ask(completed(chunk(b"Raise it.", attribution={"citations": [citation]})))

    assert events == [Text("Raise it."), Citation("Raise the memory.", "s3://runbooks/a.md")]


def test_return_of_control_is_a_request_for_confirmation(ask):
    api = {"actionGroup": "glue", "apiPath": "/restart", "collaboratorName": "run_guy"}
    function = {"actionGroup": "ecs", "function": "stop"}
    control = {
        "invocationId": "i-1",
        "invocationInputs": [{"apiInvocationInput": api}, {"functionInvocationInput": function}],
    }

    assert ask(completed({"returnControl": control})) == [
        ConfirmationRequested("i-1", ("glue /restart", "ecs stop"))
    ]


def test_usage_is_given_as_it_happens(ask):
    (event, _) = ask(completed(used(7), chunk(b"x")), agent="boss", model_id="m-1")

    assert event == ModelUsed("boss", "m-1", 7, 0, 0)


def failing(code, message="It broke.", *, amid=False):
    error = ServiceError(code, message)

    def events():
        yield chunk(b"x")
        raise error

    def operation(given):
        if amid:
            return {"contentType": "a", "sessionId": given["sessionId"], "completion": events()}
        raise error

    return {"InvokeAgent": operation}


@pytest.mark.parametrize("amid", [False, True], ids=["before", "amid"])
@pytest.mark.parametrize(
    ("code", "ours", "retryable"),
    [
        ("ThrottlingException", "THROTTLED", True),
        ("ModelNotReadyException", "MODEL_UNAVAILABLE", True),
        ("DependencyFailedException", "DEPENDENCY_FAILED", True),
        ("InternalServerException", "UNAVAILABLE", True),
        ("ConflictException", "CONFLICT", True),
        ("AccessDeniedException", "PERMISSION_MISSING", False),
        ("ResourceNotFoundException", "NOT_FOUND", False),
        ("ServiceQuotaExceededException", "QUOTA_REACHED", False),
        ("ValidationException", "INVALID_INPUT", False),
    ],
)
def test_an_error_of_bedrock_is_a_failure_in_our_words(ask, code, ours, retryable, amid):
    *_, failed = ask(failing(code, amid=amid))

    assert (failed.code, failed.retryable) == (ours, retryable)
    assert failed.message.endswith("It broke.")
    assert failed.message == "It broke." or "It said: It broke." in failed.message


def test_what_a_laptop_says_keeps_its_way_out(ask):
    said = "There is no server at port 9.\nStart it."

    (failed,) = ask(failing("ModelNotReadyException", said))

    assert (failed.message, failed.hint) == (
        "There is no server at port 9.",
        "Start it. Correlation id: r-1.",
    )


def test_an_error_that_nobody_knows_is_a_failure_too(ask):
    (failed,) = ask(failing("NotImplemented", "No."))

    assert failed == Failed("UNAVAILABLE", "The agent gave no answer. It said: No.", hint=FOUND)


@pytest.mark.parametrize("code", ["ThrottlingException", "ServiceQuotaExceededException"])
def test_a_quota_is_explained(ask, code):
    (failed,) = ask(failing(code, "Too many tokens, please wait before trying again."))

    assert "Service Quotas, Amazon Bedrock" in failed.hint
    assert failed.hint.endswith(FOUND)


def test_a_failure_that_may_pass_says_so_with_the_turns_id(ask):
    (failed,) = ask(failing("InternalServerException"))

    assert failed.hint == f"Ask again in a moment. {FOUND}"


def test_arns_are_kept_from_the_chat(ask):
    said = "User: arn:aws:sts::123456789012:assumed-role/r/x is not authorized"

    (failed,) = ask(failing("AccessDeniedException", said))

    assert "123456789012" not in failed.message
    assert "(a resource) is not authorized" in failed.message


def test_an_answer_without_a_word_is_a_failure(ask):
    (_, failed) = ask(completed(used(1)))

    assert failed.code == "UNAVAILABLE"
    assert failed.retryable


def test_a_turn_that_the_agent_gave_up_is_a_failure_whatever_it_says(ask):
    failure = {"failureReason": "LLM prediction format incorrect", "traceId": "t-1"}

    events = ask(completed({"trace": {"trace": {"failureTrace": failure}}}, chunk(b"Sorry.")))

    assert events == [
        Text("Sorry."),
        Failed("AGENT_FAILED", "The agent gave up: LLM prediction format incorrect", hint=FOUND),
    ]


def test_a_turn_that_was_given_up_keeps_its_way_out(ask):
    failure = {"failureReason": "32 calls.\nAsk less.", "traceId": "t-1"}

    (failed,) = ask(completed({"trace": {"trace": {"failureTrace": failure}}}))

    assert failed == Failed(
        "AGENT_FAILED", "The agent gave up: 32 calls.", hint=f"Ask less. {FOUND}"
    )


def test_a_turn_that_costs_too_much_is_read_no_further(ask):
    events = ask(
        completed(used(1), used(2), used(3), chunk(b"x")),
        price=lambda event: event.input_tokens / 10,
        ceiling_usd=0.2,
    )

    assert [event.input_tokens for event in events[:-1]] == [1, 2]
    assert events[-1].code == "CEILING_REACHED"


def test_a_model_without_a_price_is_not_bounded(ask):
    events = ask(completed(used(1), chunk(b"x")), price=lambda _event: None, ceiling_usd=0.0)

    assert events[-1] == Text("x")


def test_a_session_id_that_boto3_refuses_is_a_failure(ask):
    (failed,) = ask(completed(), Turn("x", "s", "r-1"))

    assert failed.code == "INVALID_INPUT"


def test_closing_the_events_closes_the_stream(serve, client_of):
    stopped = threading.Event()

    def events():
        try:
            while True:
                yield chunk(b"x" * 10_000)
        finally:
            stopped.set()

    def operation(given):
        return {"contentType": "a", "sessionId": given["sessionId"], "completion": events()}

    client = client_of(serve({"InvokeAgent": operation}))
    turn = BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345").invoke(TURN)
    next(turn)

    turn.close()

    assert stopped.wait(10)


def test_a_turn_is_never_sent_twice(serve):
    seen = []

    def operation(given):
        seen.append(given)
        raise ServiceError("ThrottlingException", "Slower.")

    with settings.using({"AWS_ENDPOINT_URL": serve({"InvokeAgent": operation})}):
        runtime = BedrockAgentRuntime.connect("AGENT12345", "ALIAS12345")
        (failed,) = runtime.invoke(TURN)

    assert failed.code == "THROTTLED"
    assert len(seen) == 1


def test_silence_is_a_time_out(serve, client_of):
    awake = threading.Event()

    def events():
        yield chunk(b"x")
        awake.wait(10)

    def operation(given):
        return {"contentType": "a", "sessionId": given["sessionId"], "completion": events()}

    client = client_of(serve({"InvokeAgent": operation}), read_timeout=0.2)
    try:
        *_, failed = BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345").invoke(TURN)
    finally:
        awake.set()

    assert failed.code == "TIMED_OUT"


def test_a_server_that_is_not_there_is_a_failure(client_of):
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client = client_of(f"http://127.0.0.1:{port}")

    (failed,) = BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345").invoke(TURN)

    assert failed.code == "UNAVAILABLE"
    assert failed.retryable


def test_a_session_can_be_ended(serve, client_of):
    seen = []
    client = client_of(serve(completed(chunk(b"Bye."), seen=seen)))

    BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345").end("session-1")

    (given,) = seen
    assert given["endSession"] is True
    assert given["sessionId"] == "session-1"


def test_a_session_that_cannot_be_ended_is_left_to_expire(serve, client_of):
    client = client_of(serve(failing("ThrottlingException")))

    BedrockAgentRuntime(client, "AGENT12345", "ALIAS12345").end("session-1")
