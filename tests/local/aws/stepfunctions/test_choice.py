"""Every comparison of a Choice state.

Source: https://states-language.net/spec.html#choice-state, "Data-test expression".
"""

import json

import pytest

GIVEN = {
    "s": "b",
    "n": 2,
    "f": 2.0,
    "t": True,
    "at": "2026-03-01T10:00:00Z",
    "none": None,
    "list": [1],
    "same": {"s": "b", "n": 2, "t": True, "at": "2026-03-01T10:00:00Z"},
    "star": "a*b",
}


def ordered(kind, variable, values):
    """Six comparisons, each with what it is true for: less, equal, greater."""
    less, equal, greater = values
    for operator, truths in {
        "Equals": (False, True, False),
        "LessThan": (False, False, True),
        "GreaterThan": (True, False, False),
        "LessThanEquals": (False, True, True),
        "GreaterThanEquals": (True, True, False),
    }.items():
        for value, truth in zip((less, equal, greater), truths, strict=True):
            yield variable, f"{kind}{operator}", value, truth


CASES = [
    *ordered("String", "$.s", ("a", "b", "c")),
    *ordered("Numeric", "$.n", (1, 2, 3)),
    *ordered(
        "Timestamp",
        "$.at",
        ("2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"),
    ),
    ("$.t", "BooleanEquals", True, True),
    ("$.t", "BooleanEquals", False, False),
    ("$.f", "NumericEquals", 2, True),
    ("$.s", "NumericEquals", 2, False),
    ("$.n", "StringEquals", "2", False),
    ("$.s", "StringMatches", "*", True),
    ("$.s", "StringMatches", "c*", False),
    ("$.star", "StringMatches", "a\\*b", True),
    ("$.star", "StringMatches", "a\\*c", False),
    ("$.star", "StringMatches", "a?b", False),
    ("$.star", "StringMatches", "[a]*", False),
    ("$.none", "IsNull", True, True),
    ("$.s", "IsNull", True, False),
    ("$.s", "IsNull", False, True),
    ("$.gone", "IsPresent", False, True),
    ("$.s", "IsPresent", True, True),
    ("$.none", "IsPresent", True, True),
    ("$.n", "IsNumeric", True, True),
    ("$.s", "IsNumeric", True, False),
    ("$.s", "IsString", True, True),
    ("$.n", "IsString", True, False),
    ("$.t", "IsBoolean", True, True),
    ("$.n", "IsBoolean", True, False),
    ("$.at", "IsTimestamp", True, True),
    ("$.s", "IsTimestamp", True, False),
    *(
        (variable, f"{kind}{operator}Path", path, truth)
        for kind, variable, path in (
            ("String", "$.s", "$.same.s"),
            ("Numeric", "$.n", "$.same.n"),
            ("Timestamp", "$.at", "$.same.at"),
        )
        for operator, truth in (
            ("Equals", True),
            ("LessThan", False),
            ("GreaterThan", False),
            ("LessThanEquals", True),
            ("GreaterThanEquals", True),
        )
    ),
    ("$.t", "BooleanEqualsPath", "$.same.t", True),
]


@pytest.fixture(scope="module")
def chosen(machines):
    """What each comparison gave: one machine asks them all, one after another."""
    states = {}
    for number, (variable, operator, value, _) in enumerate(CASES):
        after = f"Ask{number + 1}"
        states[f"Ask{number}"] = {
            "Type": "Choice",
            "Choices": [{"Variable": variable, operator: value, "Next": f"Yes{number}"}],
            "Default": f"No{number}",
        }
        for word, truth in (("Yes", True), ("No", False)):
            path = f"$.found.n{number}"
            states[f"{word}{number}"] = {
                "Type": "Pass",
                "Result": truth,
                "ResultPath": path,
                "Next": after,
            }
    states[f"Ask{len(CASES)}"] = {"Type": "Succeed", "OutputPath": "$.found"}
    given = {**GIVEN, "found": {}}
    arn = machines.start({"StartAt": "Ask0", "States": states}, given)
    ended = machines.end(arn)
    assert ended["status"] == "SUCCEEDED", ended.get("cause")
    return json.loads(ended["output"])


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=[f"{case[0]} {case[1]} {case[2]}" for case in CASES]
)
def test_a_comparison_is_true_for_what_the_language_says(chosen, number):
    assert chosen[f"n{number}"] is CASES[number][3]
