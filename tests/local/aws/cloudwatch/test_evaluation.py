"""The state of an alarm by its latest points, as the tables of the user guide have it."""

from datetime import UTC, datetime

import pytest

from datalfred.local.aws.cloudwatch.alarms.evaluation import Point, evaluate, stays_breached
from datalfred.local.aws.cloudwatch.alarms.model import Alarm, State
from datalfred.local.aws.cloudwatch.alarms.reasons import reason_of

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def alarm(treatment="missing", periods=3, wanted=None, **more):
    settings = {
        "AlarmName": "a",
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": wanted,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": treatment,
        "Statistic": "Sum",
        "Period": 300,
        **more,
    }
    return Alarm("MetricAlarm", settings, "eu-west-1", State("OK", "", "", NOW), NOW, NOW)


def points(row):
    values = {"0": 1.0, "X": 9.0}
    return [
        Point(number * 300.0, values[one]) if one in values else None
        for number, one in enumerate(row.split())
    ]


KEEP = None
IN_ALARM, OK, UNKNOWN = "ALARM", "OK", "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("wanted", "row", "filled", "states"),
    [
        (3, "0 - X - X", 0, (OK, OK, OK, OK)),
        (3, "0 - - - -", 2, (OK, OK, OK, OK)),
        (3, "- - - - -", 3, (UNKNOWN, KEEP, IN_ALARM, OK)),
        (3, "0 X X - X", 0, (IN_ALARM,) * 4),
        (3, "- - X - -", 2, (IN_ALARM, KEEP, IN_ALARM, OK)),
        (2, "0 - X - X", 0, (IN_ALARM,) * 4),
        (2, "0 0 X 0 X", 0, (IN_ALARM,) * 4),
        (2, "0 - X - -", 1, (OK, OK, IN_ALARM, OK)),
        (2, "- - - - 0", 2, (OK, OK, IN_ALARM, OK)),
        (2, "- - - X -", 2, (IN_ALARM, KEEP, IN_ALARM, OK)),
        # Avoiding premature transitions: one breaching point may be followed by one that is not.
        (3, "- - - - X", 2, (KEEP, KEEP, IN_ALARM, OK)),
        (3, "- - - X -", 2, (KEEP, KEEP, IN_ALARM, OK)),
    ],
)
def test_missing_points_are_treated_as_the_tables_of_the_guide_say(wanted, row, filled, states):
    verdicts = [evaluate(alarm(treatment, wanted=wanted), points(row)) for treatment in TREATMENTS]

    assert tuple(verdict.state for verdict in verdicts) == states
    assert {verdict.missing for verdict in verdicts} == {filled}


@pytest.mark.parametrize(
    ("operator", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, OK),
        ("GreaterThanThreshold", 5.1, IN_ALARM),
        ("GreaterThanOrEqualToThreshold", 5.0, IN_ALARM),
        ("LessThanThreshold", 5.0, OK),
        ("LessThanThreshold", 4.9, IN_ALARM),
        ("LessThanOrEqualToThreshold", 5.0, IN_ALARM),
    ],
)
def test_a_comparison_is_with_the_threshold(operator, value, state):
    watched = alarm(periods=1, ComparisonOperator=operator)

    assert evaluate(watched, [None, None, Point(0.0, value)]).state == state


@pytest.mark.parametrize(
    ("statistic", "operator", "stays"),
    [
        ("Sum", "GreaterThanThreshold", True),
        ("Maximum", "GreaterThanOrEqualToThreshold", True),
        ("SampleCount", "GreaterThanThreshold", True),
        ("Average", "GreaterThanThreshold", False),
        ("Minimum", "LessThanThreshold", True),
        ("Sum", "LessThanThreshold", False),
        ("Maximum", "LessThanThreshold", False),
    ],
)
def test_an_unfinished_period_counts_only_if_it_stays_breached(statistic, operator, stays):
    assert stays_breached(alarm(Statistic=statistic, ComparisonOperator=operator)) is stays


CROSSED = "Threshold Crossed: "
TWO = "2 out of the last 3 datapoints"
WAS = "was greater than the threshold (5.0)"
WERE = "were greater than the threshold (5.0)"
WERE_NOT = "were not greater than the threshold (5.0)"
LATE, LATER, LATEST = (f"(01/01/70 00:{minute}:00)" for minute in (10, 15, 20))
TO_ALARM = "(minimum 2 datapoints for OK -> ALARM transition)"
TO_OK = "(minimum 2 datapoints for ALARM -> OK transition)"


@pytest.mark.parametrize(
    ("settings", "row", "reason"),
    [
        ({"periods": 1}, "- - X", f"{CROSSED}1 datapoint [9.0 {LATE}] {WAS}."),
        ({"periods": 2}, "- - X X", f"{CROSSED}2 datapoints [9.0 {LATER}, 9.0 {LATE}] {WERE}."),
        (
            {"periods": 3, "wanted": 2},
            "- - X 0 X",
            f"{CROSSED}{TWO} [9.0 {LATEST}, 9.0 {LATE}] {WERE} {TO_ALARM}.",
        ),
        (
            {"periods": 3, "wanted": 2},
            "- - 0 0 X",
            f"{CROSSED}{TWO} [1.0 {LATER}, 1.0 {LATE}] {WERE_NOT} {TO_OK}.",
        ),
        (
            {"periods": 1, "treatment": "notBreaching"},
            "- - -",
            (f"{CROSSED}no datapoints were received for 1 period and 1 missing datapoint was"
            " treated as [NonBreaching]."),
        ),
        (
            {"periods": 3, "treatment": "breaching"},
            "- - - - -",
            (f"{CROSSED}no datapoints were received for 3 periods and 3 missing datapoints"
            " were treated as [Breaching]."),
        ),
        (
            {"periods": 3, "treatment": "breaching"},
            "- - - - X",
            (f"{CROSSED}1 datapoint [9.0 {LATEST}] {WAS} and 2 missing datapoints were treated"
            " as [Breaching]."),
        ),
        ({"periods": 1}, "- - -", "Insufficient Data: 1 datapoint was unknown."),
        ({"periods": 2}, "- - - -", "Insufficient Data: 2 datapoints were unknown."),
    ],
)  # fmt: skip
def test_a_reason_is_in_the_words_of_cloudwatch(settings, row, reason):
    watched = alarm(**settings)
    verdict = evaluate(watched, points(row))

    assert reason_of(watched, verdict, verdict.state) == reason
