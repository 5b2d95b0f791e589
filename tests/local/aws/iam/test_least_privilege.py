"""Every operation under its real role: what the policies allow is enough, and no more than that."""

import contextlib
import gzip
import json
import threading
import uuid

import botocore.session
import pytest

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.naming import resource_name, role_name
from datalfred.definitions.permissions import APPROVER, Place, functions, policy_of
from datalfred.local import stack
from datalfred.local.aws.iam.evaluation import Ask, Scope, Verdict
from datalfred.local.aws.iam.permissions import Permissions
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.local.demo_lake.pipelines.roles import PIPELINES_ROLE
from datalfred.settings import DEFAULT_REGION

PROJECT, STAGE = "demo", "local"
PLACE = Place(
    PROJECT,
    STAGE,
    ACCOUNT,
    DEFAULT_REGION,
    lake_buckets=("demo-lake",),
    semantics_uri="s3://demo-lake/_semantics",
    job_log_uris=("s3://demo-lake/emr-logs",),
)
LONG_QUERY = (
    "SELECT count(*) FROM orders a, orders b, orders c WHERE a.amount < b.amount + c.amount"
)
WITHOUT_ESTIMATE = (
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT order_id FROM x JOIN sales.orders "
    "ON order_id = n) SELECT n FROM x"
)

UNUSED = {
    "logs:CreateLogStream": "Lambda's runtime writes the log on AWS; here the host does",
    "logs:PutLogEvents": "Lambda's runtime writes the log on AWS; here the host does",
    "glue:GetPartition": "Athena on AWS reads single partitions; here always a page of them",
    "glue:BatchGetPartition": "Athena on AWS reads the partitions that are left after pruning",
    "s3:GetBucketLocation": "Athena on AWS looks where a bucket is before it reads or writes",
    "s3:ListBucketMultipartUploads": "Athena on AWS writes large results in parts",
    "s3:ListMultipartUploadParts": "Athena on AWS writes large results in parts",
    "s3:AbortMultipartUpload": "Athena on AWS writes large results in parts",
    "logs:StopQuery": "stops a query of Logs Insights that takes longer than 20 seconds",
}
"""What a policy allows although no operation needs it on a laptop, and why."""

UNUSED_BY_PIPELINES = {
    "glue:GetDatabase": "Athena on AWS looks the database up; here only where a table is missing",
    "elasticmapreduce:CancelSteps": "stopping an execution while a step runs",
    "emr-serverless:CancelJobRun": "stopping an execution while a run works",
    "ecs:StopTask": "stopping an execution while a task runs",
    "glue:BatchStopJobRun": "stopping an execution while a job runs",
    "glue:GetJobRuns": "named by Step Functions' own policy for startJobRun.sync",
    "events:PutTargets": "Step Functions on AWS is told by an event that a task ended",
    "events:PutRule": "Step Functions on AWS is told by an event that a task ended",
    "events:DescribeRule": "Step Functions on AWS is told by an event that a task ended",
    "athena:StopQueryExecution": "stopping an execution while a query runs",
    "s3:GetBucketLocation": "Athena on AWS looks where a bucket is before it reads or writes",
}


JUDGE = Permissions.judge


class Operations:
    """The functions of the demo stack, called as Bedrock and the approver's URL call them."""

    def __init__(self, aws, asked, denied):
        self.aws = aws
        self.asked = asked
        self.denied = denied

    def call(self, group, operation, *, status=200, **values):
        properties = [
            {"name": name, "type": "string", "value": str(value)} for name, value in values.items()
        ]
        answer = self.aws.functions.invoke(
            resource_name(PROJECT, STAGE, group),
            {
                "messageVersion": "1.0",
                "agent": {"name": "a", "id": "A", "alias": "B", "version": "1"},
                "actionGroup": group,
                "apiPath": f"/{operation}",
                "httpMethod": "POST",
                "sessionId": "s1",
                "requestBody": {"content": {"application/json": {"properties": properties}}},
                "sessionAttributes": {"request_id": uuid.uuid4().hex, "user": "local:ana"},
            },
        )["response"]
        said = json.loads(answer["responseBody"]["application/json"]["body"])
        assert answer["httpStatusCode"] == status, said
        return said

    def decide(self, **body):
        event = {
            "version": "2.0",
            "requestContext": {"authorizer": {"local": {"user": "ben"}}},
            "body": json.dumps(body),
        }
        answer = self.aws.functions.invoke(resource_name(PROJECT, STAGE, APPROVER), event)
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])

    def used_by(self, role):
        return {action for asking, action in self.asked if asking == role}


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    """The demo stack, in which every operation has been called."""
    asked, denied = set(), []

    def recorded(permissions, request, ask, keys=None):
        verdict, kind = JUDGE(permissions, request, ask, keys)
        asked.add((request.caller.role, ask.action))
        if verdict is not Verdict.ALLOWED:
            denied.append((request.caller.role, ask))
        return verdict, kind

    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as exits:
        patch.setenv("DATALFRED_APPROVERS", "local:ben")
        patch.setattr(Permissions, "judge", recorded)
        running = exits.enter_context(stack.start(state=tmp_path_factory.mktemp("state")))
        running.seeding.wait(60)
        called = Operations(running.aws, asked, denied)
        for use in (_use_catalog, _use_queries, _use_pipelines, _use_logs, _use_jobs):
            use(called)
        yield called


