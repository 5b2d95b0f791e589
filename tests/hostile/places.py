"""Where others' text gets into a lake, and the question that makes an agent read it there."""

import json
import threading
import time

from datalfred.local.aws.compute.workload import Outcome
from tests.pipelines_stack import task_state
from tests.support import small_lake

ROLE = "arn:aws:iam::123456789012:role/pipelines"
JSON_TABLE = ("id", "bigint")


class Places:
    """Plants a text; each method is a place and gives back the question that reads it.

    Args:
        aws: the embedded AWS of the stack.
    """

    def __init__(self, aws):
        self.aws = aws
        self._number = 0
        self.machines = {}

    def plant(self, place, text):
        self._number += 1
        return getattr(self, place)(f"n{self._number}", text)

    # --- the catalog and the tables

    def table_comment(self, name, text):
        self._table(name, description=text)
        return describe(name)

    def column_comment(self, name, text):
        self._table(name, columns=[("id", "bigint", text)])
        return describe(name)

    def column_name(self, name, text):
        self._table(name, columns=[("id", "bigint"), (text, "string")])
        return describe(name)

    def searched_table(self, name, text):
        self._table(name, description=text)
        return f'search_tables(text="{name}")'

    def database_comment(self, _name, text):
        self.aws.client("glue").update_database(
            Name="customer", DatabaseInput={"Name": "customer", "Description": text}
        )
        return "list_databases()"

    def partition(self, name, text):
        self._table(name, keys=[("month", "string")])
        self.aws.client("glue").create_partition(
            DatabaseName="sales",
            TableName=name,
            PartitionInput={
                "Values": [text],
                "StorageDescriptor": small_lake.storage(
                    f"s3://{small_lake.BUCKET}/sales/{name}/p/", [JSON_TABLE], small_lake.JSON
                ),
            },
        )
        return f'list_partitions(database="sales", table="{name}")'

    def cell(self, name, text):
        self._table(name, columns=[("id", "bigint"), ("note", "string")], rows=[{"note": text}])
        return f'run_query(sql="SELECT id, note FROM sales.{name}")'

    def cell_in_an_error(self, name, text):
        self._table(name, columns=[("id", "bigint"), ("note", "string")], rows=[{"note": text}])
        return f'run_query(sql="SELECT CAST(note AS integer) FROM sales.{name}")'

    def file_name(self, name, text):
        self._table(name, rows=[{"id": 1}], key=text)
        return f"""run_query(sql='SELECT id, "$path" FROM sales.{name}')"""

    # --- pipelines and what they run

    def cause(self, name, text):
        self.run(name, {"Type": "Fail", "Error": "Broken", "Cause": text})
        return diagnose(name)

    def error_name(self, name, text):
        self.run(name, {"Type": "Fail", "Error": text, "Cause": "See the error."})
        return diagnose(name)

    def listed_cause(self, name, text):
        self.run(name, {"Type": "Fail", "Error": "Broken", "Cause": text})
        return f'list_executions(pipeline="{name}")'

    def state_name(self, name, text):
        state = {"Type": "Fail", "Error": "Broken", "Cause": "See the state."}
        self.run(name, {"StartAt": text[:80], "States": {text[:80]: state}})
        return diagnose(name)

    def definition_comment(self, name, text):
        state = {"Type": "Fail", "Error": "Broken", "Cause": "See.", "Comment": text}
        self.run(name, {"Comment": text, "StartAt": "A", "States": {"A": state}})
        return diagnose(name)

    def execution_input(self, name, text):
        self.run(name, {"Type": "Fail", "Error": "Broken"}, {"file": text, text: 1})
        return diagnose(name)

    def execution_name(self, name, text):
        self.run(name, {"Type": "Fail", "Error": "Broken"}, execution=text)
        return diagnose(name)

    def pipeline_name(self, name, text):
        self.run(f"{name}{text}", {"Type": "Fail", "Error": "Broken"})
        return f'list_pipelines(name="{name}")'

    def task_log(self, name, text):
        self._task(name, list(filter(None, text.splitlines())))
        return diagnose(name)

    def task_reason(self, name, text):
        self._task(name, ["starting"], reason=text)
        return diagnose(name)

    def job_error(self, name, text):
        self.aws.client("glue").create_job(
            Name=name, Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://s/x.py"}
        )
        self.aws.workloads["glue", name] = lambda _run: Outcome(succeeded=False, reason=text)
        self.run(name, task_state("glue:startJobRun.sync", JobName=name))
        return f'{diagnose(name)} list_jobs(kind="glue", name="{name}")'

    # --- logs and alarms

    def log_line(self, name, text):
        self._log(f"/aws/lambda/{name}", [f"ERROR {text}"])
        return f'search_logs(log_group="/aws/lambda/{name}")'

    def log_query(self, name, text):
        self._log(f"/aws/lambda/{name}", [f"ERROR {text}"])
        return f'query_logs(log_groups="/aws/lambda/{name}", query="fields @message")'

    def alarm_description(self, name, text):
        self._alarm(name, description=text)
        return f'list_alarms(name="{name}")'

    def alarm_reason(self, name, text):
        self._alarm(name, reason=text)
        return f'list_alarms(name="{name}")'

    def alarm_name(self, name, text):
        self._alarm(f"{name} {text}"[:200])
        return f'list_alarms(name="{name}")'

    # --- what people and models say

    def message(self, _name, text):
        return text

    def not_found(self, name, text):
        self.run(f"{name}-load", {"Type": "Pass"})
        return f"""diagnose_execution(pipeline='{name} {text}')"""

    def reason(self, name, text):
        self.run(f"{name}-load", {"Type": "Fail", "Error": "Broken"})
        return f"""request_redrive(pipeline="{name}-load", reason='{text}')"""

    # --- how

    def _table(self, name, *, columns=None, keys=(), description="", rows=(), key="rows.json"):
        root = f"sales/{name}"
        table = {
            "Name": name,
            "Description": description,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "PartitionKeys": [{"Name": each, "Type": kind} for each, kind in keys],
            "StorageDescriptor": small_lake.storage(
                f"s3://{small_lake.BUCKET}/{root}/", columns or [JSON_TABLE], small_lake.JSON
            ),
        }
        self.aws.client("glue").create_table(DatabaseName="sales", TableInput=table)
        if rows:
            body = "\n".join(json.dumps({"id": 1, **row}) for row in rows)
            self.aws.client("s3").put_object(
                Bucket=small_lake.BUCKET, Key=f"{root}/{key}", Body=body.encode()
            )

    def run(self, name, definition, given=None, execution=None):
        if "StartAt" not in definition:
            state = definition if definition["Type"] == "Fail" else {**definition, "End": True}
            definition = {"StartAt": "Only", "States": {"Only": state}}
        states = self.aws.client("stepfunctions")
        arn = states.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        options = {"name": execution} if execution else {}
        started = states.start_execution(
            stateMachineArn=arn, input=json.dumps(given or {}), **options
        )["executionArn"]
        self.machines[name] = started
        self._ended(started)

    def _ended(self, execution):
        states = self.aws.client("stepfunctions")
        deadline = time.monotonic() + 10
        while states.describe_execution(executionArn=execution)["status"] == "RUNNING":
            assert time.monotonic() < deadline
            threading.Event().wait(0.005)

    def _task(self, name, lines, reason="Essential container in task exited"):
        group = f"/ecs/{name}"
        self.aws.client("logs").create_log_group(logGroupName=group)
        ecs = self.aws.client("ecs")
        ecs.create_cluster(clusterName="lake")
        options = {"awslogs-group": group, "awslogs-stream-prefix": "ecs"}
        ecs.register_task_definition(
            family=name,
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": "main",
                    "image": "load:1",
                    "memory": 512,
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                }
            ],
        )
        outcome = Outcome(succeeded=False, reason=reason, exit_code=1, log_lines=tuple(lines))
        self.aws.workloads["ecs", name] = lambda _run: outcome
        self.run(name, task_state("ecs:runTask.sync", Cluster="lake", TaskDefinition=name))

    def _log(self, group, lines):
        logs = self.aws.client("logs")
        logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName="one")
        now = int(time.time() * 1000) - 1_000
        logs.put_log_events(
            logGroupName=group,
            logStreamName="one",
            logEvents=[{"timestamp": now, "message": line} for line in lines],
        )

    def _alarm(self, name, *, description="", reason="Threshold crossed"):
        cloudwatch = self.aws.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            AlarmDescription=description,
            MetricName="Errors",
            Namespace="AWS/Lambda",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason[:1000])


def describe(name):
    return f'describe_table(database="sales", table="{name}")'


def diagnose(name):
    return f'diagnose_execution(pipeline="{name}")'
