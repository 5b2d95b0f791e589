"""What may be redriven, what may not and why, and what would run again."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from action_groups.step_functions.handler import handler
from datalfred.definitions.naming import resource_name
from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from tests.bedrock_events import call
from tests.pipelines_stack import ROLE

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:{}"


def ask(**values):
    return call(handler, "request_redrive", **values)


def refused(words, code="REFUSED", **values):
    """The request is refused in these words, with a way out, and nothing is written."""
    _, said = ask(**values)
    assert set(said) == {"error"}, said
    assert said["error"]["code"] == code, said
    assert words in said["error"]["message"], said
    return said["error"].get("hint", "")


@pytest.fixture(autouse=True)
def written(stack):
    """Where requests are written; nothing is left of the test before."""
    table = resource_name("demo", "local", "requests")
    dynamodb = stack.client("dynamodb")

    def ids():
        items = dynamodb.scan(TableName=table)["Items"]
        return [item["id"]["S"] for item in items if "kind" in item]

    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={"id": item["id"]})
    return ids


@pytest.fixture
def work(stack, request):
    """A function that fails for what is in its set."""
    name, bad = f"work-{request.node.name}".translate(str.maketrans("[]", "--"))[:60], set()

    def handler(event, _context):
        if str(event) in bad:
            raise RuntimeError("the disk is full")
        return event

    stack.aws.functions.register(name, handler)
    return {"Type": "Task", "Resource": FUNCTION.format(name), "End": True}, bad


def evidence(stack, name, definition, given=None):
    stack.machine(name, definition)
    arn = stack.run(name, given)
    status, said = ask(execution_arn=arn)
    assert status == 200, said
    assert said["pending_approval"]["summary"].split(" again.", 1)[1].strip() in said["evidence"]
    return said["evidence"]


def test_an_express_pipeline_is_refused_in_the_words_of_aws(stack, written):
    created = stack.client("stepfunctions").create_state_machine(
        name="quick-copy",
        type="EXPRESS",
        roleArn=ROLE,
        definition='{"StartAt": "Go", "States": {"Go": {"Type": "Fail"}}}',
    )
    begun = stack.client("stepfunctions").start_execution(
        stateMachineArn=created["stateMachineArn"]
    )["executionArn"]

    for named in ({"pipeline": "quick-copy"}, {"execution_arn": begun}):
        way_out = refused("Execution of an EXPRESS state machine cannot be redriven", **named)
        assert "new execution" in way_out
    assert written() == []


def begun_before(stack, name, days):
    with acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(days=days)))):
        arn = stack.aws.client("stepfunctions").start_execution(
            stateMachineArn=stack.machines[name]
        )["executionArn"]
    return stack.ended(arn)


@pytest.mark.parametrize("named", ["arn", "pipeline"])
def test_after_fourteen_days_it_is_too_late(stack, written, named):
    name = f"stale-{named}"
    stack.machine(name, {"Type": "Fail"})
    arn = begun_before(stack, name, 15)

    way_out = refused(
        "cannot be redriven: Execution redrivable period exceeded.",
        **({"execution_arn": arn} if named == "arn" else {"pipeline": name}),
    )

    assert "new execution" in way_out
    assert written() == []


@pytest.mark.parametrize("named", ["arn", "pipeline"])
def test_what_runs_is_not_redriven(stack, written, named):
    name = f"slow-{named}"
    machine = stack.machine(name, {"Type": "Wait", "Seconds": 600})
    stepfunctions = stack.client("stepfunctions")
    arn = stepfunctions.start_execution(stateMachineArn=machine)["executionArn"]

    refused(
        "cannot be redriven: Execution is RUNNING and cannot be redriven.",
        **({"execution_arn": arn} if named == "arn" else {"pipeline": name}),
    )

    stepfunctions.stop_execution(executionArn=arn)
    assert written() == []


def test_what_succeeded_is_not_redriven(stack, written):
    stack.machine("fine", {"Type": "Pass"})
    arn = stack.run("fine")

    refused("Execution is SUCCEEDED and cannot be redriven.", execution_arn=arn)
    way_out = refused("No execution of fine has failed", "BAD_REQUEST", pipeline="fine")
    assert "list_executions" in way_out
    assert written() == []


def test_a_child_of_a_map_run_is_redriven_by_its_parent(stack, work):
    task, bad = work
    bad.add("b")
    stack.machine("rows", distributed(task))
    parent = stack.run("rows", ["a", "b"])
    stepfunctions = stack.client("stepfunctions")
    (run,) = stepfunctions.list_map_runs(executionArn=parent)["mapRuns"]
    children = stepfunctions.list_executions(mapRunArn=run["mapRunArn"], statusFilter="FAILED")

    refused("It is a child of a Map Run", execution_arn=children["executions"][0]["executionArn"])


def distributed(task):
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Child",
        "States": {"Child": task},
    }
    state = {"Type": "Map", "Label": "rows", "ItemProcessor": processor, "End": True}
    return {"StartAt": "Rows", "States": {"Rows": state}}


def inline(task):
    processor = {"StartAt": "Load", "States": {"Load": task}}
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    return {"StartAt": "Each", "States": {"Each": state}}


def test_the_items_of_a_map_that_run_again_are_said(stack, work):
    task, bad = work
    bad.add("b")

    said = evidence(stack, "items", inline(task), ["a", "b", "c"])

    assert (
        "Of the items of Each, those that did not succeed run again: 2 of 3"
        " (counted from 0: 1, 2)." in said
    )


def test_the_items_are_counted_over_all_attempts(stack, work):
    task, bad = work
    bad.update("bc")
    stack.machine("items-again", inline(task))
    arn = stack.run("items-again", ["a", "b", "c"])
    bad.discard("b")
    stack.client("stepfunctions").redrive_execution(executionArn=arn)
    stack.ended(arn)

    _, said = ask(execution_arn=arn)

    assert "run again: 1 of 3 (counted from 0: 2)." in said["evidence"]


def test_the_children_of_a_map_run_that_run_again_are_said(stack, work):
    task, bad = work
    bad.add("b")

    said = evidence(stack, "rows-said", distributed(task), ["a", "b"])

    assert "those that did not succeed run again, each as a child execution." in said


def test_the_branches_that_run_again_are_said(stack, work):
    task, bad = work
    bad.add("b")
    quick = {"StartAt": "Fine", "States": {"Fine": {**task, "InputPath": "$.a"}}}
    broken = {
        "StartAt": "Before",
        "States": {
            # The other branch has ended by then.
            "Before": {"Type": "Wait", "Seconds": 1, "Next": "Load"},
            "Load": {**task, "InputPath": "$.b"},
        },
    }
    both = {"Type": "Parallel", "Branches": [quick, broken], "End": True}
    definition = {"StartAt": "Both", "States": {"Both": both}}

    said = evidence(stack, "branches", definition, {"a": "a", "b": "b"})

    assert (
        "Of the branches of Both, those that did not succeed go on from where they stopped"
        " (at Load)." in said
    )


def test_of_an_execution_in_an_execution_the_state_of_the_outer_one_runs_again(stack, work):
    task, bad = work
    bad.add("{}")
    stack.machine("inner-load", {"StartAt": "Deep", "States": {"Deep": task}})
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": stack.machines["inner-load"], "Input": {}},
    }
    stack.machine("outer-load", start)
    arn = stack.run("outer-load")

    status, said = ask(execution_arn=arn)

    assert status == 200, said
    assert "run Only and what follows it again" in said["pending_approval"]["summary"]


def test_a_failure_that_was_caught_is_not_what_runs_again(stack, work):
    task, bad = work
    bad.add("{}")
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Give Up"}]
    definition = {
        "StartAt": "Load",
        "States": {
            "Load": {**task, "Catch": catch},
            "Give Up": {"Type": "Fail", "Error": "Handled", "Cause": "Nothing helps."},
        },
    }

    said = evidence(stack, "caught", definition)

    assert 'It ended in the Fail state "Give Up", which fails again at once.' in said
    _, again = ask(pipeline="caught")
    assert 'run "Give Up" and what follows' in again["pending_approval"]["summary"]


def test_a_definition_that_was_changed_meanwhile_is_said_not_to_run(stack, work):
    task, bad = work
    bad.add("{}")
    stack.machine("changing", {"StartAt": "Load", "States": {"Load": task}})
    arn = stack.run("changing")
    assert "definition has been changed" not in ask(execution_arn=arn)[1]["evidence"]
    stack.machine("changed-later", {"StartAt": "Load", "States": {"Load": task}})
    later = stack.run("changed-later")
    stack.machine(
        "changed-later", {"StartAt": "Load", "States": {"Load": {**task, "Comment": "x"}}}
    )

    _, said = ask(execution_arn=later)

    assert "a redrive runs the one that it began with" in said["evidence"]


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_what_ran_since_is_said(stack, work, status):
    task, bad = work
    name = f"since-{status.lower()}"
    bad.add("{}")
    stack.machine(name, {"StartAt": "Load", "States": {"Load": task}})
    failed = stack.run(name)
    threading.Event().wait(0.002)
    state = {"Type": "Wait", "Seconds": 600} if status == "RUNNING" else {"Type": "Pass"}
    stack.machine(name, state)
    stepfunctions = stack.client("stepfunctions")
    newer = stepfunctions.start_execution(stateMachineArn=stack.machines[name], name="newer")
    stack.until(lambda: stack.status(newer["executionArn"]) == status)

    _, said = ask(execution_arn=failed)

    assert f"A newer execution, newer, is {status}." in said["evidence"]
    if status == "RUNNING":
        stepfunctions.stop_execution(executionArn=newer["executionArn"])


def test_several_failures_are_asked_back_and_nothing_is_written(stack, written):
    for name in ("stock-load", "price-load"):
        stack.machine(name, {"Type": "Fail", "Error": "Broken"})
        stack.run(name)
    arn = stack.run("price-load")

    one = ask(pipeline="price-load")[1]
    fragment = ask(pipeline="-load")[1]

    assert (one["pending_approval"], len(one["candidates"])) == (None, 2)
    assert one["candidates"][0]["arn"] == arn
    assert {each["pipeline"] for each in fragment["candidates"]} >= {"stock-load", "price-load"}
    assert written() == []


def test_an_unknown_pipeline_offers_near_names(stack):
    stack.machine("orders-ingestion", {"Type": "Fail"})

    hint = refused("There is no pipeline", "NOT_FOUND", pipeline="orders-ingestoin")

    assert "orders-ingestion" in hint


def test_an_unknown_execution_offers_the_failed_ones_of_its_pipeline(stack):
    stack.machine("near-miss", {"Type": "Fail"})
    arn = stack.run("near-miss")

    hint = refused("There is no execution", "NOT_FOUND", execution_arn=f"{arn[:-4]}none")
    assert arn in hint
    refused("There is no execution", "NOT_FOUND", execution_arn="last night's")


@pytest.mark.parametrize("named", ["arn", "pipeline"])
def test_without_a_proved_person_nothing_is_looked_up_or_written(stack, written, named):
    stack.machine("unproved", {"Type": "Fail"})
    arn = stack.run("unproved")
    asked = {"execution_arn": arn} if named == "arn" else {"pipeline": "unproved"}

    assert "Slack" in refused("cannot prove who asks", user="", **asked)
    assert written() == []


@pytest.mark.parametrize("named", ["arn", "pipeline"])
def test_a_failure_of_the_original_input_is_not_offered_again(stack, written, named):
    name = f"campaign-import-{named}"
    stack.machine(name, {"Type": "Pass", "InputPath": "$.campaign"})
    arn = stack.run(name)

    way_out = refused(
        "A redrive will not help: it runs the original input again.",
        **({"execution_arn": arn} if named == "arn" else {"pipeline": name}),
    )

    assert "start a new execution" in way_out
    assert written() == []


def test_a_failure_of_the_original_definition_is_not_offered_again(stack, written, work):
    task, _ = work
    name = "redefined"
    stack.machine(name, {"StartAt": "Load", "States": {"Load": {**task, "InputPath": "$.day"}}})
    stack.run(name, {"day": "monday"})
    stack.machine(name, {"StartAt": "Load", "States": {"Load": {**task, "InputPath": "$.date"}}})
    arn = stack.run(name, {"day": "monday"})

    _, said = ask(execution_arn=arn)

    assert said["error"]["code"] == "REFUSED"
    assert "is not offered. A redrive will" in said["error"]["message"]
    assert written() == []


def test_a_failure_that_a_redrive_may_mend_is_asked_for_once(stack, written, work):
    task, bad = work
    bad.add("{}")
    stack.machine("disk-full", {"StartAt": "Load", "States": {"Load": task}})
    stack.run("disk-full")

    first = ask(pipeline="disk full", reason="the disk is back")[1]
    again = ask(pipeline="disk-full")[1]

    assert first["pending_approval"]["id"] == again["pending_approval"]["id"]
    assert written() == [first["pending_approval"]["id"]]
    assert "nothing has been redriven yet" in first["evidence"]
