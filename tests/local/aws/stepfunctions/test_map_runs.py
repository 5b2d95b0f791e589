"""Distributed Maps: their Map Runs, children, items in S3 and results.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html,
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html,
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html and
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html.
"""

import json
import uuid

import pytest
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:{}"


@pytest.fixture
def picky(machines):
    """A function that fails for what is in its set, and its set."""
    name, bad = f"picky-{uuid.uuid4().hex}", set()

    def handler(event, _context):
        if str(event) in bad:
            raise ValueError(f"{event} is bad")
        return event

    machines.aws.functions.register(name, handler)
    return name, bad


@pytest.fixture(scope="module")
def bucket(machines):
    s3 = machines.service("s3")
    s3.create_bucket(Bucket="items", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def distributed(function, **more):
    task = {"Type": "Task", "Resource": FUNCTION.format(function), "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Child",
        "States": {"Child": task},
    }
    state = {"Type": "Map", "Label": "rows", "ItemProcessor": processor, "End": True, **more}
    return {"StartAt": "M", "States": {"M": state}}


def run_of(machines, arn):
    run = machines.client.list_map_runs(executionArn=arn)["mapRuns"][-1]
    return machines.client.describe_map_run(mapRunArn=run["mapRunArn"])


def counted(run):
    return {name: count for name, count in run["executionCounts"].items() if count}


def test_every_item_has_a_child_execution_with_a_history_of_its_own(machines, picky):
    arn = machines.start(distributed(picky[0]), ["a", "b"])
    machines.end(arn)

    run = run_of(machines, arn)

    assert run["status"] == "SUCCEEDED"
    assert ":mapRun:" in run["mapRunArn"]
    assert "/rows:" in run["mapRunArn"]
    assert counted(run) == {"succeeded": 2, "total": 2}
    assert run["itemCounts"] == run["executionCounts"]
    children = machines.client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert len(children) == 2
    assert all(child["stateMachineArn"].endswith("/rows") for child in children)
    described = machines.client.describe_execution(executionArn=children[0]["executionArn"])
    assert described["mapRunArn"] == run["mapRunArn"]
    assert machines.types(children[0]["executionArn"])[:2] == [
        "ExecutionStarted",
        "TaskStateEntered",
    ]


def test_a_child_is_redriven_by_its_map_run_alone(machines, picky):
    function, bad = picky
    bad.add("b")
    arn = machines.start(distributed(function, MaxConcurrency=1), ["a", "b", "c"])
    machines.end(arn)
    run = run_of(machines, arn)
    assert (run["status"], run["redriveCount"]) == ("FAILED", 0)
    assert counted(run) == {"succeeded": 1, "failed": 1, "pending": 1, "total": 3}
    (failed,) = machines.client.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")[
        "executions"
    ]
    described = machines.client.describe_execution(executionArn=failed["executionArn"])
    assert described["redriveStatus"] == "REDRIVABLE_BY_MAP_RUN"
    with pytest.raises(ClientError) as caught:
        machines.client.redrive_execution(executionArn=failed["executionArn"])
    assert caught.value.response["Error"]["Code"] == "ExecutionNotRedrivable"

    bad.clear()
    machines.client.redrive_execution(executionArn=arn)

    assert json.loads(machines.end(arn)["output"]) == ["a", "b", "c"]
    again = run_of(machines, arn)
    assert (again["mapRunArn"], again["redriveCount"]) == (run["mapRunArn"], 1)
    assert again["redriveDate"] > run["stopDate"]
    assert len(machines.client.list_map_runs(executionArn=arn)["mapRuns"]) == 1
    redriven = machines.client.list_executions(
        mapRunArn=run["mapRunArn"], redriveFilter="REDRIVEN"
    )["executions"]
    assert [child["executionArn"] for child in redriven] == [failed["executionArn"]]
    assert machines.types(failed["executionArn"]).count("ExecutionRedriven") == 1


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 20}, "FAILED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 20}, "FAILED"),
        ({"ToleratedFailureCount": 0}, "FAILED"),
    ],
)
def test_failures_are_tolerated_up_to_either_threshold(machines, picky, bucket, tolerance, status):
    function, bad = picky
    bad.add("b")
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "items"}}
    arn = machines.start(distributed(function, ResultWriter=writer, **tolerance), ["a", "b", "c"])

    ended = machines.end(arn)

    assert ended["status"] == status, ended.get("cause")
    error = None if status == "SUCCEEDED" else "States.ExceedToleratedFailureThreshold"
    assert ended.get("error") == error


