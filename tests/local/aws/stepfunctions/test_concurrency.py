"""Many executions at once, and calls that meet each other."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def broken(machines):
    """A machine of which one branch fails until it is mended."""
    bad = [True]

    def handler(event, _context):
        if bad:
            raise ValueError("not yet")
        return event

    machines.aws.functions.register("breaks", handler)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:breaks",
        "End": True,
    }
    branches = [
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}},
        {"StartAt": "B", "States": {"B": task}},
    ]
    state = {"Type": "Parallel", "Branches": branches, "End": True}
    return {"StartAt": "P", "States": {"P": state}}, bad


def test_twenty_executions_at_once_keep_apart(machines, one):
    item = one({"Type": "Pass", "Parameters": {"n.$": "$.n", "of.$": "$$.Execution.Input.n"}})
    state = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": item}
    arn = machines.create(one(state))

    def run(number):
        given = {"n": number, "items": [{"n": number}] * 3}
        begun = machines.client.start_execution(stateMachineArn=arn, input=json.dumps(given))
        return json.loads(machines.end(begun["executionArn"])["output"])

    with ThreadPoolExecutor(20) as pool:
        outputs = list(pool.map(run, range(20)))

    assert outputs == [[{"n": number, "of": number}] * 3 for number in range(20)]


def test_of_two_redrives_at_once_one_wins(machines, broken):
    definition, bad = broken
    arn = machines.start(definition)
    machines.end(arn)
    bad.clear()

    def click(_):
        try:
            machines.client.redrive_execution(executionArn=arn)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "won"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))

    assert sorted(answers) == ["ExecutionNotRedrivable"] * 3 + ["won"]
    assert machines.end(arn)["redriveCount"] == 1


def test_an_execution_can_be_stopped_while_it_is_redriven(machines, broken):
    definition, _ = broken
    definition["States"]["P"]["Branches"].append(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    )
    definition["States"]["P"]["Branches"][1]["States"]["B"]["Resource"] += "-not"
    arn = machines.start(definition)
    machines.end(arn)

    for _ in range(5):
        machines.client.redrive_execution(executionArn=arn)
        machines.client.stop_execution(executionArn=arn)
        assert machines.end(arn)["status"] in {"ABORTED", "FAILED"}

    events = machines.events(arn, maxResults=1000)
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    kinds = [event["type"] for event in events]
    ends = [kind for kind in kinds if kind in {"ExecutionAborted", "ExecutionFailed"}]
    assert len(ends) == 6
    assert kinds.count("ExecutionRedriven") == 5


def test_what_a_branch_says_after_its_execution_ended_is_not_written(machines):
    going_on, over = threading.Event(), threading.Event()

    def slow(event, _context):
        going_on.set()
        over.wait(5)
        return event

    machines.aws.functions.register("slow", slow)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:slow",
        "End": True,
    }
    arn = machines.start({"StartAt": "T", "States": {"T": task}})
    assert going_on.wait(5)
    machines.client.stop_execution(executionArn=arn)
    machines.end(arn)
    before = machines.types(arn)
    over.set()
    machines.client.redrive_execution(executionArn=arn)

    assert machines.end(arn)["status"] == "SUCCEEDED"

    after = machines.types(arn)
    assert after[: len(before)] == before
    assert after[len(before) :] == [
        "ExecutionRedriven",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]


def test_no_thread_outlives_its_execution(machines, broken):
    definition, bad = broken
    before = set(threading.enumerate())
    arn = machines.start(definition)
    machines.end(arn)
    bad.clear()
    machines.client.redrive_execution(executionArn=arn)
    machines.end(arn)

    for _ in range(300):
        left = [each for each in threading.enumerate() if each not in before and _ours(each)]
        if not left:
            return
        threading.Event().wait(0.01)
    raise AssertionError(left)


def _ours(thread):
    """Whether it is no thread of a connection to the port."""
    return thread.name.startswith(("branch", "iteration")) or "-" in thread.name[8:9]


def test_the_interpreter_keeps_no_thread_that_it_started(machines, one):
    machines.output(one({"Type": "Parallel", "Branches": [one({"Type": "Pass"})]}))

    kept = []
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions.parser.asl"):
            kept += vars(module).get("TMP_THREADS", [])
    assert kept == []
