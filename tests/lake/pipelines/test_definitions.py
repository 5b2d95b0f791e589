"""Of what changed in a definition, only what the failure went through can have broken it."""

import copy
import json
from datetime import UTC, datetime

import pytest

from datalfred.lake.pipelines import history
from datalfred.lake.pipelines.definitions import Difference

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Comment": "a"}
DEFINITION = {
    "Comment": "Loads orders.",
    "StartAt": "List",
    "TimeoutSeconds": 600,
    "States": {
        "List": {**TASK, "Next": "Each", "Retry": [], "TimeoutSeconds": 5},
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "Comment": "one file",
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Load",
                "States": {
                    "Load": {**TASK, "Next": "Check", "TimeoutSeconds": 60},
                    "Check": {**TASK, "End": True},
                },
            },
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "Left", "States": {"Left": TASK}}],
            "Next": "Register",
        },
        "Register": {**TASK, "End": True},
    },
}
INSIDE = "States.Each.ItemProcessor.States"


def event(number, kind, **details):
    return {
        "id": number,
        "type": kind,
        "previousEventId": number - 1,
        "timestamp": AT,
        **({"someEventDetails": details} if details else {}),
    }


def failed(error="States.TaskFailed"):
    """An execution that failed in Load, inside Each, after List; Register came after."""
    return history.of(
        [
            event(1, "ExecutionStarted"),
            event(2, "TaskStateEntered", name="List"),
            event(3, "TaskScheduled", resourceType="lambda", parameters="{}"),
            event(4, "TaskSucceeded", output="{}"),
            event(5, "TaskStateExited", name="List"),
            event(6, "MapStateEntered", name="Each"),
            event(7, "MapIterationStarted", name="Each", index=0),
            event(8, "TaskStateEntered", name="Load"),
            event(9, "TaskScheduled", resourceType="ecs", parameters="{}"),
            event(10, "TaskFailed", error=error, cause="exit code 3"),
            event(11, "FailStateEntered", name="Register"),
            event(12, "ExecutionFailed", error=error, cause="exit code 3"),
        ]
    )


def changed(path, value):
    after = copy.deepcopy(DEFINITION)
    *way, last = path.split(".")
    inner = after
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[last] = value
    return Difference(json.dumps(DEFINITION), json.dumps(after))


def matters(difference, error="States.TaskFailed"):
    read = failed(error)
    return difference.matters_to(read.failure(), read)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{INSIDE}.Load.Parameters", {"Cpu": "1"}),
        (f"{INSIDE}.Load.Catch", []),
        ("States.Each.MaxConcurrency", 40),
        ("States.Each.Retry", []),
        ("States.Each.ItemProcessor.StartAt", "Check"),
        ("States.List.Parameters", {"FunctionName": "other"}),
        ("StartAt", "Each"),
    ],
)
def test_what_the_failure_went_through_matters(path, value):
    assert matters(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Comment", "Loads all orders."),
        (f"{INSIDE}.Load.Comment", "b"),
        ("States.Each.ItemProcessor.Comment", "b"),
        ("States.List.Comment", "b"),
        ("States.List.Retry", [{"ErrorEquals": ["States.ALL"]}]),
        ("States.Register.Parameters", {"Table": "other"}),
        (f"{INSIDE}.Check.Parameters", {"Table": "other"}),
        ("States.Both.Branches.0.Comment", "b"),
        ("States.Both.Branches.0.StartAt", "Right"),
        ("States.New", TASK),
        ("States.Both.Branches.0.States.Left.Parameters", {}),
        ("TimeoutSeconds", 900),
        (f"{INSIDE}.Load.TimeoutSeconds", 900),
    ],
)
def test_what_it_did_not_go_through_and_comments_do_not_matter(path, value):
    assert not matters(changed(path, value))


@pytest.mark.parametrize("path", ["TimeoutSeconds", f"{INSIDE}.Load.TimeoutSeconds"])
def test_a_time_limit_matters_to_what_ran_into_it(path):
    assert matters(changed(path, 1), "States.Timeout")
    assert not matters(changed("States.Register.TimeoutSeconds", 1), "States.Timeout")


def test_what_catches_an_error_matters_where_one_was_caught():
    caught = history.of(
        [
            event(1, "ExecutionStarted"),
            event(2, "TaskStateEntered", name="List"),
            event(3, "TaskScheduled", resourceType="lambda", parameters="{}"),
            event(4, "TaskFailed", error="E", cause=""),
            event(5, "TaskStateExited", name="List"),
            event(6, "TaskStateEntered", name="Register"),
            event(7, "TaskScheduled", resourceType="lambda", parameters="{}"),
            event(8, "TaskFailed", error="F", cause=""),
            event(9, "ExecutionFailed", error="F", cause=""),
        ]
    )

    difference = changed("States.List.Catch", [{"Next": "Register"}])

    assert difference.matters_to(caught.failure(), caught)
    assert not matters(difference)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("Comment", "b", "only its comment differs"),
        ("StartAt", "Each", "settings outside its states differ"),
        ("TimeoutSeconds", 600, "only how it is written differs"),
        ("States.Register.Comment", "b", "states Register (a comment only) differ"),
        (f"{INSIDE}.Load.Comment", "b", "states Load (a comment only) differ"),
        (f"{INSIDE}.Load.Parameters", {}, "states Load differ"),
    ],
)
def test_what_differs_is_told_by_its_state(path, value, told):
    assert changed(path, value).told() == told


def test_of_many_states_some_are_named():
    many = {**DEFINITION, "States": {f"S{number}": TASK for number in range(9)}}

    told = Difference(json.dumps({"States": {}}), json.dumps(many)).told()

    assert told == "states S0, S1, S2, S3, S4, S5 and 3 more differ"
