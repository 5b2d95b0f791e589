"""What a query will read and cost, before it runs.

The tables of the query, of each the partitions that its own predicates leave, of those the bytes
that lie in S3. Athena reads whole text files, but of Parquet and ORC only the columns it needs, and
with a LIMIT it may stop early: the estimate is an upper bound then. What cannot be told within two
seconds is not told: the hard limit is the workgroup's.
"""

import time
from collections.abc import Sequence

from sqlglot import exp

from datalfred.bedrock.failures import translated
from datalfred.definitions.prices import athena_cost
from datalfred.errors import DatalfredError, NotFoundError
from datalfred.lake.catalog import glue
from datalfred.lake.catalog.storage import total_bytes
from datalfred.lake.sql.checked import Checked, TableName
from datalfred.lake.sql.guard import is_common_table
from datalfred.lake.sql.models import QueryEstimate
from datalfred.lake.sql.pruning import predicates

SECONDS = 2.0

_WHOLE_FORMATS = frozenset({"csv", "json"})


class _NoEstimateError(Exception):
    """Why there is none; never leaves this module."""


def estimate(checked: Checked, *, seconds: float = SECONDS) -> QueryEstimate:
    """Prices a statement that the guard let through. It informs; it never fails a query."""
    if checked.kind == "metadata" or not checked.tables:
        return QueryEstimate(bytes=0, cost_usd=0.0)
    deadline = time.monotonic() + seconds
    try:
        return _estimate(checked, deadline)
    except _NoEstimateError as reason:
        return _none(str(reason))
    except NotFoundError as missing:
        return _none(missing.message)
    except Exception as error:
        told: DatalfredError | None = translated(error)
        if told is None:
            raise
        return _none(told.message)


def _estimate(checked: Checked, deadline: float) -> QueryEstimate:
    total = 0
    upper_bound = checked.tree.find(exp.Limit, exp.Fetch) is not None
    partitions: dict[str, str] = {}
    for name in checked.tables:
        entry = _entry(name)
        upper_bound = upper_bound or glue.format_of(entry) not in _WHOLE_FORMATS
        mentions = _mentions(checked.tree, name)
        if not glue.keys_of(entry):
            total += _bytes([glue.location_of(entry)], deadline) * len(mentions)
            continue
        every = _partitions(name, deadline)
        chosen = [_chosen(mention, entry, every) for mention in mentions]
        total += sum(_bytes(locations, deadline) for locations in chosen)
        widest = max(len(locations) for locations in chosen)
        partitions[str(name)] = f"{widest} of {len(every)}"
    return QueryEstimate(
        bytes=total, cost_usd=athena_cost(total), upper_bound=upper_bound, partitions=partitions
    )


def _entry(name: TableName) -> glue.Entry:
    if name.database == "information_schema" or "$" in name.name:
        raise _NoEstimateError(f"{name} is not a table of files.")
    entry = glue.table(name.database, name.name)
    if glue.format_of(entry) == "view":
        raise _NoEstimateError(f"{name} is a view.")
    if (entry.get("Parameters") or {}).get("projection.enabled") == "true":
        raise _NoEstimateError(f"The partitions of {name} are projected, not listed.")
    return entry


def _mentions(tree: exp.Expr, name: TableName) -> Sequence[exp.Table]:
    """Every place where the query reads the table; Athena scans it for each."""
    return [
        table
        for table in tree.find_all(exp.Table)
        if table.name.lower() == name.name
        and table.db.lower() in {"", name.database}
        and (table.db or not is_common_table(table))
    ]


def _partitions(name: TableName, deadline: float) -> list[glue.Entry]:
    every = []
    for partition in glue.partitions(name.database, name.name):
        every.append(partition)
        _in_time(deadline)
    return every


def _chosen(mention: exp.Table, entry: glue.Entry, partitions: Sequence[glue.Entry]) -> list[str]:
    """The locations of the partitions that one mention of the table reads."""
    keys = [key.lower() for key in glue.keys_of(entry)]
    tests = predicates(mention, keys)
    return [
        glue.location_of(partition)
        for partition in partitions
        if all(test(dict(zip(keys, partition["Values"], strict=False))) for test in tests)
    ]


def _bytes(locations: Sequence[str], deadline: float) -> int:
    _in_time(deadline)
    total = total_bytes(locations, deadline=deadline)
    if total is None:
        raise _NoEstimateError("The files could not be counted in time.")
    return total


def _in_time(deadline: float) -> None:
    if time.monotonic() > deadline:
        raise _NoEstimateError("The partitions could not be listed in time.")


def _none(reason: str) -> QueryEstimate:
    return QueryEstimate(bytes=None, cost_usd=None, reason=reason)
