"""``CREATE VIEW``, and ``DROP`` of views and tables."""

import base64
import json
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.names import CATALOG
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.write_statements import CreateView, Drop
from datalfred.local.aws.athena.writes.create_table import named_columns
from datalfred.local.aws.athena.writes.hive_errors import existing_table, semantic_error
from datalfred.local.aws.athena.writes.hive_names import hive_type
from datalfred.local.aws.athena.writes.rows import Output, translated

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableInputTypeDef


def create(job: Job, catalog: GlueCatalog, statement: CreateView) -> None:
    """Makes the view, or replaces it.

    Raises:
        StatementError: the query is wrong, or the name is taken.
    """
    schema, called = statement.name.within(job.database)
    if not catalog.has_schema(schema):
        raise StatementError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{schema}' does not exist")
    columns = named_columns(translated(job, catalog, statement.query)[0])
    known = catalog.table(schema, called)
    if known is not None and not (known.is_view and statement.replace):
        if known.is_view:
            raise StatementError("ALREADY_EXISTS", f"View already exists: '{schema}.{called}'")
        raise StatementError(
            "TABLE_ALREADY_EXISTS", f"line 1:1: Table already exists: '{schema}.{called}'"
        )
    made = _input(job.database, called, statement.sql, columns)
    if known is None:
        job.glue.create_table(DatabaseName=schema, TableInput=made)
    else:
        job.glue.update_table(DatabaseName=schema, TableInput=made)


def _input(database: str, called: str, sql: str, columns: list[Output]) -> "TableInputTypeDef":
    stored = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": each.name, "type": str(each.type)} for each in columns],
    }
    text = base64.b64encode(json.dumps(stored).encode()).decode()
    return {
        "Name": called,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "ViewOriginalText": f"/* Presto View: {text} */",
        "ViewExpandedText": "/* Presto View */",
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": each.name, "Type": _shown(each.type)} for each in columns],
            "Location": "",
            "SerdeInfo": {},
        },
    }


def _shown(kind: Type) -> str:
    """The type that Glue's console shows; the view itself keeps Trino's."""
    try:
        return hive_type(kind, "")
    except StatementError:
        return "string"


def drop(job: Job, catalog: GlueCatalog, statement: Drop) -> None:
    """Takes the entry out of Glue; the files of a table stay.

    Raises:
        StatementError: there is none, or it is of the other kind.
    """
    schema, called = statement.name.within(job.database)
    if statement.lenient and catalog.table(schema, called) is None:
        return
    if statement.view and catalog.table(schema, called) is None:
        raise StatementError(
            "TABLE_NOT_FOUND", f"line 1:1: View '{CATALOG}.{schema}.{called}' does not exist"
        )
    found = existing_table(catalog, schema, called)
    if found.is_view and not statement.view:
        raise semantic_error("[Error 10017]: Cannot drop a view with DROP TABLE")
    if statement.view and not found.is_view:
        raise StatementError(
            "TABLE_NOT_FOUND",
            f"line 1:1: View '{CATALOG}.{schema}.{called}' does not exist, but a table with that "
            f"name exists. Did you mean DROP TABLE {CATALOG}.{schema}.{called}?",
        )
    job.glue.delete_table(DatabaseName=schema, Name=found.raw["Name"])
