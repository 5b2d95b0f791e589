"""All that is known of one table: the Glue catalog, merged with the semantic layer.

Where the semantic layer says nothing, the catalog's plain cases speak: the only date is the time
column, a ``name`` labels a row, and a ``customer_id`` joins the table ``customers`` that has the
same column. Two candidates are no plain case. A look-up that fails costs its fact and leaves a gap;
only the table itself must be there.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import datetime

from datalfred.lake.calls import Gaps
from datalfred.lake.catalog import glue, partitions, semantics
from datalfred.lake.catalog.freshness import freshness
from datalfred.lake.catalog.joins import declared_joins, likely_joins, plain
from datalfred.lake.catalog.models import (
    ColumnDescription,
    DeclaredValue,
    LikelyJoin,
    Measure,
    TableDescription,
    TimePartition,
)
from datalfred.lake.catalog.partitions import Listed, Projection
from datalfred.lake.catalog.preview import preview_sql
from datalfred.lake.catalog.semantics import ColumnSemantics, TableSemantics
from datalfred.lake.catalog.storage import survey
from datalfred.lake.catalog.types import fields_of
from datalfred.lake.moments import iso, now

_SIZE_SECONDS = 1.0
_TIMES = ("date", "timestamp")
_BYTE_PARAMETERS = ("totalSize", "sizeKey")
_ROW_PARAMETERS = ("numRows", "recordCount")
_WITHOUT_FILES = frozenset({"view", "link", "federated"})
_MOST_DESCRIPTION = 1_000
_MOST_COMMENT = 300
_MOST_TYPE = 400


def describe_table(
    database: str, name: str, projection: Projection | None = None
) -> TableDescription:
    """Reads and merges all that is known of a table.

    Args:
        database: its database, in any case.
        name: its name, in any case.
        projection: computes partitions that the table's properties project.

    Raises:
        NotFoundError: there is no such table, or it may not be read.
        OperatorError: the semantic layer of the database is broken.
    """
    database, name = database.lower(), name.lower()
    entry, gaps = glue.table(database, name), Gaps()
    layer = gaps.attempt("s3:GetObject", lambda: semantics.of_database(database))
    declared = (layer.tables if layer else {}).get(name)
    meaning = declared or TableSemantics()
    listed = _listed(entry, projection, gaps)
    columns = columns_of(entry, meaning, listed)
    likely = () if declared else _likely(database, name, columns, gaps)
    size, newest = _size(entry, listed, gaps)
    time_column = meaning.time_column or _only_time(columns)
    return TableDescription(
        database=database,
        name=name,
        description=_cut(glue.description_of(entry), _MOST_DESCRIPTION),
        synonyms=meaning.synonyms,
        columns=columns,
        time_column=time_column,
        time_partition=_time_partition(meaning),
        label_columns=meaning.label_columns or _labels(columns),
        measures=_measures(meaning),
        joins=plain(likely) if declared is None else declared_joins(declared),
        likely_joins=likely,
        format=glue.format_of(entry),
        location=glue.location_of(entry),
        partitions=len(listed.entries),
        first_partition=_spoken(listed.entries[-1:]),
        last_partition=_spoken(listed.entries[:1]),
        rows=_counted([entry, *listed.entries], _ROW_PARAMETERS),
        bytes=size,
        freshness=freshness(listed, newest, now()),
        updated_at=iso(entry.get("UpdateTime")),
        owner=_cut(glue.owner_of(entry), _MOST_COMMENT),
        preview_sql=preview_sql(database, name, columns, time_column, listed),
        gaps=gaps.sentences(),
        as_of=iso(now()),
    )


def columns_of(
    entry: glue.Entry, declared: TableSemantics, listed: Listed
) -> tuple[ColumnDescription, ...]:
    """The columns, partition keys last, those with the few values that they have."""
    keys = {key.lower() for key in glue.keys_of(entry)}
    found = []
    for column in glue.columns_of(entry):
        name = str(column["Name"]).lower()
        few = partitions.few_values(listed, name) if name in listed.keys else ()
        found.append(_column(column, declared.column(name), few, partition_key=name in keys))
    return tuple(found)


def _column(
    column: glue.Entry, declared: ColumnSemantics, few: Sequence[str], *, partition_key: bool
) -> ColumnDescription:
    values = declared.values or dict.fromkeys(few, ())
    kind = str(column.get("Type") or "")
    return ColumnDescription(
        name=str(column["Name"]).lower(),
        type=_cut(kind, _MOST_TYPE),
        comment=_cut(str(column.get("Comment") or ""), _MOST_COMMENT),
        partition_key=partition_key,
        synonyms=declared.synonyms,
        values=()
        if declared.personal
        else tuple(DeclaredValue(value=value, synonyms=words) for value, words in values.items()),
        unit=declared.unit,
        personal=declared.personal,
        fields=fields_of(kind),
    )


def _likely(
    database: str, name: str, columns: Sequence[ColumnDescription], gaps: Gaps
) -> tuple[LikelyJoin, ...]:
    found = gaps.attempt("glue:GetTables", lambda: likely_joins(database, name, columns, gaps))
    return found or ()


def _cut(text: str, most: int) -> str:
    """A text that others wrote, no longer than is of use, and saying so."""
    return text if len(text) <= most else f"{text[:most]}… (cut: {len(text):,} characters)"


def _listed(entry: glue.Entry, projection: Projection | None, gaps: Gaps) -> Listed:
    if glue.format_of(entry) in _WITHOUT_FILES:
        return Listed()
    found = gaps.attempt("glue:GetPartitions", lambda: partitions.of_table(entry, projection))
    if found is None:
        return Listed(tuple(key.lower() for key in glue.keys_of(entry)))
    if found.gap:
        gaps.add(found.gap)
    return found


def _size(entry: glue.Entry, listed: Listed, gaps: Gaps) -> tuple[int | None, datetime | None]:
    """The bytes of a table, by its statistics or by its files, and when the newest was written."""
    counted = _counted([entry, *listed.entries], _BYTE_PARAMETERS)
    kind = glue.format_of(entry)
    if kind in _WITHOUT_FILES:
        return counted, None
    if kind == "iceberg":
        gaps.add("An Iceberg table keeps its size in its own metadata: its files are not counted.")
        return counted, None
    places = [glue.location_of(each) for each in listed.entries or [entry]]
    if not any(places):
        gaps.add("The catalog gives no location, so its files are not counted.")
        return counted, None
    if counted is not None:
        places = places[:1]
    deadline = time.monotonic() + _SIZE_SECONDS
    found = gaps.attempt("s3:ListBucket", lambda: _surveyed(places, deadline, gaps))
    if found is None:
        return counted, None
    size, newest = found
    return (size if counted is None else counted), newest


def _surveyed(
    places: Sequence[str], deadline: float, gaps: Gaps
) -> tuple[int, datetime | None] | None:
    found = survey(places, deadline=deadline)
    if found is None:
        gaps.add(f"The files are not in S3, or too many to be counted in {_SIZE_SECONDS:.0f} s.")
        return None
    return found.bytes, found.newest


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


def _spoken(entries: Sequence[glue.Entry]) -> str:
    return "/".join(str(value) for partition in entries for value in partition["Values"])


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
