"""The functions that Step Functions adds to JSONata, and some of JSONata's own.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html.
"""

import hashlib
import json
import uuid

import pytest

from datalfred.local.aws.stepfunctions.jsonata_functions import evaluate


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$partition([1, 2, 3, 4, 5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1, 2], 4)", [[1, 2]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$hash('input', 'SHA-256')", hashlib.sha256(b"input").hexdigest()),
        ("$hash('input', 'MD5')", "a43c1b0aa53a0c908810c06ab1ff3967"),
        ("$random(7) = $random(7)", True),
        ("$random() < 1", True),
        ("$parse('{\"a\": [1]}').a[0]", 1),
        ("$map([1, 2], function($v) { $v * 2 })", [2, 4]),
        ("$merge([{'a': 1}, {'b': 2}])", {"a": 1, "b": 2}),
    ],
)
def test_a_function_gives_what_the_guide_says(expression, value):
    assert evaluate(expression) == value


def test_a_uuid_is_one():
    assert uuid.UUID(evaluate("$uuid()")).version == 4


@pytest.mark.parametrize(
    "expression",
    [
        "$eval('1 + 1')",
        "$parse('1 + 1')",
        "$hash('a', 'SHA-3')",
        "$range(1, 2, 0)",
        "$range(1, 5000, 1)",
        "$partition([1], 0)",
    ],
)
def test_what_a_function_refuses_fails_the_query(machines, expression):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {"A": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}},
    }

    ended = machines.run(definition)

    assert (ended["status"], ended["error"]) == ("FAILED", "States.QueryEvaluationError")


def test_a_state_uses_them(machines):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "A",
        "States": {
            "A": {
                "Type": "Pass",
                "Output": {"h": "{% $hash($states.input.v, 'SHA-1') %}", "u": "{% $uuid() %}"},
                "End": True,
            }
        },
    }

    output = machines.output(definition, {"v": "input"})

    assert output["h"] == hashlib.sha1(b"input", usedforsecurity=False).hexdigest()
    assert len(output["u"]) == len(json.loads(json.dumps(str(uuid.uuid4()))))
