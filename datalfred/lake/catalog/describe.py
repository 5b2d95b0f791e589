"""All that is known of one table: the Glue catalog, merged with the semantic layer.

Where the semantic layer says nothing, the catalog's plain cases speak: the only date is the time
column, a ``name`` labels a row, and a ``customer_id`` joins the table ``customers`` that has the
same column. Two candidates are no plain case.
"""

import time
from collections.abc import Iterable, Sequence

from datalfred.lake.catalog import glue, semantics
from datalfred.lake.catalog.models import (
    ColumnDescription,
    DeclaredValue,
    Join,
    Measure,
    PartitionSummary,
    TableDescription,
    TimePartition,
)
from datalfred.lake.catalog.semantics import ColumnSemantics, TableSemantics
from datalfred.lake.catalog.storage import total_bytes
from datalfred.lake.catalog.words import singular
from datalfred.lake.moments import iso, now

_SIZE_SECONDS = 1.0
_PARTITION_SECONDS = 2.0
_TIMES = ("date", "timestamp")
_BYTE_PARAMETERS = ("totalSize", "sizeKey")
_ROW_PARAMETERS = ("numRows", "recordCount")
_NOTHING = TableSemantics()


def describe_table(database: str, name: str) -> TableDescription:
    """Reads and merges all that is known of a table.

    Raises:
        NotFoundError: there is no such table, or its database may not be read.
        OperatorError: the semantic layer of the database is broken.
    """
    database, name = database.lower(), name.lower()
    entry = glue.table(database, name)
    known = semantics.of_database(database).tables
    declared = known.get(name, _NOTHING)
    columns = columns_of(entry, declared)
    keys = glue.keys_of(entry)
    partitions = list_partitions(database, name) if keys else []
    return TableDescription(
        database=database,
        name=name,
        description=glue_text(entry, "Description"),
        synonyms=declared.synonyms,
        columns=columns,
        time_column=declared.time_column or _only_time(columns),
        time_partition=_time_partition(declared),
        label_columns=declared.label_columns or _labels(columns),
        measures=_measures(declared),
        joins=_joins(declared) if name in known else _plain_joins(database, name, columns),
        format=glue.format_of(entry),
        location=glue.location_of(entry),
        partitions=len(partitions),
        first_partition=_spoken(partitions[-1:]),
        last_partition=_spoken(partitions[:1]),
        rows=_counted([entry, *partitions], _ROW_PARAMETERS),
        bytes=_bytes(entry, partitions),
        updated_at=iso(entry.get("UpdateTime")),
        as_of=iso(now()),
    )


def list_partitions(database: str, name: str) -> list[glue.Entry]:
    """The registered partitions, newest first, as far as two seconds carry.

    "Newest" goes by the key values, as text: the keys of a lake are dates far more often than not.
    """
    deadline = time.monotonic() + _PARTITION_SECONDS
    found = []
    for partition in glue.partitions(database, name):
        found.append(partition)
        if time.monotonic() > deadline:
            break
    return sorted(found, key=lambda partition: list(partition["Values"]), reverse=True)


def partition_summary(keys: Sequence[str], partition: glue.Entry) -> PartitionSummary:
    """A partition as a result shows it."""
    return PartitionSummary(
        values=dict(zip(keys, partition["Values"], strict=False)),
        location=glue.location_of(partition),
        created_at=iso(partition.get("CreationTime")),
    )


def columns_of(entry: glue.Entry, declared: TableSemantics) -> tuple[ColumnDescription, ...]:
    """The columns, partition keys last."""
    storage = entry.get("StorageDescriptor") or {}
    return tuple(
        _column(column, declared.column(str(column["Name"]).lower()), partition_key=key)
        for group, key in ((storage.get("Columns"), False), (entry.get("PartitionKeys"), True))
        for column in group or ()
    )


def glue_text(entry: glue.Entry, field: str) -> str:
    """A text of an entry, a view's or a crawler's ``comment`` parameter in its place."""
    return str(entry.get(field) or (entry.get("Parameters") or {}).get("comment") or "")


def _column(
    column: glue.Entry, declared: ColumnSemantics, *, partition_key: bool
) -> ColumnDescription:
    values = () if declared.personal else declared.values.items()
    return ColumnDescription(
        name=str(column["Name"]).lower(),
        type=str(column.get("Type") or ""),
        comment=str(column.get("Comment") or ""),
        partition_key=partition_key,
        synonyms=declared.synonyms,
        values=tuple(DeclaredValue(value=value, synonyms=words) for value, words in values),
        unit=declared.unit,
        personal=declared.personal,
    )


def _only_time(columns: Iterable[ColumnDescription]) -> str:
    times = [column.name for column in columns if column.type.lower().startswith(_TIMES)]
    return times[0] if len(times) == 1 else ""


def _labels(columns: Iterable[ColumnDescription]) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in columns
        if column.name in {"name", "title"} or column.name.endswith("_name")
    )


def _time_partition(declared: TableSemantics) -> TimePartition | None:
    found = declared.time_partition
    return TimePartition(column=found.column, pattern=found.pattern) if found else None


def _measures(declared: TableSemantics) -> tuple[Measure, ...]:
    return tuple(
        Measure(name=name, **measure.model_dump()) for name, measure in declared.measures.items()
    )


def _joins(declared: TableSemantics) -> tuple[Join, ...]:
    return tuple(
        Join(
            database=join.table.split(".")[0], table=join.table.split(".")[1], columns=join.columns
        )
        for join in declared.joins
    )


def _plain_joins(
    database: str, name: str, columns: Iterable[ColumnDescription]
) -> tuple[Join, ...]:
    """Joins to the tables of the same database that are named after an ``<x>_id`` column."""
    wanted = {column.name for column in columns if column.name.endswith("_id")}
    joins = []
    for other in glue.tables(database) if wanted else ():
        there = str(other["Name"]).lower()
        key = f"{singular(there)}_id"
        own = {column.name for column in columns_of(other, _NOTHING)}
        if key in wanted and key in own and there != name:
            joins.append(Join(database=database, table=there, columns={key: key}))
    return tuple(joins)


def _spoken(partitions: Sequence[glue.Entry]) -> str:
    return "/".join(str(value) for partition in partitions for value in partition["Values"])


def _counted(entries: Sequence[glue.Entry], names: Sequence[str]) -> int | None:
    """What the catalog's statistics add up to: the table's own, else those of all partitions."""
    counts = [_parameter(entry, names) for entry in entries]
    if counts[0] is not None:
        return counts[0]
    parts = [count for count in counts[1:] if count is not None]
    return sum(parts) if parts and len(parts) == len(entries) - 1 else None


def _parameter(entry: glue.Entry, names: Sequence[str]) -> int | None:
    parameters = entry.get("Parameters") or {}
    found = [str(parameters[name]) for name in names if name in parameters]
    return int(found[0]) if found and found[0].isdigit() else None


def _bytes(entry: glue.Entry, partitions: Sequence[glue.Entry]) -> int | None:
    counted = _counted([entry, *partitions], _BYTE_PARAMETERS)
    if counted is not None or glue.format_of(entry) == "view":
        return counted
    locations = [glue.location_of(each) for each in partitions or [entry]]
    return total_bytes(locations, deadline=time.monotonic() + _SIZE_SECONDS)
