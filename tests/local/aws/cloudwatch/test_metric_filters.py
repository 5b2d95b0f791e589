"""Metric filters: log events become data points."""

import json
from datetime import timedelta
from itertools import count

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request

_numbers = count(1)


class Counted:
    """A log group, its filters and the metric that they make."""

    def __init__(self, stage) -> None:
        self.stage = stage
        self.logs = stage.aws.client("logs")
        self.group = f"/counted/{next(_numbers)}"
        self.logs.create_log_group(logGroupName=self.group)
        self.logs.create_log_stream(logGroupName=self.group, logStreamName="s")

    def filter(self, pattern, value, **more):
        made = {"metricName": "m", "metricNamespace": self.group, "metricValue": value} | more
        self.logs.put_metric_filter(
            logGroupName=self.group,
            filterName="f",
            filterPattern=pattern,
            metricTransformations=[made],
        )

    def log(self, *messages, **ago):
        at = int((self.stage.clock.now - timedelta(**ago)).timestamp() * 1000)
        events = [{"timestamp": at, "message": message} for message in messages]
        return self.logs.put_log_events(
            logGroupName=self.group, logStreamName="s", logEvents=events
        )

    def points(self, *dimensions):
        now = self.stage.clock.now
        found = self.stage.aws.client("cloudwatch").get_metric_statistics(
            Namespace=self.group,
            MetricName="m",
            StartTime=now - timedelta(minutes=10),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum", "SampleCount"],
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
        )["Datapoints"]
        return [(point["Sum"], point["SampleCount"], point["Unit"]) for point in found]


@pytest.fixture
def counted(stage):
    return Counted(stage)


@pytest.mark.parametrize(
    ("pattern", "value", "messages", "found"),
    [
        ("ERROR", "1", ["ERROR a", "INFO", "an ERROR"], (2.0, 2.0)),
        ("", "2.5", ["a", "b"], (5.0, 2.0)),
        ("{ $.ms > 10 }", "$.ms", ['{"ms": 11}', '{"ms": 9}', '{"ms": 20.5}'], (31.5, 2.0)),
        ('{ $.level = "E" }', "$.run.ms", ['{"level": "E", "run": {"ms": 7}}'], (7.0, 1.0)),
        ("{ $.ms = * }", "$.ms", ['{"ms": "12"}', '{"ms": "slow"}'], (12.0, 1.0)),
        ("[ip, status = 5*, bytes]", "$bytes", ["1.2.3.4 500 10", "1.2.3.4 200 99"], (10.0, 1.0)),
        ("?ERROR ?WARN -DEBUG", "1", ["WARN", "ERROR DEBUG", "ERROR"], (2.0, 2.0)),
    ],
)
def test_what_matches_counts(counted, pattern, value, messages, found):
    counted.filter(pattern, value, unit="Count")
    counted.log(*messages)

    assert counted.points() == [(*found, "Count")]


def test_dimensions_come_from_the_event(counted):
    counted.filter("{ $.level = * }", "1", dimensions={"Level": "$.level", "Host": "$.host"})
    counted.log('{"level": "E", "host": "a"}', '{"level": "I", "host": "a"}', '{"level": "E"}')

    assert counted.points(("Level", "E"), ("Host", "a")) == [(1.0, 1.0, "None")]
    assert counted.points() == []


def test_a_minute_without_a_match_has_the_default_value(stage, counted):
    counted.filter("ERROR", "1", defaultValue=0)
    counted.log("INFO")
    counted.log("ERROR")
    stage.minute_passes()
    assert counted.points() == [(1.0, 1.0, "None")]

    counted.log("INFO")
    counted.log("INFO")
    stage.minute_passes()
    stage.minute_passes()

    assert counted.points() == [(1.0, 1.0, "None"), (0.0, 1.0, "None")]


def test_a_log_group_says_how_many_metric_filters_it_has(counted):
    def shown():
        (group,) = counted.logs.describe_log_groups(logGroupNamePrefix=counted.group)["logGroups"]
        return group["metricFilterCount"]

    before = shown()
    counted.filter("", "1")

    assert (before, shown()) == (0, 1)


