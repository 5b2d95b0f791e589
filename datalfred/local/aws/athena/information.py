"""``information_schema``: what Glue lets the caller see of the catalog."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.names import CATALOG
from datalfred.local.aws.athena.reasons import is_denial
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.context import Rows
from datalfred.local.aws.athena.translate.types import Type


class ListedTable(Protocol):
    """What is shown of a table."""

    @property
    def name(self) -> tuple[str, str, str]:
        """Catalog, schema and table."""
        ...

    @property
    def is_view(self) -> bool:
        """Whether it is a view."""
        ...

    @property
    def columns(self) -> tuple[tuple[str, Type], ...]:
        """Name and type of the columns in the files."""
        ...

    @property
    def keys(self) -> tuple[tuple[str, Type], ...]:
        """Name and type of the partition keys."""
        ...


class Listing(Protocol):
    """What lists databases and tables for one caller."""

    def schemas(self) -> list[str]:
        """The databases, by name."""
        ...

    def tables(self, schema: str) -> Sequence[ListedTable]:
        """The tables and views of a database, by name."""
        ...


INFORMATION_SCHEMA = "information_schema"


def information_schema(catalog: Listing, table: str, at: tuple[int, int]) -> Rows:
    """One of its tables.

    Raises:
        StatementError: there is none of that name.
    """
    makers: dict[str, Callable[[Listing], Rows]] = {
        "schemata": _schemata,
        "tables": _all_tables,
        "columns": _all_columns,
    }
    if table not in makers:
        name = f"{CATALOG}.{INFORMATION_SCHEMA}.{table}"
        raise StatementError("TABLE_NOT_FOUND", f"Table '{name}' does not exist", at=at)
    return makers[table](catalog)


def _visible(catalog: Listing) -> Iterator[ListedTable]:
    """The tables of the databases whose tables the caller may list."""
    from botocore.exceptions import ClientError

    for schema in catalog.schemas():
        try:
            yield from catalog.tables(schema)
        except ClientError as error:
            if not is_denial(error):
                raise


def _schemata(catalog: Listing) -> Rows:
    rows = tuple((CATALOG, schema) for schema in [*catalog.schemas(), INFORMATION_SCHEMA])
    return _rows("schemata", ("catalog_name", "schema_name"), rows)


def _all_tables(catalog: Listing) -> Rows:
    rows = tuple(
        (*table.name, "VIEW" if table.is_view else "BASE TABLE") for table in _visible(catalog)
    )
    return _rows("tables", ("table_catalog", "table_schema", "table_name", "table_type"), rows)


def _all_columns(catalog: Listing) -> Rows:
    rows = tuple(
        (*table.name, column, place, None, "YES", str(kind))
        for table in _visible(catalog)
        for place, (column, kind) in enumerate((*table.columns, *table.keys), 1)
    )
    names = (
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
    )
    return _rows("columns", names, rows)


def _rows(
    table: str, names: tuple[str, ...], rows: tuple[tuple[str | int | None, ...], ...]
) -> Rows:
    columns = tuple(
        (name, types.BIGINT if name == "ordinal_position" else types.VARCHAR) for name in names
    )
    return Rows((CATALOG, INFORMATION_SCHEMA, table), columns, rows)
