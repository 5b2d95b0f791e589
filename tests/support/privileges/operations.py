"""Every operation of the demo stack, called as Bedrock and the approver's URL call them."""

import contextlib
import gzip
import json
import threading
import uuid
from collections import OrderedDict

import pytest

from datalfred.definitions.naming import resource_name, role_name
from datalfred.definitions.permissions import APPROVER, Place
from datalfred.lake.logs import insights
from datalfred.lake.sql import parquet
from datalfred.local import stack
from datalfred.local.aws.logs.queries import RunningQuery
from datalfred.local.aws.message import ACCOUNT
from datalfred.local.demo_lake.pipelines.roles import PIPELINES_ROLE
from datalfred.settings import DEFAULT_REGION
from tests.support.privileges.recording import Recorder, recording

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
"""What the policies of the demo stack are made for."""

ROLE = f"arn:aws:iam::{ACCOUNT}:role/{PIPELINES_ROLE}"
LONG_QUERY = (
    "SELECT count(*) FROM orders a, orders b, orders c WHERE a.amount < b.amount + c.amount"
)
WITHOUT_ESTIMATE = (
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT order_id FROM x JOIN sales.orders "
    "ON order_id = n) SELECT n FROM x"
)


class Gathered(set):
    """Calls, noted in memory."""

    note = set.add


class Operations:
    """The functions of a demo stack.

    Attributes:
        aws: where they are.
        calls: what they have called so far.
    """

    def __init__(self, aws, calls):
        self.aws = aws
        self.calls = calls

    def call(self, group, operation, *, status=200, **values):
        """The answer of an operation."""
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
        """The approver's answer to a person at the laptop."""
        event = {
            "version": "2.0",
            "requestContext": {"authorizer": {"local": {"user": "ben"}}},
            "body": json.dumps(body),
        }
        answer = self.aws.functions.invoke(resource_name(PROJECT, STAGE, APPROVER), event)
        assert answer["statusCode"] == 200, answer["body"]
        return json.loads(answer["body"])

    def expire(self, approval, *, since="expires_at"):
        """Lets the time of an approval be over, which begins or ends with a field."""
        self.aws.client("dynamodb").update_item(
            TableName=resource_name(PROJECT, STAGE, "approvals"),
            Key={"id": {"S": approval}},
            UpdateExpression=f"SET {since} = :past",
            ExpressionAttributeValues={":past": {"S": "2020-01-01T00:00:00Z"}},
        )

    def machine(self, name, states):
        """An ended execution of a state machine of these states."""
        stepfunctions = self.aws.client("stepfunctions")
        definition = json.dumps({"StartAt": next(iter(states)), "States": states})
        machine = stepfunctions.create_state_machine(
            name=name, definition=definition, roleArn=ROLE
        )["stateMachineArn"]
        started = stepfunctions.start_execution(stateMachineArn=machine, input="[1]")
        return self.ended(started["executionArn"])

    def ended(self, execution):
        """The execution, once it has ended."""
        stepfunctions, pause = self.aws.client("stepfunctions"), threading.Event()
        for _ in range(1000):
            if stepfunctions.describe_execution(executionArn=execution)["status"] != "RUNNING":
                return execution
            pause.wait(0.01)
        raise AssertionError(f"{execution} still runs")

    def used_by(self, function):
        """The actions that a function has called."""
        return {each.action for each in self.calls if each.function == function}

    def use_everything(self):
        """Calls every operation, on everything that it knows how to reach."""
        for use in (_use_catalog, _use_queries, _use_pipelines, _use_logs, _use_jobs):
            use(self)
        return self


@contextlib.contextmanager
def demo_stack(patch, state, documents=None):
    """The operations of a demo stack, and what they call.

    Args:
        patch: a ``MonkeyPatch`` for as long as it runs.
        state: where the stack keeps what it keeps.
        documents: policies by function, in place of those that the stack gives its roles.
    """
    patch.setenv("DATALFRED_APPROVERS", "local:ben")
    patch.setattr(parquet, "_known", OrderedDict())  # the same files may have been read before
    recorder = Recorder(Gathered())
    with recording(recorder), stack.start(state=state) as running:
        running.seeding.wait(60)
        for function, document in (documents or {}).items():
            running.aws.permissions.grant(role_name(PROJECT, STAGE, function), document)
        yield Operations(running.aws, recorder.notes)


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
    late = operations.call("athena", "run_query", sql=WITHOUT_ESTIMATE)["pending_approval"]
    operations.decide(action="approve", id=late["id"])
    operations.expire(late["id"], since="decided_at")
    assert operations.decide(action="get", id=late["id"])["approval"]["state"] == "EXPIRED"
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
    for execution in (_failed_map_run(operations), _failed_query(operations)):
        operations.call("step_functions", "diagnose_execution", execution_arn=execution)
    asked = [
        operations.call("step_functions", "request_redrive", pipeline=name)["pending_approval"][
            "id"
        ]
        for name in ("daily-sales-report", "daily-sales-report", "orders-ingestion")
    ]
    operations.expire(asked[2])
    operations.call("step_functions", "request_redrive", pipeline="orders-ingestion")

    assert operations.decide(action="list")["approvals"]
    approved = operations.decide(action="approve", id=asked[0])["approval"]
    assert approved["state"] == "EXECUTED", approved
    operations.ended(approved["target"])
    assert operations.decide(action="history")["history"]


def _failed_map_run(operations):
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
    return operations.machine("file-load", {"Files": files})


def _failed_query(operations):
    """An execution whose query Athena knows, and ended as failed."""
    query = {
        "Type": "Task",
        "Resource": "arn:aws:states:::athena:startQueryExecution.sync",
        "Parameters": {
            "QueryString": "SELECT 1 / 0",
            "WorkGroup": "primary",
            "ResultConfiguration": {"OutputLocation": "s3://demo-lake/reports/"},
        },
        "End": True,
    }
    return operations.machine("query-load", {"Query": query})


def _use_logs(operations):
    operations.call("cloudwatch", "list_log_groups")
    operations.call("cloudwatch", "search_logs", log_group="/ecs/orders-loader", hours=48)
    operations.call(
        "cloudwatch", "query_logs", log_groups="/ecs/orders-loader", query="fields @message"
    )
    operations.call("cloudwatch", "list_alarms")
    with pytest.MonkeyPatch.context() as patch:  # a query that does not end is stopped
        patch.setattr(RunningQuery, "run", lambda *_: None)
        patch.setitem(insights.query.__kwdefaults__, "seconds", 0.0)
        operations.call(
            "cloudwatch",
            "query_logs",
            status=504,
            log_groups="/ecs/orders-loader",
            query="fields @message",
        )


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
