import json

import pytest

from datalfred.lake.pipelines import history


def moved(events, changes):
    """The events with other predecessors: id to previous id."""
    return [
        {**event, "previousEventId": changes.get(event["id"], event["previousEventId"])}
        for event in events
    ]


def test_a_failed_task_is_the_state_that_failed(failure):
    found = failure("ecs_task_out_of_memory")

    assert (found.state, found.path) == ("Load orders", ("Load orders",))
    assert found.error == "States.TaskFailed"
    assert (found.service, found.call) == ("ecs", "runTask.sync")
    assert found.parameters["TaskDefinition"] == "orders-load"
    assert found.answer["Tasks"][0]["TaskArn"] == found.cause_data["TaskArn"]
    assert found.cause_data["Containers"][0]["ExitCode"] == 137
    assert found.entered_at <= found.failed_at


def test_a_failed_branch_is_found_inside_its_parallel(failure):
    found = failure("parallel_branch_failed")

    assert (found.state, found.path) == ("Check", ("Both", "Check"))
    assert found.cause_data["errorMessage"] == "amount is negative"


def test_a_failed_item_of_a_map_is_named_by_its_index(failure):
    found = failure("map_item_failed")

    assert (found.state, found.path, found.item) == ("Check", ("Each day", "Check"), 1)


def test_a_composite_state_that_names_its_beginning_leads_to_the_branch_that_failed(recorded):
    events = moved(recorded["parallel_branch_failed"], {11: 3})

    assert history.of(events).failure().state == "Check"


def test_of_two_branches_the_one_that_failed_first_is_the_cause(recorded):
    events = moved(recorded["parallel_branch_failed"], {11: 3})
    later = [
        {**events[3], "id": 20, "previousEventId": 3},
        {**events[9], "id": 21, "previousEventId": 20},
    ]
    later[0]["stateEnteredEventDetails"] = {"name": "Other", "input": "{}"}
    shifted = [{**e, "id": e["id"] + 20, "previousEventId": 3} for e in events[10:11]]
    ending = {**events[11], "id": 32, "previousEventId": 31}

    found = history.of([*events[:10], *later, *shifted, ending]).failure()

    assert found.state == "Check"


def test_a_failure_that_was_caught_is_the_cause_of_the_fail_state_behind_it(failure):
    found = failure("caught_after_retry")

    assert (found.state, found.ended_by) == ("Check", "Broken")
    assert found.error == "ValueError"
    assert found.attempts == 2


def test_a_fail_state_that_nothing_led_to_speaks_for_itself(failure):
    found = failure("fail_state_alone")

    assert (found.state, found.error, found.cause) == (
        "Stop",
        "NoOrders",
        "The day has no orders.",
    )
    assert found.ended_by == ""


def test_a_state_that_fails_without_an_event_takes_the_words_of_the_ending(failure):
    found = failure("runtime_error")

    assert (found.state, found.error) == ("Read", "States.Runtime")
    assert "$.campaign" in found.cause
    assert found.service == ""


def test_a_timeout_of_the_machine_names_the_state_it_was_in(failure):
    found = failure("machine_timed_out")

    assert (found.state, found.error) == ("Pause", "States.Timeout")


def test_after_a_redrive_only_the_newest_attempt_counts(recorded):
    found = history.of(recorded["redriven_and_failed_again"]).failure()

    assert found.path == ("Load orders",)
    assert found.attempts == 1
    assert found.failed_at == recorded["redriven_and_failed_again"][-2]["timestamp"]


def test_a_redrive_that_enters_no_state_anew_still_names_it(recorded):
    events = [
        {**event, "previousEventId": 10} if event["id"] == 12 else event
        for event in recorded["redriven_and_failed_again"]
        if event["id"] != 11
    ]

    found = history.of(events).failure()

    assert (found.state, found.attempts) == ("Load orders", 1)


def test_a_handled_failure_before_a_later_state_is_not_the_cause(recorded):
    events = recorded["caught_after_retry"][:11]
    ending = {**recorded["runtime_error"][-1], "id": 12, "previousEventId": 10}

    found = history.of([*events[:10], ending]).failure()

    assert (found.state, found.error) == ("Notify", "States.Runtime")


def test_an_execution_that_did_not_fail_has_no_failure(failure):
    assert failure("succeeded") is None


def test_an_aborted_execution_names_the_state_it_was_in(recorded):
    ending = {**recorded["machine_timed_out"][-1], "type": "ExecutionAborted"}
    ending.pop("executionTimedOutEventDetails", None)

    found = history.of([*recorded["machine_timed_out"][:-1], ending]).failure()

    assert (found.state, found.error) == ("Pause", "Aborted")


def test_events_that_name_each_other_end_the_walk(recorded):
    events = moved(recorded["runtime_error"], {2: 3})

    assert history.of(events).failure().state == "Read"


def test_a_function_named_by_its_arn_is_a_lambda_task(recorded):
    entered = recorded["ecs_task_out_of_memory"][3]
    arn = "arn:aws:lambda:eu-west-1:123456789012:function:check"
    scheduled = {
        "id": 5,
        "previousEventId": 4,
        "type": "LambdaFunctionScheduled",
        "timestamp": entered["timestamp"],
        "lambdaFunctionScheduledEventDetails": {"resource": arn},
    }
    failed = {
        **scheduled,
        "id": 6,
        "previousEventId": 5,
        "type": "LambdaFunctionTimedOut",
        "lambdaFunctionTimedOutEventDetails": {},
    }
    failed.pop("lambdaFunctionScheduledEventDetails")
    ending = {**recorded["machine_timed_out"][-1], "id": 7, "previousEventId": 6}

    found = history.of([entered, scheduled, failed, ending]).failure()

    assert (found.service, found.call, found.parameters) == (
        "lambda",
        "invoke",
        {"FunctionName": arn},
    )
    assert found.error == "States.Timeout"


def test_the_current_state_is_the_last_that_was_entered_and_not_left(recorded):
    running = history.of(recorded["map_item_failed"][:15])

    assert running.current_state() == "Check"
    assert history.of([]).current_state() == ""
    assert history.of(recorded["succeeded"]).current_state() == ""


@pytest.mark.parametrize("text", ["", "no JSON", "{broken", "[1, 2]"])
def test_a_cause_that_is_no_json_object_is_no_data(text):
    assert history.parsed(text) == {}


class Pages:
    """Step Functions with a history of so many events, in pages of two."""

    def __init__(self, events):
        self.events = sorted(events, key=lambda event: event["id"], reverse=True)
        self.requests = []

    def get_execution_history(self, **request):
        self.requests.append(request)
        start = int(request.get("nextToken", 0))
        page = {"events": self.events[start : start + 2]}
        more = {"nextToken": str(start + 2)} if start + 2 < len(self.events) else {}
        return {**page, **more}


def test_a_history_is_read_from_its_end(recorded):
    pages = Pages(recorded["succeeded"])

    read = history.read(pages, "arn")

    assert read.complete
    assert len(read.events) == 4
    assert all(request["reverseOrder"] for request in pages.requests)


def test_a_very_long_history_is_read_in_part_and_says_so(recorded):
    started = recorded["succeeded"][0]
    pages = Pages([{**started, "id": number} for number in range(1, 40)])

    read = history.read(pages, "arn")

    assert not read.complete
    assert max(read.events) == 39
    assert json.dumps(sorted(read.events)) == json.dumps(list(range(28, 40)))
