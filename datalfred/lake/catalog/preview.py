"""The SQL that shows ten rows of a table: the newest ones, from its newest partitions alone.

It is a suggestion: whoever runs it passes the guard, the estimate and the masks as with any other.
"""

import re
from collections.abc import Sequence

from datalfred.lake.catalog.models import ColumnDescription
from datalfred.lake.catalog.partitions import Listed, is_time_key

ROWS = 10
_MOST_COLUMNS = 30
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_NUMBERS = ("tinyint", "smallint", "int", "bigint")
_NEWEST = 2
"""So many values of the first time key are read: the newest may have only just begun."""
_NOT_ORDERED = ("array", "map", "struct", "row", "binary")


def preview_sql(
    database: str,
    name: str,
    columns: Sequence[ColumnDescription],
    time_column: str,
    listed: Listed,
) -> str:
    """A statement for ten rows of the first columns, personal ones left out; empty without any.

    Ordered by the time column, else by the partition key, else by the first column that can be.
    """
    shown = [column for column in columns if not column.personal][:_MOST_COLUMNS]
    if not shown:
        return ""
    order = _order(shown, time_column, listed)
    parts = [
        f"SELECT {', '.join(_quoted(column.name) for column in shown)}",
        f"FROM {_quoted(database)}.{_quoted(name)}",
        _newest(columns, listed),
        f"ORDER BY {_quoted(order)} DESC" if order else "",
        f"LIMIT {ROWS}",
    ]
    return " ".join(filter(None, parts))


def _order(shown: Sequence[ColumnDescription], time_column: str, listed: Listed) -> str:
    names = {column.name for column in shown}
    sortable = [c.name for c in shown if not c.type.lower().startswith(_NOT_ORDERED)]
    keys = sorted(listed.keys, key=lambda key: not is_time_key(key))
    return next((name for name in (time_column, *keys, *sortable) if name in names), "")


def _newest(columns: Sequence[ColumnDescription], listed: Listed) -> str:
    """A filter on the newest values of the first time key, else of the first key."""
    keys = sorted(listed.keys, key=lambda key: not is_time_key(key))
    if not keys or not listed.entries:
        return ""
    kinds = {column.name: column.type.lower() for column in columns}
    values = listed.values(keys[0])[:_NEWEST]
    told = ", ".join(_literal(value, kinds.get(keys[0], "")) for value in values)
    return f"WHERE {_quoted(keys[0])} IN ({told})"


def _literal(value: str, kind: str) -> str:
    if kind.startswith(_NUMBERS) and value.isdecimal():
        return str(int(value))
    escaped = value.replace("'", "''")
    return f"DATE '{escaped}'" if kind == "date" else f"'{escaped}'"


def _quoted(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return f'"{name}"' if name in _RESERVED else name
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


_RESERVED_WORDS = """
alter and as between by case cast constraint create cross cube current_catalog current_date
current_path current_role current_schema current_time current_timestamp current_user deallocate
delete describe distinct drop else end escape except exec execute exists explain extract false
first for from full group grouping having in inner insert intersect into is join json_array
json_exists json_object json_query json_table json_value last left like listagg localtime
localtimestamp natural normalize not null on or order outer prepare recursive right rollup
select skip table then trim true uescape union unnest using values when where with
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
"""Words that name nothing unless quoted. Source:
https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (SELECT statements)."""
