"""One statement from Trino's text to DuckDB's."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate.context import Catalog, Context, Scan, Selected
from datalfred.local.aws.athena.translate.dialect import Source
from datalfred.local.aws.athena.translate.expressions import expression
from datalfred.local.aws.athena.translate.functions.documents import in_order
from datalfred.local.aws.athena.translate.queries import query
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import Typed, Use, name
from datalfred.local.aws.athena.translate.types import MILLISECONDS, NUMBERS, Type

WRITTEN_BY_DUCKDB = {
    *(number for number in NUMBERS if number not in {"real", "double"}),
    *("boolean", "date", "time", "timestamp", "timestamp with time zone", "uuid"),
    *("interval day to second", "interval year to month"),
}
"""Types whose values come from DuckDB as the text that Athena shows; the others come as values."""


@dataclass(frozen=True)
class Translation:
    """A statement in DuckDB's text.

    Attributes:
        sql: reads each scan by its alias, which the text does not define; its values are texts
            already where :data:`WRITTEN_BY_DUCKDB` says so.
        columns: name as Athena's result calls it, and type.
        scans: the tables, in the order of their aliases.
        uses: which columns of which scan are read.
    """

    sql: str
    columns: tuple[tuple[str, Type], ...]
    scans: tuple[Scan, ...]
    uses: frozenset[Use]


def translate(
    tree: exp.Query | exp.Values, source: Source, catalog: Catalog, database: str, now: datetime
) -> Translation:
    """The query in DuckDB's text.

    Args:
        tree: as ``parse_query`` read it.
        source: its text.
        catalog: finds its tables.
        database: the schema of tables without one.
        now: the start of the query, in UTC.

    Raises:
        StatementError: in Trino's words, or NOT_SUPPORTED.
    """
    context = Context(source, catalog, database, now, expression, query)
    try:
        found = query(context, tree, None)
    except RecursionError:
        raise not_supported("A statement that is nested this deeply") from None
    sql = _presentable(found)
    columns = tuple(
        (column.name or f"_col{index}", column.type) for index, column in enumerate(found.columns)
    )
    uses = found.uses.union(*(column.uses for column in found.columns))
    return Translation(sql, columns, tuple(context.scans), uses)


def _presentable(found: Selected) -> str:
    """The text with each output as the text that a result shows, where DuckDB can write it."""
    shown = []
    for index, column in enumerate(found.columns):
        if column.type.name == "unsupported":
            raise not_supported(f"A result of type {column.type}")
        value = Typed(f"_o.{name(column.sql)}", column.type)
        shown.append(f"{_shown(value)} AS c{index}")
    # A projection keeps the order of what it reads.
    return f"SELECT {', '.join(shown)} FROM ({found.sql}) AS _o"  # noqa: S608 -- writing SQL is this module's work


def _shown(value: Typed) -> str:
    kind = value.type
    if kind.name == "json":
        return in_order(value)
    if kind.is_a("timestamp", "timestamp with time zone", "time"):
        kind = replace(kind, numbers=(max(MILLISECONDS, *kind.numbers),))
    return to_text(kind, value.sql) if kind.name in WRITTEN_BY_DUCKDB else value.sql
