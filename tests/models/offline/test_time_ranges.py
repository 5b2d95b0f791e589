"""Times in words, counted from Friday 2026-11-20, 08:30."""

from datetime import datetime

import pytest

from datalfred.models.offline.text import clean, tokenize
from datalfred.models.offline.time_ranges import find_ranges
from datalfred.models.offline.time_span import TimeRange, step
from datalfred.models.offline.windows import exact_range, now_of, window_of

NOW = datetime(2026, 11, 20, 8, 30)  # noqa: DTZ001 -- moments of the lake are UTC without saying so


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("today", "2026-11-20"),
        ("yesterday", "2026-11-19"),
        ("the day before yesterday", "2026-11-18"),
        ("last night", "2026-11-19"),
        ("this week", "2026-11-16 to 2026-11-22"),
        ("last week", "2026-11-09 to 2026-11-15"),
        ("the week before last", "2026-11-02 to 2026-11-08"),
        ("this month", "2026-11-01 to 2026-11-30"),
        ("last month", "2026-10-01 to 2026-10-31"),
        ("previous quarter", "2026-07-01 to 2026-09-30"),
        ("this quarter", "2026-10-01 to 2026-12-31"),
        ("last year", "2025-01-01 to 2025-12-31"),
        ("last weekend", "2026-11-14 to 2026-11-15"),
        ("this weekend", "2026-11-21 to 2026-11-22"),
        ("in the last 7 days", "2026-11-13 to 2026-11-19"),
        ("past two weeks", "2026-11-06 to 2026-11-19"),
        ("last 3 months", "2026-08-01 to 2026-10-31"),
        ("last 12 months", "2025-11-01 to 2026-10-31"),
        ("last 2 years", "2024-01-01 to 2025-12-31"),
        ("last 24 hours", "2026-11-19 08:30 to 2026-11-20 08:30 UTC"),
        ("3 days ago", "2026-11-17"),
        ("a week ago", "2026-11-13"),
        ("2 months ago", "2026-09-01 to 2026-09-30"),
        ("in march", "2026-03-01 to 2026-03-31"),
        ("in december", "2025-12-01 to 2025-12-31"),
        ("march 2025", "2025-03-01 to 2025-03-31"),
        ("march of last year", "2025-03-01 to 2025-03-31"),
        ("last november", "2025-11-01 to 2025-11-30"),
        ("5 march 2026", "2026-03-05"),
        ("march 5th", "2026-03-05"),
        ("december 24", "2025-12-24"),
        ("on 2026-03-05", "2026-03-05"),
        ("2026-03", "2026-03-01 to 2026-03-31"),
        ("q1 2026", "2026-01-01 to 2026-03-31"),
        ("2026 q2", "2026-04-01 to 2026-06-30"),
        ("q4", "2026-10-01 to 2026-12-31"),
        ("the third quarter of 2025", "2025-07-01 to 2025-09-30"),
        ("h1 2026", "2026-01-01 to 2026-06-30"),
        ("second half of 2025", "2025-07-01 to 2025-12-31"),
        ("in 2025", "2025-01-01 to 2025-12-31"),
        ("year to date", "2026-01-01 to 2026-11-20"),
        ("so far this month", "2026-11-01 to 2026-11-20"),
        ("this week so far", "2026-11-16 to 2026-11-20"),
        ("since monday", "since 2026-11-16"),
        ("since 2025", "since 2025-01-01"),
        ("from march onwards", "since 2026-03-01"),
        ("after march 2026", "since 2026-04-01"),
        ("before 2026-02-01", "before 2026-02-01"),
        ("until yesterday", "before 2026-11-20"),
        ("last friday", "2026-11-13"),
        ("on friday", "2026-11-20"),
        ("between january and march 2026", "2026-01-01 to 2026-03-31"),
        ("from 2026-03-01 to 2026-03-15", "2026-03-01 to 2026-03-15"),
        ("november to february", "2025-11-01 to 2026-02-28"),
        ("first 3 months of 2026", "2026-01-01 to 2026-03-31"),
        ("last week of march 2026", "2026-03-25 to 2026-03-31"),
    ],
)
def test_words_name_a_half_open_range(words: str, label: str) -> None:
    found = find_ranges(" ".join(t.norm for t in tokenize(clean(words))), NOW)

    assert [f.range.label.replace("before 2026-11-20", "before 2026-11-20") for f in found] == [
        label
    ]


@pytest.mark.parametrize(
    "words", ["may i see orders", "orders", "a lot", "top 10", "2026-13-45", "q5"]
)
def test_other_words_name_none(words: str) -> None:
    assert find_ranges(words, NOW) == []


def test_an_impossible_day_is_no_day() -> None:
    assert [f.range.unit for f in find_ranges("february 31", NOW)] == ["month"]


@pytest.mark.parametrize(
    ("words", "before"),
    [
        ("last month", "2026-09-01 to 2026-09-30"),
        ("q1 2026", "2025-10-01 to 2025-12-31"),
        ("2025", "2024-01-01 to 2024-12-31"),
        ("last 7 days", "2026-11-06 to 2026-11-12"),
    ],
)
def test_what_lies_before_is_of_the_same_kind(words: str, before: str) -> None:
    assert find_ranges(words, NOW)[0].range.before().label == before


def test_an_open_range_has_no_before() -> None:
    named = TimeRange(NOW, None)

    assert named.before() is named
    assert named.days is None


def test_the_31st_steps_to_the_last_day_of_a_shorter_month() -> None:
    assert step(datetime(2026, 1, 31), "month", 1) == datetime(2026, 2, 28)  # noqa: DTZ001 -- see above


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("in the last 6 hours", 6),
        ("last hour", 1),
        ("last 10 minutes", 1),
        ("last night", 24),
        ("today", 24),
        ("yesterday", 48),
        ("this week", 168),
        ("last week", 336),
        ("this month", 744),
        ("last 3 days", 72),
        ("nothing said", 24),
        ("before 2020", 168),
    ],
)
def test_windows_are_counted_in_hours(words: str, hours: int) -> None:
    assert window_of(words, 24).hours == hours


def test_the_moment_of_a_listing_is_read_from_its_evidence() -> None:
    assert now_of("10 executions since 2026-11-19T08:30:00Z.", 24) == NOW
    assert now_of("nothing", 24) is None
    assert exact_range("since monday", NOW) is not None
    assert exact_range("last 2 hours", NOW) is None
