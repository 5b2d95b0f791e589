"""Alarms that evaluate, act and remember, with a clock that the tests move."""

import json
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.cloudwatch import install
from datalfred.local.aws.cloudwatch.alarms import model
from datalfred.local.aws.message import ACCOUNT

_numbers = count(1)


class Watched:
    """A metric of its own and its alarms."""

    def __init__(self, stage) -> None:
        self.stage = stage
        self.client = stage.aws.client("cloudwatch")
        self.metric = f"metric-{next(_numbers)}"
        self.name = f"alarm-{self.metric}"

    def put(self, name="", **more):
        settings = {
            "AlarmName": name or self.name,
            "Namespace": "Test",
            "MetricName": self.metric,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5,
            "ComparisonOperator": "GreaterThanThreshold",
        } | more
        self.client.put_metric_alarm(**{k: v for k, v in settings.items() if v is not None})
        return name or self.name

    def measure(self, *values, **ago):
        at = self.stage.clock.now - timedelta(**ago)
        datum = {"MetricName": self.metric, "Values": [float(v) for v in values], "Timestamp": at}
        self.client.put_metric_data(Namespace="Test", MetricData=[datum])

    def described(self, name=""):
        kinds = ["MetricAlarm", "CompositeAlarm"]
        found = self.client.describe_alarms(AlarmNames=[name or self.name], AlarmTypes=kinds)
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        return alarm

    def state(self, name=""):
        return self.described(name)["StateValue"]

    def history(self, name="", **more):
        found = self.client.describe_alarm_history(AlarmName=name or self.name, **more)
        return found["AlarmHistoryItems"]


@pytest.fixture
def watched(stage):
    made = Watched(stage)
    yield made
    names = [a["AlarmName"] for a in made.client.describe_alarms()["MetricAlarms"]]
    for composite in made.client.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]:
        made.client.delete_alarms(AlarmNames=[composite["AlarmName"]])
    made.client.delete_alarms(AlarmNames=names)


def test_a_new_alarm_knows_nothing_until_it_is_evaluated(stage, watched):
    watched.put(TreatMissingData="notBreaching")
    fresh = watched.described()
    assert (fresh["StateValue"], fresh["StateReason"]) == (
        "INSUFFICIENT_DATA",
        "Unchecked: Initial alarm creation",
    )

    stage.minute_passes()

    assert watched.state() == "OK"


@pytest.mark.parametrize(
    ("treatment", "state"),
    [("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA"), ("ignore", "INSUFFICIENT_DATA")],
)
def test_an_alarm_without_data_does_what_it_was_told(stage, watched, treatment, state):
    watched.put(TreatMissingData=treatment)
    stage.minute_passes()

    assert watched.state() == state


