"""Searching log groups with a CloudWatch filter pattern, newest first, within bounds.

``FilterLogEvents`` walks a window forward only. To find the newest events without reading a whole
day, the window is read in slices from its end backward, each twice as long as the one before; when
the bounds are reached, it is the oldest part that was not read, and the result says so.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from datalfred import clients
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import each
from datalfred.lake.logs import lines
from datalfred.lake.logs.models import LogEvent, LogSearch
from datalfred.lake.paging import fitting

MOST_EVENTS = 50
_PAGES_PER_GROUP = 40
_SECONDS = 15.0
_FIRST_SLICE = 1 / 16
_BYTES_FOR_EVENTS = 16_000
_LEAST_LINE_BYTES = 240
_MOST_LINE_BYTES = 1_000


@dataclass
class _Found:
    """What one log group gave so far; ``events`` newest first."""

    events: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0
    complete: bool = True


def search(
    groups: tuple[str, ...], pattern: str, start: datetime, end: datetime, *, limit: int = 20
) -> LogSearch:
    """The newest events that match, and how many there are.

    Args:
        groups: names of log groups.
        pattern: CloudWatch's filter pattern; empty matches every event.
        start: beginning of the window.
        end: its end.
        limit: how many events to return, at most :data:`MOST_EVENTS`.
    """
    limit = min(limit, MOST_EVENTS)
    deadline = time.monotonic() + _SECONDS

    def of(group: str) -> _Found:
        return _search_group(group, pattern, start, end, limit=limit, deadline=deadline)

    found = each(of, groups)
    line_bytes = max(_LEAST_LINE_BYTES, min(_MOST_LINE_BYTES, _BYTES_FOR_EVENTS // limit))
    events = [
        lines.event(raw, group, limit=line_bytes)
        for group, one in zip(groups, found, strict=True)
        for raw in one.events
    ]
    return LogSearch(
        pattern=lines.shortened(pattern, 500),
        start=moments.iso(start),
        end=moments.iso(end),
        log_groups=groups,
        count=sum(one.count for one in found),
        complete=all(one.complete for one in found),
        events=fitting(sorted(events, key=lambda event: event.at, reverse=True)[:limit]),
    )


def tail(
    group: str,
    stream: str,
    *,
    limit: int,
    start: datetime | None = None,
    end: datetime | None = None,
) -> tuple[LogEvent, ...]:
    """The last events of a stream, oldest first; of a window of it where one is given.

    Raises:
        NotFoundError: there is no such group or stream.
    """
    request: dict[str, Any] = {"logGroupName": group, "logStreamName": stream}
    if start:
        request["startTime"] = moments.milliseconds(start)
    if end:
        request["endTime"] = moments.milliseconds(end)
    logs = clients.client("logs")
    try:
        answer = logs.get_log_events(**request, limit=limit, startFromHead=False)
    except logs.exceptions.ResourceNotFoundException:
        raise NotFoundError("log stream", f"{group}:{stream}") from None
    events = sorted(answer["events"], key=lambda event: event["timestamp"])[-limit:]
    return tuple(lines.event(raw, group, stream=stream) for raw in events)


def _search_group(
    group: str, pattern: str, start: datetime, end: datetime, *, limit: int, deadline: float
) -> _Found:
    logs = clients.client("logs")
    found = _Found()
    budget = _PAGES_PER_GROUP
    for slice_start, slice_end in _slices(start, end):
        request: dict[str, Any] = {
            "logGroupName": group,
            "startTime": moments.milliseconds(slice_start),
            "endTime": moments.milliseconds(slice_end),
            **({"filterPattern": pattern} if pattern else {}),
        }
        events: list[dict[str, Any]] = []
        while True:
            if budget == 0 or time.monotonic() > deadline:
                found.complete = False
                break
            budget -= 1
            page = logs.filter_log_events(**request)
            found.count += len(page["events"])
            events = _newest([*page["events"], *events], limit)
            if not page.get("nextToken"):
                break
            request["nextToken"] = page["nextToken"]
        found.events = _newest([*found.events, *events], limit)
        if not found.complete:
            break
    return found


def _newest(events: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: event["timestamp"], reverse=True)[:limit]


def _slices(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The window in slices, newest first; both ends of a slice belong to it, as in the API."""
    length = (end - start) * _FIRST_SLICE
    millisecond = timedelta(milliseconds=1)
    while end >= start:
        beginning = max(start, end - length)
        if beginning - start < length:
            beginning = start
        yield beginning, end
        end = beginning - millisecond
        length *= 2
