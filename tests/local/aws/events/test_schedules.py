"""When schedules fire."""

from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws.events.schedules import ScheduleError, next_after

FRIDAY = datetime(2026, 11, 20, 10, 7, 30, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("cron(0 12 * * ? *)", "2026-11-20 12:00"),
        ("cron(0 6 * * ? *)", "2026-11-21 06:00"),
        ("cron(7 10 * * ? *)", "2026-11-21 10:07"),
        ("cron(0/15 * * * ? *)", "2026-11-20 10:15"),
        ("cron(5-9/2 * * * ? *)", "2026-11-20 10:09"),
        ("cron(0,30 9-11 * * ? *)", "2026-11-20 10:30"),
        ("cron(0 6 ? * MON-FRI *)", "2026-11-23 06:00"),
        ("cron(0 6 ? * 1 *)", "2026-11-22 06:00"),
        ("cron(0 6 ? * L *)", "2026-11-21 06:00"),
        ("cron(0 6 ? * 6L *)", "2026-11-27 06:00"),
        ("cron(0 6 ? * FRI#1 *)", "2026-12-04 06:00"),
        ("cron(0 6 L * ? *)", "2026-11-30 06:00"),
        ("cron(0 6 1 JAN ? *)", "2027-01-01 06:00"),
        ("cron(0 6 29 2 ? *)", "2028-02-29 06:00"),
        ("cron(0 6 1 1 ? 2030)", "2030-01-01 06:00"),
    ],
)
def test_a_cron_schedule_fires_next(expression, following):
    assert next_after(expression, FRIDAY)(FRIDAY) == at(following)


def test_a_schedule_of_the_past_never_fires():
    assert next_after("cron(0 6 1 1 ? 2020)", FRIDAY)(FRIDAY) is None


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(5 minutes)", 300),
        ("rate(2 hours)", 7200),
        ("rate(1 day)", 86400),
    ],
)
def test_a_rate_counts_from_when_the_rule_was_put(expression, seconds):
    following = next_after(expression, FRIDAY)
    first = FRIDAY + timedelta(seconds=seconds)

    assert following(FRIDAY) == first
    assert following(first) == first + timedelta(seconds=seconds)
    assert following(first + timedelta(seconds=seconds * 3 + 1)) == first + timedelta(
        seconds=seconds * 4
    )


@pytest.mark.parametrize(
    "expression",
    [
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(2 minute)",
        "rate(5 seconds)",
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(60 6 * * ? *)",
        "cron(0 6 15W * ? *)",
        "cron(0/0 6 * * ? *)",
        "cron(0/x 6 * * ? *)",
        "cron(9-5 6 * * ? *)",
        "every day",
    ],
)
def test_what_is_no_schedule_is_refused(expression):
    with pytest.raises(ScheduleError):
        next_after(expression, FRIDAY)