def _use_catalog(operations):
    operations.aws.client("glue").create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "unsized",
            "StorageDescriptor": {
                "Columns": [{"Name": "store_id", "Type": "bigint"}],
                "Location": "s3://demo-lake/sales/stores/",
            },
        },
    )
    operations.call("glue", "list_databases")
    operations.call("glue", "search_tables", text="orders")
    operations.call("glue", "describe_table", database="sales", table="orders")
    operations.call("glue", "describe_table", database="sales", table="unsized")
    operations.call("glue", "list_partitions", database="sales", table="orders")


def _use_queries(operations):
    sql = "SELECT count(*) FROM orders WHERE month = '2026-01'"
    operations.call("athena", "estimate_query", sql=sql, database="sales")
    done = operations.call("athena", "run_query", sql=sql, database="sales")
    operations.call("athena", "get_query_results", query_id=done["run"]["query_id"])
    for statement in ("SHOW TABLES IN sales", "SHOW DATABASES"):
        operations.call("athena", "run_query", sql=statement)
    operations.call("athena", "run_query", status=400, sql="SELECT 1 FROM sales.ordrs")
    operations.call("athena", "run_query", status=400, sql="SELECT 1 FROM sails.orders")
    for _ in range(2):  # asked for, and found again
        waits = operations.call("athena", "run_query", sql=WITHOUT_ESTIMATE)["pending_approval"]
    operations.decide(action="approve", id=waits["id"])
    operations.call("athena", "run_query", status=400, sql=WITHOUT_ESTIMATE)
    running = operations.aws.client("athena").start_query_execution(
        QueryString=LONG_QUERY,
        QueryExecutionContext={"Database": "sales"},
        WorkGroup=resource_name(PROJECT, STAGE, "queries"),
    )
    operations.call("athena", "stop_query", query_id=running["QueryExecutionId"])


def _use_pipelines(operations):
    names = [
        each["name"] for each in operations.call("step_functions", "list_pipelines")["pipelines"]
    ]
    operations.call("step_functions", "list_executions", hours=200)
    for name in names:
        operations.call("step_functions", "diagnose_execution", pipeline=name)
    operations.call("step_functions", "diagnose_execution", execution_arn=_map_run(operations))
    asked = [
        operations.call("step_functions", "request_redrive", pipeline=name)["pending_approval"][
            "id"
        ]
        for name in ("daily-sales-report", "daily-sales-report", "orders-ingestion")
    ]
    _expire(operations, asked[2])
    operations.call("step_functions", "request_redrive", pipeline="orders-ingestion")

    assert operations.decide(action="list")["approvals"]
    approved = operations.decide(action="approve", id=asked[0])["approval"]
    assert approved["state"] == "EXECUTED", approved
    _await_end(operations, approved["target"])