def test_data_is_evaluated_as_it_arrives(watched):
    watched.put()
    watched.measure(4, minutes=1)
    assert watched.state() == "OK"

    watched.measure(4, minutes=1)

    alarm = watched.described()
    assert alarm["StateValue"] == "ALARM"
    data = json.loads(alarm["StateReasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["statistic"]) == ([8.0], 5.0, "Sum")
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 2.0


def test_an_unfinished_minute_can_ring_but_not_calm(stage, watched):
    watched.put()
    watched.put("average", Statistic="Average")
    watched.measure(9)

    assert watched.state() == "ALARM"
    assert watched.state("average") == "INSUFFICIENT_DATA"
    stage.minute_passes()
    assert watched.state("average") == "ALARM"


def test_an_alarm_calms_when_its_data_has_left_the_evaluation_range(stage, watched):
    watched.put(TreatMissingData="notBreaching")
    watched.measure(9)
    states = []
    for _ in range(4):
        stage.minute_passes()
        states.append(watched.state())

    assert states == ["ALARM", "ALARM", "ALARM", "OK"]
    assert "1 missing datapoint was treated as [NonBreaching]" in watched.described()["StateReason"]


def test_two_of_three_points_ring(stage, watched):
    watched.put(EvaluationPeriods=3, DatapointsToAlarm=2)
    for value in (9, 1, 9):
        stage.clock.pass_by(minutes=1)
        watched.measure(value, minutes=1)

    assert watched.state() == "ALARM"
    assert "2 out of the last 3 datapoints" in watched.described()["StateReason"]


def test_a_long_period_slides_by_the_minute(stage, watched):
    watched.put(Period=300)
    watched.measure(3, minutes=4)
    watched.measure(3, minutes=1)
    assert watched.state() == "ALARM"

    stage.minute_passes(2)

    assert watched.state() == "OK"


def test_a_high_resolution_alarm_is_evaluated_every_ten_seconds(stage, watched):
    watched.put(Period=10, Statistic="Average")
    datum = {"MetricName": watched.metric, "Value": 9.0, "StorageResolution": 1}
    now = stage.clock.now
    watched.client.put_metric_data(Namespace="Test", MetricData=[{**datum, "Timestamp": now}])
    stage.clock.pass_by(seconds=10)
    stage.monitoring.evaluate_due()

    assert watched.state() == "ALARM"
    stage.clock.pass_by(seconds=50)


def test_a_percentile_of_few_samples_can_be_ignored(watched):
    few = {"Statistic": None, "ExtendedStatistic": "p90"}
    watched.put(**few, EvaluateLowSampleCountPercentile="ignore")
    watched.put("evaluates", **few)
    watched.measure(*[9] * 99, minutes=1)
    assert watched.state() == "INSUFFICIENT_DATA"
    assert watched.state("evaluates") == "ALARM"

    watched.measure(9, minutes=1)

    assert watched.state() == "ALARM"


def test_an_alarm_on_an_expression_watches_its_metrics(stage, watched):
    stat = {
        "Metric": {"Namespace": "Test", "MetricName": watched.metric},
        "Period": 60,
        "Stat": "Sum",
    }
    watched.client.put_metric_alarm(
        AlarmName="math",
        EvaluationPeriods=1,
        Threshold=100,
        ComparisonOperator="GreaterThanThreshold",
        Metrics=[
            {"Id": "m1", "MetricStat": stat, "ReturnData": False},
            {"Id": "e1", "Expression": "m1 * 20", "Label": "times twenty"},
        ],
    )
    watched.measure(6, minutes=1)

    alarm = watched.described("math")
    assert alarm["StateValue"] == "ALARM"
    assert "[120.0 (" in alarm["StateReason"]
    assert "statistic" not in json.loads(alarm["StateReasonData"])
    assert (
        watched.client.describe_alarms_for_metric(Namespace="Test", MetricName=watched.metric)[
            "MetricAlarms"
        ]
        == []
    )


def test_an_expression_that_fails_leaves_the_alarm_as_it_is(stage, watched):
    stat = {
        "Metric": {"Namespace": "Test", "MetricName": watched.metric},
        "Period": 60,
        "Stat": "Sum",
    }
    watched.put(
        MetricName=None, Namespace=None, Statistic=None, Period=None,
        Metrics=[
            {"Id": "m1", "MetricStat": stat, "ReturnData": False},
            {"Id": "e1", "Expression": "m1 - MAX(m1)"},
        ],
    )  # fmt: skip
    stage.minute_passes()

    assert watched.state() == "INSUFFICIENT_DATA"


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(stage, watched):
    watched.put()
    watched.measure(1, minutes=1)
    watched.client.set_alarm_state(AlarmName=watched.name, StateValue="ALARM", StateReason="a test")
    assert watched.described()["StateReason"] == "a test"

    stage.minute_passes()

    assert watched.state() == "OK"


@pytest.mark.parametrize(("missing", "state"), [("notBreaching", "OK"), ("ignore", "ALARM")])
def test_a_state_set_by_hand_is_evaluated_without_data_as_the_alarm_says(
    stage, watched, missing, state
):
    watched.put(TreatMissingData=missing)
    watched.client.set_alarm_state(AlarmName=watched.name, StateValue="ALARM", StateReason="a test")
    stage.minute_passes()

    assert watched.state() == state


def test_the_history_tells_what_happened_newest_first(watched):
    queue_less = f"arn:aws:sns:eu-west-1:{ACCOUNT}:nobody"
    watched.put(AlarmActions=[queue_less])
    watched.measure(9, minutes=1)
    watched.put(AlarmActions=[queue_less], Threshold=50)

    items = watched.history()

    assert [item["HistoryItemType"] for item in items] == [
        "ConfigurationUpdate", "Action", "StateUpdate", "ConfigurationUpdate",
    ]  # fmt: skip
    assert items[0]["HistorySummary"] == f'Alarm "{watched.name}" updated'
    assert items[1]["HistorySummary"].startswith(f"Failed to execute action {queue_less}.")
    assert items[2]["HistorySummary"] == "Alarm updated from INSUFFICIENT_DATA to ALARM"
    data = json.loads(items[2]["HistoryData"])
    assert data["newState"]["stateReasonData"]["recentDatapoints"] == [9.0]
    assert json.loads(items[3]["HistoryData"])["type"] == "Create"
    oldest = watched.history(ScanBy="TimestampAscending", HistoryItemType="ConfigurationUpdate")
    assert [json.loads(item["HistoryData"])["type"] for item in oldest] == ["Create", "Update"]


def test_the_history_comes_in_pages_and_outlives_the_alarm(stage, watched):
    watched.put("short-lived")
    watched.put("short-lived", Threshold=7)
    watched.client.delete_alarms(AlarmNames=["short-lived"])

    pages = watched.client.get_paginator("describe_alarm_history").paginate(
        AlarmName="short-lived", PaginationConfig={"PageSize": 2}
    )

    assert [len(page["AlarmHistoryItems"]) for page in pages] == [2, 1]
    later = stage.clock.now + timedelta(seconds=1)
    assert watched.history("short-lived", StartDate=later) == []
    assert len(watched.history("short-lived", EndDate=later)) == 3


def test_the_history_of_an_alarm_is_bounded(watched, monkeypatch):
    monkeypatch.setattr(model, "HISTORY_KEPT", 10)
    name = watched.put()
    for number in range(6):
        for state in ("ALARM", "OK"):
            watched.client.set_alarm_state(
                AlarmName=name, StateValue=state, StateReason=str(number)
            )
    pages = watched.client.get_paginator("describe_alarm_history").paginate(AlarmName=name)

    assert sum(len(page["AlarmHistoryItems"]) for page in pages) == model.HISTORY_KEPT


def test_actions_can_be_switched_off_and_on(stage, watched, function):
    watched.put(AlarmActions=[function.arn], OKActions=[function.arn])
    watched.client.disable_alarm_actions(AlarmNames=[watched.name, "none"])
    watched.measure(9, minutes=1)
    assert watched.described()["ActionsEnabled"] is False
    assert all(item["HistoryItemType"] != "Action" for item in watched.history())

    watched.client.enable_alarm_actions(AlarmNames=[watched.name])
    watched.client.set_alarm_state(AlarmName=watched.name, StateValue="OK", StateReason="a test")

    event = function.event()
    assert event["source"] == "aws.cloudwatch"
    assert event["alarmData"]["previousState"]["value"] == "ALARM"
    metric = event["alarmData"]["configuration"]["metrics"][0]["metricStat"]
    assert metric["metric"]["name"] == watched.metric
    assert (metric["stat"], metric["period"]) == ("Sum", 60)


def test_a_change_is_an_event_on_the_default_bus(stage, watched):
    rules, queue = stage.aws.client("events"), stage.queue("changes")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [watched.name]}}
    rules.put_rule(Name="changes", EventPattern=json.dumps(pattern))
    rules.put_targets(Rule="changes", Targets=[{"Id": "q", "Arn": queue}])
    watched.put(Unit="Count")
    watched.client.set_alarm_state(
        AlarmName=watched.name, StateValue="ALARM", StateReason="x", StateReasonData='{"a":1}'
    )

    (event,) = stage.bodies("changes")
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [watched.described()["AlarmArn"]]
    assert event["detail"]["state"]["reasonData"] == '{"a":1}'
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["unit"] == "Count"


