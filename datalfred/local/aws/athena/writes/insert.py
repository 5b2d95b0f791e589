"""``INSERT INTO``: more files in a table's folder, and its new partitions."""

from datalfred.local.aws.athena.catalog import GlueCatalog, Table
from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.names import CATALOG
from datalfred.local.aws.athena.projection import is_projected
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Selected
from datalfred.local.aws.athena.translate.typed import Typed, name
from datalfred.local.aws.athena.translate.types import Type, coerces, duckdb_type
from datalfred.local.aws.athena.write_statements import Insert
from datalfred.local.aws.athena.writes.create_table import (
    Layout,
    partition_input,
    register_partitions,
)
from datalfred.local.aws.athena.writes.formats import of_table
from datalfred.local.aws.athena.writes.hive_names import folder
from datalfred.local.aws.athena.writes.rows import Output, Part, Written


class Insertion:
    """Rows on their way into a table."""

    def __init__(self, job: Job, catalog: GlueCatalog, statement: Insert) -> None:
        """Checks that the table can be written to.

        Raises:
            StatementError: it does not exist, is a view, or Athena does not write its format.
        """
        schema, called = statement.name.within(job.database)
        self._job = job
        self._statement = statement
        self._table = _table(catalog, schema, called)
        raw = self._table.raw.get("StorageDescriptor", {})
        self._form = of_table(
            self._table.serde, raw.get("OutputFormat", ""), self._table.properties
        )
        if "storage.location.template" in self._table.properties:
            raise not_supported("INSERT INTO a table with storage.location.template")
        self._places: dict[tuple[str, ...], str] = {}
        if self._table.keys and not is_projected(self._table.properties):
            known = catalog.partitions(self._table)
            self._places = {each.values: each.location for each in known}
        self._new: dict[tuple[str, ...], str] = {}

    def layout(self, found: Selected) -> Layout:
        """The query's columns as those of the table; NULL for those that are not named.

        Raises:
            StatementError: other columns or types than the table has.
        """
        table = [*self._table.columns, *self._table.keys]
        kinds = dict(table)
        asked = self._statement.columns
        wanted = [column for column, _ in table] if asked is None else list(asked)
        _check_columns(wanted, kinds)
        targets = [kinds[column] for column in wanted]
        _check_types(targets, [column.type for column in found.columns])
        given = {
            column: coerce(Typed(name(each.sql), each.type), kinds[column]).sql
            for column, each in zip(wanted, found.columns, strict=True)
        }
        made = [
            Output(column, kind, given.get(column, f"CAST(NULL AS {duckdb_type(kind)})"))
            for column, kind in table
        ]
        cut = len(self._table.columns)
        return Layout(tuple(made[:cut]), tuple(made[cut:]), self._form)

    def place(self, part: Part, prefix: str) -> str:
        """The URI of a partition's file: where the partition is, or will be."""
        root = f"{self._table.location.rstrip('/')}/"
        where = root
        if part.values:
            keys = [key for key, _ in self._table.keys]
            known = self._places.get(part.values)
            where = f"{(known or root + folder(keys, part.values)).rstrip('/')}/"
            if known is None:
                self._new[part.values] = where
        return f"{where}{prefix}_{part.path.name}{self._form.ending}"

    def register(self, _written: Written) -> None:
        """Adds the new partitions.

        Raises:
            StatementError: Glue refuses one.
        """
        inputs = [
            partition_input(self._table, values, where) for values, where in self._new.items()
        ]
        raw = self._table.raw
        register_partitions(self._job, raw["DatabaseName"], raw["Name"], inputs)


def _table(catalog: GlueCatalog, schema: str, called: str) -> Table:
    found = catalog.table(schema, called)
    if found is None:
        if not catalog.has_schema(schema):
            raise StatementError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{schema}' does not exist")
        raise StatementError(
            "TABLE_NOT_FOUND", f"line 1:1: Table '{CATALOG}.{schema}.{called}' does not exist"
        )
    if found.is_view:
        raise StatementError("NOT_SUPPORTED", "line 1:1: Inserting into views is not supported")
    return found


def _check_columns(wanted: list[str], known: dict[str, Type]) -> None:
    for place, column in enumerate(wanted):
        if column not in known:
            raise StatementError(
                "COLUMN_NOT_FOUND",
                f"line 1:1: Insert column name does not exist in target table: {column}",
            )
        if column in wanted[:place]:
            raise StatementError(
                "DUPLICATE_COLUMN_NAME",
                f"line 1:1: Insert column name is specified more than once: {column}",
            )


def _check_types(table: list[Type], query: list[Type]) -> None:
    fits = len(table) == len(query) and all(
        source == target or coerces(source, target)
        for source, target in zip(query, table, strict=True)
    )
    if not fits:
        raise StatementError(
            "TYPE_MISMATCH",
            "line 1:1: Insert query has mismatched column types: "
            f"Table: [{', '.join(map(str, table))}], Query: [{', '.join(map(str, query))}]",
        )
