"""Files on disk become tables of the embedded AWS: objects in S3, definitions in Glue.

Both lakes of a laptop (the demo lake and a folder of the user's) are described with the shapes of
this module and written with :func:`create_tables`. The order is the one a crawler follows: bucket,
objects, databases, tables, partitions; who reads too early finds less, never a broken table.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

Progress = Callable[[str, float], None]
"""Told what happens now, and which fraction of the work is done (0 to 1)."""

_BATCH = 100
"""Partitions in one BatchCreatePartition: Glue's limit."""


class Clients(Protocol):
    """Whoever hands out boto3 clients of the embedded AWS."""

    def client(self, name: str) -> Any:
        """The client of a service, by boto3's name of it."""
        ...


@dataclass(frozen=True)
class LakeColumn:
    """One column, with its Athena type."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class LakeFile:
    """One file of a table.

    Attributes:
        path: where it lies on disk.
        key: its object key, below the location of its table.
        partition: values of the partition keys, in their order.
        rows: how many it holds; None when nobody counted.
    """

    path: Path
    key: str
    partition: tuple[str, ...] = ()
    rows: int | None = None


@dataclass(frozen=True)
class LakeTable:
    """One table: its definition, and its files.

    Attributes:
        format: ``parquet``, ``csv`` (a header, no quotes) or ``json`` (one object a line).
        prefix: key prefix of its location, ending in a slash.
    """

    database: str
    name: str
    description: str
    format: str
    columns: tuple[LakeColumn, ...]
    prefix: str
    files: tuple[LakeFile, ...]
    partition_keys: tuple[LakeColumn, ...] = ()


@dataclass(frozen=True)
class LakeDatabase:
    """One database and its tables."""

    name: str
    description: str
    tables: tuple[LakeTable, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class _Format:
    """How Athena reads one file format: the class names that its documentation lists."""

    serde: str
    input_format: str = "org.apache.hadoop.mapred.TextInputFormat"
    output_format: str = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
    parameters: tuple[tuple[str, str], ...] = ()


_TEXT = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_FORMATS = {
    "parquet": _Format(
        serde=f"{_PARQUET}.serde.ParquetHiveSerDe",
        input_format=f"{_PARQUET}.MapredParquetInputFormat",
        output_format=f"{_PARQUET}.MapredParquetOutputFormat",
        parameters=(("serialization.format", "1"),),
    ),
    "csv": _Format(serde=_TEXT, parameters=(("field.delim", ","), ("serialization.format", ","))),
    "json": _Format(serde="org.openx.data.jsonserde.JsonSerDe"),
}


def create_tables(
    aws: Clients,
    bucket: str,
    databases: Sequence[LakeDatabase],
    *,
    extra: Sequence[tuple[str, Path]] = (),
    progress: Progress,
) -> None:
    """Writes databases into S3 and Glue.

    Args:
        aws: the embedded AWS.
        bucket: made here.
        databases: what to write.
        extra: further objects as (key, file), such as the semantic layer.
        progress: told of each database.
    """
    s3, glue = aws.client("s3"), aws.client("glue")
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
    )
    for key, path in extra:
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
    for number, database in enumerate(databases):
        progress(f"Storing the database {database.name}", number / len(databases))
        glue.create_database(
            DatabaseInput={
                "Name": database.name,
                "Description": database.description,
                "LocationUri": f"s3://{bucket}/{database.name}/",
            }
        )
        for table in database.tables:
            for file in table.files:
                with file.path.open("rb") as body:
                    s3.put_object(Bucket=bucket, Key=table.prefix + file.key, Body=body)
            glue.create_table(DatabaseName=database.name, TableInput=table_input(bucket, table))
            for batch in _partition_batches(bucket, table):
                glue.batch_create_partition(
                    DatabaseName=database.name, TableName=table.name, PartitionInputList=batch
                )
    progress("The lake is ready", 1.0)


def table_input(bucket: str, table: LakeTable) -> dict[str, Any]:
    """The ``TableInput`` of a table, with the statistics that a Glue crawler leaves.

    Source: the parameters ``recordCount``, ``sizeKey`` and ``objectCount`` are a crawler's own.
    """
    return {
        "Name": table.name,
        "Description": table.description,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "EXTERNAL": "TRUE",
            "classification": table.format,
            **_header(table),
            **_statistics(table.files),
        },
        "StorageDescriptor": _storage(bucket, table, table.prefix),
        "PartitionKeys": [_glue_column(column) for column in table.partition_keys],
    }


def _header(table: LakeTable) -> dict[str, str]:
    return {"skip.header.line.count": "1"} if table.format == "csv" else {}


def _statistics(files: Sequence[LakeFile]) -> dict[str, str]:
    counts = [file.rows for file in files]
    known = [count for count in counts if count is not None]
    rows = {"recordCount": str(sum(known))} if len(known) == len(counts) else {}
    size = sum(file.path.stat().st_size for file in files)
    return {**rows, "sizeKey": str(size), "objectCount": str(len(files))}


def _glue_column(column: LakeColumn) -> dict[str, str]:
    return {"Name": column.name, "Type": column.type, "Comment": column.comment}


def _storage(bucket: str, table: LakeTable, prefix: str) -> dict[str, Any]:
    how = _FORMATS[table.format]
    return {
        "Columns": [_glue_column(column) for column in table.columns],
        "Location": f"s3://{bucket}/{prefix}",
        "InputFormat": how.input_format,
        "OutputFormat": how.output_format,
        "SerdeInfo": {"SerializationLibrary": how.serde, "Parameters": dict(how.parameters)},
        "Parameters": _header(table),
    }


def _partition_batches(bucket: str, table: LakeTable) -> Iterator[list[dict[str, Any]]]:
    if not table.partition_keys:
        return
    files: dict[tuple[str, ...], list[LakeFile]] = {}
    for file in table.files:
        files.setdefault(file.partition, []).append(file)
    inputs = [
        {
            "Values": list(values),
            "StorageDescriptor": _storage(
                bucket, table, f"{table.prefix}{members[0].key.rpartition('/')[0]}/"
            ),
            "Parameters": _statistics(members),
        }
        for values, members in sorted(files.items())
    ]
    for start in range(0, len(inputs), _BATCH):
        yield inputs[start : start + _BATCH]
