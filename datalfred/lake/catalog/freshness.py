"""How new a table is: its last partition against its own rhythm, and its newest file."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median

from datalfred.lake.catalog.models import Freshness
from datalfred.lake.catalog.partitions import Listed, is_time_key
from datalfred.lake.moments import iso

_COMPACT = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?")
_PARTED = re.compile(r"(\d{4})[-/_.](\d\d?)(?:[-/_.](\d\d?)(?:[-/_.T ](\d\d?)(?::00){0,2})?)?")
_YEARS = range(1970, 2100)
_RHYTHMS = (
    ("hourly", timedelta(hours=1), timedelta(hours=2)),
    ("daily", timedelta(days=1), timedelta(days=3)),
    ("weekly", timedelta(days=7), timedelta(days=8)),
    ("monthly", timedelta(days=28), timedelta(days=31)),
    ("yearly", timedelta(days=365), timedelta(days=366)),
)
_RECENT = 30
_FEWEST = 3


def freshness(listed: Listed, newest_file: datetime | None, present: datetime) -> Freshness | None:
    """What is known of a table's age; None when nothing is.

    Projected partitions are computed, data or not: they have no rhythm.

    Args:
        listed: its partitions, newest first.
        newest_file: when its newest file was written.
        present: now.
    """
    moments = [] if listed.projected else _moments(listed)
    if not moments and newest_file is None:
        return None
    rhythm, step = _rhythm(moments)
    last = moments[0] if moments else None
    late = last is not None and step is not None and present > last + 3 * step
    return Freshness(
        rhythm=rhythm,
        last_partition=_spoken(last, rhythm),
        newest_file=iso(newest_file),
        late=late,
        summary=_summary(rhythm, _spoken(last, rhythm), iso(newest_file), late=late),
    )


def _moments(listed: Listed) -> list[datetime]:
    """The beginnings of the newest partitions, newest first, each once."""
    times = [at for at, key in enumerate(listed.keys) if is_time_key(key)]
    found: dict[datetime, None] = {}
    for entry in listed.entries:
        text = "-".join(str(entry["Values"][at]) for at in times)
        moment = _moment(text)
        if moment is not None:
            found[moment] = None
        if len(found) == _RECENT:
            break
    return list(found)


def _moment(text: str) -> datetime | None:
    found = _COMPACT.fullmatch(text) or _PARTED.fullmatch(text)
    if found is None or int(found[1]) not in _YEARS:
        return None
    month, day, hour = (int(part) if part else None for part in found.groups()[1:])
    try:
        return datetime(int(found[1]), month or 1, day or 1, hour or 0, tzinfo=UTC)
    except ValueError:
        return None


def _rhythm(moments: Sequence[datetime]) -> tuple[str, timedelta | None]:
    """What lies between the partitions most of the time; of fewer than three, nobody can tell."""
    if len(moments) < _FEWEST:
        return "", None
    steps = [new - old for new, old in pairwise(moments)]
    usual = timedelta(seconds=median(step.total_seconds() for step in steps))
    for name, least, most in _RHYTHMS:
        if least <= usual <= most:
            return name, usual
    return "", None


def _spoken(moment: datetime | None, rhythm: str) -> str:
    if moment is None:
        return ""
    pattern = {"hourly": "%Y-%m-%d %H:00", "monthly": "%Y-%m", "yearly": "%Y"}
    return moment.strftime(pattern.get(rhythm, "%Y-%m-%d"))


def _summary(rhythm: str, last: str, newest_file: str, *, late: bool) -> str:
    parts = [rhythm] if rhythm else []
    parts += [f"last {last}"] if last else []
    parts += ["late by its own rhythm"] if late else []
    parts += [f"newest file of {newest_file}"] if newest_file and not last else []
    return ", ".join(parts)
