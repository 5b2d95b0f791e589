"""Moments in time as every result writes them: ISO 8601, UTC, to the second."""

from datetime import UTC, datetime
from typing import Final

_MILLISECONDS: Final = 1000


def now() -> datetime:
    """The present, with its time zone."""
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str:
    """``2026-11-20T02:03:04Z``; empty for None. Such texts sort as their moments do."""
    if moment is None:
        return ""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parsed(text: str) -> datetime:
    """The moment that :func:`iso` wrote.

    Raises:
        ValueError: the text is no ISO 8601 moment.
    """
    return datetime.fromisoformat(text)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970, as CloudWatch Logs counts time."""
    return int(moment.timestamp() * _MILLISECONDS)


def from_milliseconds(value: float) -> datetime:
    """The moment ``value`` milliseconds after 1970."""
    return datetime.fromtimestamp(value / _MILLISECONDS, UTC)


def spoken(seconds: float) -> str:
    """A duration as people say it: ``45 s``, ``12 min``, ``3 h 5 min``."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 -- seconds of a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 -- minutes of an hour
        return f"{minutes} min" + (f" {rest} s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h" + (f" {minutes} min" if minutes else "")
