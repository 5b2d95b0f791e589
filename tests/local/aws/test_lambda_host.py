"""Functions in this process: each in its own environment and role, by socket and by URL."""

import base64
import getpass
import json
import sys
import threading
import types

import botocore.exceptions
import pytest
import urllib3

from datalfred import clients, settings
from datalfred.errors import NotFoundError
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.lambda_host import FunctionFailedError
from datalfred.local.aws.message import ACCOUNT, bare_name
from datalfred.local.token import TOKEN_HEADER


@pytest.fixture
def lambda_client(embedded_aws):
    with settings.using(embedded_aws.environment()):
        return clients.client("lambda", retries=0)


def post(aws, name, body=b"", headers=None, suffix=""):
    with urllib3.PoolManager() as pool:
        url = f"{aws.endpoint}/lambda-url/{name}{suffix}"
        return pool.request("POST", url, body=body, headers=headers or {}, retries=False)


def proof(aws):
    return {TOKEN_HEADER: aws.token}


def test_a_handler_named_by_its_string_runs_in_the_environment_of_its_function(embedded_aws):
    module = types.ModuleType("handler_by_string")
    module.handler = lambda event, _context: [event["x"], dict(settings.environment())]
    sys.modules[module.__name__] = module
    embedded_aws.functions.register(
        "by_string", "handler_by_string.handler", environment={"DATALFRED_MODEL": "offline"}
    )

    said, environment = embedded_aws.functions.invoke("by_string", {"x": 1})
    again, _ = embedded_aws.functions.invoke("by_string", {"x": 2})

    assert (said, again) == (1, 2)
    assert environment["AWS_LAMBDA_FUNCTION_NAME"] == "by_string"
    assert environment["AWS_ENDPOINT_URL"] == embedded_aws.endpoint
    assert environment["AWS_REGION"] == "eu-west-1"
    assert environment["DATALFRED_MODEL"] == "offline"
    assert "PATH" not in environment


def test_the_context_speaks_the_words_of_lambda(embedded_aws):
    seen = []
    embedded_aws.functions.register(
        "contextual", lambda _event, context: seen.append(context), timeout_seconds=3
    )
    embedded_aws.functions.invoke("contextual", {})

    (context,) = seen
    assert context.function_name == "contextual"
    assert context.invoked_function_arn == f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:contextual"
    assert context.memory_limit_in_mb == "512"
    assert len(context.aws_request_id) == 36
    assert 0 < context.get_remaining_time_in_millis() <= 3000


