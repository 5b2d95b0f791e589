"""The catalog as one query sees it: Glue's databases, tables, views and partitions."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.hive_types import from_hive
from datalfred.local.aws.athena.projection import is_projected, projected
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.context import Rows, TableColumns, View
from datalfred.local.aws.athena.translate.types import Type

if TYPE_CHECKING:
    from mypy_boto3_glue.client import GlueClient

CATALOG = "awsdatacatalog"
INFORMATION_SCHEMA = "information_schema"
_VIEW_START, _VIEW_END = "/* Presto View: ", " */"
Position: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Partition:
    """Values of the partition keys, and where the files are."""

    values: tuple[str, ...]
    location: str


class Table:
    """A table of the Glue catalog.

    Attributes:
        raw: as GetTable returned it.
    """

    def __init__(self, raw: Any) -> None:
        self.raw = raw

    @property
    def name(self) -> tuple[str, str, str]:
        """Catalog, schema and table."""
        return CATALOG, str(self.raw["DatabaseName"]).lower(), str(self.raw["Name"]).lower()

    @property
    def is_view(self) -> bool:
        """Whether it is a statement instead of files."""
        return bool(self.raw.get("TableType") == "VIRTUAL_VIEW")

    @cached_property
    def columns(self) -> tuple[tuple[str, Type], ...]:
        """Name and type of the columns in the files."""
        listed = self.raw.get("StorageDescriptor", {}).get("Columns", [])
        return tuple((c["Name"].lower(), from_hive(c.get("Type", "string"))) for c in listed)

    @cached_property
    def keys(self) -> tuple[tuple[str, Type], ...]:
        """Name and type of the partition keys."""
        listed = self.raw.get("PartitionKeys") or []
        return tuple((c["Name"].lower(), from_hive(c.get("Type", "string"))) for c in listed)

    @property
    def location(self) -> str:
        """Where the files are.

        Raises:
            StatementError: the table says nowhere.
        """
        where = self.raw.get("StorageDescriptor", {}).get("Location", "")
        if not where:
            raise StatementError(
                "HIVE_INVALID_METADATA", f"Table {'.'.join(self.name[1:])} has no location"
            )
        return str(where)

    @property
    def properties(self) -> dict[str, str]:
        """The table's parameters."""
        return dict(self.raw.get("Parameters") or {})

    @property
    def serde(self) -> tuple[str, dict[str, str]]:
        """Class and parameters of what reads the files."""
        info = self.raw.get("StorageDescriptor", {}).get("SerdeInfo") or {}
        return str(info.get("SerializationLibrary") or ""), dict(info.get("Parameters") or {})

    def view(self) -> View:
        """The statement behind a view.

        Raises:
            StatementError: it is no view that Athena made.
        """
        text = str(self.raw.get("ViewOriginalText") or "")
        if not (text.startswith(_VIEW_START) and text.endswith(_VIEW_END)):
            raise not_supported(f"A view that Athena did not make ({'.'.join(self.name[1:])})")
        stored = json.loads(
            base64.b64decode(text.removeprefix(_VIEW_START).removesuffix(_VIEW_END))
        )
        columns = tuple(
            (str(column["name"]).lower(), types.UNKNOWN) for column in stored["columns"]
        )
        schema = str(stored.get("schema") or self.name[1])
        return View(self.name, str(stored["originalSql"]), CATALOG, schema, columns)


