"""Partitions that a table's properties name, instead of the catalog: partition projection.

Rules: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html. What
cannot be enumerated cheaply raises, and the query has no estimate then.
"""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

MOST_PARTITIONS = 20_000

_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?")
_PLACE = re.compile(r"\$\{([^}]+)\}")
_LETTERS = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_UNITS = ("SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR")
_SMALLEST = (("%S", "SECOND"), ("%M", "MINUTE"), ("%H", "HOUR"), ("%d", "DAY"), ("%m", "MONTH"))
_STEPS = {
    "WEEK": timedelta(weeks=1),
    "DAY": timedelta(days=1),
    "HOUR": timedelta(hours=1),
    "MINUTE": timedelta(minutes=1),
    "SECOND": timedelta(seconds=1),
}


def is_projected(properties: Mapping[str, str]) -> bool:
    """Whether the table's partitions come from its properties."""
    return properties.get("projection.enabled", "").lower() == "true"


def projected(
    properties: Mapping[str, str], keys: Sequence[str], location: str, now: datetime
) -> list[tuple[dict[str, str], str]]:
    """Key values and location of every partition.

    Args:
        properties: the table's parameters.
        keys: its partition keys, in order, in lower case.
        location: the table's, for tables without ``storage.location.template``.
        now: what ``NOW`` means, in UTC.

    Raises:
        ValueError: they are too many, or not told by the properties alone.
    """
    own = {name.lower(): value for name, value in properties.items()}
    ranges = [_values(own, key, now) for key in keys]
    if math.prod(len(each) for each in ranges) > MOST_PARTITIONS:
        raise ValueError(f"more than {MOST_PARTITIONS:,} partitions are projected")
    default = f"{location.rstrip('/')}/" + "/".join(f"{key}=${{{key}}}" for key in keys)
    template = own.get("storage.location.template", default)
    found = []
    for combination in itertools.product(*ranges):
        values = dict(zip(keys, combination, strict=True))
        found.append((values, _filled(template, values)))
    return found


def _filled(template: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda mark: values.get(mark[1].lower(), mark[0]), template)


def _values(own: Mapping[str, str], key: str, now: datetime) -> list[str]:
    kind = own.get(f"projection.{key}.type", "").lower()
    if kind == "enum":
        return [part.strip() for part in own.get(f"projection.{key}.values", "").split(",")]
    if kind == "integer":
        return _integers(own, key)
    if kind == "date":
        return _dates(own, key, now)
    raise ValueError(f"the projection of {key} is of type {kind or 'unknown'}")


def _range(own: Mapping[str, str], key: str) -> tuple[str, str]:
    first, comma, last = own.get(f"projection.{key}.range", "").partition(",")
    if not comma:
        raise ValueError(f"the projection of {key} has no range")
    return first.strip(), last.strip()


def _integers(own: Mapping[str, str], key: str) -> list[str]:
    first, last = _range(own, key)
    digits = int(own.get(f"projection.{key}.digits", "0"))
    step = int(own.get(f"projection.{key}.interval", "1"))
    numbers = range(int(first), int(last) + 1, step)
    if len(numbers) > MOST_PARTITIONS:
        raise ValueError(f"more than {MOST_PARTITIONS:,} partitions are projected")
    return [str(number).zfill(digits) for number in numbers]


def _dates(own: Mapping[str, str], key: str, now: datetime) -> list[str]:
    pattern = own.get(f"projection.{key}.format", "").replace("'", "")
    for letters, directive in _LETTERS:
        pattern = pattern.replace(letters, directive)
    smallest = next((unit for mark, unit in _SMALLEST if mark in pattern), "YEAR")
    said = own.get(f"projection.{key}.interval.unit", smallest).upper().rstrip("S")
    count = int(own.get(f"projection.{key}.interval", "1"))
    if said not in _UNITS or count < 1:
        raise ValueError(f"the projection of {key} has no interval that is known")
    first, last = (_moment(end, pattern, now) for end in _range(own, key))
    found: list[str] = []
    for step in range(MOST_PARTITIONS + 1):
        moment = _later(first, said, step * count)
        if moment > last:
            return list(dict.fromkeys(found))
        found.append(moment.strftime(pattern))
    raise ValueError(f"more than {MOST_PARTITIONS:,} partitions are projected")


def _moment(written: str, pattern: str, now: datetime) -> datetime:
    relative = _NOW.fullmatch(written)
    if relative is None:
        return datetime.strptime(written, pattern).replace(tzinfo=now.tzinfo)
    if relative[1] is None:
        return now
    return _later(now, relative[3], int(relative[1] + relative[2]))


def _later(moment: datetime, unit: str, count: int) -> datetime:
    if unit not in {"MONTH", "YEAR"}:
        return moment + _STEPS[unit] * count
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    return moment.replace(year=months // 12, month=months % 12 + 1, day=min(moment.day, 28))
