"""``ALTER TABLE ADD|DROP PARTITION`` and ``MSCK REPAIR TABLE``."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.catalog import GlueCatalog, Table
from datalfred.local.aws.athena.job import Job, Result
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.translate.types import VARCHAR
from datalfred.local.aws.athena.write_statements import (
    AddPartitions,
    DropPartitions,
    NamedPartition,
    Repair,
)
from datalfred.local.aws.athena.writes.create_table import partition_input, register_partitions
from datalfred.local.aws.athena.writes.hive_errors import (
    execution_error,
    existing_table,
    semantic_error,
)
from datalfred.local.aws.athena.writes.hive_names import folder, values_of

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import PartitionInputTypeDef


def change(
    job: Job, catalog: GlueCatalog, statement: AddPartitions | DropPartitions | Repair
) -> Result:
    """Changes what Glue knows of a table's partitions; files stay as they are.

    Raises:
        StatementError: no such table, key or partition, or one that is there already.
    """
    schema, called = statement.name.within(job.database)
    table = existing_table(catalog, schema, called)
    if isinstance(statement, Repair):
        return _repair(job, catalog, table)
    if not table.keys:
        raise execution_error(f"Table {schema}.{called} is not a partitioned table")
    if isinstance(statement, AddPartitions):
        _add(job, catalog, table, statement)
    else:
        _drop(job, catalog, table, statement)
    return Result()


def _values(table: Table, partition: NamedPartition) -> tuple[str, ...]:
    keys = [key for key, _ in table.keys]
    if sorted(keys) != sorted(partition.values):
        said = ", ".join(partition.values)
        raise semantic_error(f"partition spec {{{said}}} doesn't match the keys {', '.join(keys)}")
    return tuple(partition.values[key] for key in keys)


def _add(job: Job, catalog: GlueCatalog, table: Table, statement: AddPartitions) -> None:
    known = {each.values for each in catalog.partitions(table)}
    wanted = {}
    for partition in statement.partitions:
        values = _values(table, partition)
        if values in known and not statement.lenient:
            raise execution_error("AlreadyExistsException(message:Partition already exists.)")
        if values not in known:
            wanted[values] = partition.location or _default(table, values)
    register_partitions(job, *_named(table), _inputs(table, wanted))


def _drop(job: Job, catalog: GlueCatalog, table: Table, statement: DropPartitions) -> None:
    known = {each.values for each in catalog.partitions(table)}
    gone = [_values(table, partition) for partition in statement.partitions]
    for values in gone:
        if values not in known and not statement.lenient:
            raise semantic_error(
                "[Error 10006]: Partition not found "
                + folder((key for key, _ in table.keys), values)
            )
    schema, name = _named(table)
    for values in gone:
        if values in known:
            job.glue.delete_partition(
                DatabaseName=schema, TableName=name, PartitionValues=list(values)
            )


def _repair(job: Job, catalog: GlueCatalog, table: Table) -> Result:
    """Registers every folder named ``key=value`` under the table that Glue does not know."""
    if not table.keys:
        return Result()
    keys = [key for key, _ in table.keys]
    known = {each.values for each in catalog.partitions(table)}
    root = f"{table.location.rstrip('/')}/"
    found: dict[tuple[str, ...], str] = {}
    for path in _folders(job, root, len(keys)):
        values = values_of(path, keys)
        if values is not None and values not in known:
            found[values] = f"{root}{path}/"
    register_partitions(job, *_named(table), _inputs(table, found))
    name = table.name[2]
    lines = [f"Repair: Added partition to metastore {name}:{folder(keys, each)}" for each in found]
    if found:
        missing = "\t".join(f"{name}:{folder(keys, each)}" for each in found)
        lines.insert(0, f"Partitions not in metastore:\t{missing}")
    return Result((("result", VARCHAR),), [(line,) for line in lines])


def _folders(job: Job, root: str, depth: int) -> Iterator[str]:
    bucket, prefix = split_uri(root)
    seen = set()
    pages = job.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in page.get("Contents", []):
            parts = each["Key"].removeprefix(prefix).split("/")
            path = "/".join(parts[:depth])
            if len(parts) > depth and path not in seen:
                seen.add(path)
                yield path


def _default(table: Table, values: tuple[str, ...]) -> str:
    return f"{table.location.rstrip('/')}/{folder((key for key, _ in table.keys), values)}/"


def _inputs(table: Table, places: dict[tuple[str, ...], str]) -> "list[PartitionInputTypeDef]":
    return [partition_input(table, values, where) for values, where in places.items()]


def _named(table: Table) -> tuple[str, str]:
    return table.raw["DatabaseName"], table.raw["Name"]
