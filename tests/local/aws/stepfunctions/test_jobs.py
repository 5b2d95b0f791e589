"""States that wait for a job: what they ask for, what they get, and how its failure is theirs."""

import json
import logging
import threading
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome

ROLE = "arn:aws:iam::123456789012:role/jobs"
BAD = Outcome(
    succeeded=False, reason="It broke.", exit_code=3, log_lines=("ERROR it broke",), seconds=90
)


@pytest.fixture(scope="module")
def jobs(machines):
    """A good and a bad job of every service; ids by service."""
    glue, ecs = machines.service("glue"), machines.service("ecs")
    ecs.create_cluster(clusterName="work")
    for name in ("good", "bad"):
        glue.create_job(
            Name=name, Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/j.py"}
        )
        ecs.register_task_definition(
            family=name,
            containerDefinitions=[{"name": "main", "image": "image:1", "essential": True}],
        )
    for kind in ("glue", "ecs", "emr", "emr_serverless", "athena"):
        machines.aws.workloads[kind, "bad"] = lambda _run: BAD
    cluster = machines.service("emr").run_job_flow(
        Name="c", Instances={"KeepJobFlowAliveWhenNoSteps": True}, LogUri="s3://logs"
    )
    application = machines.service("emr-serverless").create_application(
        name="a", releaseLabel="emr-7.5.0", type="SPARK"
    )
    return {
        "glue": lambda name: ("glue:startJobRun", {"JobName": name}),
        "ecs": lambda name: ("ecs:runTask", {"Cluster": "work", "TaskDefinition": name}),
        "emr": lambda name: (
            "elasticmapreduce:addStep",
            {
                "ClusterId": cluster["JobFlowId"],
                "Step": {"Name": name, "HadoopJarStep": {"Jar": "j.jar", "Args": ["x"]}},
            },
        ),
        "emr_serverless": lambda name: (
            "emr-serverless:startJobRun",
            {
                "ApplicationId": application["applicationId"],
                "ExecutionRoleArn": ROLE,
                "Name": name,
                "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://b/j.py"}},
            },
        ),
        "athena": lambda name: (
            "athena:startQueryExecution",
            {"QueryString": "SELECT 1", "WorkGroup": name},
        ),
    }


def task(jobs, kind, name, *, sync=".sync", **more):
    resource, parameters = jobs[kind](name)
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}{sync}",
        "Parameters": parameters,
        **more,
    }


def at(value, path):
    for key in path:
        value = value[key]
    return value


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("glue", ["JobRunState", "SUCCEEDED"]),
        ("ecs", ["Containers", 0, "ExitCode", 0]),
        ("emr", ["Step", "Status", "State", "COMPLETED"]),
        ("emr_serverless", ["State", "SUCCESS"]),
    ],
)
def test_the_result_of_a_state_is_the_job_that_ended_well(machines, jobs, one, kind, expected):
    arn = machines.start(one(task(jobs, kind, "good")))

    output = json.loads(machines.end(arn)["output"])

    assert at(output, expected[:-1]) == expected[-1]
    submitted = [kind for kind in machines.types(arn) if kind.startswith("Task")]
    assert submitted[1:5] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("glue", ["ErrorMessage", "It broke."]),
        ("ecs", ["Containers", 0, "Reason", "It broke."]),
        ("emr", ["Step", "Status", "FailureDetails", "Message", "It broke."]),
        ("emr_serverless", ["StateDetails", "It broke."]),
    ],
)
def test_a_job_that_fails_fails_its_state_with_its_record(machines, jobs, one, kind, expected):
    arn = machines.start(one(task(jobs, kind, "bad")))

    ended = machines.end(arn)

    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    cause = json.loads(ended["cause"])
    assert at(cause, expected[:-1]) == expected[-1]
    failed = machines.await_event(arn, "TaskFailed")["taskFailedEventDetails"]
    assert failed["resource"].endswith(".sync")


def test_times_in_a_result_are_milliseconds(machines, jobs, one):
    output = machines.output(one(task(jobs, "glue", "good")))

    now = datetime.now(UTC).timestamp() * 1000
    assert abs(output["StartedOn"] - now) < 60_000


def test_a_call_of_the_sdk_answers_in_capitals_with_times_as_text(machines, jobs, one):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:ecs:describeTaskDefinition",
        "Parameters": {"TaskDefinition": "good"},
    }

    definition = machines.output(one(state))["TaskDefinition"]

    assert definition["Family"] == "good"
    assert datetime.fromisoformat(definition["RegisteredAt"]).tzinfo is not None


def test_without_sync_the_state_does_not_wait(machines, jobs, one):
    output = machines.output(one(task(jobs, "glue", "bad", sync="")))

    assert set(output) == {"JobName", "JobRunId"}


