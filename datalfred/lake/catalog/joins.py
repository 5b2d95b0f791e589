"""What a table may be joined to: as declared, else as names and types suggest.

Where nothing is declared, a ``customer_id`` joins the table ``customers`` that has the same column:
that is plain. Other shared keys are only likely, and are told apart.
"""

import time
from collections.abc import Iterable, Iterator, Sequence

from datalfred.lake.calls import Gaps
from datalfred.lake.catalog import glue
from datalfred.lake.catalog.models import ColumnDescription, Join, LikelyJoin
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import singular, words_of

_MOST_LIKELY = 8
_SECONDS = 1.0
_KEYS = frozenset({"id", "key", "code", "number", "no", "uuid", "sku"})
_NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
_NAMED, _FIRST, _SHARED = 0.9, 0.6, 0.3
_OTHER_NUMBER = 0.1


def declared_joins(declared: TableSemantics) -> tuple[Join, ...]:
    """The joins that the semantic layer declares."""
    joins = []
    for join in declared.joins:
        database, _, table = join.table.partition(".")
        joins.append(Join(database=database, table=table, columns=join.columns))
    return tuple(joins)


def likely_joins(
    database: str, name: str, columns: Sequence[ColumnDescription], gaps: Gaps
) -> tuple[LikelyJoin, ...]:
    """Joins to tables of the same database by a key of the same name and type, likeliest first.

    Args:
        database: where to look, as long as a second carries.
        name: the table that is joined.
        columns: its columns.
        gaps: takes that not all tables were looked at.
    """
    keys = {column.name: column.type.lower() for column in columns if _is_key(column.name)}
    found: list[LikelyJoin] = []
    deadline = time.monotonic() + _SECONDS
    for at, other in enumerate(glue.each_table(database) if keys else ()):
        if time.monotonic() > deadline:
            gaps.add(f"Only {at:,} tables were looked at for joins in {_SECONDS:.0f} s.")
            break
        there = str(other["Name"]).lower()
        if there != name:
            found.extend(_candidates(database, there, other, keys))
    best = sorted(found, key=lambda join: (-join.score, join.table))
    return tuple(best[:_MOST_LIKELY])


def plain(joins: Iterable[LikelyJoin]) -> tuple[Join, ...]:
    """Those of the likely joins that a name makes plain."""
    return tuple(
        Join(database=join.database, table=join.table, columns=join.columns)
        for join in joins
        if join.score >= _NAMED - _OTHER_NUMBER
    )


def _is_key(name: str) -> bool:
    words = words_of(name)
    return len(words) > 1 and words[-1] in _KEYS


def _candidates(
    database: str, there: str, other: glue.Entry, keys: dict[str, str]
) -> Iterator[LikelyJoin]:
    for place, column in enumerate(glue.columns_of(other)):
        key = str(column["Name"]).lower()
        if key not in keys:
            continue
        less = _difference(keys[key], str(column.get("Type") or "").lower())
        if less is None:
            continue
        named = "_".join(words_of(key)[:-1]) in {singular(there), "_".join(words_of(there))}
        score = _NAMED if named else _FIRST if place == 0 else _SHARED
        reason = "is named after the key" if named else "has a key of the same name and type"
        yield LikelyJoin(
            database=database,
            table=there,
            columns={key: key},
            score=round(score - less, 2),
            reason=f"likely: {there} {reason}",
        )


def _difference(here: str, there: str) -> float | None:
    """0 for the same type, a little for another whole number, None for what does not compare."""
    if here == there:
        return 0.0
    return _OTHER_NUMBER if {here, there} <= _NUMBERS else None
