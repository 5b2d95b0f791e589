"""Intrinsic functions whose values differ in the stock interpreter.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html.
"""

import json

import pytest

GIVEN = {"a": [1, 2], "o": {"x": 1}, "t": "{0}", "u": "é", "e": "w6k=", "bad": "!!"}


@pytest.mark.parametrize(
    ("function", "value"),
    [
        ("States.Format('{} of {}', 1, 'b')", "1 of b"),
        ("States.Format('\\{{}\\}', $.a[0])", "{1}"),
        ("States.Format('{}', $.o)", "{x=1}"),
        ("States.ArrayGetItem($.a, 1)", 2),
        ("States.Base64Encode($.u)", "w6k="),
        ("States.Base64Decode($.e)", "é"),
        ("States.JsonToString($.u)", '"é"'),
    ],
)
def test_a_function_gives_what_the_guide_says(machines, one, function, value):
    output = machines.output(one({"Type": "Pass", "Parameters": {"r.$": function}}), GIVEN)

    assert output["r"] == value


@pytest.mark.parametrize(
    "function",
    [
        "States.Format($.t, 'x')",
        "States.Format('{} {}', 'x')",
        "States.Format('{}', 'x', 'y')",
        "States.ArrayGetItem($.a, -1)",
        "States.ArrayGetItem($.o, 0)",
        "States.Base64Decode($.bad)",
        "States.Base64Encode($.o)",
    ],
)
def test_what_has_no_value_fails_instead(machines, one, function):
    ended = machines.run(one({"Type": "Pass", "Parameters": {"r.$": function}}), GIVEN)

    assert (ended["status"], ended["error"]) == ("FAILED", "States.IntrinsicFailure")


def test_outputs_and_histories_keep_their_characters(machines, one):
    arn = machines.start(one({"Type": "Pass"}), {"k": "é"})

    assert machines.end(arn)["output"] == json.dumps(
        {"k": "é"}, separators=(",", ":"), ensure_ascii=False
    )
    exited = machines.await_event(arn, "PassStateExited")["stateExitedEventDetails"]
    assert exited["output"] == '{"k":"é"}'


def test_a_function_reads_names_in_brackets_one_behind_the_other(machines, one):
    given = {"a-b": {"c-d": 1}, "e": {"f": {"g": 2}}}
    template = {"x.$": "States.Format('{}_{}', $['a-b']['c-d'], $.e['f']['g'])"}

    assert machines.output(one({"Type": "Pass", "Parameters": template}), given) == {"x": "1_2"}
