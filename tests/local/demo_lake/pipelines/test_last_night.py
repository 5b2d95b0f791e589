"""What happened last night is found as on AWS: history, job record, log lines."""

import json
import re
from datetime import UTC, datetime, time, timedelta

import pytest

PIPELINES = {
    "campaign-import",
    "crm-export",
    "customer-sync",
    "daily-sales-report",
    "orders-ingestion",
    "product-catalog-refresh",
    "returns-load",
    "support-tickets-ingestion",
    "web-sessions-aggregation",
}


def test_every_pipeline_has_a_description_and_a_past_that_mostly_succeeded(demo):
    machines = demo.states.list_state_machines()["stateMachines"]

    assert {machine["name"] for machine in machines} == PIPELINES
    for machine in machines:
        arn = machine["stateMachineArn"]
        definition = json.loads(
            demo.states.describe_state_machine(stateMachineArn=arn)["definition"]
        )
        assert definition["Comment"]
        assert len(definition["States"]) >= 2
        tags = demo.states.list_tags_for_resource(resourceArn=arn)["tags"]
        assert {"key": "description", "value": definition["Comment"]} in tags
        newest, *older = demo.states.list_executions(stateMachineArn=arn)["executions"]
        assert newest["executionArn"] == demo.arn(machine["name"])
        assert len(older) >= 2
        assert {execution["status"] for execution in older} == {"SUCCEEDED"}


def test_runs_lie_in_the_nights_of_the_last_week(demo):
    for pipeline in PIPELINES - {"support-tickets-ingestion"}:
        started = demo.described(pipeline)["startDate"].astimezone(UTC)
        assert started.date() == demo.night
        assert time(1, 0) <= started.time() < time(5, 0)
        assert demo.described(pipeline)["stopDate"].astimezone(UTC).date() == demo.night


def test_no_event_is_from_the_future(demo):
    for pipeline in PIPELINES:
        events = demo.states.get_execution_history(executionArn=demo.arn(pipeline))["events"]
        times = [event["timestamp"] for event in events]
        assert times == sorted(times)
        assert times[-1] <= datetime.now(UTC)


def test_orders_ingestion_ran_out_of_memory(demo):
    cause = demo.cause("orders-ingestion")

    task = demo.client("ecs").describe_tasks(cluster=cause["ClusterArn"], tasks=[cause["TaskArn"]])[
        "tasks"
    ][0]
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["startedBy"] == "AWS Step Functions"
    container = task["containers"][0]
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert task["stoppedAt"].astimezone(UTC).date() == demo.night
    stream = f"orders-loader/loader/{task['taskArn'].rpartition('/')[2]}"
    lines = demo.log("/ecs/orders-loader", stream)
    assert [line.split()[0] for line in lines] == ["INFO"] * 3 + ["WARN"] * 3 + ["ERROR"]


def test_customer_sync_met_a_renamed_column(demo):
    cause = demo.cause("customer-sync")

    run = demo.client("glue").get_job_run(JobName="customer-sync", RunId=cause["Id"])["JobRun"]
    assert run["JobRunState"] == "FAILED"
    assert "Column 'marketing_opt_in' does not exist" in run["ErrorMessage"]
    assert sum("ERROR" in line for line in demo.log("/aws-glue/jobs/error", run["Id"])) == 1


def test_web_sessions_aggregation_lost_a_node(demo):
    asked = json.loads(demo.event("web-sessions-aggregation", "TaskScheduled")["parameters"])
    step_id = json.loads(demo.event("web-sessions-aggregation", "TaskSubmitted")["output"])[
        "StepId"
    ]
    cluster = asked["ClusterId"]

    step = demo.client("emr").describe_step(ClusterId=cluster, StepId=step_id)["Step"]

    assert step["Status"]["State"] == "FAILED"
    assert "SpotInterruption" in step["Status"]["FailureDetails"]["Message"]
    assert any("ERROR" in line for line in demo.log(f"/aws/emr/{cluster}/steps", step_id))


def test_daily_sales_report_waited_too_long_for_its_query(demo):
    assert demo.described("daily-sales-report")["error"] == "States.Timeout"
    submitted = json.loads(demo.event("daily-sales-report", "TaskSubmitted")["output"])

    answer = demo.client("athena").get_query_execution(**submitted)

    query = answer["QueryExecution"]
    assert query["Status"]["State"] == "FAILED"
    assert query["Status"]["StateChangeReason"] == "Query timeout"
    assert "sales.orders" in query["Query"]
    assert str(demo.night - timedelta(days=1)) in query["Query"]


def test_returns_load_misses_a_partition(demo):
    cause = demo.cause("returns-load")

    run = demo.client("emr-serverless").get_job_run(
        applicationId=cause["ApplicationId"], jobRunId=cause["JobRunId"]
    )["jobRun"]
    assert run["state"] == "FAILED"
    assert "missing partition" in run["stateDetails"]


@pytest.mark.parametrize(
    ("pipeline", "function", "error", "words"),
    [
        ("campaign-import", "campaign-validate", "InvalidInputError", "'1.204,50'"),
        ("crm-export", "crm-push", "AccessDeniedException", "crm/api-token expired"),
    ],
)
def test_a_function_refused_its_work(demo, pipeline, function, error, words):
    ended = demo.described(pipeline)
    assert ended["error"] == error
    assert words in json.loads(ended["cause"])["errorMessage"]

    found = demo.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/{function}",
        startTime=int(ended["startDate"].timestamp() * 1000),
        filterPattern="ERROR",
    )["events"]
    assert len(found) == 1
    assert words in found[0]["message"]


def test_support_tickets_wait_for_the_help_desk(demo):
    running = demo.described("support-tickets-ingestion")

    assert running["status"] == "RUNNING"
    assert demo.event("support-tickets-ingestion", "TaskSubmitted")


def test_a_stream_runs_for_days(demo):
    run = demo.client("glue").get_job_runs(JobName="clickstream-to-lake")["JobRuns"][0]

    assert run["JobRunState"] == "RUNNING"
    assert datetime.now(UTC) - run["StartedOn"] > timedelta(days=2)


def test_two_alarms_ring_because_of_it(demo):
    alarms = demo.client("cloudwatch").describe_alarms()["MetricAlarms"]

    ringing = {alarm["AlarmName"]: alarm for alarm in alarms if alarm["StateValue"] == "ALARM"}
    assert set(ringing) == {"orders-ingest-memory", "customer-sync-failed"}
    assert {alarm["StateValue"] for alarm in alarms} == {"ALARM", "OK"}
    for alarm in ringing.values():
        assert re.search(r"was greater than the threshold", alarm["StateReason"])
        assert f"{demo.night:%d/%m/%y}" in alarm["StateReason"]


def test_the_metrics_of_the_night_agree_with_the_reasons_of_its_alarms(demo):
    cloudwatch = demo.client("cloudwatch")
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]

    for alarm in alarms:
        measured = re.search(r"\[([\d.]+) \((.{17})\)\]", alarm["StateReason"])
        at = datetime.strptime(measured[2], "%d/%m/%y %H:%M:%S").replace(tzinfo=UTC)
        points = cloudwatch.get_metric_statistics(
            Namespace=alarm["Namespace"],
            MetricName=alarm["MetricName"],
            Dimensions=alarm["Dimensions"],
            StartTime=at,
            EndTime=at + timedelta(minutes=1),
            Period=60,
            Statistics=["Maximum"],
        )["Datapoints"]
        assert [point["Maximum"] for point in points] == [float(measured[1])], alarm["AlarmName"]
    assert len(alarms) == 5
