"""``CREATE TABLE ... AS``: a folder of files, then a table in Glue with its partitions."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.catalog import GlueCatalog, Table
from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.names import CATALOG
from datalfred.local.aws.athena.translate.context import Selected
from datalfred.local.aws.athena.translate.typed import name
from datalfred.local.aws.athena.write_statements import CreateTableAs
from datalfred.local.aws.athena.writes.formats import Format, named
from datalfred.local.aws.athena.writes.hive_names import folder, hive_type
from datalfred.local.aws.athena.writes.rows import Output, Part, Written
from datalfred.local.aws.athena.writes.upload import is_empty

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ColumnTypeDef,
        PartitionInputTypeDef,
        StorageDescriptorTypeDef,
    )

_KNOWN = {
    *("format", "external_location", "partitioned_by", "bucketed_by", "bucket_count"),
    *("write_compression", "parquet_compression", "orc_compression", "field_delimiter"),
    *("table_type", "is_external", "location"),
}
_MOST_IN_A_CALL = 100  # partitions of BatchCreatePartition


@dataclass(frozen=True)
class Layout:
    """The columns of the files, the partition keys, and the format."""

    outputs: tuple[Output, ...]
    keys: tuple[Output, ...]
    form: Format


class CreateTable:
    """A table that is made from rows."""

    def __init__(self, job: Job, catalog: GlueCatalog, statement: CreateTableAs) -> None:
        """Checks where it goes.

        Raises:
            StatementError: the table exists, or a property is wrong.
        """
        self._job = job
        self._statement = statement
        self._schema, self._table = statement.name.within(job.database)
        self._catalog = catalog
        self.exists = catalog.table(self._schema, self._table) is not None
        if self.exists and not statement.lenient:
            raise StatementError(
                "TABLE_ALREADY_EXISTS",
                f"line 1:1: Destination table '{CATALOG}.{self._schema}.{self._table}' "
                "already exists",
            )
        if not catalog.has_schema(self._schema):
            raise StatementError(
                "SCHEMA_NOT_FOUND", f"line 1:1: Schema '{self._schema}' does not exist"
            )
        self._form = _form(statement.properties)
        self._location = _location(job, statement.properties)
        self._layout = Layout((), (), self._form)

    def layout(self, found: Selected) -> Layout:
        """The columns, partition keys last.

        Raises:
            StatementError: a column without a name or of a type that Hive lacks, keys that are
                not the last columns, or a folder that is not empty.
        """
        columns = named_columns(found)
        keys = partition_keys(self._statement.properties, [each.name for each in columns])
        cut = len(columns) - len(keys)
        for each in columns:
            hive_type(each.type, each.name)
        if not is_empty(self._job.s3, self._location):
            raise StatementError(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory for table '{self._schema}.{self._table}' already exists: "
                f"{self._location}. You may need to manually clean the data at location "
                f"'{self._location}' before retrying. Athena will not delete data in your account.",
            )
        self._layout = Layout(tuple(columns[:cut]), tuple(columns[cut:]), self._form)
        return self._layout

    def place(self, part: Part, prefix: str) -> str:
        """The URI of a partition's file."""
        return f"{self._folder(part.values)}{prefix}_{part.path.name}{self._form.ending}"

    def register(self, written: Written) -> None:
        """Makes the table and its partitions; what fails half way takes the table away again.

        Raises:
            StatementError: the table was made by somebody else in the meantime.
        """
        glue = self._job.glue
        try:
            glue.create_table(
                DatabaseName=self._schema,
                TableInput={
                    "Name": self._table,
                    "Description": self._statement.comment,
                    "TableType": "EXTERNAL_TABLE",
                    "PartitionKeys": declared(self._layout.keys),
                    "StorageDescriptor": self._storage(self._location),
                    "Parameters": self._parameters(),
                },
            )
        except glue.exceptions.AlreadyExistsException as error:
            raise StatementError("TABLE_ALREADY_EXISTS", str(error)) from error
        try:
            inputs: list[PartitionInputTypeDef] = [
                {
                    "Values": list(part.values),
                    "StorageDescriptor": self._storage(self._folder(part.values)),
                }
                for part in written.parts
                if part.values
            ]
            register_partitions(self._job, self._schema, self._table, inputs)
        except BaseException:
            glue.delete_table(DatabaseName=self._schema, Name=self._table)
            raise

    def _folder(self, values: Sequence[str]) -> str:
        if not values:
            return self._location
        return f"{self._location}{folder((key.name for key in self._layout.keys), values)}/"

    def _storage(self, location: str) -> "StorageDescriptorTypeDef":
        options = {"serialization.format": "1", **self._form.options}
        return {
            "Columns": declared(self._layout.outputs),
            "Location": location,
            "InputFormat": self._form.input,
            "OutputFormat": self._form.output,
            "Compressed": False,
            "SerdeInfo": {"SerializationLibrary": self._form.serde, "Parameters": options},
        }

    def _parameters(self) -> dict[str, str]:
        kept = {"parquet.compression": self._form.compression}
        return {
            "EXTERNAL": "TRUE",
            "auto.purge": "false",
            "has_encrypted_data": "true" if self._job.encryption else "false",
            "numFiles": "-1",
            "totalSize": "-1",
            "transactional": "false",
            "trino_query_id": self._job.query_id,
            **(
                kept
                if self._form.kind == "parquet"
                else {"write.compression": self._form.compression}
            ),
        }


