"""Names, literals, conditions and grains as Athena SQL (Trino's dialect)."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from datalfred.models.offline.catalog_view import Column, Table
from datalfred.models.offline.ir import Condition, Dimension, Metric
from datalfred.models.offline.text import words_in

_RESERVED = set(
    words_in(
        """
alter and as between by case cast constraint create cross cube current_date current_time
current_timestamp current_user deallocate delete describe distinct drop else end escape
except execute exists extract false for from full group grouping having in inner insert
intersect into is join left like localtime localtimestamp natural normalize not null on
or order outer prepare recursive right rollup select table then true uescape union
unnest using values when where with trim skip listagg json_array json_exists json_object
json_query
"""
    )
)


_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


_ONE_CALL = re.compile(r"\s*\w+\s*\(")


def identifier(name: str) -> str:
    """A name as SQL: quoted where it is reserved or not plain."""
    if _PLAIN_NAME.fullmatch(name) and name not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A value as SQL; a quote inside a string is doubled."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return "'" + str(value).replace("'", "''") + "'"


def moment(value: datetime, column: Column) -> str:
    """A moment as a literal of a column's type."""
    if column.kind == "date":
        return f"DATE '{value:%Y-%m-%d}'"
    if column.kind == "timestamp":
        return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}'"
    return f"'{value:%Y-%m-%d}'"


def qualified(table: Table) -> str:
    """A table as ``database.table``."""
    return f"{identifier(table.database)}.{identifier(table.name)}"


def alias_of(dimension: Dimension) -> str:
    """The name of a group in the result."""
    return dimension.name or dimension.grain or "group"


def indented(sql: str) -> str:
    """A statement, indented by two."""
    return "\n".join("  " + line for line in sql.splitlines())


def percent(part: str, whole: str) -> str:
    """A percentage that is NULL where the whole is zero."""
    return f"100.0 * CAST({part} AS double) / NULLIF(CAST({whole} AS double), 0)"


def can_filter(metric: Metric) -> bool:
    """Whether FILTER can stand behind a metric: it is one aggregate call."""
    if metric.measure is None:
        return True
    text = metric.measure.expression.strip()
    if not _ONE_CALL.match(text) or not text.endswith(")"):
        return False
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return index == len(text) - 1
    return False


def _in(name: str, condition: Condition) -> str:
    values = [literal(v) for v in condition.values]
    if len(values) == 1:
        return f"{name} {'<>' if condition.negated else '='} {values[0]}"
    return f"{name} {'NOT IN' if condition.negated else 'IN'} ({', '.join(values)})"


def _null(name: str, condition: Condition) -> str:
    return f"{name} IS {'NOT ' if condition.negated else ''}NULL"


def _zero(name: str, condition: Condition) -> str:
    return f"coalesce({name}, 0) {'<>' if condition.negated else '='} 0"


def _true(name: str, condition: Condition) -> str:
    return f"{name} = {literal(bool(condition.values[0]) != condition.negated)}"


def _day(name: str, condition: Condition) -> str:
    days = ", ".join(literal(d) for d in condition.values)
    return f"day_of_week({name}) {'NOT ' if condition.negated else ''}IN ({days})"


def _between(name: str, condition: Condition) -> str:
    low, high = (literal(v) for v in condition.values)
    return f"{name} {'NOT ' if condition.negated else ''}BETWEEN {low} AND {high}"


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "<>", "<>": "="}


def compared(name: str, condition: Condition) -> str:
    """A comparison with one value."""
    operator = _OPPOSITE[condition.operator] if condition.negated else condition.operator
    return f"{name} {operator} {literal(condition.values[0])}"


OPERATORS: dict[str, Callable[[str, Condition], str]] = {
    "in": _in,
    "null": _null,
    "zero": _zero,
    "true": _true,
    "day": _day,
    "between": _between,
}


def _truncated(unit: str) -> Callable[[str, Column], str]:
    def write(name: str, column: Column) -> str:
        if column.kind == "date":
            return f"date_trunc('{unit}', {name})"
        if column.kind != "timestamp":
            return f"date_trunc('{unit}', CAST(substr({name}, 1, 10) AS date))"
        if unit == "hour":
            return f"date_trunc('hour', {name})"
        return f"CAST(date_trunc('{unit}', {name}) AS date)"

    return write


GRAINS: dict[str, Callable[[str, Column], str]] = {
    **{unit: _truncated(unit) for unit in ("hour", "day", "week", "month", "quarter", "year")},
    "weekday": lambda name, _column: f"day_of_week({name})",
    "hour_of_day": lambda name, _column: f"hour({name})",
    "month_of_year": lambda name, _column: f"month({name})",
}
