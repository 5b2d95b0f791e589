"""What Lambda and Step Functions measure of themselves, and the alarms that watch it."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws import compute, stepfunctions

FAILS = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Broken"}}}
PASSES = {"StartAt": "Yes", "States": {"Yes": {"Type": "Pass", "End": True}}}
ROLE = "arn:aws:iam::123456789012:role/runs"


def raises(_event, _context):
    raise ValueError("no such day")


@pytest.fixture(scope="module")
def states(stage):
    compute.install(stage.aws)
    stepfunctions.install(stage.aws)
    return stage.aws.client("stepfunctions")


def statistics(stage, namespace, metric, dimension, *names):
    now = datetime.now(UTC)
    (point,) = stage.aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": dimension[0], "Value": dimension[1]}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=list(names),
    )["Datapoints"]
    return tuple(point[name] for name in (*names, "Unit"))


def run(states, name, definition):
    """Runs a new state machine to its end; its ARN."""
    machine = states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    arn = states.start_execution(stateMachineArn=machine)["executionArn"]
    for _ in range(500):
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            return machine
        threading.Event().wait(0.01)
    raise AssertionError(f"{name} does not end")


def alarm_on(stage, name, namespace, metric, dimension):
    """An alarm that puts its messages into a queue of its own."""
    topic = stage.aws.client("sns").create_topic(Name=name)["TopicArn"]
    stage.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=stage.queue(name))
    stage.aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": dimension[0], "Value": dimension[1]}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )


def told(stage, name):
    """What the queue of an alarm got; waits for it up to five seconds."""
    for _ in range(500):
        found = stage.bodies(name)
        if found:
            return [json.loads(one["Message"]) for one in found]
        threading.Event().wait(0.01)
    raise AssertionError(f"{name} told nobody")


def in_the_minute_of_now(stage):
    """Lets the clock that stands still say what the measuring services say."""
    stage.clock.now = datetime.now(UTC)


def test_each_invocation_of_a_function_is_measured(stage):
    stage.aws.functions.register("measured", lambda _event, _context: 1)
    stage.aws.functions.register("measured-fails", raises)
    for name in ("measured", "measured", "measured-fails"):
        stage.aws.functions.run(name, {})

    def found(metric, function, *names):
        return statistics(stage, "AWS/Lambda", metric, ("FunctionName", function), *names)

    assert found("Invocations", "measured", "Sum") == (2.0, "Count")
    assert found("Errors", "measured", "Sum", "SampleCount") == (0.0, 2.0, "Count")
    assert found("Errors", "measured-fails", "Sum") == (1.0, "Count")
    assert found("Throttles", "measured", "Sum") == (0.0, "Count")
    least, unit = found("Duration", "measured", "Minimum")
    assert 0 <= least < 5000
    assert unit == "Milliseconds"


def test_each_execution_of_a_state_machine_is_measured(stage, states):
    good, bad = run(states, "good", PASSES), run(states, "bad", FAILS)

    def found(metric, machine, *names):
        return statistics(stage, "AWS/States", metric, ("StateMachineArn", machine), *names)

    assert found("ExecutionsStarted", good, "Sum", "SampleCount") == (1.0, 2.0, "Count")
    assert found("ExecutionsSucceeded", good, "Sum") == (1.0, "Count")
    assert found("ExecutionsFailed", good, "Sum") == (0.0, "Count")
    assert found("ExecutionsFailed", bad, "Sum") == (1.0, "Count")
    assert found("ExecutionsTimedOut", bad, "Sum") == (0.0, "Count")
    assert found("ExecutionTime", bad, "SampleCount") == (1.0, "Milliseconds")


def test_an_account_counts_all_its_functions(stage):
    for name in ("one-of-all", "other-of-all"):
        stage.aws.functions.register(name, raises, region="eu-north-1")
        stage.aws.functions.run(name, {})

    now = datetime.now(UTC)
    (point,) = stage.aws.client("cloudwatch", region="eu-north-1").get_metric_statistics(
        Namespace="AWS/Lambda",
        MetricName="Errors",
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Sum"] == 2.0


def test_a_redrive_is_measured_as_one(stage, states):
    machine = run(states, "again", FAILS)
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    arn = execution["executionArn"]
    states.redrive_execution(executionArn=arn)
    for _ in range(500):
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break
        threading.Event().wait(0.01)

    def found(metric):
        return statistics(stage, "AWS/States", metric, ("StateMachineArn", machine), "Sum")

    assert found("ExecutionsStarted") == (1.0, "Count")
    assert found("ExecutionsRedriven") == (1.0, "Count")
    assert found("RedrivenExecutionsFailed") == (1.0, "Count")


def test_a_function_that_fails_rings_and_tells(stage):
    in_the_minute_of_now(stage)
    stage.aws.functions.register("rings", raises)
    alarm_on(stage, "rings", "AWS/Lambda", "Errors", ("FunctionName", "rings"))
    stage.aws.functions.run("rings", {})

    (message,) = told(stage, "rings")

    assert (message["AlarmName"], message["NewStateValue"]) == ("rings", "ALARM")


def test_an_execution_that_fails_rings_and_tells(stage, states):
    in_the_minute_of_now(stage)
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:fails-and-rings"
    alarm_on(stage, "failed", "AWS/States", "ExecutionsFailed", ("StateMachineArn", machine))
    assert run(states, "fails-and-rings", FAILS) == machine

    (message,) = told(stage, "failed")

    assert (message["AlarmName"], message["NewStateValue"]) == ("failed", "ALARM")


def test_many_measurements_are_kept_before_anybody_asks(stage):
    stage.aws.functions.register("busy", lambda _event, _context: 1)
    stage.aws.functions.run("busy", {})
    (one,) = [each for each in stage.aws.meter.take() if each.dimension[1] == "busy"]
    for _ in range(2500):
        stage.aws.meter.record(one)

    assert len(stage.aws.meter) < 1000
    dimension = ("FunctionName", "busy")
    assert statistics(stage, "AWS/Lambda", "Invocations", dimension, "Sum") == (2500.0, "Count")
