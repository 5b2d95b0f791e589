"""What others learn of an execution: EventBridge of its status, CloudWatch Logs of its history.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html and
https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html.
"""

import json
import queue

import pytest

from datalfred.local.aws import events

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:{}"
PATTERN = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"]}


@pytest.fixture(scope="module")
def bus(machines):
    """EventBridge, which delivers."""
    events.install(machines.aws)
    return machines.service("events")


@pytest.fixture
def heard(machines, bus):
    """Listens to a machine; gives its executions' details by a function and by a queue."""
    heard_by_function = queue.Queue()
    machines.aws.functions.register("hears", lambda event, _context: heard_by_function.put(event))
    sqs = machines.service("sqs")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]

    def listen(arn, name="all", pattern=PATTERN):
        pattern = {**pattern, "detail": {"stateMachineArn": [arn]}}
        bus.put_rule(Name=name, EventPattern=json.dumps(pattern))
        bus.put_targets(
            Rule=name,
            Targets=[
                {"Id": "1", "Arn": "arn:aws:lambda:eu-west-1:123456789012:function:hears"},
                {"Id": "2", "Arn": QUEUE.format("heard")},
            ],
        )

    def messages(expected):
        """The function hears of a change before the queue does."""
        found = []
        for _ in range(20):
            if len(found) >= expected:
                break
            answer = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=60
            )
            found += answer.get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    yield listen, heard_by_function, messages
    for rule in bus.list_rules()["Rules"]:
        targets = bus.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        bus.remove_targets(Rule=rule["Name"], Ids=[target["Id"] for target in targets])
        bus.delete_rule(Name=rule["Name"])
    sqs.delete_queue(QueueUrl=url)


def broken(function):
    resource = f"arn:aws:lambda:eu-west-1:123456789012:function:{function}"
    return {
        "StartAt": "T",
        "States": {"T": {"Type": "Task", "Resource": resource, "End": True}},
    }


def test_each_change_of_status_is_an_event_also_of_a_redrive(machines, heard):
    listen, by_function, messages = heard
    bad = [True]

    def handler(event, _context):
        if bad:
            raise ValueError("not yet")
        return event

    machines.aws.functions.register("changes", handler)
    machine = machines.create(broken("changes"))
    listen(machine)
    arn = machines.client.start_execution(stateMachineArn=machine, name="told", input='{"a": 1}')[
        "executionArn"
    ]
    machines.end(arn)
    bad.clear()
    machines.client.redrive_execution(executionArn=arn)
    ended = machines.end(arn)

    told = [by_function.get(timeout=5) for _ in range(4)]

    told.sort(key=lambda event: (event["detail"]["redriveCount"], event["detail"]["status"]))
    failed, running, again, succeeded = (event["detail"] for event in told)
    assert [each["status"] for each in (running, failed, again, succeeded)] == [
        "RUNNING",
        "FAILED",
        "RUNNING",
        "SUCCEEDED",
    ]
    assert told[0]["source"] == "aws.states"
    assert told[0]["detail-type"] == "Step Functions Execution Status Change"
    assert told[0]["resources"] == [arn]
    assert told[0]["time"].endswith("Z")
    assert (running["name"], running["input"]) == ("told", '{"a": 1}')
    assert running["output"] is running["stopDate"] is running["error"] is None
    assert failed["error"] == "ValueError"
    assert failed["redriveStatus"] == "REDRIVABLE"
    assert again["redriveCount"] == 1
    assert again["redriveDate"] == round(ended["redriveDate"].timestamp() * 1000)
    assert json.loads(succeeded["output"]) == {"a": 1}
    assert succeeded["stopDate"] == round(ended["stopDate"].timestamp() * 1000)
    in_queue = [event["detail"]["status"] for event in messages(4)]
    assert sorted(in_queue) == ["FAILED", "RUNNING", "RUNNING", "SUCCEEDED"]


def test_a_stop_and_a_timeout_are_told(machines, one, heard):
    listen, by_function, _ = heard
    machine = machines.create({**one({"Type": "Wait", "Seconds": 60}), "TimeoutSeconds": 1})
    listen(machine)
    late, stopped = (
        machines.client.start_execution(stateMachineArn=machine)["executionArn"] for _ in range(2)
    )
    machines.client.stop_execution(executionArn=stopped, error="Enough")

    told = [by_function.get(timeout=5)["detail"] for _ in range(4)]

    by_status = {each["status"]: each for each in told}
    assert set(by_status) == {"RUNNING", "ABORTED", "TIMED_OUT"}
    assert by_status["ABORTED"]["executionArn"] == stopped
    assert by_status["ABORTED"]["error"] == "Enough"
    assert by_status["TIMED_OUT"]["executionArn"] == late


def test_input_and_output_beyond_248_kib_are_left_out(machines, one, heard):
    listen, by_function, _ = heard
    machine = machines.create(one({"Type": "Pass"}))
    listen(machine)

    given = json.dumps("x" * 130_000)
    machines.client.start_execution(stateMachineArn=machine, input=given)

    told = [by_function.get(timeout=5)["detail"] for _ in range(2)]
    by_status = {each["status"]: each for each in told}
    assert by_status["RUNNING"]["inputDetails"] == {"included": True}
    assert by_status["SUCCEEDED"]["input"] is by_status["SUCCEEDED"]["output"] is None
    assert by_status["SUCCEEDED"]["inputDetails"] == {"included": False}


@pytest.mark.parametrize(
    ("level", "with_data", "kinds"),
    [
        (
            "ALL",
            True,
            ["ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered"],
        ),
        ("ERROR", False, ["FailStateEntered"]),
        ("FATAL", False, []),
    ],
)
def test_a_history_is_logged_as_the_machine_says(machines, level, with_data, kinds):
    group = f"/aws/vendedlogs/states/{level}"
    machines.service("logs").create_log_group(logGroupName=group)
    definition = {
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "Bad"}},
    }
    log_group = f"arn:aws:logs:eu-west-1:123456789012:log-group:{group}:*"
    machine = machines.create(
        definition,
        loggingConfiguration={
            "level": level,
            "includeExecutionData": with_data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": log_group}}],
        },
    )
    arn = machines.client.start_execution(stateMachineArn=machine, input='{"secret": 1}')[
        "executionArn"
    ]
    machines.end(arn)

    found = machines.service("logs").filter_log_events(logGroupName=group)["events"]

    lines = [json.loads(event["message"]) for event in found]
    assert [line["type"] for line in lines] == [*kinds, "ExecutionFailed"]
    assert {line["execution_arn"] for line in lines} == {arn}
    assert ("secret" in str(lines)) is with_data
    assert lines[-1]["details"]["error"] == "Bad"
