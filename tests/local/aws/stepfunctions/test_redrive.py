"""A redrive goes on where an execution failed, with its own definition and input."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome


@pytest.fixture(scope="module")
def flaky(machines):
    """A Glue job that fails as long as an execution was not redriven ``times`` times."""
    machines.service("glue").create_job(
        Name="flaky",
        Role="arn:aws:iam::123456789012:role/glue",
        Command={"Name": "glueetl", "ScriptLocation": "s3://bucket/job.py"},
    )

    def workload(run):
        return Outcome(succeeded=run.attempt > int(run.arguments["--times"]), reason="Not yet.")

    machines.aws.workloads["glue", "flaky"] = workload


def two_steps(times):
    return {
        "StartAt": "Before",
        "States": {
            "Before": {"Type": "Pass", "Result": {"kept": 1}, "ResultPath": "$.b", "Next": "Job"},
            "Job": {
                "Type": "Task",
                "Resource": "arn:aws:states:::glue:startJobRun.sync",
                "Parameters": {"JobName": "flaky", "Arguments": {"--times": str(times)}},
                "ResultSelector": {"redrives.$": "$$.Execution.RedriveCount"},
                "ResultPath": "$.job",
                "End": True,
            },
        },
    }


def redrive(machines, arn, **token):
    answer = machines.client.redrive_execution(executionArn=arn, **token)
    return machines.end(arn), answer["redriveDate"]


def test_a_redrive_repeats_the_failed_state_alone_and_continues_the_history(machines, flaky):
    arn = machines.start(two_steps(1), {"given": True})
    failed = machines.end(arn)
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    before = machines.events(arn)

    ended, moment = redrive(machines, arn)

    assert ended["status"] == "SUCCEEDED"
    assert ended["redriveCount"] == 1
    assert ended["redriveDate"] == moment
    assert "error" not in ended
    assert json.loads(ended["output"]) == {"given": True, "b": {"kept": 1}, "job": {"redrives": 1}}
    after = machines.events(arn)
    assert after[: len(before)] == before
    assert [event["id"] for event in after] == list(range(1, len(after) + 1))
    added = [event["type"] for event in after[len(before) :]]
    assert added[:3] == ["ExecutionRedriven", "TaskStateEntered", "TaskScheduled"]
    assert added[-1] == "ExecutionSucceeded"
    assert "PassStateEntered" not in added
    assert after[len(before)]["executionRedrivenEventDetails"] == {"redriveCount": 1}


def test_it_may_fail_again_and_be_redriven_again(machines, flaky):
    arn = machines.start(two_steps(2))
    machines.end(arn)

    once, _ = redrive(machines, arn)
    twice, _ = redrive(machines, arn)

    assert (once["status"], once["redriveCount"]) == ("FAILED", 1)
    assert (twice["status"], twice["redriveCount"]) == ("SUCCEEDED", 2)
    listed = machines.client.list_executions(
        stateMachineArn=twice["stateMachineArn"], redriveFilter="REDRIVEN"
    )
    assert listed["executions"][0]["redriveCount"] == 2


def test_the_same_token_redrives_once(machines, flaky):
    arn = machines.start(two_steps(5))
    machines.end(arn)

    first, moment = redrive(machines, arn, clientToken="click")
    again, same = redrive(machines, arn, clientToken="click")
    other, later = redrive(machines, arn, clientToken="another")

    assert (first["redriveCount"], again["redriveCount"]) == (1, 1)
    assert moment == same
    assert (other["redriveCount"], later > moment) == (2, True)


def test_clicks_at_the_same_time_redrive_once(machines, flaky):
    arn = machines.start(two_steps(1))
    machines.end(arn)
    refused = []

    def click(number):
        try:
            machines.client.redrive_execution(executionArn=arn, clientToken=f"click-{number}")
        except ClientError as error:
            refused.append(error.response["Error"]["Code"])

    clicks = [threading.Thread(target=click, args=(number,)) for number in range(4)]
    for each in clicks:
        each.start()
    for each in clicks:
        each.join()

    assert machines.end(arn)["redriveCount"] == 1
    assert refused == ["ExecutionNotRedrivable"] * 3


def test_variables_survive_a_redrive(machines, flaky):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Assigns",
        "States": {
            "Assigns": {"Type": "Pass", "Assign": {"kept": "yes"}, "Next": "Job"},
            "Job": {
                "Type": "Task",
                "Resource": "arn:aws:states:::glue:startJobRun.sync",
                "Arguments": {"JobName": "flaky", "Arguments": {"--times": "1"}},
                "Output": "{% $kept %}",
                "End": True,
            },
        },
    }
    arn = machines.start(definition)
    machines.end(arn)

    ended, _ = redrive(machines, arn)

    assert json.loads(ended["output"]) == "yes"


@pytest.mark.parametrize(
    ("definition", "end", "status"),
    [
        ({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, True, "SUCCEEDED"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "End": True}}},
            False,
            "RUNNING",
        ),
    ],
)
def test_what_did_not_fail_cannot_be_redriven(machines, definition, end, status):
    arn = machines.start(definition)
    if end:
        machines.end(arn)

    with pytest.raises(ClientError) as caught:
        machines.client.redrive_execution(executionArn=arn)

    described = machines.client.describe_execution(executionArn=arn)
    assert caught.value.response["Error"]["Code"] == "ExecutionNotRedrivable"
    reason = f"Execution is {status} and cannot be redriven"
    assert caught.value.response["Error"]["Message"] == reason
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"] == reason
    machines.client.stop_execution(executionArn=arn)


def test_an_aborted_wait_and_a_timed_out_machine_can_be_redriven(machines, one):
    arn = machines.start(one({"Type": "Wait", "SecondsPath": "$.seconds"}), {"seconds": 60})
    machines.await_event(arn, "WaitStateEntered")
    machines.client.stop_execution(executionArn=arn)
    assert machines.end(arn)["redriveStatus"] == "REDRIVABLE"

    machines.client.redrive_execution(executionArn=arn)

    assert machines.end(arn, "RUNNING")["redriveCount"] == 1
    machines.client.stop_execution(executionArn=arn)
    assert machines.end(arn)["status"] == "ABORTED"
    assert machines.types(arn)[3] == "ExecutionRedriven"
    assert machines.types(arn)[-1] == "ExecutionAborted"
    assert machines.types(arn).count("ExecutionAborted") == 2


def test_express_executions_are_never_redriven(machines):
    arn = machines.create({"StartAt": "A", "States": {"A": {"Type": "Fail"}}}, type="EXPRESS")
    begun = machines.client.start_execution(stateMachineArn=arn)["executionArn"]

    with pytest.raises(ClientError) as caught:
        machines.client.redrive_execution(executionArn=begun)

    assert ":express:" in begun
    assert caught.value.response["Error"]["Code"] == "InvalidArn"


def test_fourteen_days_after_its_end_it_is_too_late(machines):
    arn = machines.create({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    client = machines.aws.client("stepfunctions")

    def begun(days):
        with acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(days=days)))):
            return client.start_execution(stateMachineArn=arn)["executionArn"]

    assert machines.end(begun(13))["redriveStatus"] == "REDRIVABLE"
    too_late = machines.end(begun(15))
    assert too_late["redriveStatusReason"] == "Execution redrivable period exceeded"


def test_a_history_that_is_full_leaves_no_room_for_a_redrive(machines, monkeypatch):
    arn = machines.start({"StartAt": "A", "States": {"A": {"Type": "Fail"}}})
    machines.end(arn)
    monkeypatch.setattr("datalfred.local.aws.stepfunctions.execution._MOST_EVENTS", 3)

    described = machines.client.describe_execution(executionArn=arn)

    assert described["redriveStatusReason"] == "Execution history event limit exceeded"