def test_a_failure_can_be_retried_and_caught(machines, jobs):
    retry = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}]
    state = task(jobs, "glue", "bad", Retry=retry, Catch=catch, End=True)
    definition = {"StartAt": "J", "States": {"J": state, "Caught": {"Type": "Succeed"}}}
    arn = machines.start(definition)

    ended = machines.end(arn)

    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"])["error"]["Error"] == "States.TaskFailed"
    assert machines.types(arn).count("TaskFailed") == 2


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
def test_a_failure_inside_a_parallel_or_map_keeps_its_name(machines, jobs, one, kind):
    inner = one(task(jobs, "glue", "bad"))
    branches = {"Branches": [inner]} if kind == "Parallel" else {"ItemProcessor": inner}
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    definition = {
        "StartAt": "Outer",
        "States": {
            "Outer": {"Type": kind, **branches, "Catch": catch, "End": True},
            "Caught": {"Type": "Succeed"},
        },
    }

    assert machines.output(definition, [1])["Error"] == "States.TaskFailed"


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("resource", "parameters", "error"),
    [
        ("glue:startJobRun.sync", {"JobName": "none"}, "Glue.EntityNotFoundException"),
        (
            "ecs:runTask.sync",
            {"Cluster": "none", "TaskDefinition": "good"},
            "ECS.ClusterNotFoundException",
        ),
        (
            "states:startExecution.sync:2",
            {"StateMachineArn": "arn:aws:states:eu-west-1:123456789012:stateMachine:none"},
            "StepFunctions.StateMachineDoesNotExistException",
        ),
    ],
)
def test_a_job_that_cannot_be_asked_for_fails_with_the_service_error(
    machines, one, resource, parameters, error
):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}

    ended = machines.run(one(state))

    assert (ended["status"], ended["error"]) == ("FAILED", error)
    assert "Status Code: 400" in ended["cause"]


def test_a_child_execution_is_waited_for(machines, one):
    child = machines.create(one({"Type": "Pass"}))

    def parent(sync):
        state = {
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution{sync}",
            "Parameters": {"StateMachineArn": child, "Input": {"n": 1}},
        }
        return machines.output(one(state))

    assert parent(".sync:2")["Output"] == {"n": 1}
    assert json.loads(parent(".sync")["Output"]) == {"n": 1}
    assert set(parent("")) == {"ExecutionArn", "StartDate"}


def test_a_child_that_fails_fails_its_parent(machines, one):
    child = machines.create({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad"}}})
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
    }

    ended = machines.run(one(state))

    assert json.loads(ended["cause"])["Error"] == "Bad"


def test_jobs_know_the_execution_behind_them(machines, jobs, one):
    seen = []
    machines.aws.workloads["glue", "good"] = lambda run: (seen.append(run), Outcome())[1]
    parameters = {"JobName": "good", "Arguments": {"--name.$": "$$.Execution.Name"}}
    state = {**task(jobs, "glue", "good"), "Parameters": parameters}

    ended = machines.run(one(state))

    assert seen[-1].arguments == {"--name": ended["name"]}
    assert (seen[-1].kind, seen[-1].name, seen[-1].attempt) == ("glue", "good", 1)
    del machines.aws.workloads["glue", "good"]


NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def run_in_the_night(machines, definition, night=NIGHT):
    arn = machines.create(definition)
    client = machines.aws.client("stepfunctions")
    with acting_for(Origin(clock=PastClock(night))):
        begun = client.start_execution(stateMachineArn=arn, name="night")["executionArn"]
    return machines.end(begun)


def test_a_job_of_the_past_carries_the_times_of_its_night(machines, jobs, one):
    night = datetime.now(UTC) - timedelta(days=3)
    ended = run_in_the_night(machines, one(task(jobs, "ecs", "bad")), night)

    arn = json.loads(ended["cause"])["TaskArn"]
    described = machines.service("ecs").describe_tasks(cluster="work", tasks=[arn])["tasks"][0]
    assert described["createdAt"] - night < timedelta(seconds=1)
    assert described["stoppedAt"] - described["startedAt"] == timedelta(seconds=90)
    assert ended["stopDate"] - described["stoppedAt"] < timedelta(seconds=1)


def test_a_query_of_the_past_is_told_by_its_workload(machines, jobs, one):
    ended = run_in_the_night(machines, one(task(jobs, "athena", "good")))
    query = json.loads(ended["output"])["QueryExecution"]
    assert (query["Status"]["State"], query["Query"]) == ("SUCCEEDED", "SELECT 1")

    failed = run_in_the_night(machines, one(task(jobs, "athena", "bad")))
    identity = json.loads(failed["cause"])["QueryExecution"]["QueryExecutionId"]
    athena = machines.service("athena")
    told = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
    assert told["Status"]["State"] == "FAILED"
    assert told["Status"]["StateChangeReason"] == "It broke."
    assert told["Status"]["SubmissionDateTime"] - NIGHT < timedelta(seconds=1)


def test_athena_answers_for_every_other_query(machines, jobs, one):
    output = machines.output(one(task(jobs, "athena", "primary")))

    query = output["QueryExecution"]["QueryExecutionId"]
    told = machines.service("athena").get_query_execution(QueryExecutionId=query)
    assert told["QueryExecution"]["Query"] == "SELECT 1"


def test_a_job_of_the_past_that_takes_too_long_times_out_its_state(machines, jobs, one):
    ended = run_in_the_night(machines, one(task(jobs, "glue", "bad", TimeoutSeconds=60)))

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Timeout")
    assert timedelta(seconds=60) <= ended["stopDate"] - NIGHT < timedelta(seconds=61)


def test_a_job_that_still_works_can_be_stopped_with_its_execution(machines, jobs, one):
    machines.aws.workloads["glue", "good"] = lambda _run: Outcome(seconds=7200)
    arn = machines.create(one(task(jobs, "glue", "good")))
    client = machines.aws.client("stepfunctions")
    with acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(hours=1)))):
        begun = client.start_execution(stateMachineArn=arn)["executionArn"]
    machines.await_event(begun, "TaskSubmitted")
    runs = machines.service("glue").get_job_runs(JobName="good")["JobRuns"]
    assert [run["JobRunState"] for run in runs].count("RUNNING") == 1

    machines.client.stop_execution(executionArn=begun)

    assert machines.end(begun)["status"] == "ABORTED"
    assert machines.types(begun)[-1] == "ExecutionAborted"
    del machines.aws.workloads["glue", "good"]
    for _ in range(300):
        runs = machines.service("glue").get_job_runs(JobName="good")["JobRuns"]
        if "RUNNING" not in [run["JobRunState"] for run in runs]:
            break
        threading.Event().wait(0.01)
    assert [run["JobRunState"] for run in runs].count("STOPPED") == 1


