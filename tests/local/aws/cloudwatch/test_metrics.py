"""Metrics through boto3."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.cloudwatch.metrics import Metric, MetricStore, Sample
from datalfred.local.aws.cloudwatch.metrics import store as store_module
from datalfred.local.aws.cloudwatch.metrics.queries import get_metric_data
from datalfred.local.aws.cloudwatch.metrics.reading import list_metrics
from datalfred.local.aws.faults import FaultError


@pytest.fixture(scope="module")
def start(stage):
    """The hour before now, in which the metrics of these tests were measured."""
    return stage.clock.now - timedelta(hours=1)


@pytest.fixture(scope="module")
def cloudwatch(stage, start):
    client = stage.aws.client("cloudwatch")
    latency = {"MetricName": "Latency", "Unit": "Milliseconds"}
    client.put_metric_data(
        Namespace="Shop",
        MetricData=[
            {**latency, "Timestamp": start, "Values": [10.0, 20.0], "Counts": [9, 1]},
            {**latency, "Timestamp": start + timedelta(seconds=90), "Value": 50.0},
            {**latency, "Timestamp": start + timedelta(minutes=5), "Value": 30.0},
            {"MetricName": "Latency", "Timestamp": start, "Value": 7.0, "Unit": "Seconds"},
            {
                "MetricName": "Size",
                "Timestamp": start,
                "StatisticValues": {"SampleCount": 4, "Sum": 10, "Minimum": 1, "Maximum": 4},
                "Dimensions": [{"Name": "Shop", "Value": "a"}, {"Name": "Day", "Value": "1"}],
            },
            {
                "MetricName": "Fine",
                "Timestamp": start + timedelta(seconds=7),
                "Value": 1.0,
                "StorageResolution": 1,
            },
        ],
    )
    return client


def statistics(cloudwatch, start, **asked):
    asked = {
        "Namespace": "Shop",
        "MetricName": "Latency",
        "StartTime": start,
        "EndTime": start + timedelta(minutes=10),
        "Period": 300,
        "Unit": "Milliseconds",
    } | asked
    return cloudwatch.get_metric_statistics(**asked)["Datapoints"]


def test_statistics_are_of_each_period_with_data(cloudwatch, start):
    first, second = statistics(
        cloudwatch,
        start,
        Statistics=["Average", "Sum", "Minimum", "Maximum", "SampleCount"],
        ExtendedStatistics=["p50", "p95", "tm90"],
    )

    assert (first["Timestamp"], second["Timestamp"]) == (start, start + timedelta(minutes=5))
    assert (first["SampleCount"], first["Sum"]) == (11.0, 160.0)
    assert (first["Minimum"], first["Maximum"]) == (10.0, 50.0)
    assert first["Average"] == pytest.approx(160 / 11)
    assert first["ExtendedStatistics"] == {"p50": 10.0, "p95": 50.0, "tm90": 11.0}
    assert first["Unit"] == "Milliseconds"
    assert second["Sum"] == 30.0


def test_without_a_unit_each_unit_has_its_own_point(cloudwatch, start):
    asked = {"Namespace": "Shop", "MetricName": "Latency", "StartTime": start, "Period": 60}
    found = cloudwatch.get_metric_statistics(
        **asked, EndTime=start + timedelta(minutes=1), Statistics=["Sum"]
    )["Datapoints"]

    assert {point["Unit"]: point["Sum"] for point in found} == {
        "Milliseconds": 110.0,
        "Seconds": 7.0,
    }


def test_a_set_of_statistics_counts_but_has_no_percentiles(cloudwatch, start):
    (found,) = statistics(
        cloudwatch,
        start,
        MetricName="Size",
        Unit="None",
        Dimensions=[{"Name": "Day", "Value": "1"}, {"Name": "Shop", "Value": "a"}],
        Statistics=["Average"],
        ExtendedStatistics=["p50"],
    )

    assert found["Average"] == 2.5
    assert "ExtendedStatistics" not in found


def test_a_metric_with_other_dimensions_is_another_metric(cloudwatch, start):
    assert statistics(cloudwatch, start, MetricName="Size", Unit="None", Statistics=["Sum"]) == []


def test_high_resolution_keeps_the_second(cloudwatch, start):
    asked = {"MetricName": "Fine", "Unit": "None", "Statistics": ["Sum"], "Period": 5}
    (found,) = statistics(cloudwatch, start, EndTime=start + timedelta(seconds=20), **asked)

    assert found["Timestamp"] == start + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("asked", "code", "says"),
    [
        ({"Period": 1, "EndTime": None}, "InvalidParameterCombination", "limit of 1,440"),
        ({"Period": 7}, "InvalidParameterValue", "multiple of 60"),
        ({"Statistics": ["Median"]}, "InvalidParameterValue", "Median"),
        ({"ExtendedStatistics": ["p101"]}, "InvalidParameterValue", "p101"),
    ],
)
def test_statistics_that_cannot_be_are_refused(cloudwatch, start, asked, code, says):
    asked = {"Statistics": ["Sum"]} | asked
    if "EndTime" in asked:
        asked["EndTime"] = start + timedelta(hours=1)
    with pytest.raises(ClientError, match=says) as caught:
        statistics(cloudwatch, start, **asked)

    assert caught.value.response["Error"]["Code"] == code


def test_statistics_have_to_be_named(cloudwatch, start):
    with pytest.raises(cloudwatch.exceptions.MissingRequiredParameterException):
        cloudwatch.get_metric_statistics(
            Namespace="Shop",
            MetricName="Latency",
            StartTime=start,
            EndTime=start + timedelta(minutes=1),
            Period=60,
        )


def test_an_end_before_the_start_is_refused(cloudwatch, start):
    with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
        statistics(cloudwatch, start, EndTime=start, Statistics=["Sum"])


@pytest.mark.parametrize(
    ("datum", "code", "says"),
    [
        ({"Value": 1.0, "Values": [1.0]}, "InvalidParameterCombination", "more than one"),
        ({}, "InvalidParameterCombination", "none"),
        ({"Values": [1.0], "Counts": [1.0, 2.0]}, "InvalidParameterValue", "same size"),
        ({"Values": [1.0], "Counts": [-1.0]}, "InvalidParameterValue", "negative"),
        ({"Values": [1.0] * 151}, "InvalidParameterValue", "150"),
        ({"Value": float("nan")}, "InvalidParameterValue", "nan"),
        ({"Value": 2.0**361}, "InvalidParameterValue", "Value is invalid"),
        ({"Value": 1.0, "Unit": "Apples"}, "InvalidParameterValue", "Unit"),
        ({"Value": 1.0, "StorageResolution": 5}, "InvalidParameterValue", "1 or 60"),
        ({"Value": 1.0, "Timestamp": timedelta(days=-15)}, "InvalidParameterValue", "two weeks"),
        ({"Value": 1.0, "Timestamp": timedelta(hours=3)}, "InvalidParameterValue", "two hours"),
        (
            {"Value": 1.0, "Dimensions": [{"Name": ":a", "Value": "b"}]},
            "InvalidParameterValue",
            "Dimensions.member.1.Name",
        ),
        (
            {"Value": 1.0, "Dimensions": [{"Name": f"d{n}", "Value": "b"} for n in range(31)]},
            "InvalidParameterValue",
            "30",
        ),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}},
            "InvalidParameterValue",
            "StatisticValues",
        ),
    ],
)
def test_data_that_cannot_be_is_refused_and_nothing_of_it_is_kept(
    stage, cloudwatch, datum, code, says
):
    if "Timestamp" in datum:
        datum = datum | {"Timestamp": stage.clock.now + datum["Timestamp"]}
    data = [{"MetricName": "Good", "Value": 1.0}, {"MetricName": "Bad", **datum}]
    with pytest.raises(ClientError, match=says) as caught:
        cloudwatch.put_metric_data(Namespace="Refused", MetricData=data)

    assert caught.value.response["Error"]["Code"] == code
    assert cloudwatch.list_metrics(Namespace="Refused")["Metrics"] == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"Namespace": "N", "MetricData": []}, "required"),
        ({"Namespace": ":N", "MetricData": [{"MetricName": "a", "Value": 1.0}]}, "Namespace"),
        ({"Namespace": "N", "MetricData": [{"MetricName": "a", "Value": 1.0}] * 1001}, "1000"),
        ({"Namespace": "N", "MetricData": [{"MetricName": "a" * 256, "Value": 1.0}]}, "MetricName"),
    ],
)
def test_a_request_that_cannot_be_is_refused(cloudwatch, asked, says):
    with pytest.raises(ClientError, match=says):
        cloudwatch.put_metric_data(**asked)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"Namespace": "Shop"}, ["Fine", "Latency", "Size"]),
        ({"MetricName": "Size"}, ["Size"]),
        ({"Namespace": "Shop", "Dimensions": [{"Name": "Shop"}]}, ["Size"]),
        ({"Namespace": "Shop", "Dimensions": [{"Name": "Shop", "Value": "a"}]}, ["Size"]),
        ({"Namespace": "Shop", "Dimensions": [{"Name": "Shop", "Value": "b"}]}, []),
        ({"Namespace": "None"}, []),
    ],
)
def test_metrics_are_listed_by_what_they_are(cloudwatch, filters, names):
    found = cloudwatch.list_metrics(**filters)["Metrics"]

    assert [metric["MetricName"] for metric in found] == names


def test_a_large_request_comes_compressed(cloudwatch):
    data = [{"MetricName": "Many", "Value": float(number)} for number in range(1000)]
    cloudwatch.put_metric_data(Namespace="Large", MetricData=data)

    assert len(cloudwatch.list_metrics(Namespace="Large")["Metrics"]) == 1


def test_metrics_are_listed_in_pages_while_they_have_data(stage):
    store, now = MetricStore(), stage.clock.now
    for number in range(501):
        written = now - timedelta(hours=4 if number < 300 else 1)
        metric = Metric("N", f"m{number:03d}")
        store.add(metric, [Sample(0, "None", 1.0, 1.0, 1.0, 1.0)], written.timestamp())

    first = list_metrics(store, {}, now)
    second = list_metrics(store, {"NextToken": first["NextToken"]}, now)
    recent = list_metrics(store, {"RecentlyActive": "PT3H"}, now)

    assert (len(first["Metrics"]), len(second["Metrics"])) == (500, 1)
    assert second["NextToken"] is None
    assert len(recent["Metrics"]) == 201
    assert list_metrics(store, {}, now + timedelta(days=15))["Metrics"] == []
    for wrong in ({"NextToken": "x"}, {"RecentlyActive": "PT1H"}, {"OwningAccount": "1"}):
        with pytest.raises(FaultError):
            list_metrics(store, wrong, now)


def test_a_metric_keeps_a_bounded_number_of_samples(monkeypatch):
    monkeypatch.setattr(store_module, "SAMPLES_KEPT", 3)
    monkeypatch.setattr(store_module, "METRICS_KEPT", 2)
    store = MetricStore()
    samples = [Sample(at, "None", 1.0, 1.0, 1.0, 1.0) for at in range(5)]
    for name in ("a", "b", "c"):
        store.add(Metric("N", name), samples, 0.0)

    assert [sample.at for sample in store.between(Metric("N", "c"), 0, 9)] == [2, 3, 4]
    assert store.between(Metric("N", "a"), 0, 9) == []
    monkeypatch.setattr(store_module, "SAMPLES_OF_ALL", 5)
    store.add(Metric("N", "b"), samples, 0.0)
    assert [metric.name for metric, _ in store.metrics()] == ["b"]


def test_equal_values_of_a_moment_are_one_sample():
    store, metric = MetricStore(), Metric("N", "a")
    for _ in range(3):
        store.add(metric, [Sample(0, "None", 2.0, 2.0, 1.0, 2.0)], 0.0)

    assert store.between(metric, 0, 1) == [Sample(0, "None", 2.0, 2.0, 3.0, 6.0)]


def query(name, stat="Average", metric="Latency", **more):
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": "Shop", "MetricName": metric},
            "Period": 60,
            "Stat": stat,
            "Unit": "Milliseconds",
        },
    } | more


def data(cloudwatch, start, *queries, **more):
    return cloudwatch.get_metric_data(
        **{
            "MetricDataQueries": list(queries),
            "StartTime": start,
            "EndTime": start + timedelta(minutes=10),
            "ScanBy": "TimestampAscending",
        }
        | more
    )["MetricDataResults"]


def test_several_queries_and_expressions_are_answered_at_once(cloudwatch, start):
    found = data(
        cloudwatch,
        start,
        query("average", Label="mean"),
        query("most", "p95", ReturnData=False),
        {"Id": "share", "Expression": "average / most * 100", "Label": "%"},
        {"Id": "all", "Expression": "METRICS()"},
    )

    assert [one["Id"] for one in found] == ["average", "share", "all", "all"]
    assert found[0]["Label"] == "mean"
    assert found[0]["Values"] == [11.0, 50.0, 30.0]
    assert found[0]["Timestamps"] == [start + timedelta(minutes=m) for m in (0, 1, 5)]
    assert found[1]["Values"] == pytest.approx([55.0, 100.0, 100.0])
    assert {one["StatusCode"] for one in found} == {"Complete"}


def test_periods_begin_at_the_minute_of_the_start(cloudwatch, start):
    odd = start - timedelta(minutes=2, seconds=-20)
    asked = query("a", "Sum")
    asked["MetricStat"]["Period"] = 300
    (found,) = data(cloudwatch, odd, asked)
    points = statistics(cloudwatch, odd, Statistics=["Sum"])

    begins = start - timedelta(minutes=2)
    assert found["Timestamps"] == [begins, begins + timedelta(minutes=5)]
    assert [point["Timestamp"] for point in points] == found["Timestamps"]
    assert found["Values"] == [160.0, 30.0]


def test_the_newest_value_comes_first_unless_asked_otherwise(cloudwatch, start):
    (found,) = data(cloudwatch, start, query("a"), ScanBy="TimestampDescending")

    assert found["Values"] == [30.0, 50.0, 11.0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"Id": "Upper", "Expression": "1"}, "lower-case"),
        ({"Id": "a", "Expression": "a.b"}, r"'.' is not expected at position 2"),
        (
            {"Id": "a", "Expression": "SEARCH('x', 'Sum', 60)"},
            "function SEARCH is not .* position 1",
        ),
        ({"Id": "a", "Expression": "SELECT AVG(x) FROM y"}, "Metrics Insights"),
        ({"Id": "a", "Expression": "1 + 1"}, "a number, not a time series"),
        ({"Id": "a", "Expression": "a + 1"}, "'a' needs itself"),
        ({"Id": "a"}, "either MetricStat or Expression"),
        ({"Id": "m", "Expression": "m"}, "not unique"),
        (query("a", "p999"), "p999"),
        ({"Id": "a", "Expression": "m", "Period": 7}, "multiple of 60"),
        (query("a", Label="${LAST}"), "Dynamic labels"),
        (query("a", AccountId="210987654321"), "one account"),
    ],
)
def test_a_query_that_cannot_be_answered_is_refused(cloudwatch, start, wrong, says):
    with pytest.raises(ClientError, match=says) as caught:
        data(cloudwatch, start, query("m"), wrong)

    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_values_come_in_pages_that_go_on_from_series_to_series(start):
    store = MetricStore()
    at = int(start.timestamp()) // 60 * 60
    for name, values in (("a", 3), ("b", 2)):
        samples = [Sample(at + 60 * n, "None", n, n, 1.0, n) for n in range(values)]
        store.add(Metric("N", name), samples, 0.0)
    asked = {
        "MetricDataQueries": [
            {
                "Id": name,
                "MetricStat": {
                    "Metric": {"Namespace": "N", "MetricName": name}, "Period": 60, "Stat": "Sum"
                },
            }
            for name in ("a", "b")
        ],
        "StartTime": start,
        "EndTime": start + timedelta(minutes=5),
        "ScanBy": "TimestampAscending",
        "MaxDatapoints": 2,
    }  # fmt: skip
    pages, token = [], None
    while not pages or token:
        page = get_metric_data(store, asked | ({"NextToken": token} if token else {}))
        pages.append([one["Values"] for one in page["MetricDataResults"]])
        token = page["NextToken"]

    assert pages == [[[0, 1], []], [[2], [0]], [[], [1]]]
    for wrong in ({"MaxDatapoints": 0}, {"ScanBy": "x"}, {"EndTime": start}):
        with pytest.raises(FaultError):
            get_metric_data(store, asked | wrong)
