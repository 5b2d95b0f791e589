import contextlib
import logging
import threading
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError, EventStreamError

from datalfred.bedrock.service_error import ServiceError
from datalfred.bedrock.wire import WireService
from datalfred.errors import ConfigurationError

IDS = {"agentId": "AGENT12345", "agentAliasId": "ALIAS12345"}
STARTED = datetime(2026, 11, 20, 1, 2, 3, 456000, tzinfo=UTC)


def asks(client, **more):
    return client.invoke_agent(**IDS, sessionId="session-1", inputText="How many?", **more)


def read(response):
    """All events; a stream that breaks leaves its connection open unless it is closed."""
    with contextlib.closing(response["completion"]) as stream:
        return list(stream)


def answers(*events):
    return lambda given: {
        "contentType": "application/json",
        "sessionId": given["sessionId"],
        "completion": iter(events),
    }


def code_of(error):
    return error.value.response["Error"]["Code"]


def test_an_operation_gets_what_boto3_was_given(serve, client_of):
    seen = []

    def operation(given):
        seen.append(given)
        return answers()(given)

    client = client_of(serve({"InvokeAgent": operation}))
    response = asks(
        client,
        enableTrace=True,
        sourceArn="arn:aws:bedrock:eu-west-1:123456789012:agent/AGENT12345",
        sessionState={
            "sessionAttributes": {"user": "local:ana"},
            "files": [
                {
                    "name": "a.txt",
                    "source": {
                        "sourceType": "BYTE_CONTENT",
                        "byteContent": {"mediaType": "text/plain", "data": b"\x00\xff"},
                    },
                    "useCase": "CHAT",
                }
            ],
        },
    )

    assert list(response["completion"]) == []
    assert response["sessionId"] == "session-1"
    assert response["contentType"] == "application/json"
    (given,) = seen
    assert given["inputText"] == "How many?"
    assert given["agentId"] == "AGENT12345"
    assert given["enableTrace"] is True
    assert given["sourceArn"].endswith("agent/AGENT12345")
    assert given["sessionState"]["sessionAttributes"] == {"user": "local:ana"}
    assert given["sessionState"]["files"][0]["source"]["byteContent"]["data"] == b"\x00\xff"


def test_boto3_reads_the_events_back(serve, client_of):
    usage = {"inputTokens": 3, "outputTokens": 4}
    trace = {
        "agentId": "AGENT12345",
        "eventTime": STARTED,
        "collaboratorName": None,
        "trace": {
            "orchestrationTrace": {
                "modelInvocationOutput": {"traceId": "t-0", "metadata": {"usage": usage}}
            }
        },
    }
    client = client_of(
        serve({"InvokeAgent": answers({"trace": trace}, {"chunk": {"bytes": "42 €".encode()}})})
    )

    first, second = asks(client)["completion"]

    assert first["trace"]["eventTime"] == STARTED
    assert "collaboratorName" not in first["trace"]
    output = first["trace"]["trace"]["orchestrationTrace"]["modelInvocationOutput"]
    assert output["metadata"]["usage"] == usage
    assert second["chunk"]["bytes"].decode() == "42 €"


def test_events_arrive_while_the_server_still_works(serve, client_of):
    go_on = threading.Event()

    def events():
        yield {"chunk": {"bytes": b"first"}}
        assert go_on.wait(10)
        yield {"chunk": {"bytes": b"second"}}

    client = client_of(serve({"InvokeAgent": answers_of(events)}))
    stream = iter(asks(client)["completion"])

    assert next(stream)["chunk"]["bytes"] == b"first"
    go_on.set()
    assert [event["chunk"]["bytes"] for event in stream] == [b"second"]


def answers_of(events):
    return lambda _given: {"contentType": "a", "sessionId": "ss", "completion": events()}


def test_a_client_that_leaves_stops_the_work(serve, client_of):
    stopped = threading.Event()

    def events():
        try:
            while True:
                yield {"chunk": {"bytes": b"x" * 10_000}}
        finally:
            stopped.set()

    client = client_of(serve({"InvokeAgent": answers_of(events)}))
    stream = asks(client)["completion"]
    next(iter(stream))

    stream.close()

    assert stopped.wait(10)


def test_an_error_before_the_answer_is_an_http_error(serve, client_of):
    def refuse(given):
        raise ServiceError("ThrottlingException", "Your request rate is too high.")

    client = client_of(serve({"InvokeAgent": refuse}))

    with pytest.raises(client.exceptions.ThrottlingException, match="too high") as error:
        asks(client)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_an_error_amid_the_answer_is_an_event(serve, client_of):
    def events():
        yield {"chunk": {"bytes": b"first"}}
        raise ServiceError("DependencyFailedException", "It broke.", resourceName="glue")

    client = client_of(serve({"InvokeAgent": answers_of(events)}))

    with pytest.raises(EventStreamError, match="It broke") as error:
        read(asks(client))

    assert code_of(error) == "dependencyFailedException"