def test_two_functions_at_once_are_each_seen_as_themselves(embedded_aws):
    together = threading.Barrier(2)

    def handler(_event, _context):
        together.wait(10)
        arn = clients.client("sts").get_caller_identity()["Arn"]
        together.wait(10)
        return [arn, settings.load().project_name]

    for name in ("first", "second"):
        environment = {"DATALFRED_PROJECT_NAME": name}
        embedded_aws.functions.register(name, handler, environment=environment)
    answers = {}
    threads = [
        threading.Thread(
            target=lambda name=name: answers.update({name: embedded_aws.functions.invoke(name, {})})
        )
        for name in ("first", "second")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    sts = f"arn:aws:sts::{ACCOUNT}:assumed-role"
    assert answers == {
        "first": [f"{sts}/first_role/first", "first"],
        "second": [f"{sts}/second_role/second", "second"],
    }


def test_a_handler_gets_a_copy_of_its_event(embedded_aws):
    embedded_aws.functions.register("greedy", lambda event, _context: event.pop("x"))
    event = {"x": 1}

    assert embedded_aws.functions.invoke("greedy", event) == 1
    assert event == {"x": 1}


def test_an_unknown_function_is_not_found(embedded_aws, lambda_client):
    with pytest.raises(NotFoundError, match="nobody"):
        embedded_aws.functions.invoke("nobody", {})
    with pytest.raises(lambda_client.exceptions.ResourceNotFoundException):
        lambda_client.invoke(FunctionName="nobody")


def test_a_handler_that_raises_is_lambdas_error(embedded_aws, lambda_client):
    def handler(_event, _context):
        raise ValueError("no such month")

    embedded_aws.functions.register("raising", handler)
    with pytest.raises(FunctionFailedError, match="raising failed: ValueError: no such month"):
        embedded_aws.functions.invoke("raising", {})
    answer = lambda_client.invoke(FunctionName="raising", Payload=b"{}")
    payload = json.loads(answer["Payload"].read())

    assert answer["FunctionError"] == "Unhandled"
    assert (payload["errorMessage"], payload["errorType"]) == ("no such month", "ValueError")
    assert "in handler" in payload["stackTrace"][-1]


def test_what_no_json_can_hold_is_an_error_of_the_function(embedded_aws):
    embedded_aws.functions.register("odd", lambda _event, _context: object())

    with pytest.raises(FunctionFailedError, match="TypeError"):
        embedded_aws.functions.invoke("odd", {})


@pytest.mark.parametrize(
    "name",
    [
        "echo",
        "echo:live",
        f"{ACCOUNT}:function:echo",
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:echo",
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:echo:3",
    ],
)
def test_boto3_invokes_by_name_or_arn(embedded_aws, lambda_client, name):
    embedded_aws.functions.register("echo", lambda event, _context: event)

    answer = lambda_client.invoke(FunctionName=name, Payload=json.dumps({"x": "ü"}))

    assert answer["StatusCode"] == 200
    assert json.loads(answer["Payload"].read()) == {"x": "ü"}
    assert bare_name(name) == "echo"


def test_an_event_is_accepted_and_handled_later(embedded_aws, lambda_client):
    handled = threading.Event()
    embedded_aws.functions.register("later", lambda _event, _context: handled.set())

    answer = lambda_client.invoke(FunctionName="later", InvocationType="Event")

    assert answer["StatusCode"] == 202
    assert handled.wait(10)


def test_a_dry_run_runs_nothing(embedded_aws, lambda_client):
    embedded_aws.functions.register("dry", lambda _event, _context: 1 / 0)

    answer = lambda_client.invoke(FunctionName="dry", InvocationType="DryRun")

    assert answer["StatusCode"] == 204


def test_a_payload_that_is_no_json_is_refused(embedded_aws, lambda_client):
    embedded_aws.functions.register("strict", lambda event, _context: event)

    with pytest.raises(lambda_client.exceptions.InvalidRequestContentException):
        lambda_client.invoke(FunctionName="strict", Payload=b"{")


def test_functions_are_listed_and_described(embedded_aws, lambda_client):
    embedded_aws.functions.register("described", "a.b.handler", environment={"A": "1"})

    described = lambda_client.get_function(FunctionName="described")["Configuration"]
    configured = lambda_client.get_function_configuration(FunctionName="described")
    listed = [one["FunctionName"] for one in lambda_client.list_functions()["Functions"]]

    assert described["Handler"] == configured["Handler"] == "a.b.handler"
    assert described["Environment"] == {"Variables": {"A": "1"}}
    assert described["Role"].endswith(":role/described_role")
    assert "described" in listed
    assert listed == sorted(listed)
    with pytest.raises(lambda_client.exceptions.ResourceNotFoundException):
        lambda_client.get_function(FunctionName="nobody")


def test_what_the_host_lacks_of_lambda_is_said(embedded_aws, lambda_client):
    with pytest.raises(botocore.exceptions.ClientError, match="NotImplemented"):
        lambda_client.get_function_scaling_config(FunctionName="described", Qualifier="1")


def test_a_function_url_proves_the_user_of_this_machine(embedded_aws):
    embedded_aws.functions.register("door", lambda event, _context: event)

    answer = post(
        embedded_aws,
        "door",
        b'{"action": "list"}',
        {
            **proof(embedded_aws),
            "Content-Type": "application/json",
            "X-Amzn-Request-Context": '{"authorizer":{"local":{"user":"mallory"}}}',
        },
        suffix="/a/b?c=d",
    ).json()

    context = answer["requestContext"]
    assert context["authorizer"] == {"local": {"user": getpass.getuser()}}
    assert context["http"]["method"] == "POST"
    assert (answer["version"], answer["rawPath"]) == ("2.0", "/a/b")
    assert answer["queryStringParameters"] == {"c": "d"}
    assert answer["body"] == '{"action": "list"}'
    assert TOKEN_HEADER not in answer["headers"]


@pytest.mark.parametrize("headers", [{}, {TOKEN_HEADER: ""}, {TOKEN_HEADER: "guessed"}])
def test_without_the_token_a_function_url_is_forbidden(embedded_aws, headers):
    called = []
    embedded_aws.functions.register("guarded", lambda event, _context: called.append(event))

    assert post(embedded_aws, "guarded", b"{}", headers).status == 403
    assert called == []


def test_a_function_url_answers_as_its_handler_says(embedded_aws):
    answers = {
        "plain": {"statusCode": 409, "headers": {"X-A": "1"}, "body": '{"a": 1}'},
        "binary": {
            "statusCode": 200,
            "isBase64Encoded": True,
            "body": base64.b64encode(b"\xff\x00").decode(),
        },
        "bare": {"a": 1},
    }
    embedded_aws.functions.register("saying", lambda event, _context: answers[event["rawPath"][1:]])

    said = {
        name: post(embedded_aws, "saying", headers=proof(embedded_aws), suffix=f"/{name}")
        for name in answers
    }

    assert (said["plain"].status, said["plain"].headers["x-a"]) == (409, "1")
    assert said["plain"].data == b'{"a": 1}'
    assert said["binary"].data == b"\xff\x00"
    assert (said["bare"].status, said["bare"].json()) == (200, {"a": 1})


def test_a_body_that_is_no_text_reaches_the_handler_in_base64(embedded_aws):
    embedded_aws.functions.register(
        "bytes", lambda event, _context: [event["isBase64Encoded"], event["body"]]
    )

    answer = post(embedded_aws, "bytes", b"\xff\x00", proof(embedded_aws)).json()

    assert answer == [True, base64.b64encode(b"\xff\x00").decode()]


def test_a_function_url_whose_handler_raises_is_a_bad_gateway(embedded_aws):
    embedded_aws.functions.register("failing", lambda _event, _context: 1 / 0)

    assert post(embedded_aws, "failing", b"", proof(embedded_aws)).status == 502
    assert post(embedded_aws, "nobody", b"", proof(embedded_aws)).status == 404


def test_the_token_lies_in_a_file_that_only_its_owner_can_read(tmp_path):
    with EmbeddedAws(tmp_path) as aws:
        token = aws.token
    with EmbeddedAws(tmp_path) as again:
        assert again.token == token

    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600


def test_a_function_that_takes_too_long_fails_in_the_words_of_lambda(embedded_aws, lambda_client):
    leave = threading.Event()
    embedded_aws.functions.register(
        "slow", lambda _event, _context: leave.wait(20), timeout_seconds=0.05
    )

    answer = lambda_client.invoke(FunctionName="slow")
    leave.set()
    said = json.loads(answer["Payload"].read())

    assert answer["FunctionError"] == "Unhandled"
    assert said["errorType"] == "Sandbox.Timedout"
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert said["errorMessage"] == (
        f"RequestId: {request_id} Error: Task timed out after 0.05 seconds"
    )


@pytest.mark.parametrize(
    ("code", "said"), [(1, "with error: exit status 1"), (None, "without providing a reason")]
)
def test_a_handler_that_exits_has_failed(embedded_aws, code, said):
    embedded_aws.functions.register("leaving", lambda _event, _context: sys.exit(code))

    with pytest.raises(FunctionFailedError) as caught:
        embedded_aws.functions.invoke("leaving", {})

    assert caught.value.payload["errorType"] == "Runtime.ExitError"
    assert caught.value.payload["errorMessage"].endswith(f" Error: Runtime exited {said}")
