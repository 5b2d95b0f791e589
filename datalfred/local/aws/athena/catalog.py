"""The catalog as one query sees it: Glue's databases, tables, views and partitions."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.hive_types import from_hive
from datalfred.local.aws.athena.information import INFORMATION_SCHEMA, information_schema
from datalfred.local.aws.athena.names import CATALOG, NO_VALUE
from datalfred.local.aws.athena.projection import is_projected, projected
from datalfred.local.aws.athena.translate.context import Context, Rows, TableColumns, View
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.scope import Column
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.trino_types import from_trino
from datalfred.local.aws.athena.view_check import checked

if TYPE_CHECKING:
    from mypy_boto3_glue.client import GlueClient

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
            (str(column["name"]).lower(), from_trino(str(column.get("type", ""))))
            for column in stored["columns"]
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
        self._views: dict[tuple[str, str, str], View] = {}
        self._open: list[tuple[str, str, str]] = []

    @property
    def read(self) -> tuple[tuple[str, str], ...]:
        """Database and name of the tables and views that the statement reads."""
        return tuple(sorted({*self._found, *(view[1:] for view in self._views)}))

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
            return information_schema(self, table, at)
        if "$" in table:
            return self._hidden(schema, table, at)
        found = self._existing(schema, table, at)
        if found.is_view:
            return self._view(found, at)
        self._found[found.name[1:]] = found
        return TableColumns(
            found.name, (*found.columns, *found.keys), tuple(k for k, _ in found.keys)
        )

    def _existing(self, schema: str, table: str, at: Position, called: str = "") -> Table:
        found = self.table(schema, table)
        if found is None and not self.has_schema(schema):
            raise StatementError("SCHEMA_NOT_FOUND", f"Schema '{schema}' does not exist", at=at)
        if found is None or (called and (found.is_view or not found.keys)):
            name = f"{CATALOG}.{schema}.{called or table}"
            raise StatementError("TABLE_NOT_FOUND", f"Table '{name}' does not exist", at=at)
        return found

    def _hidden(self, schema: str, table: str, at: Position) -> Rows:
        """``"table$partitions"``: the values of the keys, a row for each partition."""
        base, _, what = table.partition("$")
        if what != "partitions":
            raise not_supported(f"The table {table}", at=at)
        found = self._existing(schema, base, at, table)
        self._found[found.name[1:]] = found
        rows = tuple(
            tuple(None if value == NO_VALUE else value for value in each.values)
            for each in self.partitions(found)
        )
        return Rows((CATALOG, schema, table), found.keys, rows)

    def _view(self, found: Table, at: Position) -> View:
        """The view, once its query has been held against its columns."""
        if found.name in self._open:
            raise StatementError(
                "VIEW_IS_RECURSIVE", f"View '{'.'.join(found.name)}' is recursive", at=at
            )
        if found.name not in self._views:
            self._open.append(found.name)
            try:
                self._views[found.name] = checked(found.view(), at, self._analysed)
            finally:
                self._open.pop()
        return self._views[found.name]

    def _analysed(self, view: View) -> tuple[Column, ...]:
        from datalfred.local.aws.athena.translate.expressions import expression
        from datalfred.local.aws.athena.translate.queries import query

        source = Source(view.sql)
        context = Context(
            source, self, view.schema, self._now, expression, query, catalog_name=view.catalog
        )
        return query(context, parse_query(source), None).columns

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