def named_columns(found: Selected) -> list[Output]:
    """The columns of a query whose every column has a name of its own.

    Raises:
        StatementError: one has none, or two have the same.
    """
    known: set[str] = set()
    for place, column in enumerate(found.columns, 1):
        if not column.name:
            raise StatementError(
                "MISSING_COLUMN_NAME",
                f"line 1:1: Column name not specified at position {place}",
            )
        if column.name in known:
            raise StatementError(
                "DUPLICATE_COLUMN_NAME",
                f"line 1:1: Column name '{column.name}' specified more than once",
            )
        known.add(column.name)
    return [Output(each.name, each.type, name(each.sql)) for each in found.columns]


def declared(columns: Sequence[Output]) -> "list[ColumnTypeDef]":
    """Columns as Glue keeps them."""
    return [{"Name": each.name, "Type": hive_type(each.type, each.name)} for each in columns]


def partition_input(table: Table, values: Sequence[str], location: str) -> "PartitionInputTypeDef":
    """A partition of a table, stored as the table says."""
    storage: StorageDescriptorTypeDef = dict(table.raw.get("StorageDescriptor", {}))  # type: ignore[assignment]  # as Glue gave it
    storage["Location"] = location
    return {"Values": list(values), "StorageDescriptor": storage}


def register_partitions(
    job: Job, schema: str, table: str, inputs: Sequence["PartitionInputTypeDef"]
) -> None:
    """Adds partitions to a table; one that is there already stays as it is.

    Raises:
        StatementError: Glue refuses one.
    """
    rest = iter(inputs)
    while batch := list(itertools.islice(rest, _MOST_IN_A_CALL)):
        answer = job.glue.batch_create_partition(
            DatabaseName=schema, TableName=table, PartitionInputList=batch
        )
        for error in answer.get("Errors", []):
            detail = error.get("ErrorDetail", {})
            if detail.get("ErrorCode") != "AlreadyExistsException":
                raise StatementError("HIVE_METASTORE_ERROR", str(detail.get("ErrorMessage", "")))


def _form(properties: Mapping[str, object]) -> Format:
    for each in properties:
        if each not in _KNOWN:
            raise StatementError(
                "INVALID_TABLE_PROPERTY",
                f"line 1:1: Catalog '{CATALOG}' table property '{each}' does not exist",
            )
    if properties.get("bucketed_by") or properties.get("bucket_count"):
        raise not_supported("A bucketed table")
    kind = str(properties.get("table_type", "HIVE")).upper()
    if kind != "HIVE":
        raise not_supported(f"A table of the type {kind}")
    delimiter = properties.get("field_delimiter")
    compression = properties.get("write_compression") or properties.get("parquet_compression")
    return named(
        str(properties.get("format", "PARQUET")),
        str(compression or ""),
        None if delimiter is None else str(delimiter),
    )


def _location(job: Job, properties: Mapping[str, object]) -> str:
    asked = str(properties.get("external_location") or "")
    if asked and job.fixed_output:
        raise StatementError(
            "",
            "The Create Table As Select query failed because it was submitted with an "
            "'external_location' property to an Athena Workgroup that enforces a centralized "
            "output location for all queries. Please remove the 'external_location' property "
            "and resubmit the query.",
        )
    if asked and not asked.startswith("s3://"):
        raise StatementError(
            "INVALID_TABLE_PROPERTY", f"External location is not a valid file system URI: {asked}"
        )
    if asked:
        return f"{asked.rstrip('/')}/"
    if not job.output:
        raise StatementError(
            "",
            "A table needs 'external_location' in a workgroup whose results Athena manages",
        )
    return f"{job.output.rstrip('/')}/tables/{job.query_id}/"


def partition_keys(properties: Mapping[str, object], columns: Sequence[str]) -> list[str]:
    """The keys of ``partitioned_by``.

    Raises:
        StatementError: they are not the last columns, or are all of them.
    """
    said = properties.get("partitioned_by") or []
    keys = [str(each).lower() for each in said] if isinstance(said, list) else [str(said)]
    unknown = [key for key in keys if key not in columns]
    if unknown:
        raise StatementError(
            "INVALID_TABLE_PROPERTY", f"Partition columns {unknown} not present in schema"
        )
    if keys and len(keys) == len(columns):
        raise StatementError("INVALID_TABLE_PROPERTY", "Table contains only partition columns")
    if keys != list(columns[len(columns) - len(keys) :]):
        raise StatementError(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the "
            f"table properties: [{', '.join(keys)}]",
        )
    return keys