def test_events_that_are_refused_do_not_count(counted):
    counted.filter("", "1")
    answer = counted.log("old", days=15)

    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    late = counted.log("new", hours=-3)
    assert late["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert counted.points() == []
    with pytest.raises(ClientError, match="does not exist"):
        counted.logs.put_log_events(
            logGroupName=counted.group,
            logStreamName="none",
            logEvents=[{"timestamp": 1, "message": "x"}],
        )
    now = int(counted.stage.clock.now.timestamp() * 1000)
    with pytest.raises(ClientError, match="chronological"):
        counted.logs.put_log_events(
            logGroupName=counted.group,
            logStreamName="s",
            logEvents=[{"timestamp": now - n, "message": "x"} for n in range(2)],
        )
    assert counted.points() == []


def test_what_runs_and_functions_log_counts(stage, counted):
    counted.filter("ERROR", "1")
    store = LogStore(stage.aws.client)
    store.write(counted.group, "run", [(stage.clock.now, "ERROR of a run")])

    assert counted.points() == [(1.0, 1.0, "None")]


def test_filters_are_described_and_go_with_their_group(counted):
    counted.filter("ERROR", "1", defaultValue=0)
    found = counted.logs.describe_metric_filters(
        logGroupName=counted.group, filterNamePrefix="f", metricName="m",
        metricNamespace=counted.group,
    )["metricFilters"]  # fmt: skip
    assert [(one["filterName"], one["filterPattern"]) for one in found] == [("f", "ERROR")]
    assert found[0]["metricTransformations"][0]["defaultValue"] == 0
    assert counted.logs.describe_metric_filters(filterNamePrefix="zz")["metricFilters"] == []

    counted.logs.delete_log_group(logGroupName=counted.group)
    counted.logs.create_log_group(logGroupName=counted.group)

    found = counted.logs.describe_metric_filters(logGroupName=counted.group)
    assert found["metricFilters"] == []


def test_a_filter_that_is_deleted_counts_no_more(counted):
    counted.filter("", "1")
    asked = {"logGroupName": counted.group, "filterName": "f"}
    counted.logs.delete_metric_filter(**asked)
    counted.log("x")

    assert counted.points() == []
    with pytest.raises(counted.logs.exceptions.ResourceNotFoundException):
        counted.logs.delete_metric_filter(**asked)


@pytest.mark.parametrize(
    ("pattern", "value", "more", "says"),
    [
        ("{ $.a", "1", {}, "Invalid filter pattern"),
        ("ERROR", "$.ms", {}, "needs a JSON"),
        ("{ $.a = 1 }", "$..", {}, "no selector"),
        ("ERROR", "many", {}, "must be a number"),
        ("ERROR", "1", {"unit": "Count", "dimensions": {"A": "b"}}, "must be a field"),
        ("{ $.a = 1 }", "1", {"dimensions": dict.fromkeys("abcd", "$.a")}, "more than 3"),
        ("{ $.a = 1 }", "1", {"dimensions": {"a": "$.a"}, "defaultValue": 0}, "exclusive"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(counted, pattern, value, more, says):
    with pytest.raises(ClientError, match=says) as caught:
        counted.filter(pattern, value, **more)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_group_has_a_hundred_filters_at_most(counted):
    for number in range(101):
        asked = {
            "logGroupName": counted.group,
            "filterName": f"f{number}",
            "filterPattern": "x",
            "metricTransformations": [
                {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
            ],
        }
        if number < 100:
            counted.logs.put_metric_filter(**asked)
    with pytest.raises(counted.logs.exceptions.LimitExceededException):
        counted.logs.put_metric_filter(**asked)


@pytest.mark.parametrize(
    ("pattern", "messages", "found"),
    [
        ("ERROR", ["ok", "ERROR"], [(2, {})]),
        ("{ $.ms > 1 }", ['{"ms": 2}', '{"ms": 1}'], [(1, {"$.ms": "2"})]),
        ("[ip, bytes > 5]", ["a 6", "b 5"], [(1, {"$ip": "a", "$bytes": "6"})]),
    ],
)
def test_a_pattern_can_be_tried(counted, pattern, messages, found):
    answer = counted.logs.test_metric_filter(filterPattern=pattern, logEventMessages=messages)

    assert [(one["eventNumber"], one["extractedValues"]) for one in answer["matches"]] == found


def test_a_value_that_the_pattern_does_not_name_is_read_from_the_event(counted):
    counted.filter('{ $.level = "E" }', "$.ms", dimensions={"Host": "$.host"})
    counted.log('{"level": "E", "ms": 3, "host": "a"}', '{"level": "E", "ms": 4, "host": {}}')

    assert counted.points(("Host", "a")) == [(3.0, 1.0, "None")]


def test_a_field_that_a_line_does_not_have_counts_nothing(counted):
    counted.filter("[ip, bytes]", "$.bytes")
    counted.log("1.2.3.4 10")

    assert counted.points() == []


def test_filters_are_listed_in_pages(stage, counted):
    for name in ("a", "b", "c"):
        stage.filters._put_filter(
            "eu-west-1",
            {
                "logGroupName": counted.group,
                "filterName": name,
                "filterPattern": "x",
                "metricTransformations": [
                    {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
                ],
            },
        )

    def page(**more):
        return stage.filters._describe(
            "eu-west-1", {"logGroupName": counted.group, "limit": 2, **more}
        )

    first = page()
    second = page(nextToken=first["nextToken"])
    assert [one["filterName"] for one in first["metricFilters"]] == ["a", "b"]
    assert [one["filterName"] for one in second["metricFilters"]] == ["c"]
    assert "nextToken" not in second
    for wrong in ({"nextToken": "x"}, {"metricName": "m"}):
        with pytest.raises(FaultError):
            page(**wrong)


def test_a_filter_has_one_transformation(counted):
    one = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    body = json.dumps(
        {
            "logGroupName": counted.group, "filterName": "f", "filterPattern": "x",
            "metricTransformations": [one, one],
        }
    )  # fmt: skip
    caller = counted.stage.aws.callers.caller(service="logs")
    headers = {"x-amz-target": "Logs_20140328.PutMetricFilter"}
    with pytest.raises(FaultError, match="exactly one"):
        counted.stage.filters.handle(Request("POST", "/", "", headers, body.encode(), caller))


def test_at_most_fifty_messages_are_tried(counted):
    caller = counted.stage.aws.callers.caller(service="logs")
    body = json.dumps({"filterPattern": "x", "logEventMessages": ["x"] * 51})
    headers = {"x-amz-target": "Logs_20140328.TestMetricFilter"}
    with pytest.raises(FaultError, match="1 to 50"):
        counted.stage.filters.handle(Request("POST", "/", "", headers, body.encode(), caller))


def test_an_event_is_kept_even_if_its_metric_is_not(counted, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("no metrics today")

    counted.filter("", "1")
    monkeypatch.setattr(counted.stage.filters, "_put", fail)
    counted.log(json.dumps({"a": 1}))

    events = counted.logs.get_log_events(logGroupName=counted.group, logStreamName="s")["events"]
    assert len(events) == 1
    assert "no metrics today" in caplog.text
