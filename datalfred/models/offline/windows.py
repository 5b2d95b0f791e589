"""Windows of hours for operations: "in the last 6 hours", "last night", "since Monday"."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from datalfred.models.offline.text import tokenize
from datalfred.models.offline.time_ranges import find_ranges
from datalfred.models.offline.time_span import TimeRange

_NIGHT = re.compile(
    r"\b(?:last night|tonight|overnight|this morning|this afternoon|this evening|just now)\b",
    re.IGNORECASE,
)
_HALF = re.compile(
    r"\b(?:last|past) (?:half an? hour|(?:[1-5]?\d) minutes?|few minutes)\b", re.IGNORECASE
)
_ANY_MOMENT = datetime(2026, 6, 17, 12, tzinfo=UTC).replace(tzinfo=None)
"""A Wednesday noon: how many hours back a phrase reaches hardly depends on the day it is said."""


@dataclass(frozen=True)
class Window:
    """How far back to look, and the words that said so."""

    hours: int
    words: str


def window_of(text: str, default: int, most: int = 2160) -> Window:
    """The window that a text names, in whole hours up to now; else the default."""
    if _NIGHT.search(text):
        return Window(24, "in the last 24 hours")
    if _HALF.search(text):
        return Window(1, "in the last hour")
    plain = " ".join(t.norm for t in tokenize(text))
    found = find_ranges(plain, _ANY_MOMENT)
    if not found:
        return Window(min(default, most), _spoken(min(default, most)))
    hours = _reach(found[0].range, plain[found[0].start : found[0].end])
    return Window(max(1, min(hours, most)), _spoken(max(1, min(hours, most))))


def _reach(named: TimeRange, words: str) -> int:
    counted = re.search(r"(\d+) (hour|day|week)", words)
    if counted:
        return int(counted[1]) * {"hour": 1, "day": 24, "week": 168}[counted[2]]
    fixed = {"today": 24, "yesterday": 48, "week": 168, "month": 744, "quarter": 2160, "year": 2160}
    for word, hours in fixed.items():
        if word in words:
            return (
                hours * 2
                if re.search(r"\b(?:last|previous)\b", words) and word == "week"
                else hours
            )
    if named.start is None:
        return 168
    return -(-int((_ANY_MOMENT - named.start).total_seconds()) // 3600)


def _spoken(hours: int) -> str:
    if hours % 24 or hours <= 48:
        return f"in the last {hours} hours" if hours != 1 else "in the last hour"
    return f"in the last {hours // 24} days"


def now_of(evidence: str, hours: int) -> datetime | None:
    """The moment of a listing, from the "since ..." of its evidence."""
    match = re.search(r"\bsince (\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\.\d+)?)", evidence)
    if not match:
        return None
    return datetime.fromisoformat(match[1]).replace(tzinfo=None) + timedelta(hours=hours)


def exact_range(text: str, now: datetime) -> TimeRange | None:
    """The range that calendar words name, such as "yesterday" or "since Monday"."""
    plain = " ".join(t.norm for t in tokenize(text))
    found = [f.range for f in find_ranges(plain, now)]
    if not found or found[0].unit == "hour" or _NIGHT.search(text):
        return None
    return found[0]
