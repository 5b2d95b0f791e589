"""What a good end hides, what a Map Run's children say, and what is left of a closed history."""

import pytest

from datalfred.lake.pipelines import diagnosis
from datalfred.lake.pipelines.dossier import in_short
from tests.lake.pipelines.test_diagnosis import denying, statements
from tests.pipelines_stack import failed, task_state


@pytest.fixture(scope="module")
def job(stack):
    """A state that runs a Glue job that fails."""
    stack.client("glue").create_job(Name="fails", Role="r", Command={"Name": "glueetl"})
    stack.workload("glue", "fails", failed("Path does not exist: s3://lake/landing/"))
    return task_state("glue:startJobRun.sync", JobName="fails")


def distributed(state, **more):
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Inner",
        "States": {"Inner": state},
    }
    each = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor, "End": True, **more}
    return {"StartAt": "Each", "States": {"Each": each}}


def test_a_failure_that_was_caught_is_a_fact_of_the_execution_that_succeeded(stack, job):
    caught = {**job, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Note"}], "End": True}
    stack.machine(
        "tolerant", {"StartAt": "Load", "States": {"Load": caught, "Note": {"Type": "Succeed"}}}
    )

    found = diagnosis.diagnose(stack.run("tolerant"))

    assert found.execution.status == "SUCCEEDED"
    assert "The state Load failed on the way and was caught" in statements(found)
    assert "Path does not exist" in statements(found)
    assert found.hypotheses == ()
    assert "nothing to redrive" in found.redrive


def test_a_failure_that_was_retried_is_a_fact_of_the_execution_that_succeeded(stack):
    tries = []

    def shy(event, context):
        tries.append(event)
        if len(tries) == 1:
            raise RuntimeError("not now")

    stack.aws.functions.register("shy", shy)
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    stack.machine("patient", {**task_state("lambda:invoke", FunctionName="shy"), "Retry": retry})

    found = diagnosis.diagnose(stack.run("patient"))

    assert "The state Only failed on the way and was tried again: RuntimeError: not now" in (
        statements(found)
    )


def test_a_success_whose_history_may_not_be_read_says_so(stack, monkeypatch):
    arn = diagnosis.choose("tolerant", "")
    denying(monkeypatch, "stepfunctions", "get_execution_history")

    found = diagnosis.diagnose(arn)

    assert len(found.facts) == 1
    assert found.gaps == ("No permission for states:GetExecutionHistory.",)


def test_a_map_run_is_followed_to_the_child_that_failed_first(stack, job):
    stack.machine("many", distributed({**job, "End": True}))

    found = diagnosis.diagnose(stack.run("many", {"items": [1]}))

    assert found.execution.failed_state == "Inner"
    assert "Of the 1 child execution of the Map Run, 1 failed." in statements(found)
    assert found.hypotheses[0].cause == "data_missing"


def test_a_map_run_names_the_first_child_whatever_comes_after(stack):
    first = {"Type": "Fail", "Error": "InvalidItem", "Cause": "invalid input"}
    stack.machine("fussy", distributed(first, ToleratedFailureCount=1, MaxConcurrency=1))

    found = diagnosis.diagnose(stack.run("fussy", {"items": [1, 2, 3]}))

    assert "Of the 3 child executions of the Map Run, 2 failed." in statements(found)
    assert found.hypotheses[0].cause == "bad_input"


@pytest.mark.parametrize(
    ("operation", "action"),
    [("describe_map_run", "DescribeMapRun"), ("list_executions", "ListExecutions")],
)
def test_children_that_may_not_be_read_are_a_gap(stack, monkeypatch, operation, action):
    arn = diagnosis.choose("fussy", "")
    denying(monkeypatch, "stepfunctions", operation)

    found = diagnosis.diagnose(arn)

    assert f"No permission for states:{action}." in found.gaps


def test_a_map_run_that_failed_without_a_failed_child_says_so(stack):
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}}
    reader["Parameters"] = {"Bucket": "nobody", "Key": "list.json"}
    definition = distributed({"Type": "Succeed"}, ItemReader=reader)
    del definition["States"]["Each"]["ItemsPath"]
    stack.machine("unread", definition)

    found = diagnosis.diagnose(stack.run("unread"))

    assert "Of the 0 child executions of the Map Run, none failed." in statements(found)
    assert "No child execution of the Map Run is listed as failed." in found.gaps


def test_without_its_history_an_execution_speaks_for_itself(stack, job, monkeypatch):
    stack.machine("alone", job)
    arn = stack.run("alone")
    denying(monkeypatch, "stepfunctions", "get_execution_history")

    found = diagnosis.diagnose(arn)

    assert "It ended with States.TaskFailed: Path does not exist" in statements(found)
    assert found.hypotheses[0].cause == "data_missing"


def test_a_failure_without_a_known_cause_says_that_none_is_known(stack):
    stack.machine("mute", {"Type": "Pass", "Parameters": {}})
    stack.machine("odd", {"StartAt": "Stop", "States": {"Stop": {"Type": "Fail", "Error": "E42"}}})

    found = diagnosis.diagnose(stack.run("odd"))

    assert found.hypotheses == ()
    assert any("name no cause that is known here" in gap for gap in found.gaps)


def test_a_callback_that_nobody_made_is_the_cause(stack):
    stack.aws.functions.register("asks", lambda *_: None)
    waiting = task_state(
        "lambda:invoke.waitForTaskToken",
        FunctionName="asks",
        Payload={"token.$": "$$.Task.Token"},
    )
    stack.machine("waits", {**waiting, "TimeoutSeconds": 1})

    found = diagnosis.diagnose(stack.run("waits"))

    assert "Nobody called back" in statements(found)
    assert found.hypotheses[0].cause == "callback_missing"


def test_a_long_statement_loses_its_middle_and_no_secret_is_cut_in_two():
    short = in_short("begin " + 300 * "x" + " password=hunter2hunter2 " + 300 * "y" + " end", 100)

    assert short.startswith("begin")
    assert short.endswith("end")
    assert " … " in short
    assert len(short.encode()) <= 100
    for limit in range(60, 400, 7):
        assert "hunter2" not in in_short("é" * 90 + " password=hunter2hunter2 " + "é" * 90, limit)
    assert in_short("short", 100) == "short"


def test_the_action_that_was_denied_stays_in_a_long_statement():
    said = 300 * "x" + " is not authorized to perform: kms:Decrypt on " + 300 * "y"

    short = in_short(said, 200)

    assert "perform: kms:Decrypt … " in short
    assert len(short.encode()) <= 200
    assert "kms:Decrypt" not in in_short(said, 60)