def test_a_defect_amid_the_answer_tells_the_client_nothing_of_it(serve, client_of, caplog):
    def events():
        yield {"trace": {"noSuchMember": "secret"}}

    client = client_of(serve({"InvokeAgent": answers_of(events)}))

    with caplog.at_level(logging.DEBUG), pytest.raises(EventStreamError) as error:
        read(asks(client))

    assert code_of(error) == "internalServerException"
    assert "secret" not in str(error.value) + logged(caplog)
    (line,) = lines_of(caplog)
    assert line.startswith("service=<ResponseStream>, error=<ValueError>, at=<")
    assert "_stream:" in line


@pytest.mark.parametrize("amid", [False, True], ids=["before", "amid"])
def test_what_a_person_wrote_reaches_no_log_when_the_server_fails(serve, client_of, caplog, amid):
    def broken(given):
        if amid:
            yield {"chunk": {"bytes": b"first"}}
        raise RuntimeError(f"cannot answer {given['inputText']}") from ValueError(given)

    def operation(given):
        return answers(*broken(given))(given) if not amid else streamed(broken(given))

    client = client_of(serve({"InvokeAgent": operation}))

    with caplog.at_level(logging.DEBUG, logger="datalfred"), pytest.raises(ClientError) as error:
        read(asks(client))

    assert code_of(error).lower() == "internalserverexception"
    assert "How many?" not in str(error.value) + logged(caplog)
    (line,) = lines_of(caplog)
    assert "error=<RuntimeError>" in line
    assert "broken:" in line


def streamed(events):
    return {"contentType": "a", "sessionId": "ss", "completion": events}


def lines_of(caplog):
    return [each.getMessage() for each in caplog.records if each.name.startswith("datalfred")]


def logged(caplog):
    """All that a handler would write of our own records, tracebacks too."""
    ours = (each for each in caplog.records if each.name.startswith("datalfred"))
    return "\n".join(caplog.handler.format(each) for each in ours)


@pytest.mark.parametrize("amid", [False, True], ids=["before", "amid"])
def test_an_error_of_ours_speaks_for_itself(serve, client_of, amid):
    def fails():
        raise ConfigurationError("DATALFRED_MODEL", "'gpt' is no model.", hint="Choose another.")
        yield

    operation = answers_of(fails) if amid else lambda _given: next(fails())
    client = client_of(serve({"InvokeAgent": operation}))

    with pytest.raises(ClientError, match=r"'gpt' is no model\.\nChoose another\.") as error:
        read(asks(client))

    assert code_of(error).lower() == "internalserverexception"


def test_an_error_that_the_stream_does_not_model_is_an_internal_one(serve, client_of):
    def events():
        yield {"chunk": {"bytes": b"first"}}
        raise ServiceError("MadeUpException", "no")

    client = client_of(serve({"InvokeAgent": answers_of(events)}))

    with pytest.raises(EventStreamError) as error:
        read(asks(client))

    assert code_of(error) == "internalServerException"


def test_a_defect_before_the_answer_is_a_500(serve, client_of):
    def broken(given):
        raise ZeroDivisionError

    client = client_of(serve({"InvokeAgent": broken}))

    with pytest.raises(ClientError) as error:
        asks(client)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


@pytest.mark.rule("session:id")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sessionId": "has space"}, "regular expression pattern"),
        ({"agentId": "a-b"}, "regular expression pattern"),
        ({"promptCreationConfigurations": {"previousConversationTurnsToInclude": 1}}, None),
        ({"bedrockModelConfigurations": {"performanceConfig": {"latency": "warp"}}}, "enum value"),
        (
            {
                "sessionState": {
                    "conversationHistory": {"messages": [{"role": "bard", "content": []}]}
                }
            },
            "enum value",
        ),
    ],
)
def test_what_boto3_does_not_check_the_service_does(serve, client_of, change, words):
    client = client_of(serve({"InvokeAgent": answers()}))
    request = {**IDS, "sessionId": "session-1", "inputText": "x", **change}

    if words is None:
        assert list(client.invoke_agent(**request)["completion"]) == []
        return
    with pytest.raises(client.exceptions.ValidationException, match=words):
        client.invoke_agent(**request)


def test_an_operation_that_is_not_implemented_says_so(serve, client_of):
    client = client_of(serve({}), "bedrock-agent")

    with pytest.raises(ClientError) as error:
        client.list_agents()

    assert code_of(error) == "NotImplemented"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_plain_answer_is_serialised_by_its_shape(serve, client_of):
    summary = {
        "agentId": "AGENT12345",
        "agentName": "supervisor",
        "agentStatus": "PREPARED",
        "updatedAt": STARTED,
    }
    client = client_of(
        serve({"ListAgents": lambda _given: {"agentSummaries": [summary]}}), "bedrock-agent"
    )

    assert client.list_agents()["agentSummaries"] == [summary]


