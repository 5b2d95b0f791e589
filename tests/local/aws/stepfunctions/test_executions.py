"""What the interpreter runs, and what Step Functions says of it."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for

PASS = {"Type": "Pass"}


def code_of(caught):
    return caught.value.response["Error"]["Code"]


def test_pass_choice_succeed(machines):
    definition = {
        "StartAt": "Decide",
        "States": {
            "Decide": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Many"}],
                "Default": "Few",
            },
            "Many": {"Type": "Pass", "Result": "many", "End": True},
            "Few": {"Type": "Succeed"},
        },
    }

    assert machines.output(definition, {"n": 2}) == "many"
    assert machines.output(definition, {"n": 1}) == {"n": 1}


def test_fail_gives_error_and_cause(machines):
    ended = machines.run(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "so it is"}}}
    )

    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Bad", "so it is")
    assert ended["stopDate"] >= ended["startDate"]


@pytest.mark.parametrize("error", ["States.TaskFailed", "States.OfTheFuture"])
def test_a_fail_state_may_name_an_error_of_step_functions(machines, error):
    ended = machines.run({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": error}}})

    assert ended["error"] == error


def test_parallel_and_map_gather_their_results(machines, one):
    branches = [one({**PASS, "Result": letter}) for letter in "ab"]

    assert machines.output(one({"Type": "Parallel", "Branches": branches})) == ["a", "b"]

    item = one({**PASS, "Parameters": {"twice.$": "States.Array($, $)"}})
    mapped = one({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": item})
    assert machines.output(mapped, {"items": [1, 2]}) == [{"twice": [1, 1]}, {"twice": [2, 2]}]


def test_a_distributed_map_keeps_nothing_for_the_next_execution(machines, one):
    item = {**one(PASS), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    arn = machines.create(one({"Type": "Map", "ItemsPath": "$", "ItemProcessor": item}))

    for given in ([1, 2], [3]):
        started = machines.client.start_execution(stateMachineArn=arn, input=json.dumps(given))
        assert json.loads(machines.end(started["executionArn"])["output"]) == given


def test_jsonata_reads_assigned_variables_and_quotes(machines):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Assign": {"half": "{% $states.input.n / 2 %}", "text": "{% $states.input.t %}"},
                "Next": "B",
            },
            "B": {"Type": "Pass", "Output": {"r": "{% $half & ' ' & $text %}"}, "End": True},
        },
    }

    assert machines.output(definition, {"n": 3, "t": 'say "hi"'}) == {"r": '1.5 say "hi"'}


def test_a_broken_jsonata_expression_fails_its_state(machines):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": "{% $sum('x') %}", "End": True}},
    }

    ended = machines.run(definition)

    assert ended["status"] == "FAILED"
    assert "sum must be an array" in ended["cause"]


def test_an_intrinsic_function_that_cannot_be_read_prints_nothing(machines, one, capfd):
    ended = machines.run(one({**PASS, "Parameters": {"x.$": "States.Format('a\\{}')"}}))

    assert ended["status"] in {"FAILED", "SUCCEEDED"}
    assert capfd.readouterr().err == ""


def test_executions_without_a_name_get_one_each(machines, one):
    arn = machines.create(one(PASS))

    first, second = (
        machines.client.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(2)
    )

    assert first != second
    assert not first.endswith("None")


def test_a_name_is_used_once(machines, one):
    arn = machines.create(one(PASS))
    begun = machines.client.start_execution(stateMachineArn=arn, name="x", input='{"a":1}')
    machines.end(begun["executionArn"])

    with pytest.raises(ClientError) as caught:
        machines.client.start_execution(stateMachineArn=arn, name="x", input='{"a":2}')

    assert code_of(caught) == "ExecutionAlreadyExists"


def test_the_same_start_of_a_running_execution_is_that_execution(machines, one):
    arn = machines.create(one({"Type": "Wait", "Seconds": 60}))

    first, second = (
        machines.client.start_execution(stateMachineArn=arn, name="same")["executionArn"]
        for _ in range(2)
    )

    assert first == second
    machines.client.stop_execution(executionArn=first)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"name": "with space"}, "InvalidName"),
        ({"stateMachineArn": "{arn}-not"}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": "no-arn"}, "InvalidArn"),
    ],
)
def test_a_start_that_cannot_be_is_refused_by_its_own_error(machines, one, call, code):
    arn = machines.create(one(PASS))
    asked = {"stateMachineArn": arn, **call}
    asked["stateMachineArn"] = asked["stateMachineArn"].replace("{arn}", arn)

    with pytest.raises(ClientError) as caught:
        machines.client.start_execution(**asked)

    assert code_of(caught) == code


@pytest.mark.parametrize(
    "definition",
    [
        {"StartAt": "Nowhere", "States": {"A": {"Type": "Pass", "End": True}}},
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Nowhere"}}},
        {"StartAt": "A", "States": {"A": {"Type": "Nonsense", "End": True}}},
        {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Task", "End": True, "Resource": "arn:aws:states:::glue:getJob.sync"}
            },
        },
        {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Task", "End": True, "Resource": "arn:aws:states:::glue:bakeCake"}
            },
        },
    ],
)
def test_a_definition_that_cannot_run_is_refused(machines, definition):
    with pytest.raises(ClientError) as caught:
        machines.create(definition)

    assert code_of(caught) == "InvalidDefinition"


def test_the_history_is_paged_reversed_and_stripped_of_data(machines, one):
    arn = machines.start(one(PASS), {"secret": 1})
    machines.end(arn)
    everything = machines.events(arn)

    assert [event["id"] for event in everything] == [1, 2, 3, 4]
    page = machines.client.get_execution_history(executionArn=arn, maxResults=3)
    assert [event["id"] for event in page["events"]] == [1, 2, 3]
    rest = machines.client.get_execution_history(executionArn=arn, nextToken=page["nextToken"])
    assert [event["id"] for event in rest["events"]] == [4]
    assert [event["id"] for event in machines.events(arn, reverseOrder=True)] == [4, 3, 2, 1]
    stripped = machines.events(arn, includeExecutionData=False)
    assert "secret" not in json.dumps(stripped, default=str)
    assert "secret" in json.dumps(everything, default=str)


def test_a_token_of_nobody_is_refused(machines, one):
    arn = machines.start(one(PASS))

    with pytest.raises(ClientError) as caught:
        machines.client.get_execution_history(executionArn=arn, nextToken="forged")

    assert code_of(caught) == "InvalidToken"


def test_errors_of_the_interpreter_have_their_own_codes(machines, one):
    arn = machines.create(one(PASS))
    run = "arn:aws:states:eu-west-1:123456789012:mapRun:m/x:y"

    for call, code in (
        (lambda: machines.client.update_state_machine(stateMachineArn=arn), "MissingRequired"),
        (lambda: machines.client.describe_map_run(mapRunArn=run), "ResourceNotFound"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_of(caught).startswith(code)


def test_an_execution_can_be_stopped_at_its_first_breath(machines, one):
    arn = machines.create(one({"Type": "Wait", "Seconds": 60}))

    for _ in range(10):
        begun = machines.client.start_execution(stateMachineArn=arn)["executionArn"]
        machines.client.stop_execution(executionArn=begun)
        assert machines.end(begun)["status"] == "ABORTED"


def test_executions_are_listed_newest_first_by_status_and_page(machines, one):
    arn = machines.create(
        {
            "StartAt": "Good",
            "States": {
                "Good": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.good", "BooleanEquals": True, "Next": "Yes"}],
                    "Default": "No",
                },
                "Yes": {"Type": "Succeed"},
                "No": {"Type": "Fail", "Error": "No"},
            },
        }
    )
    for name, good in (("first", True), ("second", False), ("third", True)):
        given = json.dumps({"good": good})
        begun = machines.client.start_execution(stateMachineArn=arn, name=name, input=given)
        machines.end(begun["executionArn"])

    def names(**how):
        answer = machines.client.list_executions(stateMachineArn=arn, **how)
        return [execution["name"] for execution in answer["executions"]]

    assert names() == ["third", "second", "first"]
    assert names(statusFilter="FAILED") == ["second"]
    assert names(redriveFilter="REDRIVEN") == []
    assert names(redriveFilter="NOT_REDRIVEN") == ["third", "second", "first"]
    pages = machines.client.get_paginator("list_executions").paginate(
        stateMachineArn=arn, PaginationConfig={"PageSize": 2}
    )
    assert [len(page["executions"]) for page in pages] == [2, 1]


def test_a_map_run_that_is_not_there_has_no_children(machines):
    with pytest.raises(ClientError) as caught:
        machines.client.list_executions(
            mapRunArn="arn:aws:states:eu-west-1:123456789012:mapRun:m/x:y"
        )

    assert code_of(caught) == "ResourceNotFound"


def test_data_of_an_execution_may_be_left_out(machines, one):
    arn = machines.start(one(PASS), {"a": 1})
    machines.end(arn)

    described = machines.client.describe_execution(executionArn=arn, includedData="METADATA_ONLY")

    assert "input" not in described
    assert "output" not in described


def test_an_execution_that_is_not_there_says_so(machines, one):
    arn = machines.start(one(PASS))

    with pytest.raises(ClientError) as caught:
        machines.client.describe_execution(executionArn=f"{arn}-not")

    assert code_of(caught) == "ExecutionDoesNotExist"


def test_a_state_machine_that_takes_too_long_times_out_with_its_last_event(machines, one):
    arn = machines.start({**one({"Type": "Wait", "Seconds": 60}), "TimeoutSeconds": 1})

    ended = machines.end(arn)

    assert (ended["status"], ended["error"]) == ("TIMED_OUT", "States.Timeout")
    assert ended["stopDate"] > ended["startDate"]
    listed = machines.client.list_executions(stateMachineArn=ended["stateMachineArn"])
    assert listed["executions"][0]["stopDate"] == ended["stopDate"]
    assert machines.types(arn)[-1] == "ExecutionTimedOut"


def test_a_stopped_execution_ends_where_it_is(machines, one):
    arn = machines.start(one({"Type": "Wait", "Seconds": 60}))
    machines.await_event(arn, "WaitStateEntered")

    stopped = machines.client.stop_execution(executionArn=arn, error="Enough", cause="of it")

    ended = machines.client.describe_execution(executionArn=arn)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "of it")
    assert ended["stopDate"] == stopped["stopDate"]
    assert machines.types(arn) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    again = machines.client.stop_execution(executionArn=arn)
    assert again["stopDate"] == stopped["stopDate"]


def test_a_retry_that_waits_long_can_be_stopped(machines, one):
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60}]
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun",
        "Parameters": {"JobName": "nobody-has-it"},
        "Retry": retry,
    }
    arn = machines.start(one(state))
    machines.await_event(arn, "TaskFailed")

    machines.client.stop_execution(executionArn=arn)

    assert machines.end(arn)["status"] == "ABORTED"
    assert machines.types(arn)[-1] == "ExecutionAborted"


def test_a_callback_brings_the_output_or_the_failure(machines, one):
    machines.aws.functions.register("asks", lambda event, _context: event)
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "asks", "Payload": {"token.$": "$$.Task.Token"}},
    }

    def begin():
        arn = machines.start(one(state))
        machines.await_event(arn, "TaskSubmitted")
        scheduled = machines.await_event(arn, "TaskScheduled")["taskScheduledEventDetails"]
        return arn, json.loads(scheduled["parameters"])["Payload"]["token"]

    arn, token = begin()
    machines.client.send_task_success(taskToken=token, output='{"n": 1}')
    assert json.loads(machines.end(arn)["output"]) == {"n": 1}

    arn, token = begin()
    machines.client.send_task_failure(taskToken=token, error="Late", cause="by a day")
    ended = machines.end(arn)
    assert (ended["error"], ended["cause"]) == ("Late", "by a day")

    with pytest.raises(ClientError) as caught:
        machines.client.send_task_success(taskToken="nobody's", output="{}")
    assert code_of(caught) == "InvalidToken"


def test_a_stopped_execution_does_not_wait_for_its_callback(machines, one):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "asks", "Payload": {"token.$": "$$.Task.Token"}},
    }
    machines.aws.functions.register("asks", lambda event, _context: event)
    arn = machines.start(one(state))
    machines.await_event(arn, "TaskSubmitted")

    machines.client.stop_execution(executionArn=arn)

    assert machines.end(arn)["status"] == "ABORTED"
    assert machines.types(arn)[-2:] == ["TaskSubmitted", "ExecutionAborted"]


def test_an_execution_of_the_past_lives_through_its_hours_at_once(machines, one):
    start = datetime(2026, 3, 1, 2, tzinfo=UTC)
    definition = {
        "StartAt": "Long",
        "States": {
            "Long": {"Type": "Wait", "Seconds": 3600, "Next": "Until"},
            "Until": {"Type": "Wait", "Timestamp": "2026-03-01T05:00:00Z", "End": True},
        },
    }
    arn = machines.create(definition)
    client = machines.aws.client("stepfunctions")

    with acting_for(Origin(clock=PastClock(start))):
        begun = client.start_execution(stateMachineArn=arn, name="night")["executionArn"]

    ended = machines.end(begun)
    assert ended["startDate"] == start
    assert timedelta(hours=3) <= ended["stopDate"] - start < timedelta(hours=3, seconds=2)
    times = [event["timestamp"] for event in machines.events(begun)]
    assert times == sorted(times)
    assert times[0] - start < timedelta(seconds=1)


def test_a_function_that_still_runs_keeps_nobody_waiting(machines, one):
    over = threading.Event()
    machines.aws.functions.register("never-ends", lambda _event, _context: over.wait(30))
    resource = "arn:aws:lambda:eu-west-1:123456789012:function:never-ends"
    arn = machines.start({**one({"Type": "Task", "Resource": resource}), "TimeoutSeconds": 1})
    machines.await_event(arn, "LambdaFunctionStarted")

    ended = machines.end(arn)

    over.set()
    assert ended["status"] == "TIMED_OUT"
    assert ended["stopDate"] - ended["startDate"] < timedelta(seconds=3)
    assert machines.types(arn)[-1] == "ExecutionTimedOut"


def test_the_machine_of_an_execution_is_the_one_that_it_began_with(machines, one):
    arn = machines.create(one(PASS))
    begun = machines.client.start_execution(stateMachineArn=arn)["executionArn"]
    machines.end(begun)
    machines.client.update_state_machine(
        stateMachineArn=arn, definition=json.dumps(one({"Type": "Wait", "Seconds": 1}))
    )

    told = machines.client.describe_state_machine_for_execution(executionArn=begun)

    assert json.loads(told["definition"]) == one(PASS)


def test_a_name_stands_for_one_machine(machines, one):
    def create(state):
        return machines.client.create_state_machine(
            name="one-name",
            definition=json.dumps(one(state)),
            roleArn="arn:aws:iam::123456789012:role/pipelines",
        )["stateMachineArn"]

    assert create(PASS) == create(PASS)
    with pytest.raises(ClientError) as caught:
        create({"Type": "Wait", "Seconds": 1})
    assert code_of(caught) == "StateMachineAlreadyExists"


def test_an_iteration_is_aborted_when_another_one_fails(machines, one):
    iteration = {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "F"}],
                "Default": "W",
            },
            "F": {"Type": "Fail", "Error": "Bad"},
            "W": {"Type": "Wait", "Seconds": 60, "End": True},
        },
    }
    arn = machines.start(one({"Type": "Map", "ItemProcessor": iteration}), ["slow", "bad"])

    ended = machines.end(arn)

    assert (ended["status"], ended["error"]) == ("FAILED", "Bad")
    assert machines.types(arn)[-4:] == [
        "MapIterationFailed",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_executions_and_machines_are_listed_page_by_page(machines):
    everything = machines.client.list_state_machines()["stateMachines"]
    pages = list(
        machines.client.get_paginator("list_state_machines").paginate(
            PaginationConfig={"PageSize": 3}
        )
    )

    assert [machine for page in pages for machine in page["stateMachines"]] == everything
    assert max(len(page["stateMachines"]) for page in pages) == 3


def test_pending_redrives_belong_to_a_map_run(machines, one):
    arn = machines.create(one(PASS))

    with pytest.raises(ClientError) as caught:
        machines.client.list_executions(stateMachineArn=arn, statusFilter="PENDING_REDRIVE")

    assert code_of(caught) == "ValidationException"
