"""The front door as unchanged boto3 clients see it: who calls, what is missing, what waits."""

import json
import socket
import threading

import botocore.exceptions
import pytest
import urllib3
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datalfred import clients, settings
from datalfred.errors import LocalStackError
from datalfred.local.aws import moto_app, stepfunctions
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.faults import FaultError, fault_response
from datalfred.local.aws.message import ACCOUNT, Caller, Request, Response
from tests.support.permissions import allowing


def over_the_socket(aws, service, role="", region="eu-west-1"):
    with settings.using(aws.environment(role, region)):
        return clients.client(service, retries=0)


def error_of(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response


def bucket(aws, name):
    aws.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return name


def until(condition, seconds=20):
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come true in time")


def test_each_role_is_seen_as_itself(embedded_aws):
    person = over_the_socket(embedded_aws, "sts").get_caller_identity()
    role = over_the_socket(embedded_aws, "sts", "analyst_role").get_caller_identity()
    inside = embedded_aws.client("sts", embedded_aws.callers.caller("run_guy_role"))

    assert person["Account"] == ACCOUNT
    assert person["Arn"].startswith(f"arn:aws:iam::{ACCOUNT}:user/")
    assert role["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/analyst_role/")
    assert ":assumed-role/run_guy_role/" in inside.get_caller_identity()["Arn"]


def test_other_operations_of_sts_are_answered_too(embedded_aws):
    assert over_the_socket(embedded_aws, "sts").get_session_token()["Credentials"]


def test_a_key_is_the_same_tomorrow(embedded_aws):
    with EmbeddedAws() as other:
        assert (
            other.environment("a_role")["AWS_ACCESS_KEY_ID"]
            == (embedded_aws.environment("a_role")["AWS_ACCESS_KEY_ID"])
        )


def test_an_object_goes_in_and_out_by_socket_and_in_process(embedded_aws):
    name = bucket(embedded_aws, "objects")
    body = bytes(range(256)) * 1000
    key = "a b/ü+%/x.parquet"
    over_the_socket(embedded_aws, "s3").put_object(
        Bucket=name, Key=key, Body=body, Metadata={"my_key": "1"}
    )

    for s3 in (over_the_socket(embedded_aws, "s3"), embedded_aws.client("s3")):
        got = s3.get_object(Bucket=name, Key=key)
        assert got["Body"].read() == body
        assert got["Metadata"] == {"my_key": "1"}
        assert s3.head_object(Bucket=name, Key=key)["ContentLength"] == len(body)
        part = s3.get_object(Bucket=name, Key=key, Range="bytes=1-3")["Body"].read()
        assert part == body[1:4]


def test_a_presigned_url_names_its_caller(embedded_aws):
    name = bucket(embedded_aws, "presigned")
    embedded_aws.permissions.grant("presigning_role", allowing("s3:PutObject", "s3:GetObject"))
    s3 = over_the_socket(embedded_aws, "s3", "presigning_role")
    s3.put_object(Bucket=name, Key="k", Body=b"here")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "k"})

    with urllib3.PoolManager() as pool:
        assert pool.request("GET", url).data == b"here"
    assert embedded_aws.door.calls[-1].role == "presigning_role"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("frauddetector", "get_detectors", {}),  # JSON 1.1, a service without a backend
        ("logs", "list_anomalies", {}),  # JSON 1.1
        ("stepfunctions", "test_state", {"definition": "{}"}),  # JSON 1.0
        ("emr-serverless", "get_dashboard_for_job_run", {"applicationId": "a", "jobRunId": "b"}),
        ("sns", "get_sms_sandbox_account_status", {}),  # query
        ("s3", "get_bucket_metadata_configuration", {"Bucket": "b"}),  # REST-XML
        ("s3", "rename_object", {"Bucket": "b", "Key": "k", "RenameSource": "j"}),
    ],
)
def test_what_nobody_implements_is_a_modelled_error(embedded_aws, service, operation, arguments):
    client = over_the_socket(embedded_aws, service)

    error = error_of(getattr(client, operation), **arguments)

    assert error["Error"]["Code"] == "NotImplementedException"
    assert "does not implement" in error["Error"]["Message"]
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["ResponseMetadata"]["RequestId"]


