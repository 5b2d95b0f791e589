"""Statistics of samples, by name."""

import pytest

from datalfred.local.aws.cloudwatch.metrics.statistics import (
    StatisticError,
    percentile_of,
    statistic,
)
from datalfred.local.aws.cloudwatch.metrics.store import Sample


def samples(*values):
    return [Sample(0, "None", value, value, 1.0, value) for value in values]


TEN = samples(*(float(number * 10) for number in range(1, 11)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SampleCount", 10.0),
        ("Sum", 550.0),
        ("Average", 55.0),
        ("Minimum", 10.0),
        ("Maximum", 100.0),
        ("p0", 10.0),
        ("p10", 10.0),
        ("p10.1", 20.0),
        ("p50", 50.0),
        ("p95", 100.0),
        ("p100", 100.0),
        ("tm90", 50.0),
        ("TM(10%:90%)", 55.0),
        ("TM(:90%)", 50.0),
        ("TM(20:40)", 35.0),
        ("IQM", 55.0),
        ("tc90", 9.0),
        ("TC(80%:)", 2.0),
        ("ts90", 450.0),
        ("TS(20:40)", 70.0),
        ("wm90", 54.0),
        ("WM(10%:90%)", 55.0),
        ("PR(:30)", 30.0),
        ("PR(30:100)", 70.0),
        ("PR(90:)", 10.0),
    ],
)
def test_a_statistic_of_ten_values_is_what_its_definition_says(name, value):
    assert statistic(name)(TEN) == pytest.approx(value)


@pytest.mark.parametrize(
    "name",
    ["", "p", "p101", "P-1", "median", "tm(1:2", "TM(:)", "TM(1%:2)", "TM(90%:10%)", "PR(1%:2%)"],
)
def test_what_is_no_statistic_is_refused(name):
    with pytest.raises(StatisticError):
        statistic(name)


def test_counts_weigh_a_value():
    often = [Sample(0, "None", 1.0, 1.0, 99.0, 99.0), *samples(100.0)]

    assert statistic("p99")(often) == 1.0
    assert statistic("p99.5")(often) == 100.0


@pytest.mark.parametrize("name", ["p50", "tm90", "PR(:1)"])
def test_values_hidden_in_a_set_of_statistics_have_no_percentile(name):
    assert statistic(name)([Sample(0, "None", 1.0, 3.0, 2.0, 4.0)]) is None
    assert statistic("Average")([Sample(0, "None", 1.0, 3.0, 2.0, 4.0)]) == 2.0


def test_negative_values_have_no_percentile():
    assert statistic("p50")(samples(-1.0, 2.0)) is None


@pytest.mark.parametrize("name", ["SampleCount", "Sum", "Average", "Minimum", "Maximum", "p50"])
def test_without_samples_there_is_no_value(name):
    assert statistic(name)([]) is None


def test_a_range_without_values_has_no_mean():
    assert statistic("TM(1000:)")(TEN) is None
    assert statistic("WM(1000:)")(TEN) is None


def test_only_percentiles_have_a_percent():
    assert percentile_of("p99.9") == 99.9
    assert percentile_of("tm99") is None
    assert percentile_of("Average") is None