def test_a_composite_alarm_follows_its_children(stage, watched):
    topic = stage.aws.client("sns").create_topic(Name="composite")["TopicArn"]
    stage.aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=stage.queue("comp"))
    one, two = watched.put("one"), watched.put("two")
    rule = f'ALARM("{one}") AND NOT ALARM({two})'
    watched.client.put_composite_alarm(AlarmName="both", AlarmRule=rule, AlarmActions=[topic])
    watched.client.put_composite_alarm(AlarmName="above", AlarmRule="ALARM(both)")
    assert watched.state("both") == "INSUFFICIENT_DATA"

    stage.minute_passes()
    assert watched.state("both") == "OK"
    watched.client.set_alarm_state(AlarmName=one, StateValue="ALARM", StateReason="x")

    both = watched.described("both")
    assert (both["StateValue"], watched.state("above")) == ("ALARM", "ALARM")
    arn = watched.described(one)["AlarmArn"]
    assert both["StateReason"].startswith(f"{arn} transitioned to ALARM at ")
    message = json.loads(stage.bodies("comp")[0]["Message"])
    assert message["AlarmRule"] == rule
    assert {child["Arn"] for child in message["TriggeringChildren"]} == {
        arn,
        watched.described(two)["AlarmArn"],
    }
    watched.client.set_alarm_state(AlarmName=two, StateValue="ALARM", StateReason="x")
    assert (watched.state("both"), watched.state("above")) == ("OK", "OK")


def test_a_composite_alarm_cannot_lead_to_itself(watched):
    watched.put("child")
    watched.client.put_composite_alarm(AlarmName="inner", AlarmRule="ALARM(child)")
    watched.client.put_composite_alarm(AlarmName="outer", AlarmRule="ALARM(inner)")
    for rule in ("ALARM(outer)", "ALARM(inner)"):
        with pytest.raises(ClientError, match="depend on itself"):
            watched.client.put_composite_alarm(AlarmName="inner", AlarmRule=rule)


