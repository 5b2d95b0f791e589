from datetime import UTC, datetime

import pytest

from datalfred.lake.sql.projected import is_projected, projected

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def partitions(keys, template="", **properties):
    said = {f"projection.{name.replace('__', '.')}": value for name, value in properties.items()}
    if template:
        said["storage.location.template"] = template
    return projected(said, keys, "s3://b/t/", NOW)


def test_the_property_turns_it_on():
    assert is_projected({"projection.enabled": "TRUE"})
    assert not is_projected({})


def test_every_combination_of_the_keys_is_a_partition():
    found = partitions(
        ("region", "n"),
        region__type="enum",
        region__values="eu, us",
        n__type="integer",
        n__range="1,3",
        n__interval="2",
        n__digits="2",
    )

    assert found[0] == ({"region": "eu", "n": "01"}, "s3://b/t/region=eu/n=01")
    assert [values["n"] for values, _ in found] == ["01", "03", "01", "03"]


@pytest.mark.parametrize(
    ("form", "given", "more", "expected"),
    [
        ("yyyy-MM-dd", "2026-11-18,NOW", {}, ["2026-11-18", "2026-11-19", "2026-11-20"]),
        ("yyyy/MM", "NOW-2MONTHS,NOW", {}, ["2026/09", "2026/10", "2026/11"]),
        ("yyyy", "2024,NOW", {}, ["2024", "2025", "2026"]),
        (
            "yyyy-MM-dd'T'HH",
            "2026-11-20T07,NOW",
            {},
            ["2026-11-20T07", "2026-11-20T08", "2026-11-20T09"],
        ),
        (
            "yyyy-MM-dd",
            "2026-11-01,NOW",
            {"day__interval": "1", "day__interval__unit": "WEEKS"},
            ["2026-11-01", "2026-11-08", "2026-11-15"],
        ),
    ],
)
def test_dates_are_counted_in_the_unit_that_their_format_shows(form, given, more, expected):
    found = partitions(("day",), day__type="date", day__format=form, day__range=given, **more)

    assert [values["day"] for values, _ in found] == expected


def test_a_template_says_where_the_partitions_lie():
    found = partitions(("d",), "s3://b/x/${D}/y", d__type="enum", d__values="1,2")

    assert [location for _, location in found] == ["s3://b/x/1/y", "s3://b/x/2/y"]


@pytest.mark.parametrize(
    "properties",
    [
        {"k__type": "injected"},
        {},
        {"k__type": "integer"},
        {"k__type": "integer", "k__range": "1,1000000"},
        {"k__type": "integer", "k__range": "a,b"},
        {"k__type": "date", "k__format": "yyyy", "k__range": "x,NOW"},
        {
            "k__type": "date",
            "k__format": "yyyy",
            "k__range": "2020,NOW",
            "k__interval__unit": "MOONS",
        },
        {"k__type": "date", "k__format": "yyyy-MM-dd-HH-mm-ss", "k__range": "NOW-1YEARS,NOW"},
    ],
)
def test_what_cannot_be_enumerated_is_said(properties):
    with pytest.raises(ValueError, match=r"\w"):
        partitions(("k",), **properties)


def test_too_many_combinations_are_not_enumerated():
    with pytest.raises(ValueError, match="more than"):
        partitions(
            ("a", "b"),
            a__type="integer",
            a__range="1,1000",
            b__type="integer",
            b__range="1,1000",
        )
