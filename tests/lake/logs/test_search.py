import itertools
from datetime import timedelta

import pytest

from datalfred.errors import InvalidInputError, NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.logs import groups
from datalfred.lake.logs import search as searching
from datalfred.lake.logs.search import search, tail
from datalfred.lake.logs.telling import around_failure, end_of


def over(hours, group, pattern="", limit=20):
    end = moments.now()
    return search((group,), pattern, end - timedelta(hours=hours), end, limit=limit)


@pytest.fixture(scope="module")
def filled(stack):
    return {}


@pytest.fixture
def day(write, filled):
    """A group with a line every half hour, every fourth of them an error."""
    if not filled:
        aged = [
            (60 + 1800 * number, f"{'ERROR' if number % 4 == 0 else 'INFO'} line {number}")
            for number in range(47)
        ]
        write("/lake/day", "one", *aged)
        filled["done"] = True
    return "/lake/day"


def test_the_newest_lines_come_first(day):
    found = over(24, day, limit=3)

    assert [event.message for event in found.events] == [
        "ERROR line 0",
        "INFO line 1",
        "INFO line 2",
    ]
    assert found.events[0].stream == "one"


def test_all_matches_are_counted_though_few_are_returned(day):
    found = over(24, day, "ERROR", limit=2)

    assert (found.count, found.complete) == (12, True)
    assert [event.message for event in found.events] == ["ERROR line 0", "ERROR line 4"]


def test_the_window_bounds_what_is_found(day):
    assert over(2, day).count == 4


def test_no_slice_of_a_window_is_read_twice_or_missed(day):
    end = moments.now()
    slices = list(searching._slices(end - timedelta(hours=24), end))

    assert slices[0][1] == end
    assert slices[-1][0] == end - timedelta(hours=24)
    for newer, older in itertools.pairwise(slices):
        assert older[1] == newer[0] - timedelta(milliseconds=1)


def test_a_search_that_stops_at_its_bounds_says_so_and_keeps_the_newest(day, monkeypatch):
    monkeypatch.setattr(searching, "_PAGES_PER_GROUP", 1)

    found = over(24, day)

    assert not found.complete
    assert found.events[0].message == "ERROR line 0"


def test_every_page_of_a_slice_is_read(stack, day, monkeypatch):
    logs = stack.client("logs")
    real, asked = logs.filter_log_events, []

    def one_a_page(**request):
        asked.append(request)
        return real(**request, limit=1)

    monkeypatch.setattr(logs, "filter_log_events", one_a_page)

    assert over(3, day).count == 6
    assert any("nextToken" in request for request in asked)


def test_several_groups_are_searched_at_once_in_the_environment_of_whoever_asks(day, write):
    write("/lake/other", "two", (5, "ERROR elsewhere"))
    end = moments.now()

    found = search((day, "/lake/other"), "ERROR", end - timedelta(hours=24), end, limit=2)

    assert found.count == 13
    assert [event.log_group for event in found.events] == ["/lake/other", day]


def test_many_long_lines_fit_a_result(write):
    write("/lake/long", "one", *((number, "x" * 5000) for number in range(1, 60)))

    found = over(1, "/lake/long", limit=50)

    assert found.count == 59
    assert len(found.model_dump_json().encode()) < 24_000


def test_the_end_of_a_stream_is_read_oldest_first(day):
    assert [event.message for event in tail(day, "one", limit=2)] == ["INFO line 1", "ERROR line 0"]


def test_the_end_of_a_window_of_a_stream_is_read(day):
    now = moments.now()
    found = tail(day, "one", limit=5, start=now - timedelta(hours=2), end=now - timedelta(hours=1))

    assert [event.message for event in found] == ["INFO line 3", "INFO line 2"]


def test_lines_around_a_failure_put_the_complaints_first(day):
    gaps = Gaps()

    found = around_failure(day, "one", gaps, limit=6)

    assert "ERROR" in found[0].message
    assert gaps.sentences() == ()


def test_a_stream_that_is_not_there_is_a_gap(day):
    gaps = Gaps()

    assert end_of(day, "none", gaps, limit=3) == ()
    assert end_of("/lake/none", "none", gaps, limit=3) == ()
    assert len(gaps.sentences()) == 2
    with pytest.raises(NotFoundError):
        tail("/lake/none", "none", limit=1)


def test_a_stream_without_lines_is_a_gap(stack, day):
    stack.client("logs").create_log_stream(logGroupName=day, logStreamName="silent")
    gaps = Gaps()

    assert end_of(day, "silent", gaps, limit=3) == ()
    assert "holds no line" in gaps.sentences()[0]


def test_log_groups_are_listed_by_fragment(day, write):
    write("/ecs/orders-load", "s", (1, "m"))

    found, total = groups.list_groups("ORDERS_load")

    assert ([group.name for group in found], total) == (["/ecs/orders-load"], 1)
    assert groups.list_groups()[1] >= 2


def test_a_group_is_meant_by_its_name_or_the_only_fragment(day, write):
    write("/lake/day/archive", "s", (1, "m"))

    assert groups.resolve("/lake/day") == ("/lake/day",)
    assert groups.resolve("archive, /lake/day") == ("/lake/day/archive", "/lake/day")
    with pytest.raises(NotFoundError) as caught:
        groups.resolve("lake")
    assert "/lake/day" in caught.value.near


@pytest.mark.parametrize("asked", [" , ", "a,b,c,d,e,f"])
def test_none_or_too_many_groups_are_refused(stack, asked):
    with pytest.raises(InvalidInputError, match="names are given"):
        groups.resolve(asked)
