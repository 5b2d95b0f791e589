"""What alarms tell topics, functions and the bus."""

import json
from datetime import UTC, datetime

import pytest

from datalfred.local.aws.cloudwatch.alarms.actions import Actions
from datalfred.local.aws.cloudwatch.alarms.messages import (
    Change,
    lambda_event,
    notification,
    region_name,
    subject,
)
from datalfred.local.aws.cloudwatch.alarms.model import Alarm, State

NOW = datetime(2026, 11, 20, 10, 0, 0, 123_000, UTC)
STAT = {
    "Metric": {
        "Namespace": "N",
        "MetricName": "m",
        "Dimensions": [{"Name": "D", "Value": "v"}],
    },
    "Period": 300,
    "Stat": "p99",
}


def change(region="eu-west-1", **settings):
    settings = {
        "AlarmName": "a",
        "ActionsEnabled": True,
        "EvaluationPeriods": 2,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "ignore",
    } | settings
    before, after = (State(value, "because", "", NOW) for value in ("OK", "ALARM"))
    return Change(Alarm("MetricAlarm", settings, region, after, NOW, NOW), before, after)


def test_a_percentile_is_named_as_extended_statistic():
    told = change(
        Namespace="N", MetricName="m", ExtendedStatistic="p99", Period=60,
        Dimensions=[{"Name": "D", "Value": "v"}], Unit="Count", AlarmDescription="why",
    )  # fmt: skip
    message = json.loads(notification(told))
    trigger = message["Trigger"]

    assert (trigger["StatisticType"], trigger["ExtendedStatistic"]) == ("ExtendedStatistic", "p99")
    assert trigger["Dimensions"] == [{"value": "v", "name": "D"}]
    assert (trigger["Unit"], trigger["Period"], trigger["Threshold"]) == ("Count", 60, 1.0)
    assert message["StateChangeTime"] == "2026-11-20T10:00:00.123+0000"
    assert message["AlarmDescription"] == "why"


def test_an_expression_is_told_with_its_queries():
    told = change(
        Metrics=[
            {"Id": "m1", "MetricStat": STAT | {"Unit": "Count"}, "ReturnData": False},
            {"Id": "e1", "Expression": "m1 * 2", "Label": "double", "ReturnData": True},
        ]
    )
    first, second = json.loads(notification(told))["Trigger"]["Metrics"]
    assert first["MetricStat"]["Metric"]["Dimensions"] == [{"value": "v", "name": "D"}]
    assert second["Expression"] == "m1 * 2"

    first, second = lambda_event(told)["alarmData"]["configuration"]["metrics"]
    assert first["metricStat"]["metric"]["dimensions"] == {"D": "v"}
    assert first["metricStat"]["unit"] == "Count"
    assert second == {"id": "e1", "returnData": True, "expression": "m1 * 2", "label": "double"}


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-west-1", "EU (Ireland)"),
        ("us-east-1", "US East (N. Virginia)"),
        ("mars-north-1", "mars-north-1"),
    ],
)
def test_a_region_has_the_name_that_alarms_use(region, name):
    assert region_name(region) == name


def test_a_subject_has_a_hundred_characters_at_most():
    assert len(subject(change(AlarmName="x" * 200))) == 100


def test_a_bus_that_fails_keeps_nobody_from_acting(caplog):
    published = []

    class Topic:
        def publish(self, **parameters):
            published.append(parameters["TopicArn"])

    def client(name, _region):
        if name == "events":
            raise RuntimeError("no bus today")
        return Topic()

    told = change(
        AlarmActions=["arn:aws:sns:eu-west-1:1:t"], Namespace="N", MetricName="m",
        Statistic="Sum", Period=60,
    )  # fmt: skip
    Actions(client, lambda: NOW).carry_out(told)

    assert published == ["arn:aws:sns:eu-west-1:1:t"]
    assert "no bus today" in caplog.text
    assert told.alarm.history[0]["HistorySummary"].startswith("Successfully executed action")
