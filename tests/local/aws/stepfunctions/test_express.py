"""EXPRESS state machines.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html and
https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html.
"""

import json

import pytest
from botocore.exceptions import ClientError

PASS = {"Type": "Pass", "End": True}


def code_of(caught):
    return caught.value.response["Error"]["Code"]


def test_a_synchronous_execution_answers_with_its_end_and_its_bill(machines, one):
    arn = machines.create(one({"Type": "Pass", "Result": {"r": 1}}), type="EXPRESS")

    answer = machines.client.start_sync_execution(stateMachineArn=arn, name="n", input='{"a": 1}')

    assert (answer["status"], json.loads(answer["output"])) == ("SUCCEEDED", {"r": 1})
    assert (answer["name"], answer["input"]) == ("n", '{"a": 1}')
    assert ":express:" in answer["executionArn"]
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    assert answer["billingDetails"]["billedDurationInMilliseconds"] % 100 == 0
    assert answer["stopDate"] >= answer["startDate"]


@pytest.mark.parametrize(
    ("state", "more", "status", "error"),
    [
        ({"Type": "Fail", "Error": "Bad", "Cause": "so"}, {}, "FAILED", "Bad"),
        (
            {"Type": "Wait", "Seconds": 5, "End": True},
            {"TimeoutSeconds": 1},
            "TIMED_OUT",
            "States.Timeout",
        ),
    ],
)
def test_a_failure_is_no_error_of_the_call(machines, state, more, status, error):
    definition = {"StartAt": "A", "States": {"A": state}, **more}
    arn = machines.create(definition, type="EXPRESS")

    answer = machines.client.start_sync_execution(stateMachineArn=arn)

    assert (answer["status"], answer["error"]) == (status, error)
    assert "output" not in answer


def test_a_name_may_be_used_again(machines, one):
    arn = machines.create(one(PASS), type="EXPRESS")

    first, second = (
        machines.client.start_execution(stateMachineArn=arn, name="same")["executionArn"]
        for _ in range(2)
    )

    assert first != second


def test_standard_and_express_are_not_taken_for_each_other(machines, one):
    standard = machines.create(one(PASS))
    express = machines.create(one(PASS), type="EXPRESS")
    begun = machines.client.start_execution(stateMachineArn=express)["executionArn"]

    for call, code in (
        (
            lambda: machines.client.start_sync_execution(stateMachineArn=standard),
            "StateMachineTypeNotSupported",
        ),
        (
            lambda: machines.client.list_executions(stateMachineArn=express),
            "StateMachineTypeNotSupported",
        ),
        (lambda: machines.client.get_execution_history(executionArn=begun), "InvalidArn"),
        (lambda: machines.client.describe_execution(executionArn=begun), "InvalidArn"),
        (lambda: machines.client.stop_execution(executionArn=begun), "InvalidArn"),
    ):
        with pytest.raises(ClientError) as caught:
            call()
        assert code_of(caught) == code


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "End": True},
        {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "End": True,
        },
        {
            "Type": "Map",
            "End": True,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "A",
                "States": {"A": PASS},
            },
        },
    ],
)
def test_an_express_machine_waits_for_nothing(machines, one, state):
    with pytest.raises(ClientError) as caught:
        machines.create(one(state), type="EXPRESS")

    assert code_of(caught) == "InvalidDefinition"
