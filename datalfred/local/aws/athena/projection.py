"""Partition projection: partitions that a table's properties name, instead of the catalog.

Rules: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from datalfred.local.aws.athena.failures import StatementError

MAX_PARTITIONS = 100_000
_NOW = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?")
_LETTERS = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_MONTHS = {"YEARS": 12, "MONTHS": 1}
_STEPS = {
    "WEEKS": timedelta(weeks=1),
    "DAYS": timedelta(days=1),
    "HOURS": timedelta(hours=1),
    "MINUTES": timedelta(minutes=1),
    "SECONDS": timedelta(seconds=1),
}


def is_projected(properties: Mapping[str, str]) -> bool:
    """Whether the table's partitions come from its properties."""
    return properties.get("projection.enabled", "").lower() == "true"


def projected(
    properties: Mapping[str, str], keys: Sequence[str], location: str, now: datetime
) -> list[tuple[tuple[str, ...], str]]:
    """Values and location of every partition.

    Args:
        properties: the table's parameters.
        keys: its partition keys, in order.
        location: the table's, for tables without ``storage.location.template``.
        now: what ``NOW`` means, in UTC.

    Raises:
        StatementError: INVALID_TABLE_PROPERTY; the properties do not say what they must.
    """
    values = [_values(properties, key, now) for key in keys]
    count = 1
    for each in values:
        count *= len(each)
    if count > MAX_PARTITIONS:
        raise _invalid(f"more than {MAX_PARTITIONS} partitions are projected")
    default = f"{location.rstrip('/')}/" + "/".join(f"{key}=${{{key}}}" for key in keys)
    template = properties.get("storage.location.template", default)
    return [
        (combination, _filled(template, keys, combination))
        for combination in itertools.product(*values)
    ]


def _filled(template: str, keys: Sequence[str], values: Sequence[str]) -> str:
    for key, value in zip(keys, values, strict=True):
        template = template.replace(f"${{{key}}}", value)
    return template


def _invalid(what: str) -> StatementError:
    return StatementError("INVALID_TABLE_PROPERTY", f"Partition projection: {what}")


def _values(properties: Mapping[str, str], key: str, now: datetime) -> list[str]:
    kind = properties.get(f"projection.{key}.type", "").lower()
    if kind == "enum":
        return [part.strip() for part in _property(properties, key, "values").split(",")]
    if kind == "integer":
        return _integers(properties, key)
    if kind == "date":
        return _dates(properties, key, now)
    if kind == "injected":
        raise _invalid(f"the injected column {key} is not supported by the embedded Athena")
    raise _invalid(f"projection.{key}.type is {kind or 'missing'}")


def _property(properties: Mapping[str, str], key: str, name: str) -> str:
    value = properties.get(f"projection.{key}.{name}")
    if not value:
        raise _invalid(f"projection.{key}.{name} is missing")
    return value


def _range(properties: Mapping[str, str], key: str) -> tuple[str, str]:
    ends = [part.strip() for part in _property(properties, key, "range").split(",")]
    if len(ends) != 2:  # noqa: PLR2004 -- the first and the last value
        raise _invalid(f"projection.{key}.range is no range of two values")
    return ends[0], ends[1]


def _integers(properties: Mapping[str, str], key: str) -> list[str]:
    first, last = _range(properties, key)
    digits = int(properties.get(f"projection.{key}.digits", "0"))
    step = int(properties.get(f"projection.{key}.interval", "1"))
    return [str(value).zfill(digits) for value in range(int(first), int(last) + 1, step)]


def _dates(properties: Mapping[str, str], key: str, now: datetime) -> list[str]:
    written = _property(properties, key, "format")
    pattern = written.replace("'", "")
    for letters, directive in _LETTERS:
        pattern = pattern.replace(letters, directive)
    unit = properties.get(f"projection.{key}.interval.unit", _default_unit(pattern)).upper()
    count = int(properties.get(f"projection.{key}.interval", "1"))
    first, last = (_moment(end, pattern, now, key) for end in _range(properties, key))
    found: list[str] = []
    step = 0
    while len(found) <= MAX_PARTITIONS:
        moment = _later(first, unit, count * step)
        if moment > last:
            break
        found.append(moment.strftime(pattern))
        step += 1
    return list(dict.fromkeys(found))


def _default_unit(pattern: str) -> str:
    """The smallest part that the format shows."""
    for directive, unit in (("%S", "SECONDS"), ("%M", "MINUTES"), ("%H", "HOURS"), ("%d", "DAYS")):
        if directive in pattern:
            return unit
    return "MONTHS" if "%m" in pattern else "YEARS"


def _moment(written: str, pattern: str, now: datetime, key: str) -> datetime:
    relative = _NOW.fullmatch(written)
    if relative:
        if relative[1] is None:
            return now
        sign = 1 if relative[1] == "+" else -1
        return _later(now, f"{relative[3]}S", sign * int(relative[2]))
    try:
        return datetime.strptime(written, pattern).replace(tzinfo=UTC)
    except ValueError:
        raise _invalid(f"projection.{key}.range holds {written!r}") from None


def _later(moment: datetime, unit: str, count: int) -> datetime:
    if unit in _MONTHS:
        months = moment.year * 12 + moment.month - 1 + count * _MONTHS[unit]
        year, month = divmod(months, 12)
        last = (
            datetime(year + month // 11, (month + 1) % 12 + 1, 1, tzinfo=UTC) - timedelta(1)
        ).day
        return moment.replace(year=year, month=month + 1, day=min(moment.day, last))
    plural = unit if unit.endswith("S") else f"{unit}S"
    return moment + _STEPS[plural] * count