class GlueCatalog:
    """Looks names up in Glue on behalf of one caller, each once."""

    def __init__(self, glue: "GlueClient", now: datetime) -> None:
        self._glue = glue
        self._now = now
        self._tables: dict[tuple[str, str], Table | None] = {}
        self._found: dict[tuple[str, str], Table] = {}

    def find(
        self, catalog: str, schema: str, table: str, at: Position
    ) -> TableColumns | View | Rows:
        """The table or view as the translator wants it.

        Raises:
            StatementError: CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND or TABLE_NOT_FOUND.
        """
        if catalog != CATALOG:
            raise StatementError("CATALOG_NOT_FOUND", f"Catalog '{catalog}' does not exist", at=at)
        if schema == INFORMATION_SCHEMA:
            return self._information(table, at)
        if "$" in table:
            raise not_supported(f"The table {table}", at=at)
        found = self.table(schema, table)
        if found is None:
            if not self.has_schema(schema):
                raise StatementError("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", at=at)
            raise StatementError(
                "TABLE_NOT_FOUND", f"Table '{CATALOG}.{schema}.{table}' does not exist", at=at
            )
        if found.is_view:
            return found.view()
        self._found[found.name[1:]] = found
        return TableColumns(
            found.name, (*found.columns, *found.keys), tuple(k for k, _ in found.keys)
        )

    def table(self, schema: str, name: str) -> Table | None:
        """The Glue table, or None."""
        wanted = (schema, name)
        if wanted not in self._tables:
            missing = self._glue.exceptions.EntityNotFoundException
            try:
                raw = self._glue.get_table(DatabaseName=schema, Name=name)["Table"]
                self._tables[wanted] = Table({"DatabaseName": schema, **raw})
            except missing:
                self._tables[wanted] = None
        return self._tables[wanted]

    def known(self, table: TableColumns) -> Table:
        """The Glue table of a table that was found before."""
        return self._found[table.name[1:]]

    def has_schema(self, schema: str) -> bool:
        """Whether Glue has the database."""
        try:
            self._glue.get_database(Name=schema)
        except self._glue.exceptions.EntityNotFoundException:
            return False
        return True

    def schemas(self) -> list[str]:
        """The databases, by name."""
        pages = self._glue.get_paginator("get_databases").paginate()
        return sorted(each["Name"].lower() for page in pages for each in page["DatabaseList"])

    def tables(self, schema: str) -> list[Table]:
        """The tables and views of a database, by name."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=schema)
        found = [
            Table({"DatabaseName": schema, **raw}) for page in pages for raw in page["TableList"]
        ]
        return sorted(found, key=lambda table: table.name)

    def partitions(self, table: Table) -> list[Partition]:
        """The table's partitions: those of the catalog, or those that its properties project."""
        keys = [key for key, _ in table.keys]
        if is_projected(table.properties):
            made = projected(table.properties, keys, table.location, self._now)
            return [Partition(values, where) for values, where in made]
        return list(self._registered(table))

    def _registered(self, table: Table) -> Iterator[Partition]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=table.name[1], TableName=table.raw["Name"], ExcludeColumnSchema=True
        )
        for page in pages:
            for partition in page["Partitions"]:
                where = partition.get("StorageDescriptor", {}).get("Location", "")
                yield Partition(tuple(partition["Values"]), str(where))

    def _information(self, table: str, at: Position) -> Rows:
        makers: dict[str, Callable[[], Rows]] = {
            "schemata": self._schemata,
            "tables": self._all_tables,
            "columns": self._all_columns,
        }
        if table not in makers:
            name = f"{CATALOG}.{INFORMATION_SCHEMA}.{table}"
            raise StatementError("TABLE_NOT_FOUND", f"Table '{name}' does not exist", at=at)
        return makers[table]()

    def _schemata(self) -> Rows:
        rows = tuple((CATALOG, schema) for schema in [*self.schemas(), INFORMATION_SCHEMA])
        return _rows("schemata", ("catalog_name", "schema_name"), rows)

    def _all_tables(self) -> Rows:
        rows = tuple(
            (*table.name, "VIEW" if table.is_view else "BASE TABLE")
            for schema in self.schemas()
            for table in self.tables(schema)
        )
        return _rows("tables", ("table_catalog", "table_schema", "table_name", "table_type"), rows)

    def _all_columns(self) -> Rows:
        rows = tuple(
            (*table.name, column, place, None, "YES", str(kind))
            for schema in self.schemas()
            for table in self.tables(schema)
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
