"""Serves the demo lake from the embedded AWS."""

from datetime import date
from pathlib import Path

from datalfred.local.demo_lake.cache import CachedLake, cached_lake
from datalfred.local.demo_lake.definition import (
    DATABASES,
    SEMANTICS,
    TableDefinition,
    database_descriptions,
    table_definitions,
)
from datalfred.local.lake_tables import (
    Clients,
    LakeDatabase,
    LakeFile,
    LakeTable,
    Progress,
    create_tables,
)

BUCKET = "demo-lake"
SEMANTICS_URI = f"s3://{BUCKET}/_semantics"

_GENERATION = 0.75
"""Share of the work that making the files takes."""


def seed_lake(aws: Clients, today: date, cache: Path, progress: Progress) -> None:
    """Fills an empty embedded AWS with the demo lake: bucket, objects, tables, partitions.

    Args:
        aws: the embedded AWS; its S3 and Glue are used as the person at the laptop.
        today: UTC; the lake ends the day before.
        cache: folder in which the files of the lake are kept between runs.
        progress: told what happens and which fraction is done.

    Raises:
        LocalStackError: the cache cannot be written, or ``today`` lies before the lake begins.
    """
    lake = cached_lake(cache, today, lambda text, part: progress(text, part * _GENERATION))
    create_tables(
        aws,
        BUCKET,
        lake_databases(lake),
        extra=[(f"_semantics/{name}.yaml", SEMANTICS / f"{name}.yaml") for name in DATABASES],
        progress=lambda text, part: progress(text, _GENERATION + part * (1 - _GENERATION)),
    )


def lake_databases(lake: CachedLake) -> list[LakeDatabase]:
    """The databases of a lake whose files lie on disk."""
    return [
        LakeDatabase(
            name,
            description,
            tuple(_with_files(lake, t) for t in table_definitions() if t.database == name),
        )
        for name, description in database_descriptions().items()
    ]


def _with_files(lake: CachedLake, table: TableDefinition) -> LakeTable:
    prefix = f"{table.database}/{table.name}/"
    name = f"{table.database}.{table.name}"
    folder = lake.folder / table.database / table.name
    files = []
    for path in sorted(folder.rglob(f"*.{table.format}")):
        key = path.relative_to(folder).as_posix()
        partition = key.rpartition("/")[0]
        values = (partition.partition("=")[2],) if partition else ()
        rows = lake.rows[f"{name}/{partition}" if partition else name]
        files.append(LakeFile(path, key, values, rows))
    return LakeTable(
        database=table.database,
        name=table.name,
        description=table.description,
        format=table.format,
        columns=table.columns,
        prefix=prefix,
        files=tuple(files),
        partition_keys=table.partition_keys,
    )