def test_a_service_that_breaks_is_one_modelled_error_and_one_log_line(embedded_aws, caplog):
    class Broken:
        def handle(self, request):
            if request.path == "/broken":
                raise KeyError("Cluster")

    embedded_aws.register(Broken())
    with socket.create_connection(("127.0.0.1", embedded_aws.port), timeout=10) as sock:
        sock.sendall(b"GET /broken HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = sock.recv(65536)

    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"x-amzn-errortype: InternalFailure" in answer
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_what_moto_breaks_on_is_one_modelled_error_and_one_log_line(embedded_aws, caplog):
    ecs = over_the_socket(embedded_aws, "ecs")
    ecs.create_cluster(clusterName="c")

    # awsvpc without security groups: a KeyError of moto
    ecs.register_task_definition(
        family="f",
        networkMode="awsvpc",
        containerDefinitions=[{"name": "c", "image": "i", "memory": 128}],
    )
    error = error_of(
        ecs.run_task,
        cluster="c",
        taskDefinition="f",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    )

    assert error["Error"]["Code"] == "InternalFailure"
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_emr_stays_in_the_region_of_its_signature(embedded_aws):
    for region in ("eu-west-1", "us-east-2"):
        emr = over_the_socket(embedded_aws, "emr", region=region)
        made = emr.run_job_flow(Name="x", Instances={"InstanceCount": 1}, ReleaseLabel="emr-7.0.0")

        assert f":{region}:" in made["ClusterArn"]
        assert len(emr.list_clusters()["Clusters"]) == 1


def test_calls_are_remembered_with_role_and_via(embedded_aws):
    embedded_aws.permissions.grant("querying_role", allowing("glue:GetDatabases"))
    embedded_aws.permissions.grant("queue_role", allowing("sqs:ListQueues"))
    caller = embedded_aws.callers.caller("querying_role")
    embedded_aws.client("glue", caller, via="athena").get_databases()
    over_the_socket(embedded_aws, "sqs", "queue_role").list_queues()
    over_the_socket(embedded_aws, "sts").get_caller_identity()
    over_the_socket(embedded_aws, "emr-serverless").list_applications()

    assert [
        (call.service, call.operation, call.role, call.via)
        for call in list(embedded_aws.door.calls)[-4:]
    ] == [
        ("glue", "GetDatabases", "querying_role", "athena"),
        ("sqs", "ListQueues", "queue_role", ""),
        ("sts", "GetCallerIdentity", "", ""),
        ("emr-serverless", "ListApplications", "", ""),
    ]


def test_an_evaluation_can_deny_a_call_in_its_own_protocol(embedded_aws):
    def deny(request):
        if request.caller.role == "denied_role":
            raise FaultError("AccessDeniedException", "denied_role may not", status=403)

    before, embedded_aws.door.authorize = embedded_aws.door.authorize, deny
    try:
        glue = error_of(over_the_socket(embedded_aws, "glue", "denied_role").get_databases)
        sns = error_of(over_the_socket(embedded_aws, "sns", "denied_role").list_topics)
        s3 = error_of(over_the_socket(embedded_aws, "s3", "denied_role").list_buckets)
    finally:
        embedded_aws.door.authorize = before

    for error in (glue, sns, s3):
        assert error["Error"]["Code"] == "AccessDeniedException"
        assert error["Error"]["Message"] == "denied_role may not"
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_held_service_waits_and_others_do_not(embedded_aws):
    release = embedded_aws.hold(["glue:GetJobRuns", "glue:GetJobs"])
    glue = over_the_socket(embedded_aws, "glue")
    jobs = []
    asking = threading.Thread(target=lambda: jobs.append(glue.get_jobs()["Jobs"]))
    asking.start()

    assert glue.get_databases()["DatabaseList"] == []
    assert embedded_aws.client("glue").get_jobs()["Jobs"] == []  # the seed's own call
    asking.join(0.05)
    assert jobs == []
    release()
    release()
    asking.join(10)
    assert jobs == [[]]


def test_a_seed_that_failed_says_so_to_whoever_asks(embedded_aws):
    embedded_aws.hold(["kinesis"])("The lake could not be made: no space.")

    error = error_of(over_the_socket(embedded_aws, "kinesis").list_streams)

    assert error["Error"]["Code"] == "ServiceUnavailableException"
    assert "no space" in error["Error"]["Message"]


def test_a_streamed_answer_reaches_a_client_of_this_process(embedded_aws):
    closed = threading.Event()

    class Streaming:
        def handle(self, request):
            if request.path != "/streams/k":
                return None
            return Response(200, {"content-type": "text/plain"}, self.pieces())

        def pieces(self):
            try:
                yield from (b"one", b"", b"two", b"three")
            finally:
                closed.set()

    embedded_aws.register(Streaming())
    s3 = embedded_aws.client("s3")
    body = s3.get_object(Bucket="streams", Key="k")["Body"]

    assert (body.read(2), body.read(2), body.read()) == (b"on", b"e", b"twothree")
    closed.clear()
    body = s3.get_object(Bucket="streams", Key="k")["Body"]
    assert next(body.iter_chunks(2)) == b"on"
    body.close()
    assert closed.is_set()


def test_a_running_state_machine_calls_as_its_role(embedded_aws):
    heard = []
    stepfunctions.install(embedded_aws)
    calls = allowing("lambda:InvokeFunction", "glue:GetDatabases")
    embedded_aws.permissions.grant("pipeline_role", calls)
    embedded_aws.functions.register("hello", lambda event, _context: heard.append(event) or "done")
    sfn = embedded_aws.client("stepfunctions")
    definition = {
        "StartAt": "Call",
        "States": {
            "Call": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "hello", "Payload": {"x": 1}},
                "ResultSelector": {"said.$": "$.Payload"},
                "Next": "List",
            },
            "List": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:glue:getDatabases",
                "ResultSelector": {"found.$": "$.DatabaseList"},
                "End": True,
            },
        },
    }
    machine = sfn.create_state_machine(
        name="m",
        definition=json.dumps(definition),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/pipeline_role",
    )["stateMachineArn"]
    run = sfn.start_execution(stateMachineArn=machine, name="one", input="{}")["executionArn"]
    until(lambda: sfn.describe_execution(executionArn=run)["status"] != "RUNNING")

    assert json.loads(sfn.describe_execution(executionArn=run)["output"]) == {"found": []}
    assert heard == [{"x": 1}]
    used = {(call.service, call.role, call.via) for call in embedded_aws.door.calls if call.via}
    assert {("lambda", "pipeline_role", "states"), ("glue", "pipeline_role", "states")} <= used


