"""What the calls of real clients ask for, as the Service Authorization Reference has it."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from datalfred import clients
from datalfred.local.aws.callers import Callers
from datalfred.local.aws.iam.asked import Called, asks_of
from datalfred.local.aws.iam.evaluation import Scope
from datalfred.local.aws.message import Request

HERE = "eu-west-1:123456789012"
ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
}
FACTS = {
    "GetQueryExecution": {"QueryExecution": {"WorkGroup": "queries"}},
    "DescribeTaskDefinition": {
        "taskDefinition": {
            "taskDefinitionArn": f"arn:aws:ecs:{HERE}:task-definition/loader:3",
            "executionRoleArn": "arn:aws:iam::123456789012:role/pulls",
            "taskRoleArn": "arn:aws:iam::123456789012:role/works",
        }
    },
    "DescribeSecret": {"ARN": f"arn:aws:secretsmanager:{HERE}:secret:crm/token-AbCdEf"},
    "DescribeKey": {"KeyMetadata": {"Arn": f"arn:aws:kms:{HERE}:key/1234"}},
}


@pytest.fixture(scope="module")
def sent():
    """The request that a client's call becomes."""
    caught = []

    def carry(method, url, headers, body):
        parts = urlsplit(url)
        caller = Callers().identify(headers, parts.query)
        caught.append(Request(method, parts.path or "/", parts.query, headers, body, caller))
        return 500, {}, iter([b""])

    made = {}

    def send(service, operation, /, **arguments):
        caught.clear()
        if service not in made:
            made[service] = clients.in_process(service, carry, ENVIRONMENT, validate=False)
        with pytest.raises(Exception):  # noqa: B017, PT011 -- nobody answers
            getattr(made[service], operation)(**arguments)
        return caught[-1]

    yield send
    for client in made.values():
        client.close()


def asked(request, facts=FACTS):
    called = Called(request, lambda _target, operation, _given: facts.get(operation, {}))
    return asks_of(called), called.keys


def arn(service, resource):
    return f"arn:aws:{service}:{HERE}:{resource}"


ROLE = "arn:aws:iam::123456789012:role/r"
CALLS = [
    pytest.param(service, call, id=f"{service}-{call['operation']}-{number}")
    for service, calls in yaml.safe_load(
        (Path(__file__).parent / "asked.yaml").read_text(encoding="utf-8")
    ).items()
    for number, call in enumerate(calls)
]


@pytest.mark.parametrize(("service", "call"), CALLS)
def test_a_call_asks_for_its_actions_on_its_resources(sent, service, call):
    asks, _ = asked(sent(service, call["operation"], **call.get("arguments", {})))

    assert [
        [ask.action, ask.resource if ask.scope is Scope.EXACT else "unknown"] for ask in asks
    ] == call["asks"]


def test_some_operations_bring_condition_keys_of_their_own(sent):
    _, listing = asked(sent("s3", "list_objects_v2", Bucket="b", Prefix="sales/", MaxKeys=10))
    _, tasks = asked(sent("ecs", "list_tasks", cluster="c"))
    _, passing = asked(sent("glue", "create_job", Name="j", Role=ROLE, Command={}))

    assert listing == {"s3:prefix": ("sales/",), "s3:max-keys": ("10",)}
    assert tasks == {"ecs:cluster": (arn("ecs", "cluster/c"),)}
    assert passing == {"iam:passedtoservice": ("glue.amazonaws.com",)}


def test_what_does_not_exist_is_left_to_its_service(sent):
    asks, _ = asked(sent("athena", "get_query_execution", QueryExecutionId="q"), {})
    secret, _ = asked(sent("secretsmanager", "get_secret_value", SecretId="crm"), {})
    key, _ = asked(sent("kms", "encrypt", KeyId="1234", Plaintext=b"x"), {})

    assert [ask.scope for ask in asks] == [Scope.MISSING]
    assert secret[0].resource == arn("secretsmanager", "secret:crm-??????")
    assert key[0].resource == arn("kms", "key/1234")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", json.dumps({"QueryExecutionIds": "q"}).encode()]
)
def test_an_input_that_cannot_be_read_asks_for_no_less(sent, body):
    good = sent("logs", "start_query", startTime=1, endTime=2, queryString="x")
    bad = Request(good.method, good.path, good.query, good.headers, body, good.caller)

    (ask,) = asked(bad)[0]

    assert (ask.action, ask.scope) == ("logs:StartQuery", Scope.UNKNOWN)


@pytest.mark.parametrize(
    ("service", "path", "expected"),
    [
        ("lambda", "/lambda-url/f/x", ("lambda:InvokeFunctionUrl", arn("lambda", "function:f"))),
        ("s3", "/b", ("s3:*", "arn:aws:s3:::b")),
    ],
)
def test_paths_that_no_client_method_sends(sent, service, path, expected):
    call = sent("s3", "list_buckets") if service == "s3" else sent("lambda", "list_functions")
    (ask,) = asked(Request("PATCH", path, "", call.headers, b"", call.caller))[0]

    assert (ask.action, ask.resource) == expected
