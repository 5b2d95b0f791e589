from datetime import UTC, datetime, timedelta, timezone

import pytest

from datalfred.lake import moments


def test_a_moment_is_written_in_utc_to_the_second():
    moment = datetime(2026, 11, 20, 3, 4, 5, 678, tzinfo=timezone(timedelta(hours=1)))

    assert moments.iso(moment) == "2026-11-20T02:04:05Z"
    assert moments.iso(None) == ""


def test_what_was_written_is_read_back():
    moment = datetime(2026, 11, 20, 2, 4, 5, tzinfo=UTC)

    assert moments.parsed(moments.iso(moment)) == moment
    assert moments.from_milliseconds(moments.milliseconds(moment)) == moment


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0.4, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (754, "12 min 34 s"),
        (3600, "1 h"),
        (11100, "3 h 5 min"),
    ],
)
def test_a_duration_is_written_as_people_say_it(seconds, spoken):
    assert moments.spoken(seconds) == spoken