@pytest.fixture(scope="module")
def service():
    return WireService(("bedrock-agent-runtime", "bedrock-agent"), {"InvokeAgent": answers()})


INVOKE = "/agents/AGENT12345/agentAliases/ALIAS12345/sessions/s-1/text"


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", INVOKE, "InvokeAgent"),
        ("POST", INVOKE + "/", "InvokeAgent"),
        ("GET", "/agents/AGENT12345/", "GetAgent"),
        ("GET", "/agents/AGENT12345", "GetAgent"),
        ("POST", "/agents/AGENT12345/", "PrepareAgent"),
        ("POST", "/agents/AGENT12345", "InvokeInlineAgent"),
        ("POST", "/knowledgebases/KB/retrieve", "Retrieve"),
        ("GET", "/flows/a/aliases/b/executions/c/flowsnapshot", "GetExecutionFlowSnapshot"),
    ],
)
def test_a_path_finds_its_operation(service, method, path, name):
    assert service.route(method, path).model.name == name


def test_an_unknown_path_finds_none(service):
    assert service.route("GET", "/bucket/key") is None


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b'"text"',
        b'{"sessionState": []}',
        b'{"sessionState": {"files": {}}}',
        b'{"sessionState": {"sessionAttributes": "x"}}',
        b'{"inputText": 5}',
        b'{"enableTrace": "yes"}',
        (
            b'{"sessionState": {"files": [{"name": "a", "useCase": "CHAT", "source": '
            b'{"sourceType": "BYTE_CONTENT", "byteContent": '
            b'{"mediaType": "text/plain", "data": "%%"}}}]}}'
        ),
        b'{"sessionState": {"returnControlInvocationResults": [{}]}}',
    ],
)
def test_a_malformed_body_is_a_validation_error(service, body):
    answer = service.answer(service.route("POST", INVOKE), "", {}, body)

    assert answer.status == 400
    assert answer.headers["x-amzn-ErrorType"] == "ValidationException"


def test_members_that_aws_does_not_define_are_passed_over(service):
    answer = service.answer(service.route("POST", INVOKE), "", {}, b'{"future": 1}')

    assert answer.status == 200
    assert list(answer.body) == []


@pytest.mark.parametrize(("text", "status"), [("2", 200), ("many", 400)])
def test_a_number_of_the_query_string_is_a_number(text, status):
    seen = []
    service = WireService(
        ("bedrock-agent-runtime",),
        {"GetAgentMemory": lambda given: seen.append(given) or {"memoryContents": []}},
    )
    path = "/agents/AGENT12345/agentAliases/ALIAS12345/memories"
    query = f"maxItems={text}&memoryType=SESSION_SUMMARY&memoryId=m-1"

    answer = service.answer(service.route("GET", path), query, {}, b"")

    assert answer.status == status
    assert [given["maxItems"] for given in seen] == [2] * (status == 200)


@pytest.mark.parametrize(("text", "status"), [("true", 202), ("perhaps", 400)])
def test_a_boolean_of_the_query_string_is_a_boolean(text, status):
    service = WireService(
        ("bedrock-agent",),
        {
            "DeleteAgent": lambda given: {
                "agentId": "AGENT12345" if given["skipResourceInUseCheck"] is True else "",
                "agentStatus": "DELETING",
            }
        },
    )
    route = service.route("DELETE", "/agents/AGENT12345/")

    answer = service.answer(route, f"skipResourceInUseCheck={text}", {}, b"")

    assert answer.status == status


def test_documents_pass_untouched():
    found = {
        "content": {"text": "Restart it."},
        "metadata": {"severity": 2, "tags": ["a", {"b": None}]},
        "score": 0.5,
    }
    service = WireService(
        ("bedrock-agent-runtime",), {"Retrieve": lambda _given: {"retrievalResults": [found]}}
    )
    route = service.route("POST", "/knowledgebases/KB12345678/retrieve")

    answer = service.answer(route, "", {}, b'{"retrievalQuery": {"text": "why"}}')

    assert answer.status == 200
    assert b'"tags":["a",{"b":null}]' in answer.body


def test_closing_the_body_closes_its_events_at_once():
    def events():
        yield {"chunk": {"bytes": b"x"}}
        yield {"chunk": {"bytes": b"y"}}

    held = events()
    service = WireService(
        ("bedrock-agent-runtime",),
        {"InvokeAgent": lambda _given: {"sessionId": "s-1", "completion": held}},
    )
    body = service.answer(service.route("POST", INVOKE), "", {}, b"{}").body
    next(body)

    body.close()

    assert list(held) == []
