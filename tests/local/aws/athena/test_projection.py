"""Partitions that a table's properties name."""

from datetime import UTC, datetime

import pytest

from datalfred.local.aws.athena import projection
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.projection import projected

NOW = datetime(2024, 3, 31, 12, 30, tzinfo=UTC)


def values(**properties):
    written = {
        f"projection.k.{name.replace('_', '.')}": value for name, value in properties.items()
    }
    return [each for (each,), _ in projected(written, ["k"], "s3://lake/t/", NOW)]


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"type": "enum", "values": "a, b"}, ["a", "b"]),
        ({"type": "integer", "range": "8,10"}, ["8", "9", "10"]),
        (
            {"type": "integer", "range": "0,10", "interval": "5", "digits": "2"},
            ["00", "05", "10"],
        ),
        (
            {"type": "date", "format": "yyyy-MM-dd", "range": "2024-02-28,2024-03-01"},
            ["2024-02-28", "2024-02-29", "2024-03-01"],
        ),
        (
            {"type": "date", "format": "yyyy/MM", "range": "2023/11,NOW"},
            ["2023/11", "2023/12", "2024/01", "2024/02", "2024/03"],
        ),
        ({"type": "date", "format": "yyyy", "range": "2023,NOW"}, ["2023", "2024"]),
        (
            {"type": "date", "format": "yyyy-MM-dd-HH", "range": "NOW-2HOURS,NOW"},
            ["2024-03-31-10", "2024-03-31-11", "2024-03-31-12"],
        ),
        (
            {"type": "date", "format": "yyyy-MM-dd", "range": "NOW-1MONTHS,NOW-29DAYS"},
            ["2024-02-29", "2024-03-01", "2024-03-02"],
        ),
        (
            {
                "type": "date",
                "format": "yyyy-MM-dd",
                "range": "2024-01-31,2024-04-01",
                "interval": "1",
                "interval_unit": "MONTHS",
            },
            ["2024-01-31", "2024-02-29", "2024-03-31"],
        ),
        (
            {
                "type": "date",
                "format": "yyyy-MM-dd",
                "range": "2024-01-01,NOW",
                "interval": "6",
                "interval_unit": "WEEKS",
            },
            ["2024-01-01", "2024-02-12", "2024-03-25"],
        ),
        (
            {"type": "date", "format": "HH:mm:ss", "range": "00:00:58,00:01:00"},
            ["00:00:58", "00:00:59", "00:01:00"],
        ),
        (
            {"type": "date", "format": "HH:mm", "range": "00:58,01:00"},
            ["00:58", "00:59", "01:00"],
        ),
    ],
)
def test_values_are_those_that_the_properties_say(properties, expected):
    assert values(**properties) == expected


def test_locations_follow_hives_folders_unless_a_template_says_more():
    properties = {
        "projection.a.type": "enum",
        "projection.a.values": "x,y",
        "projection.b.type": "integer",
        "projection.b.range": "1,1",
    }
    template = {**properties, "storage.location.template": "s3://lake/${b}/${a}/"}

    plain = projected(properties, ["a", "b"], "s3://lake/t/", NOW)
    filled = projected(template, ["a", "b"], "s3://lake/t/", NOW)

    assert plain == [(("x", "1"), "s3://lake/t/a=x/b=1"), (("y", "1"), "s3://lake/t/a=y/b=1")]
    assert [location for _, location in filled] == ["s3://lake/1/x/", "s3://lake/1/y/"]


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"type": "injected"}, "the injected column k is not supported"),
        ({"type": "odd"}, "projection.k.type is odd"),
        ({}, "projection.k.type is missing"),
        ({"type": "enum"}, "projection.k.values is missing"),
        ({"type": "integer", "range": "1"}, "projection.k.range is no range of two values"),
        (
            {"type": "date", "format": "yyyy-MM-dd", "range": "x,NOW"},
            "projection.k.range holds 'x'",
        ),
        ({"type": "integer", "range": "1,200000"}, "more than 100000 partitions"),
    ],
)
def test_properties_that_say_nothing_fail_the_query(properties, said):
    with pytest.raises(StatementError, match=said):
        values(**properties)


def test_a_range_of_dates_stops_at_the_most_partitions(monkeypatch):
    monkeypatch.setattr(projection, "MAX_PARTITIONS", 3)

    with pytest.raises(StatementError, match="more than 3 partitions"):
        values(type="date", format="yyyy-MM-dd", range="2024-01-01,NOW")
