"""Requests about alarms that the SDK's own checks, or the coverage, would not let through."""

from datetime import UTC, datetime

import pytest

from datalfred.local.aws.cloudwatch.alarms import api, book
from datalfred.local.aws.cloudwatch.alarms.book import AlarmBook
from datalfred.local.aws.cloudwatch.metrics import MetricStore
from datalfred.local.aws.cloudwatch.metrics.intake import put_metric_data
from datalfred.local.aws.faults import FaultError

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
SETTINGS = {
    "Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60, "Threshold": 1.0,
    "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@pytest.fixture
def alarms():
    made = AlarmBook("eu-west-1", MetricStore(), lambda: NOW)
    for name in ("one", "two"):
        api.put_metric_alarm(made, {"AlarmName": name, **SETTINGS})
    api.put_composite_alarm(made, {"AlarmName": "both", "AlarmRule": "ALARM(one) OR ALARM(two)"})
    api.put_composite_alarm(made, {"AlarmName": "above", "AlarmRule": "ALARM(both)"})
    return made


def names(answer):
    found = answer[0]
    return [alarm["AlarmName"] for alarm in found["MetricAlarms"] + found["CompositeAlarms"]]


def test_children_and_parents_of_an_alarm_are_found(alarms):
    assert names(api.describe_alarms(alarms, {"ChildrenOfAlarmName": "both"})) == ["one", "two"]
    assert names(api.describe_alarms(alarms, {"ParentsOfAlarmName": "one"})) == ["both"]
    assert names(api.describe_alarms(alarms, {"ChildrenOfAlarmName": "one"})) == []


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        (api.describe_alarms, {"ChildrenOfAlarmName": "a", "ParentsOfAlarmName": "b"}),
        (api.describe_alarms, {"ChildrenOfAlarmName": "nobody"}),
        (api.describe_alarms, {"StateValue": "RED"}),
        (api.describe_alarm_history, {"MaxRecords": 0}),
        (api.describe_alarm_history, {"HistoryItemType": "Gossip"}),
        (api.describe_alarm_history, {"ScanBy": "Chance"}),
        (api.delete_alarms, {"AlarmNames": ["both", "above"]}),
        (api.delete_alarms, {"AlarmNames": ["one"] * 101}),
        (
            api.put_composite_alarm,
            {"AlarmName": "a", "AlarmRule": "TRUE", "ActionsSuppressor": "b"},
        ),
        (api.put_composite_alarm, {"AlarmName": "", "AlarmRule": "TRUE"}),
        (api.put_metric_alarm, {"AlarmName": "a", **SETTINGS, "ThresholdMetricId": "t"}),
        (api.put_metric_alarm, {"AlarmName": "a", **SETTINGS, "ComparisonOperator": "Near"}),
        (api.put_metric_alarm, {"AlarmName": "a", **SETTINGS, "Statistic": "Median"}),
        (
            api.put_metric_alarm,
            {"AlarmName": "a", **SETTINGS, "OKActions": ["arn:aws:sns:eu-west-1:1:t"] * 6},
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(alarms, operation, asked):
    with pytest.raises(FaultError):
        operation(alarms, asked)


def test_an_alarm_that_is_named_twice_is_deleted_once(alarms):
    api.delete_alarms(alarms, {"AlarmNames": ["above"]})
    api.delete_alarms(alarms, {"AlarmNames": ["one", "one"]})

    assert names(api.describe_alarms(alarms, {})) == ["two"]
    history = api.describe_alarm_history(alarms, {"AlarmName": "one"})[0]["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in history] == [
        'Alarm "one" deleted',
        'Alarm "one" created',
    ]


def test_a_rule_does_not_hold_for_a_child_that_is_gone(alarms):
    api.set_alarm_state(alarms, {"AlarmName": "one", "StateValue": "ALARM", "StateReason": "x"})
    assert alarms.named("both").state.value == "ALARM"
    api.delete_alarms(alarms, {"AlarmNames": ["one"]})
    api.set_alarm_state(alarms, {"AlarmName": "two", "StateValue": "OK", "StateReason": "x"})

    assert alarms.named("both").state.value == "OK"


def test_a_region_has_a_bounded_number_of_alarms(alarms, monkeypatch):
    monkeypatch.setattr(book, "MOST_ALARMS", 4)
    with pytest.raises(FaultError, match="may be 4"):
        api.put_metric_alarm(alarms, {"AlarmName": "three", **SETTINGS})
    api.put_metric_alarm(alarms, {"AlarmName": "two", **SETTINGS, "Threshold": 2.0})


def test_switching_twice_is_one_change(alarms):
    for _ in range(2):
        api.disable_alarm_actions(alarms, {"AlarmNames": ["both"]})
    history = api.describe_alarm_history(alarms, {"AlarmName": "both"})[0]["AlarmHistoryItems"]

    assert len(history) == 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"Namespace": "N", "EntityMetricData": [{}]}, "EntityMetricData"),
        (
            {
                "Namespace": "N",
                "MetricData": [{"MetricName": "m", "StatisticValues": {"Minimum": 1}}],
            },
            "StatisticValues.Maximum is required",
        ),
    ],
)
def test_data_that_no_sdk_would_send_is_refused(asked, says):
    with pytest.raises(FaultError, match=says):
        put_metric_data(MetricStore(), asked, NOW)
