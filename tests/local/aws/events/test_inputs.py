"""What a target gets of an event."""

import json

import pytest

from datalfred.local.aws.events.inputs import InputError, check_input, input_of

EVENT = {
    "id": "1",
    "time": "2026-11-20T10:00:00Z",
    "resources": ["arn:a"],
    "detail": {"state": "down", "n": 3, "o": {"k": 'say "x"'}, "a.b": [1, 2]},
}
RULE = {"rule-arn": "arn:rule", "rule-name": "r", "event.ingestion-time": EVENT["time"]}


def transformed(template, **paths):
    return {"InputTransformer": {"InputTemplate": template, "InputPathsMap": paths}}


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ({}, EVENT),
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail"}, EVENT["detail"]),
        ({"InputPath": "$.detail['a.b'][1]"}, 2),
        ({"InputPath": "$.resources[0]"}, "arn:a"),
        ({"InputPath": "$.nothing"}, None),
        (
            transformed('{"s": <s>, "n": <n>}', s="$.detail.state", n="$.detail.n"),
            {"s": "down", "n": 3},
        ),
        (
            transformed('{"t": "is <s>, <n>"}', s="$.detail.state", n="$.detail.n"),
            {"t": "is down, 3"},
        ),
        (transformed('"<s> now"', s="$.detail.state"), "down now"),
        (transformed('{"o": <o>}', o="$.detail.o"), {"o": {"k": 'say "x"'}}),
        (transformed('{"t": "<k>"}', k="$.detail.o.k"), {"t": 'say "x"'}),
        (transformed('{"t": "<s>"}', s="$.detail.gone"), {"t": ""}),
        (transformed('{"t": "<unknown>"}'), {"t": "<unknown>"}),
        (transformed('{"r": "<aws.events.rule-name>"}'), {"r": "r"}),
        (transformed('{"e": <aws.events.event.json>}'), {"e": EVENT}),
        (
            transformed('{"e": <aws.events.event>}'),
            {"e": {name: value for name, value in EVENT.items() if name != "detail"}},
        ),
    ],
)
def test_a_target_gets_what_it_asks_for(target, found):
    check_input(target)

    assert json.loads(input_of(target, EVENT, RULE)) == found


def test_a_template_that_becomes_no_json_is_not_delivered():
    with pytest.raises(InputError, match="no JSON"):
        input_of(transformed('{"s": <s>}', s="$.detail.gone"), EVENT, RULE)


@pytest.mark.parametrize(
    "target",
    [
        {"Input": "{}", "InputPath": "$.a"},
        {"InputPath": "detail"},
        {"InputPath": "$.a[*]"},
        transformed("{}", a="$..b"),
    ],
)
def test_an_input_that_cannot_be_is_refused(target):
    with pytest.raises(InputError):
        check_input(target)
