"""Transitions that lead nowhere are found before anything runs."""

import json

import pytest

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.stepfunctions.definition import check

PASS = {"Type": "Pass", "End": True}


def machine(states, start="A"):
    return {"StartAt": start, "States": states}


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        (machine({"A": PASS}, start="B"), "B at /StartAt"),
        (machine({"A": {"Type": "Pass", "Next": "B"}}), "B at /States/A/Next"),
        (machine({"A": {"Type": "Choice", "Choices": [], "Default": "B"}}), "/States/A/Default"),
        (
            machine({"A": {"Type": "Choice", "Choices": [{"Variable": "$", "Next": "B"}]}}),
            "B at /States/A/Choices[0]/Next",
        ),
        (machine({"A": {**PASS, "Catch": [{"Next": "B"}]}}), "B at /States/A/Catch[0]/Next"),
        (
            machine({"A": {"Type": "Parallel", "End": True, "Branches": [machine({"B": PASS})]}}),
            "A at /States/A/Branches[0]/StartAt",
        ),
        (
            machine({"A": {"Type": "Map", "End": True, "ItemProcessor": machine({"B": PASS})}}),
            "A at /States/A/ItemProcessor/StartAt",
        ),
        (machine({"A": PASS, "Z": PASS}), 'State "Z" is not reachable. at /States/Z'),
        (machine({"A": {"Type": "Pass"}}), "neither 'Next' nor 'End'"),
        (machine({}), "Missing 'States'"),
        ([], "not an object"),
        (machine({"QueryLanguage": "JSONata", "A": PASS}), "Object at /States/QueryLanguage"),
        (
            machine({"A": {"Type": "Parallel", "End": True, "Branches": ["B"]}}),
            "Object at /States/A/Branches[0]",
        ),
    ],
)
def test_a_transition_without_a_target_is_named_with_its_place(definition, place):
    with pytest.raises(FaultError) as refused:
        check(json.dumps(definition))

    assert refused.value.code == "InvalidDefinition"
    assert place in refused.value.message


def test_a_definition_that_is_no_json_is_refused():
    with pytest.raises(FaultError, match="INVALID_JSON_DESCRIPTION"):
        check("{")


def test_a_sound_definition_passes():
    check(
        json.dumps(
            machine(
                {
                    "A": {"Type": "Choice", "Choices": [{"Variable": "$.x", "Next": "B"}]},
                    "B": {"Type": "Parallel", "Branches": [machine({"A": PASS})], "Next": "C"},
                    "C": {"Type": "Succeed"},
                }
            )
        )
    )


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:states:::aws-sdk:lookoutvision:describeModel",
        "arn:aws:states:::apigateway:invoke",
    ],
)
def test_a_service_that_nobody_here_can_call_is_refused_before_anything_runs(resource):
    state = {"Type": "Task", "Resource": resource, "End": True}

    with pytest.raises(FaultError, match="does not run the service integration") as refused:
        check(json.dumps(machine({"A": state})))

    assert refused.value.code == "NotImplementedException"