def _map_run(operations):
    """An execution that failed in a child of its Map Run."""
    fails = {"Type": "Fail", "Error": "NoFile", "Cause": "The file is empty."}
    files = {
        "Type": "Map",
        "ItemsPath": "$",
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Load",
            "States": {"Load": fails},
        },
        "End": True,
    }
    stepfunctions = operations.aws.client("stepfunctions")
    machine = stepfunctions.create_state_machine(
        name="file-load",
        definition=json.dumps({"StartAt": "Files", "States": {"Files": files}}),
        roleArn=f"arn:aws:iam::{ACCOUNT}:role/{PIPELINES_ROLE}",
    )["stateMachineArn"]
    started = stepfunctions.start_execution(stateMachineArn=machine, input="[1]")
    _await_end(operations, started["executionArn"])
    return started["executionArn"]


def _expire(operations, approval):
    operations.aws.client("dynamodb").update_item(
        TableName=resource_name(PROJECT, STAGE, "approvals"),
        Key={"id": {"S": approval}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00Z"}},
    )


def _await_end(operations, execution):
    stepfunctions, pause = operations.aws.client("stepfunctions"), threading.Event()
    for _ in range(1000):
        if stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING":
            return
        pause.wait(0.01)
    raise AssertionError(f"{execution} still runs")


def _use_logs(operations):
    operations.call("cloudwatch", "list_log_groups")
    operations.call("cloudwatch", "search_logs", log_group="/ecs/orders-loader", hours=48)
    operations.call(
        "cloudwatch", "query_logs", log_groups="/ecs/orders-loader", query="fields @message"
    )
    operations.call("cloudwatch", "list_alarms")


def _use_jobs(operations):
    jobs = operations.call("compute", "list_jobs", hours=72)["jobs"]
    failed = next(each["id"] for each in jobs if each["kind"] == "emr" and each["failed"])
    cluster, step = failed.removeprefix("emr:").split("/")
    # The logs of the cluster's steps are in S3 alone, of the failed one at that.
    operations.aws.client("logs").delete_log_group(logGroupName=f"/aws/emr/{cluster}/steps")
    pipeline = {"pipeline": "web-sessions-aggregation"}
    operations.call("step_functions", "diagnose_execution", **pipeline)
    operations.aws.client("s3").put_object(
        Bucket="demo-lake",
        Key=f"emr-logs/{cluster}/steps/{step}/stderr.gz",
        Body=gzip.compress(b"java.lang.OutOfMemoryError\n"),
    )
    operations.call("step_functions", "diagnose_execution", **pipeline)
    for job in jobs:
        operations.call("compute", "describe_job", job_id=job["id"])


def roles():
    return {each: role_name(PROJECT, STAGE, each) for each in functions()}


def test_every_action_group_and_the_approver_have_a_policy():
    assert set(functions()) == {*action_group_names(), APPROVER}


def test_every_operation_and_an_approved_redrive_succeed_under_their_roles(operations):
    assert operations.denied == []
    assert "states:RedriveExecution" in operations.used_by(role_name(PROJECT, STAGE, APPROVER))


@pytest.mark.parametrize("function", functions())
def test_a_policy_allows_nothing_that_no_operation_uses(operations, function):
    allowed = set(policy_of(function, PLACE).actions)
    used = operations.used_by(role_name(PROJECT, STAGE, function))

    assert allowed - used - set(UNUSED) == set()


def test_the_pipelines_role_allows_nothing_unused(operations):
    (policy,) = operations.aws.permissions.grants.of(PIPELINES_ROLE).policies
    allowed = {action for statement in policy for action in statement.actions}

    assert allowed - operations.used_by(PIPELINES_ROLE) - set(UNUSED_BY_PIPELINES) == set()


def test_no_exception_is_out_of_date(operations):
    everything = {action for each in functions() for action in policy_of(each, PLACE).actions}
    used = {action for _, action in operations.asked}

    assert set(UNUSED) <= everything
    assert set(UNUSED) & used == set()


@pytest.fixture(scope="module")
def judge(operations):
    """The verdict on an ask of a role, as the door comes to it."""
    callers = operations.aws.callers

    def judge(role, action, resource, *, via="", scope=Scope.EXACT):
        request = Request("GET", "/", "", {}, b"", callers.caller(role), via)
        return JUDGE(operations.aws.permissions, request, Ask(action, resource, scope))[0]

    return judge


SERVICES = (
    "stepfunctions", "glue", "athena", "s3", "logs", "ecs", "emr", "emr-serverless", "dynamodb",
    "lambda", "iam", "kms", "secretsmanager", "cloudwatch", "bedrock-agent",
)  # fmt: skip
PREFIXES = {
    "stepfunctions": "states", "emr": "elasticmapreduce", "bedrock-agent": "bedrock",
}  # fmt: skip
READING = (
    "Describe",
    "Get",
    "List",
    "Head",
    "Lookup",
    "Search",
    "Select",
    "Filter",
    "Test",
    "View",
)
READING_VERBS = {
    "athena:BatchGetNamedQuery", "athena:BatchGetPreparedStatement",
    "athena:BatchGetQueryExecution", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan",
    "dynamodb:TransactGetItems", "glue:BatchGetPartition", "logs:StartLiveTail",
    "secretsmanager:BatchGetSecretValue",
}  # fmt: skip
RESOURCES = (
    "*", "arn:aws:s3:::demo-lake", "arn:aws:s3:::demo-lake/sales/orders/a.parquet",
    "arn:aws:s3:::datalfred-demo-local-results", "arn:aws:s3:::datalfred-demo-local-results/a.csv",
    PLACE.workgroup, PLACE.requests, PLACE.approvals, PLACE.audit,
    f"{PLACE.requests}/index/by_created", f"{PLACE.approvals}/index/by_state",
    *(
        PLACE.arn(service, resource)
        for service, resource in (
            ("states", "stateMachine:orders-ingestion"), ("states", "execution:orders-ingestion:x"),
            ("athena", "workgroup/primary"), ("glue", "catalog"), ("glue", "database/sales"),
            ("glue", "table/sales/orders"), ("glue", "job/customer-sync"),
            ("logs", "log-group:/ecs/orders-loader:log-stream:x"), ("ecs", "cluster/data-platform"),
            ("ecs", "task/data-platform/x"), ("ecs", "task-definition/orders-loader:1"),
            ("elasticmapreduce", "cluster/j-X"), ("emr-serverless", "/applications/a"),
            ("emr-serverless", "/applications/a/jobruns/r"), ("lambda", "function:crm-push"),
            ("cloudwatch", "alarm:customer-sync-failed"), ("secretsmanager", "secret:crm-AbCdEf"),
            ("kms", "key/1234"), ("bedrock", "agent/A"),
        )
    ),
    f"arn:aws:iam::{ACCOUNT}:role/datalfred_demo_local_approver_role",
)  # fmt: skip
"""One resource of each kind that a policy could name."""

WRITES = {
    ("athena", "athena:StartQueryExecution"): {PLACE.workgroup},
    ("athena", "athena:StopQueryExecution"): {PLACE.workgroup},
    ("athena", "dynamodb:PutItem"): {PLACE.requests},
    ("cloudwatch", "logs:StartQuery"): {
        PLACE.arn("logs", "log-group:/ecs/orders-loader:log-stream:x")
    },
    ("cloudwatch", "logs:StopQuery"): set(RESOURCES),
    ("step_functions", "dynamodb:PutItem"): {PLACE.requests},
    (APPROVER, "dynamodb:PutItem"): {PLACE.requests, PLACE.approvals, PLACE.audit},
    (APPROVER, "dynamodb:DeleteItem"): {PLACE.requests},
    (APPROVER, "dynamodb:UpdateItem"): {PLACE.approvals},
    (APPROVER, "states:RedriveExecution"): {PLACE.arn("states", "execution:orders-ingestion:x")},
}
"""All that changes anything at all, and on what. ``logs:StopQuery`` has no resource in IAM."""


def writing_actions():
    session = botocore.session.Session()
    for service in SERVICES:
        prefix = PREFIXES.get(service, service)
        for operation in session.get_service_model(service).operation_names:
            action = f"{prefix}:{operation}"
            if not operation.startswith(READING) and action not in READING_VERBS:
                yield action
    yield from (
        "iam:PassRole",
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "s3:PutBucketPolicy",
    )


WRITES_BY_ATHENA = {
    ("athena", action): {f"{PLACE.results}/a.csv"}
    for action in ("s3:PutObject", "s3:AbortMultipartUpload")
}
"""What Athena may write besides, on behalf of the function that asks it."""


@pytest.mark.parametrize("via", ["", "athena"])
@pytest.mark.parametrize("function", functions())
def test_no_role_writes_anything_but_what_is_listed(judge, function, via):
    role = role_name(PROJECT, STAGE, function)
    allowed = {}
    for action in writing_actions():
        if judge(role, action, "*", via=via, scope=Scope.MISSING) is Verdict.ALLOWED:
            allowed[function, action] = {
                each for each in RESOURCES if judge(role, action, each, via=via) is Verdict.ALLOWED
            }

    listed = {**WRITES, **(WRITES_BY_ATHENA if via else {})}
    own_log = {(function, "logs:CreateLogStream"): set(), (function, "logs:PutLogEvents"): set()}
    assert allowed == {
        **{place: what for place, what in listed.items() if place[0] == function},
        **own_log,
    }


def test_only_the_approver_may_redrive(judge):
    execution = PLACE.arn("states", "execution:orders-ingestion:x")
    may = [
        role
        for role in (*roles().values(), PIPELINES_ROLE)
        if judge(role, "states:RedriveExecution", execution) is Verdict.ALLOWED
    ]

    assert may == [role_name(PROJECT, STAGE, APPROVER)]


def test_lake_files_are_read_by_athena_and_the_function_that_prices_queries_alone(judge):
    role, key = role_name(PROJECT, STAGE, "athena"), "arn:aws:s3:::demo-lake/sales/orders/a.parquet"

    for via in ("", "athena"):  # its own reads are the footers of Parquet files
        assert judge(role, "s3:GetObject", key, via=via) is Verdict.ALLOWED
    assert judge(role, "s3:PutObject", key, via="athena") is Verdict.NOT_ALLOWED
    assert judge(role, "s3:GetObject", "arn:aws:s3:::other/a", via="athena") is Verdict.NOT_ALLOWED
    for other in ("glue", "cloudwatch", "compute", "step_functions", APPROVER):
        other_role = role_name(PROJECT, STAGE, other)
        for via in ("", "athena"):
            assert judge(other_role, "s3:GetObject", key, via=via) is Verdict.NOT_ALLOWED


OWN = {
    "athena": {"athena:GetQueryResults": PLACE.workgroup, "s3:GetObject": f"{PLACE.results}/a.csv"},
    "glue": {"s3:GetObject": "arn:aws:s3:::demo-lake/_semantics/sales.yaml"},
    "cloudwatch": {"logs:DescribeLogGroups": PLACE.arn("logs", "log-group::log-stream:")},
    "compute": {"ecs:ListTasks": "*"},
    "step_functions": {"dynamodb:GetItem": PLACE.approvals},
    APPROVER: {"dynamodb:Query": f"{PLACE.approvals}/index/by_state"},
}
SHARED = {
    ("athena", "s3:GetObject", "arn:aws:s3:::demo-lake/_semantics/sales.yaml"),
    (APPROVER, "dynamodb:GetItem", PLACE.approvals),
    ("athena", "dynamodb:GetItem", PLACE.approvals),
}


@pytest.mark.parametrize("function", functions())
def test_a_function_cannot_read_what_belongs_to_another(judge, function):
    role = role_name(PROJECT, STAGE, function)
    for owner, things in OWN.items():
        for action, resource in things.items():
            mine = owner == function or (function, action, resource) in SHARED
            expected = Verdict.ALLOWED if mine else Verdict.NOT_ALLOWED
            assert judge(role, action, resource) is expected, (owner, action)


@pytest.mark.parametrize("function", functions())
def test_a_function_writes_its_own_log_only(judge, function):
    role = role_name(PROJECT, STAGE, function)
    for other in functions():
        group = f"log-group:/aws/lambda/{resource_name(PROJECT, STAGE, other)}:log-stream:x"
        expected = Verdict.ALLOWED if other == function else Verdict.NOT_ALLOWED
        assert judge(role, "logs:PutLogEvents", PLACE.arn("logs", group)) is expected


def test_another_stage_is_another_world(judge):
    theirs = Place(PROJECT, "prod", ACCOUNT, DEFAULT_REGION)
    for function, action, resource in (
        ("athena", "athena:StartQueryExecution", theirs.workgroup),
        ("athena", "s3:GetObject", f"{theirs.results}/a.csv"),
        (APPROVER, "dynamodb:UpdateItem", theirs.approvals),
        ("step_functions", "dynamodb:PutItem", theirs.audit),
    ):
        assert judge(role_name(PROJECT, STAGE, function), action, resource) is Verdict.NOT_ALLOWED
