"""Every operation over an embedded AWS whose calls can be made to fail."""

import uuid
from contextlib import contextmanager

from datalfred import settings
from datalfred.definitions.approval_tables import tables
from datalfred.definitions.handlers import load_handler
from datalfred.local.aws import athena, compute, glue, logs, stepfunctions
from datalfred.local.aws.embedded import EmbeddedAws
from tests.pipelines_stack import PipelinesStack, failed
from tests.support import small_lake
from tests.support.action_groups import body_of, event
from tests.support.faults import Faults
from tests.support.permissions import EVERYTHING

SQL = "SELECT status, count(*) AS n FROM sales.orders WHERE month = '2026-08' GROUP BY 1"
OPERATIONS = {
    "list_databases": ("glue", {}),
    "search_tables": ("glue", {"text": "orders"}),
    "describe_table": ("glue", {"database": "sales", "table": "orders"}),
    "list_partitions": ("glue", {"database": "sales", "table": "orders"}),
    "estimate_query": ("athena", {"sql": SQL}),
    "run_query": ("athena", {"sql": SQL}),
    "get_query_results": ("athena", {"query_id": "QUERY"}),
    "stop_query": ("athena", {"query_id": "QUERY"}),
    "list_pipelines": ("step_functions", {}),
    "list_executions": ("step_functions", {"pipeline": "orders-ingestion"}),
    "diagnose_execution": ("step_functions", {"pipeline": "orders-ingestion"}),
    "request_redrive": ("step_functions", {"pipeline": "orders-ingestion", "reason": "again"}),
    "list_log_groups": ("cloudwatch", {}),
    "search_logs": ("cloudwatch", {"log_group": "/ecs/orders", "pattern": "ERROR"}),
    "query_logs": ("cloudwatch", {"log_groups": "/ecs/orders", "query": "fields @message"}),
    "list_alarms": ("cloudwatch", {}),
    "list_jobs": ("compute", {"kind": "ecs"}),
    "describe_job": ("compute", {"job_id": "JOB"}),
}


class Context:
    @staticmethod
    def get_remaining_time_in_millis():
        return 60_000


class World:
    def __init__(self, aws, faults, names):
        self.aws = aws
        self.faults = faults
        self._names = names

    def call(self, operation, turn=None, **parameters):
        """Status and body; parameters are those of OPERATIONS unless others are given."""
        group, usual = OPERATIONS[operation]
        given = {
            name: self._names.get(value, value) for name, value in (parameters or usual).items()
        }
        asked = event(group, operation, **given)
        asked["sessionAttributes"]["user"] = "local:ana"
        asked["sessionAttributes"]["request_id"] = turn or uuid.uuid4().hex
        reply = load_handler(f"action_groups.{group}.handler.handler")(asked, Context())
        return reply["response"]["httpStatusCode"], body_of(reply)


def _composed(aws):
    """The services, a small lake, a pipeline that failed, and a query that succeeded."""
    for room in (compute, glue, logs, stepfunctions, athena):
        room.install(aws)
    aws.permissions.grant("pipelines", EVERYTHING)
    small_lake.seed(aws)
    stack = PipelinesStack(aws, settings.environment())
    stack.cluster()
    stack.machine("orders-ingestion", stack.task("orders", log_group="/ecs/orders"))
    stack.workload("ecs", "orders", failed("OutOfMemoryError", "ERROR killed", exit_code=137))
    stack.run("orders-ingestion")
    for definition in tables("demo", "local"):
        stack.client("dynamodb").create_table(**definition)
    location = {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
    stack.client("athena").update_work_group(
        WorkGroup="primary", ConfigurationUpdates={"ResultConfigurationUpdates": location}
    )
    (task,) = stack.client("ecs").list_tasks(cluster="lake", desiredStatus="STOPPED")["taskArns"]
    return {"JOB": "ecs:lake/" + task.rpartition("/")[2]}


@contextmanager
def faulty_world():
    """A world in which every operation has been seen to work."""
    with EmbeddedAws() as aws:
        faults = Faults(aws.door)
        aws.register(faults)
        chosen = {"DATALFRED_QUERY_ASK_USD": "1", "DATALFRED_QUERY_REUSE_MINUTES": "0"}
        with settings.using(small_lake.environment(aws, **chosen)):
            names = _composed(aws)
            made = World(aws, faults, names)
            status, said = made.call("run_query")
            assert status == 200, said
            names["QUERY"] = said["run"]["query_id"]
            yield made