def test_tolerated_failures_without_a_writer_are_refused_rather_than_made_up(machines, picky):
    function, bad = picky
    bad.add("b")
    arn = machines.start(distributed(function, ToleratedFailureCount=1), ["a", "b"])

    ended = machines.end(arn)

    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")
    assert "ResultWriter" in ended["cause"]


def test_results_are_written_with_a_manifest(machines, picky, bucket):
    function, bad = picky
    bad.add("b")
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "items", "Prefix": "results"},
    }
    given = distributed(function, ResultWriter=writer, ToleratedFailureCount=1)

    output = machines.output(given, ["a", "b"])

    where = output["ResultWriterDetails"]
    manifest = json.load(bucket.get_object(**where)["Body"])
    assert manifest["MapRunArn"] == output["MapRunArn"]
    assert manifest["ResultFiles"]["PENDING"] == []
    found = {}
    for kind in ("SUCCEEDED", "FAILED"):
        (file,) = manifest["ResultFiles"][kind]
        body = bucket.get_object(Bucket="items", Key=file["Key"])["Body"].read()
        assert len(body) == file["Size"]
        (found[kind],) = json.loads(body)
    assert found["SUCCEEDED"]["Output"] == '"a"'
    assert found["SUCCEEDED"]["OutputDetails"] == {"Included": True}
    assert found["FAILED"]["Error"] == "ValueError"
    assert found["FAILED"]["StopDate"].endswith("Z")


def test_a_bucket_that_is_not_there_fails_the_writer_by_name(machines, picky):
    writer = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "nobody-has"}}

    ended = machines.run(distributed(picky[0], ResultWriter=writer), ["a"])

    assert (ended["status"], ended["error"]) == ("FAILED", "States.ResultWriterFailed")


@pytest.mark.parametrize(
    ("body", "config", "expected"),
    [
        (b'["x", "y", "z"]', {"InputType": "JSON", "MaxItems": 2}, ["x", "y"]),
        (
            b"id,name\n1,ana\n2,bo\n",
            {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            [{"id": "1", "name": "ana"}, {"id": "2", "name": "bo"}],
        ),
        (
            b"1,ana\n",
            {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["id", "who"]},
            [{"id": "1", "who": "ana"}],
        ),
    ],
)
def test_items_are_read_from_an_object(machines, bucket, body, config, expected):
    bucket.put_object(Bucket="items", Key="given", Body=body)
    machines.aws.functions.register("echoes", lambda event, _context: event)
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config,
        "Parameters": {"Bucket": "items", "Key": "given"},
    }

    assert machines.output(distributed("echoes", ItemReader=reader)) == expected


def test_objects_are_listed_as_items(machines, picky, bucket):
    for key in ("in/1", "in/2"):
        bucket.put_object(Bucket="items", Key=key, Body=b"x")
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "items", "Prefix": "in/"},
    }
    selector = {"key.$": "$$.Map.Item.Value.Key"}

    output = machines.output(distributed(picky[0], ItemReader=reader, ItemSelector=selector))

    assert output == [{"key": "in/1"}, {"key": "in/2"}]


