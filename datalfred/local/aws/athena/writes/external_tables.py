"""Hive's ``CREATE EXTERNAL TABLE``: an entry in Glue over files that are there already."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.hive_types import is_readable
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.write_statements import CreateExternalTable, Declared
from datalfred.local.aws.athena.writes.formats import stored_as
from datalfred.local.aws.athena.writes.hive_errors import (
    execution_error,
    existing_schema,
    semantic_error,
)

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ColumnTypeDef, StorageDescriptorTypeDef


def create(job: Job, catalog: GlueCatalog, statement: CreateExternalTable) -> None:
    """Makes the table.

    Raises:
        StatementError: the name is taken, or something is missing or not read here.
    """
    schema, called = statement.name.within(job.database)
    existing_schema(catalog, schema)
    _check(statement)
    if catalog.table(schema, called) is not None:
        if statement.lenient:
            return
        raise execution_error(f"AlreadyExistsException(message:Table {called} already exists)")
    job.glue.create_table(
        DatabaseName=schema,
        TableInput={
            "Name": called,
            "Description": statement.comment,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": _columns(statement.keys),
            "StorageDescriptor": _storage(statement),
            "Parameters": {"EXTERNAL": "TRUE", **statement.properties},
        },
    )


def _check(statement: CreateExternalTable) -> None:
    if statement.properties.get("table_type", "").upper() == "ICEBERG":
        raise not_supported("An Iceberg table")
    if not statement.external:
        raise semantic_error("Only external table creation is supported.")
    if not statement.location.startswith("s3://"):
        raise execution_error(
            "MetaException(message:LOCATION must be an S3 URI such as s3://bucket/folder/)"
        )
    names = [each.name for each in (*statement.columns, *statement.keys)]
    twice = [each for place, each in enumerate(names) if each in names[:place]]
    if twice:
        raise semantic_error(f"[Error 10036]: Duplicate column name: {twice[0]}")
    for each in (*statement.columns, *statement.keys):
        if not is_readable(each.type):
            raise not_supported(f"The column {each.name} of type {each.type}")


def _columns(columns: Sequence[Declared]) -> "list[ColumnTypeDef]":
    return [_column(each) for each in columns]


def _column(declared: Declared) -> "ColumnTypeDef":
    column: ColumnTypeDef = {"Name": declared.name, "Type": declared.type}
    if declared.comment:
        column["Comment"] = declared.comment
    return column


def _storage(statement: CreateExternalTable) -> "StorageDescriptorTypeDef":
    serde, read, write = stored_as(statement.stored or "TEXTFILE")
    if statement.formats is not None:
        read, write = statement.formats
    options = dict(statement.serde_properties) or {"serialization.format": "1"}
    return {
        "Columns": _columns(statement.columns),
        "Location": statement.location,
        "InputFormat": read,
        "OutputFormat": write,
        "SerdeInfo": {
            "SerializationLibrary": statement.serde or serde,
            "Parameters": options,
        },
    }
