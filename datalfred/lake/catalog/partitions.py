"""The partitions of a table, newest first: registered in the catalog, or projected."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from datalfred.lake.catalog import glue
from datalfred.lake.catalog.models import PartitionSummary
from datalfred.lake.moments import iso, now

_SECONDS = 2.0
_TIME_KEY = re.compile(
    r"(?:\w+_)?(?:date|day|dt|ds|month|year|hour|week|yyyy|mm|dd|hh)(?:_\w+)?", re.IGNORECASE
)
_MOST_VALUES = 20

Projection = Callable[
    [Mapping[str, str], Sequence[str], str, datetime], list[tuple[dict[str, str], str]]
]
"""Key values and location of every partition that the properties of a table tell; ValueError when
they tell too many, or none."""


@dataclass(frozen=True)
class Listed:
    """The partitions of a table.

    Attributes:
        keys: the names of the keys, in order.
        entries: the partitions as Glue has them, newest first.
        projected: whether they are computed, and so no proof of data.
        gap: why these are not all; empty when they are.
    """

    keys: tuple[str, ...] = ()
    entries: tuple[glue.Entry, ...] = ()
    projected: bool = False
    gap: str = ""

    def values(self, key: str) -> tuple[str, ...]:
        """The different values of a key, newest first."""
        at = self.keys.index(key)
        return tuple(dict.fromkeys(str(entry["Values"][at]) for entry in self.entries))


def of_table(entry: glue.Entry, projection: Projection | None = None) -> Listed:
    """The partitions of a table, as far as two seconds carry.

    "Newest" goes by the keys that are named after times, then by the others.

    Args:
        entry: the table.
        projection: computes projected partitions; without it there are none.
    """
    keys = tuple(key.lower() for key in glue.keys_of(entry))
    if not keys:
        return Listed()
    if is_projected(entry):
        return _projected(entry, keys, projection)
    deadline = time.monotonic() + _SECONDS
    found: list[glue.Entry] = []
    gap = ""
    for partition in glue.partitions(str(entry["DatabaseName"]), str(entry["Name"])):
        found.append(partition)
        if time.monotonic() > deadline:
            gap = f"Only {len(found):,} partitions were listed in {_SECONDS:.0f} s."
            break
    return Listed(keys, _newest_first(keys, found), gap=gap)


def is_projected(entry: glue.Entry) -> bool:
    """Whether Athena computes the partitions of a table instead of asking the catalog."""
    parameters = entry.get("Parameters") or {}
    return str(parameters.get("projection.enabled", "")).lower() == "true"


def is_time_key(name: str) -> bool:
    """Whether a partition key is named after a time."""
    return _TIME_KEY.fullmatch(name) is not None


def few_values(listed: Listed, key: str) -> tuple[str, ...]:
    """The values of a key that names kinds, not times: those that a person may ask for."""
    if is_time_key(key):
        return ()
    values = listed.values(key)
    return tuple(sorted(values)) if len(values) <= _MOST_VALUES else ()


def summary(keys: Sequence[str], partition: glue.Entry) -> PartitionSummary:
    """A partition as a result shows it."""
    return PartitionSummary(
        values=dict(zip(keys, partition["Values"], strict=False)),
        location=glue.location_of(partition),
        created_at=iso(partition.get("CreationTime")),
    )


def _projected(entry: glue.Entry, keys: tuple[str, ...], projection: Projection | None) -> Listed:
    properties = entry.get("Parameters") or {}
    if projection is None:
        return Listed(keys, projected=True, gap="The partitions are projected, not registered.")
    try:
        found = projection(properties, keys, glue.location_of(entry), now())
    except (ValueError, KeyError) as error:
        return Listed(keys, projected=True, gap=f"The partitions are projected: {error}.")
    entries = [
        {"Values": [values[key] for key in keys], "StorageDescriptor": {"Location": place}}
        for values, place in found
    ]
    return Listed(keys, _newest_first(keys, entries), projected=True)


def _newest_first(keys: Sequence[str], found: Sequence[glue.Entry]) -> tuple[glue.Entry, ...]:
    order = sorted(range(len(keys)), key=lambda at: (not is_time_key(keys[at]), at))

    def age(partition: glue.Entry) -> list[tuple[int, str]]:
        values = [str(value) for value in partition["Values"]]
        return [_ordered(values[at]) for at in order if at < len(values)]

    return tuple(sorted(found, key=age, reverse=True))


def _ordered(value: str) -> tuple[int, str]:
    """Numbers by their size, before texts by their letters: 9 comes before 10."""
    return (int(value), value) if value.isdecimal() and value.isascii() else (-1, value)