def test_an_object_that_is_not_there_is_read_again_in_a_redrive(machines, picky, bucket):
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "items", "Key": "late"},
    }
    arn = machines.start(distributed(picky[0], ItemReader=reader))
    assert machines.end(arn)["error"] == "States.ItemReaderFailed"

    bucket.put_object(Bucket="items", Key="late", Body=b"[1]")
    machines.client.redrive_execution(executionArn=arn)

    assert json.loads(machines.end(arn)["output"]) == [1]
    assert "MapRunRedriven" in machines.types(arn)


def test_a_map_run_inside_a_child_is_found_and_redriven_with_it(machines, picky):
    function, bad = picky
    bad.add("b")
    inner = distributed(function)
    inner["States"]["M"]["Label"] = "inner"
    outer = distributed("nobody")
    processor = outer["States"]["M"]["ItemProcessor"]
    processor["StartAt"], processor["States"] = "Inner", {"Inner": inner["States"]["M"]}
    arn = machines.start(outer, [["a"], ["b"]])
    machines.end(arn)
    run = run_of(machines, arn)["mapRunArn"]
    (failed,) = machines.client.list_executions(mapRunArn=run, statusFilter="FAILED")["executions"]
    nested = run_of(machines, failed["executionArn"])
    assert counted(nested) == {"failed": 1, "total": 1}

    bad.clear()
    machines.client.redrive_execution(executionArn=arn)

    assert json.loads(machines.end(arn)["output"]) == [["a"], ["b"]]
    again = run_of(machines, failed["executionArn"])
    assert (again["mapRunArn"], again["redriveCount"]) == (nested["mapRunArn"], 1)


def test_stopping_the_parent_stops_its_children(machines):
    wait = {"Type": "Wait", "Seconds": 60, "End": True}
    given = distributed("nobody")
    given["States"]["M"]["ItemProcessor"]["States"]["Child"] = wait
    arn = machines.start(given, ["a"])
    machines.await_event(arn, "MapRunStarted")
    run = run_of(machines, arn)["mapRunArn"]
    while not machines.client.list_executions(mapRunArn=run)["executions"]:
        machines.await_event(arn, "MapRunStarted")

    machines.client.stop_execution(executionArn=arn)

    assert machines.end(arn)["status"] == "ABORTED"
    (child,) = machines.client.list_executions(mapRunArn=run)["executions"]
    assert machines.end(child["executionArn"])["status"] == "ABORTED"


def test_a_child_may_wait_for_a_callback(machines):
    machines.aws.functions.register("asks-for-a-child", lambda event, _context: event)
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "asks-for-a-child", "Payload": {"t.$": "$$.Task.Token"}},
        "End": True,
    }
    given = distributed("nobody")
    given["States"]["M"]["ItemProcessor"]["States"]["Child"] = ask
    arn = machines.start(given, ["a"])
    machines.await_event(arn, "MapRunStarted")
    run = run_of(machines, arn)["mapRunArn"]
    children = []
    while not children:
        children = machines.client.list_executions(mapRunArn=run)["executions"]
    machines.await_event(children[0]["executionArn"], "TaskSubmitted")
    scheduled = machines.await_event(children[0]["executionArn"], "TaskScheduled")
    token = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])["Payload"]["t"]

    machines.client.send_task_success(taskToken=token, output='"given"')

    assert json.loads(machines.end(arn)["output"]) == ["given"]


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"ItemBatcher": {"MaxItemsPerBatch": 2}}, "ItemBatcher"),
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSONL"},
                }
            },
            "JSONL",
        ),
        ({"ItemReader": {"Resource": "arn:aws:states:::dynamodb:scan"}}, "dynamodb:scan"),
        ({"ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}}}, "WriterConfig"),
        (
            {
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV", "CSVDelimiter": "TAB"},
                }
            },
            "CSVDelimiter",
        ),
    ],
)
def test_what_nobody_here_runs_is_refused_by_name(machines, more, what):
    with pytest.raises(ClientError) as caught:
        machines.create(distributed("nobody", **more))

    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
    assert what in caught.value.response["Error"]["Message"]