@pytest.mark.parametrize(
    ("rule", "says"),
    [("ALARM(", "position 7"), ("ALARM(nobody)", r"\[nobody\] in the alarm rule do not exist")],
)
def test_a_rule_that_cannot_be_is_refused(watched, rule, says):
    with pytest.raises(ClientError, match=says):
        watched.client.put_composite_alarm(AlarmName="wrong", AlarmRule=rule)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"DatapointsToAlarm": 2}, "from 1 to EvaluationPeriods"),
        ({"TreatMissingData": "maybe"}, "TreatMissingData"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "anomaly detection"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "p101"),
        ({"Statistic": None}, "either Statistic or ExtendedStatistic"),
        ({"ExtendedStatistic": "p90"}, "either Statistic or ExtendedStatistic"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "of a percentile"),
        ({"Period": 5}, "10, 20, 30 or a multiple of 60"),
        ({"Period": 45}, "multiple of 60"),
        ({"EvaluationPeriods": 2000}, "more than a day"),
        ({"AlarmActions": ["nonsense"]}, "Invalid arn syntax"),
        ({"AlarmActions": ["arn:aws:automate:eu-west-1:ec2:stop"]}, "only sns and lambda"),
        ({"MetricName": None}, "MetricName is required"),
        ({"Threshold": None}, "Threshold is required"),
        ({"Metrics": [{"Id": "a", "Expression": "b"}]}, "excludes"),
    ],
)
def test_an_alarm_that_cannot_be_is_refused(watched, settings, says):
    with pytest.raises(ClientError, match=says):
        watched.put(**settings)

    assert watched.client.describe_alarms(AlarmNames=[watched.name])["MetricAlarms"] == []


STAT = {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ([{"Id": "a", "MetricStat": STAT}, {"Id": "b", "Expression": "a"}], "Exactly one"),
        (
            [
                {"Id": "a", "MetricStat": STAT},
                {"Id": "b", "MetricStat": {**STAT, "Period": 300}, "ReturnData": False},
            ],
            "the same period",
        ),
        ([{"Id": "a", "Expression": "TIME_SERIES(1)"}], "MetricStat"),
        ([{"Id": "a", "Expression": "SEARCH('x', 'Sum', 60) +"}], "too early at position"),
    ],
)
def test_an_expression_that_cannot_be_watched_is_refused(watched, metrics, says):
    single = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    with pytest.raises(ClientError, match=says):
        watched.put(**single, Metrics=metrics)


def test_a_name_belongs_to_one_kind_of_alarm(watched):
    watched.put()
    with pytest.raises(ClientError, match="another type"):
        watched.client.put_composite_alarm(AlarmName=watched.name, AlarmRule="TRUE")


def test_all_alarms_are_deleted_or_none(watched):
    watched.put()
    with pytest.raises(ClientError) as caught:
        watched.client.delete_alarms(AlarmNames=[watched.name, "nobody"])

    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    assert watched.state() == "INSUFFICIENT_DATA"


def test_alarms_of_a_metric_are_found_by_it(watched):
    watched.put()
    watched.put("other", Period=300)
    asked = {"Namespace": "Test", "MetricName": watched.metric}
    found = watched.client.describe_alarms_for_metric(**asked)["MetricAlarms"]
    of_period = watched.client.describe_alarms_for_metric(**asked, Period=300)["MetricAlarms"]

    assert [alarm["AlarmName"] for alarm in found] == [watched.name, "other"]
    assert [alarm["AlarmName"] for alarm in of_period] == ["other"]


def test_tags_of_an_alarm_can_be_changed(watched):
    watched.put(Tags=[{"Key": "team", "Value": "data"}])
    arn = watched.described()["AlarmArn"]
    watched.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "size", "Value": "s"}])
    watched.client.untag_resource(ResourceARN=arn, TagKeys=["team"])

    assert watched.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "size", "Value": "s"}
    ]
    with pytest.raises(ClientError, match="There is no"):
        watched.client.list_tags_for_resource(ResourceARN=arn + "x")


@pytest.mark.parametrize(
    "wrong", [{"StateReasonData": "{"}, {"StateValue": "RED"}, {"AlarmName": "nobody"}]
)
def test_a_state_that_cannot_be_is_refused(watched, wrong):
    watched.put()
    asked = {"AlarmName": watched.name, "StateValue": "OK", "StateReason": "x"} | wrong
    with pytest.raises(ClientError):
        watched.client.set_alarm_state(**asked)


def test_alarms_evaluate_by_themselves_and_end_with_the_service(stage, monkeypatch):
    evaluated = []
    monitoring = install(stage.aws)
    monkeypatch.setattr(monitoring._pulse, "due", lambda: None if evaluated else 0.0)
    monkeypatch.setattr(monitoring._pulse, "act", lambda: evaluated.append("once"))
    monitoring._pulse.wake()
    thread = monitoring._pulse._thread
    monitoring.close()

    assert evaluated in ([], ["once"])
    assert not thread.is_alive()
    monitoring._pulse.wake()
    assert monitoring._pulse._thread is thread
