"""Serves a folder of the user's from the embedded AWS."""

import tempfile
from pathlib import Path

from datalfred.errors import LocalStackError
from datalfred.local.folder_lake.reading import TableReader
from datalfred.local.folder_lake.scan import FoundLake, scan
from datalfred.local.lake_tables import Clients, LakeDatabase, LakeTable, Progress, create_tables

BUCKET = "folder-lake"

_SEMANTICS = "_semantics"
_LARGEST = 2 * 1024**3
_READING = 0.7
"""Share of the work that reading the files takes."""


def semantics_uri(folder: Path) -> str:
    """Where the semantic layer of a folder is served; empty when the folder has none.

    Args:
        folder: holds ``<database>.yaml`` files, or ``semantics.yaml`` beside the tables.

    Raises:
        LocalStackError: nothing in the folder can be served.
    """
    return f"s3://{BUCKET}/{_SEMANTICS}" if scan(folder).semantics else ""


def seed_folder(aws: Clients, folder: Path, progress: Progress) -> None:
    """Fills an empty embedded AWS with the tables of a folder, which is only read.

    Args:
        aws: the embedded AWS.
        folder: the user's.
        progress: told of each table, and once of the files that are no tables.

    Raises:
        LocalStackError: nothing in the folder can be served, or a file is broken, empty or too
            large.
    """
    found = scan(folder)
    if found.size > _LARGEST:
        raise LocalStackError(
            f"The files of {folder} hold {found.size / 1024**3:.1f} GiB; a laptop serves up to"
            f" {_LARGEST // 1024**3} GiB.",
            hint="Give a folder with fewer partitions or files.",
        )
    if found.skipped:
        progress(_skipped(found.skipped), 0.0)
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="datalfred-") as scratch,
        duckdb.connect() as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        reader = TableReader(connection, folder, Path(scratch))
        tables: list[LakeTable] = []
        for number, table in enumerate(found.tables):
            progress(f"Reading {table.source}", _READING * number / len(found.tables))
            tables.append(reader.read(table))
        create_tables(
            aws,
            BUCKET,
            _databases(folder, tables),
            extra=_semantic_objects(found),
            progress=lambda text, part: progress(text, _READING + part * (1 - _READING)),
        )


def _skipped(files: tuple[str, ...], most: int = 10) -> str:
    more = f" and {len(files) - most} more" if len(files) > most else ""
    return f"Left out, neither Parquet nor CSV nor JSON: {', '.join(files[:most])}{more}"


def _databases(folder: Path, tables: list[LakeTable]) -> list[LakeDatabase]:
    names = dict.fromkeys(table.database for table in tables)
    return [
        LakeDatabase(
            name, f"Files of {folder.name}.", tuple(t for t in tables if t.database == name)
        )
        for name in names
    ]


def _semantic_objects(found: FoundLake) -> list[tuple[str, Path]]:
    return [(f"{_SEMANTICS}/{database}.yaml", path) for database, path in found.semantics.items()]
