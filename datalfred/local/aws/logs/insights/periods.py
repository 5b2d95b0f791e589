"""Periods such as ``5m``, and times rounded to them."""

import re

from datalfred.local.aws.logs.insights.values import Kind, Value

_UNITS = {
    "ms": (1, 1000),
    "s": (1000, 60),
    "m": (60_000, 60),
    "h": (3_600_000, 24),
    "d": (86_400_000, 0),
}
"""Milliseconds, and the largest number that CloudWatch takes of the unit (0: any)."""

_CALENDAR = {"w": "week", "mo": "month", "q": "quarter", "y": "year"}
_LONG = {"msec": "ms", "millisecond": "ms", "sec": "s", "second": "s", "min": "m", "minute": "m"}
_LONG |= {"hr": "h", "hour": "h", "day": "d", "week": "w", "mon": "mo", "month": "mo"}
_LONG |= {"qtr": "q", "quarter": "q", "yr": "y", "year": "y"}


def period(text: str) -> Value | None:
    """The value of ``5m``; None for several weeks, months, quarters or years, which have no start.

    A number above the unit's cap counts as the cap, as CloudWatch documents: ``bin(300s)`` is a
    minute.
    """
    number, unit = re.match(r"(\d+)(\w+)", text).groups()  # type: ignore[union-attr]  # the lexer checked it
    unit = unit if unit in {*_UNITS, *_CALENDAR} else _LONG[unit.removesuffix("s")]
    if unit in _CALENDAR:
        return Value(_CALENDAR[unit], Kind.PERIOD) if int(number) == 1 else None
    size, cap = _UNITS[unit]
    count = min(int(number), cap) if cap else int(number)
    return Value(str(count * size), Kind.PERIOD) if count else None


def floor(time: Value, width: Value) -> str:
    """SQL of ``time`` rounded down to a period."""
    if not width.sql.isdigit():
        return f"CAST(date_trunc('{width.sql}', {time.sql}) AS TIMESTAMP)"
    return f"make_timestamp((epoch_ms({time.sql}) // {width.sql}) * {width.sql} * 1000)"


def ceiling(time: Value, width: Value) -> str:
    """SQL of ``time`` rounded up to a period."""
    down = floor(time, width)
    size = f"to_milliseconds({width.sql})" if width.sql.isdigit() else f"INTERVAL 1 {width.sql}"
    return f"(CASE WHEN {down} = {time.sql} THEN {down} ELSE {down} + {size} END)"