def test_two_conditional_updates_at_once_move_a_record_once(embedded_aws):
    dynamodb = over_the_socket(embedded_aws, "dynamodb")
    dynamodb.create_table(
        TableName="records",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="records", Item={"id": {"S": "1"}, "at": {"S": "PENDING"}})
    start, moved = threading.Barrier(8), []

    def move():
        start.wait(10)
        try:
            dynamodb.update_item(
                TableName="records",
                Key={"id": {"S": "1"}},
                UpdateExpression="SET #a = :new",
                ConditionExpression="#a = :old",
                ExpressionAttributeNames={"#a": "at"},
                ExpressionAttributeValues={":new": {"S": "APPROVED"}, ":old": {"S": "PENDING"}},
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return
        moved.append(True)

    threads = [threading.Thread(target=move) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert moved == [True]


@pytest.mark.parametrize(("service", "most"), [("dynamodb", 1), ("sqs", 4)])
def test_moto_is_asked_one_at_a_time_where_it_is_not_made_for_threads(
    embedded_aws, monkeypatch, service, most
):
    embedded_aws.warm()
    inside, seen, together = [], [], threading.Event()

    def call(_application, _request):
        inside.append(1)
        seen.append(len(inside))
        together.wait(0.05)
        inside.pop()
        return Response(200, {}, b"{}")

    monkeypatch.setattr(moto_app, "_call", call)
    client = embedded_aws.client(service)
    ask = client.list_tables if service == "dynamodb" else client.list_queues
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert max(seen) <= most
    assert len(seen) == 4


def test_thirty_two_clients_are_served_at_once(embedded_aws):
    sqs = over_the_socket(embedded_aws, "sqs")
    start, urls = threading.Barrier(32), []

    def make(number):
        start.wait(10)
        urls.append(sqs.create_queue(QueueName=f"queue-{number}")["QueueUrl"])

    threads = [threading.Thread(target=make, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(set(urls)) == 32


def test_a_second_embedded_aws_of_a_process_says_why_it_cannot_work(embedded_aws):
    embedded_aws.warm()
    with EmbeddedAws() as second, pytest.raises(LocalStackError, match="Another embedded AWS"):
        second.warm()


def test_a_closed_embedded_aws_answers_no_more(caplog):
    with EmbeddedAws() as aws:
        client = aws.client("glue")

    assert error_of(client.get_databases)["Error"]["Code"] == "ServiceUnavailable"
    assert caplog.records == []


HEADERS = {
    "": {},
    "json": {"x-amz-target": "AWSGlue.GetTables"},
    "cbor": {"smithy-protocol": "rpc-v2-cbor"},
    "query": {"content-type": "application/x-www-form-urlencoded; charset=utf-8"},
}


@pytest.mark.parametrize(
    ("service", "protocol", "content_type", "body"),
    [
        ("glue", "json", "application/x-amz-json-1.1", b'{"__type": "C", "message": "m & m"}'),
        ("lambda", "", "application/json", b'{"message": "m & m"}'),
        ("ec2", "query", "text/xml", b"<Errors><Error><Code>C</Code><Message>m &amp; m</Message>"),
        ("sns", "query", "text/xml", b"<Error><Type>Receiver</Type><Code>C</Code>"),
        ("s3", "", "text/xml", b"<Error><Code>C</Code><Message>m &amp; m</Message>"),
        ("monitoring", "cbor", "application/cbor", b"\xa2\x66__type\x61C\x67message\x65m & m"),
    ],
)
def test_an_error_has_the_shape_of_the_protocol(service, protocol, content_type, body):
    caller = Caller("", "", "", "eu-west-1", service)
    request = Request("POST", "/", "", HEADERS[protocol], b"", caller)

    response = fault_response(request, "C", "m & m", 500)

    assert response.status == 500
    assert response.headers["content-type"] == content_type
    assert body in response.body


@pytest.mark.parametrize(("length", "head"), [(24, b"\x78\x18"), (300, b"\x79\x01\x2c")])
def test_long_texts_keep_the_form_of_cbor(length, head):
    caller = Caller("", "", "", "eu-west-1", "monitoring")
    request = Request("POST", "/", "", HEADERS["cbor"], b"", caller)

    assert head + b"x" * length in fault_response(request, "C", "x" * length, 400).body


scopes = st.sampled_from(["s3", "glue", "lambda", "sns", "ec2", "monitoring", "nothing", "bedrock"])


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    target=st.sampled_from(["", "AWSGlue.GetTable", "AWSGlue.Nothing", "X", ".", "Logs_20140328."]),
    kind=st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "\x80"]),
    body=st.binary(max_size=60) | st.sampled_from([b"{}", b"[]", b"null", b"Action=X&Version=Y"]),
    scope=scopes,
)
def test_no_request_gets_an_answer_that_no_client_can_read(  # noqa: PLR0917 -- drawn by name
    embedded_aws, method, path, target, kind, body, scope
):
    signature = f"AWS4-HMAC-SHA256 Credential=AK/20250101/eu-west-1/{scope}/aws4_request, X"
    lines = [
        f"{method} /{path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Authorization: {signature}",
        f"Content-Length: {len(body)}",
        *([f"X-Amz-Target: {target}"] if target else []),
        *([f"Content-Type: {kind}"] if kind else []),
    ]
    answer = b""
    with socket.create_connection(("127.0.0.1", embedded_aws.port), timeout=20) as sock:
        sock.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        while piece := sock.recv(65536):
            answer += piece

    status = int(answer.split(b" ", 2)[1])
    assert status < 500 or b"InternalFailure" in answer
    assert b"<!doctype html" not in answer.lower()
    assert b"Traceback" not in answer


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(junk=st.binary(min_size=1, max_size=200))
def test_random_bytes_never_stop_the_server(embedded_aws, junk):
    with socket.create_connection(("127.0.0.1", embedded_aws.port), timeout=20) as sock:
        sock.sendall(junk)
        sock.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := sock.recv(65536):
            answer += piece

    assert not answer.startswith(b"HTTP/1.1 5")


def test_the_server_still_answers_after_all_that(embedded_aws):
    assert over_the_socket(embedded_aws, "sts").get_caller_identity()["Account"] == ACCOUNT


def test_no_log_line_quotes_what_was_sent(embedded_aws, caplog):
    class Quoting:
        def handle(self, request):
            if b"name=ana@example.com" in request.body:
                raise ValueError(f"cannot read {request.body!r}")

    embedded_aws.register(Quoting())
    caller = Caller("AK", "", "arn", "eu-west-1", "")
    signed = "X-Amz-Signature=very-secret"

    answer = embedded_aws.door.handle(
        Request("POST", "/", signed, {}, b"name=ana@example.com", caller)
    )

    assert answer.status == 500
    logged = [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"]
    assert any("ValueError" in line for line in logged)
    assert not any("ana@" in line or "very-secret" in line for line in logged)
