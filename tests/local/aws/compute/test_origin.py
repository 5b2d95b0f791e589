"""A clock of the past moves when something happens, and never beyond today."""

import math
from datetime import UTC, datetime, timedelta

from datalfred.local.aws.compute.origin import PRESENT, Origin, PastClock, acting_for, current

NIGHT = datetime(2026, 3, 1, 2, tzinfo=UTC)


def test_it_stands_still_until_something_happens():
    clock = PastClock(NIGHT)

    assert clock.now() == clock.now() == NIGHT
    assert timedelta(0) < clock.tick() - NIGHT < timedelta(seconds=1)


def test_what_is_skipped_has_passed():
    clock = PastClock(NIGHT)

    assert clock.skip(3600) == 0
    assert clock.now() == NIGHT + timedelta(hours=1)
    assert not clock.is_present()


def test_beyond_today_the_rest_is_waited_for():
    clock = PastClock(PRESENT.now() - timedelta(seconds=10))

    assert 49 < clock.skip(60) <= 50
    assert clock.is_present()
    assert abs(clock.now() - PRESENT.now()) < timedelta(seconds=1)
    assert clock.skip(5) == 5


def test_it_can_catch_up_at_once():
    clock = PastClock(NIGHT)
    clock.catch_up()

    assert clock.is_present()
    assert abs(clock.now() - PRESENT.now()) < timedelta(seconds=1)


def test_the_next_expected_moment_is_the_earliest_that_is_still_to_come():
    clock = PastClock(NIGHT)
    assert clock.until_expected() == math.inf
    for minutes in (30, 10):
        clock.expect(NIGHT + timedelta(minutes=minutes))

    assert clock.until_expected() == 600
    clock.skip(600)
    assert clock.until_expected() == 1200


def test_a_job_takes_its_time_in_the_past_and_none_in_a_hurry_or_today():
    clock = PastClock(NIGHT)

    assert clock.takes(60) == 60
    assert PastClock(NIGHT, hurried=True).takes(60) == 0
    clock.catch_up()
    assert clock.takes(60) == 0
    assert PRESENT.takes(60) == 0


def test_the_present_neither_skips_nor_expects():
    PRESENT.expect(NIGHT)

    assert PRESENT.skip(7) == 7
    assert PRESENT.until_expected() == math.inf
    assert PRESENT.is_present()
    assert PRESENT.tick() <= PRESENT.now()


def test_an_origin_is_behind_the_calls_of_its_block_alone():
    origin = Origin("arn", 2, PastClock(NIGHT))

    with acting_for(origin):
        assert current() is origin

    assert current() == Origin()
