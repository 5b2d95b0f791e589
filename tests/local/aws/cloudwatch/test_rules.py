"""Rules of composite alarms."""

import pytest

from datalfred.local.aws.cloudwatch.alarms.rules import RuleError, parse_rule

STATES = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA", "with (blank)": "ALARM"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ALARM(a)", True),
        ('ALARM("b")', False),
        ("alarm('a') and ok(b)", True),
        ("ALARM(b) OR INSUFFICIENT_DATA(c)", True),
        ("NOT ALARM(a)", False),
        ("NOT NOT ALARM(a)", True),
        ("ALARM(b) AND ALARM(b) OR ALARM(a)", True),
        ("ALARM(b) AND (ALARM(b) OR ALARM(a))", False),
        ("TRUE", True),
        ("FALSE OR ALARM(a)", True),
        ('ALARM("with (blank)")', True),
        ("ALARM(unknown)", False),
    ],
)
def test_a_rule_holds_as_its_words_say(text, holds):
    assert parse_rule(text).holds(lambda name: STATES.get(name, "")) is holds


def test_a_rule_names_its_alarms_once():
    assert parse_rule("ALARM(a) OR (OK(b) AND ALARM(a))").alarms == ("a", "b")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "1 to 10240"),
        ("ALARM(a", "too early at position 8"),
        ("ALARM()", "')' is not expected at position 7"),
        ("ALARM(", "too early at position 7"),
        ("ALARM(a) ALARM(b)", "'ALARM' is not expected at position 10"),
        ("WARN(a)", "'WARN' is not expected at position 1"),
        ('ALARM("a)', "never closed at position 7"),
        ("AND", "'AND' is not expected at position 1"),
        ("(" * 70 + "TRUE" + ")" * 70, "nested too deeply"),
        (" OR ".join(f"ALARM(a{n})" for n in range(101)), "more than 100"),
    ],
)
def test_what_is_no_rule_says_where(text, says):
    with pytest.raises(RuleError, match=says.replace("(", r"\(").replace(")", r"\)")):
        parse_rule(text)