def test_a_child_that_is_waited_for_is_stopped_with_its_parent(machines, one):
    child = machines.create(one({"Type": "Wait", "Seconds": 60}))
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child},
    }
    arn = machines.start(one(state))
    machines.await_event(arn, "TaskSubmitted")
    (begun,) = machines.client.list_executions(stateMachineArn=child)["executions"]

    machines.client.stop_execution(executionArn=arn)

    assert machines.end(begun["executionArn"])["status"] == "ABORTED"


def test_what_a_function_logs_stands_in_its_log_group(machines, one):
    def handler(event, _context):
        logging.getLogger("lambda.test").warning("it is %s", event["how"])
        raise KeyError("missing")

    machines.aws.functions.register("logs-and-fails", handler)
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:logs-and-fails"
    for state in (
        {
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "logs-and-fails", "Payload": {"how": "late"}},
        },
        {"Resource": arn, "Parameters": {"how": "late"}},
    ):
        ended = machines.run(one({"Type": "Task", **state}))
        assert ended["error"] == "KeyError"

    events = machines.service("logs").filter_log_events(logGroupName="/aws/lambda/logs-and-fails")
    lines = [event["message"].split(" ", 1) for event in events["events"]]
    assert [line[0] for line in lines] == ["START", "[WARNING]", "[ERROR]", "END", "REPORT"] * 2
    assert lines[1][1].endswith("it is late")
    assert lines[2][1] == "KeyError: 'missing'"


def test_a_cluster_is_created_and_terminated(machines):
    emr = "arn:aws:states:::elasticmapreduce:"
    definition = {
        "StartAt": "Create",
        "States": {
            "Create": {
                "Type": "Task",
                "Resource": f"{emr}createCluster.sync",
                "Parameters": {
                    "Name": "for-a-night",
                    "ReleaseLabel": "emr-7.5.0",
                    "Instances": {"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 1},
                },
                "ResultPath": "$.cluster",
                "Next": "Terminate",
            },
            "Terminate": {
                "Type": "Task",
                "Resource": f"{emr}terminateCluster.sync",
                "Parameters": {"ClusterId.$": "$.cluster.ClusterId"},
                "ResultPath": "$.end",
                "End": True,
            },
        },
    }

    output = machines.output(definition)

    assert output["cluster"]["Cluster"]["Status"]["State"] == "WAITING"
    assert output["end"]["Cluster"]["Status"]["State"] == "TERMINATED"
    assert output["end"]["ClusterId"] == output["cluster"]["ClusterId"]


@pytest.mark.parametrize(
    ("resource", "code"),
    [
        ("batch:submitJob.sync", "NotImplementedException"),
        ("sagemaker:createTrainingJob.sync", "NotImplementedException"),
        ("nothing:runIt", "InvalidDefinition"),
        ("ecs:stopTask.sync", "InvalidDefinition"),
    ],
)
def test_a_job_that_nobody_here_runs_is_refused_when_the_machine_is_created(
    machines, one, resource, code
):
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": {}}

    with pytest.raises(ClientError) as caught:
        machines.create(one(state))

    assert caught.value.response["Error"]["Code"] == code
    assert resource in caught.value.response["Error"]["Message"]
