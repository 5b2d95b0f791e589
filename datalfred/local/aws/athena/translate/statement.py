"""One statement from Trino's text to DuckDB's."""

from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate.context import Catalog, Context, Scan, Selected
from datalfred.local.aws.athena.translate.dialect import Source
from datalfred.local.aws.athena.translate.expressions import expression
from datalfred.local.aws.athena.translate.functions.documents import SORTED, in_order
from datalfred.local.aws.athena.translate.queries import query
from datalfred.local.aws.athena.translate.typed import Typed, Use, name
from datalfred.local.aws.athena.translate.types import Type


@dataclass(frozen=True)
class Translation:
    """A statement in DuckDB's text.

    Attributes:
        sql: reads each scan by its alias, which the text does not define.
        columns: name as Athena's result calls it, and type.
        scans: the tables, in the order of their aliases.
        uses: which columns of which scan are read.
    """

    sql: str
    columns: tuple[tuple[str, Type], ...]
    scans: tuple[Scan, ...]
    uses: frozenset[Use]


def translate(
    tree: exp.Query, source: Source, catalog: Catalog, database: str, now: datetime
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
    found = query(context, tree, None)
    sql = _presentable(found)
    columns = tuple(
        (column.name or f"_col{index}", column.type) for index, column in enumerate(found.columns)
    )
    uses = found.uses.union(*(column.uses for column in found.columns))
    return Translation(sql, columns, tuple(context.scans), uses)


def _presentable(found: Selected) -> str:
    """The text with each output as a result can show it."""
    shown = []
    for column in found.columns:
        if column.type.name in {"interval year to month", "unsupported"}:
            raise not_supported(f"A result of type {column.type}")
        shown.append(in_order(Typed(f"_o.{name(column.sql)}", column.type)))
    if all(column.type != SORTED for column in found.columns):
        return found.sql
    listed = ", ".join(f"{sql} AS c{index}" for index, sql in enumerate(shown))
    return f"SELECT {listed} FROM ({found.sql}) AS _o"
