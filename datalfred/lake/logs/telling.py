"""The lines of a run's log that tell why it ended."""

from collections.abc import Callable, Sequence
from datetime import datetime

from datalfred.lake.calls import Gaps
from datalfred.lake.logs.lines import is_complaint
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.search import tail

_READ = 100
_LAST = 4


def end_of(
    group: str,
    stream: str,
    gaps: Gaps,
    *,
    limit: int,
    window: tuple[datetime | None, datetime | None] = (None, None),
) -> tuple[LogEvent, ...]:
    """The last lines of a stream, oldest first; none, and a gap, when they cannot be read."""
    return _read(
        group,
        stream,
        gaps,
        lambda: tail(group, stream, limit=limit, start=window[0], end=window[1]),
    )


def around_failure(
    group: str,
    stream: str,
    gaps: Gaps,
    *,
    limit: int,
    window: tuple[datetime | None, datetime | None] = (None, None),
) -> tuple[LogEvent, ...]:
    """The lines that complain and the last ones, oldest first; the end of the log if none does."""
    return telling(end_of(group, stream, gaps, limit=_READ, window=window), limit)


def telling(events: Sequence[LogEvent], limit: int) -> tuple[LogEvent, ...]:
    """Of the events, oldest first, at most ``limit``: complaints, the end, what led to the first.

    The first complaint is nearest to the cause, so it stays when there are too many.
    """
    complaints = [at for at, event in enumerate(events) if is_complaint(event.message)]
    backwards = range(len(events) - 1, -1, -1)
    before = range(complaints[0] - 1, -1, -1) if complaints else range(0)
    wanted = (*complaints[: max(limit - _LAST, 1)], *backwards[:_LAST], *before, *backwards)
    ranked = list(dict.fromkeys(wanted))
    return tuple(events[at] for at in sorted(ranked[:limit]))


def _read(
    group: str, stream: str, gaps: Gaps, read: Callable[[], tuple[LogEvent, ...]]
) -> tuple[LogEvent, ...]:
    found = gaps.attempt("logs:GetLogEvents", read)
    if found == ():
        gaps.add(f"The log stream {stream} of {group} holds no line in that time.")
    return found or ()
