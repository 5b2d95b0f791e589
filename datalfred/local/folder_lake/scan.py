"""Which databases and tables a folder holds.

A folder on the first level is a database; each file in it, and each folder with all files below, is
a table. Files directly in the served folder, and first-level folders that hold Hive partitions
(``month=2025-01/``), are tables of the database ``files``. Names that begin with a dot or an
underscore are left out, as Hive leaves them out.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from datalfred.errors import LocalStackError
from datalfred.local.folder_lake.names import distinct, identifier

ROOT_DATABASE = "files"
_FORMATS = {
    ".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json",
    ".jsonl": "json", ".ndjson": "json",
}  # fmt: skip
_COMPRESSED = ".gz"
_PARTITION = re.compile(r"([^=/]+)=([^/]*)")
_SEMANTICS = ".yaml"


@dataclass(frozen=True)
class FoundTable:
    """One table.

    Attributes:
        source: the file or folder that it is, relative to the served folder.
        format: ``parquet``, ``csv`` or ``json``.
        files: its files, in order.
        partition_keys: names of the Hive partitions, from the outside in.
    """

    database: str
    name: str
    source: str
    format: str
    files: tuple[Path, ...]
    partition_keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundLake:
    """What a folder holds.

    Attributes:
        tables: by database, then name.
        semantics: file of the semantic layer of each database that has one.
        skipped: files of other types, relative to the folder.
        size: bytes of all files of tables.
    """

    tables: tuple[FoundTable, ...]
    semantics: dict[str, Path]
    skipped: tuple[str, ...]
    size: int


def scan(folder: Path) -> FoundLake:
    """What ``folder`` holds; opens no file.

    Raises:
        LocalStackError: nothing in it can be served, a file is empty, or a table mixes formats.
    """
    skipped: list[str] = []
    tables = [
        table
        for database, sources in _databases(folder)
        for table in _tables(folder, database, sources, skipped)
    ]
    if not tables:
        others = f" It holds {', '.join(sorted(skipped)[:5])}." if skipped else ""
        raise LocalStackError(
            f"The folder {folder} holds no Parquet, CSV or JSON file.{others}",
            hint="Give a folder with .parquet, .csv, .tsv, .json or .jsonl files.",
        )
    files = [file for table in tables for file in table.files]
    for file in files:
        if file.stat().st_size == 0:
            raise LocalStackError(
                f"The file {file} is empty.", hint="Remove it, or write the table again."
            )
    return FoundLake(
        tables=tuple(tables),
        semantics=_semantics(folder, {table.database for table in tables}),
        skipped=tuple(sorted(skipped)),
        size=sum(file.stat().st_size for file in files),
    )


def _visible(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith((".", "_")) and _leads_down(folder, path)
    )


def _leads_down(folder: Path, path: Path) -> bool:
    """Whether a path is there, and is no link back to a folder that holds it."""
    if not path.is_symlink():
        return True
    return path.exists() and not folder.resolve().is_relative_to(path.resolve())


def _databases(folder: Path) -> Iterator[tuple[str, list[Path]]]:
    """Each database and the files and folders that are its tables."""
    loose, folders = [], []
    for path in _visible(folder):
        if path.is_dir() and not _is_partitioned(path):
            folders.append(path)
        else:
            loose.append(path)
    names = distinct([ROOT_DATABASE, *(identifier(path.name, "db") for path in folders)])
    yield ROOT_DATABASE, loose
    for name, path in zip(names[1:], folders, strict=True):
        yield name, _visible(path)


def _is_partitioned(folder: Path) -> bool:
    return any(path.is_dir() and _PARTITION.fullmatch(path.name) for path in _visible(folder))


def _tables(
    root: Path, database: str, sources: Sequence[Path], skipped: list[str]
) -> Iterator[FoundTable]:
    found = []
    for source in sources:
        files = _files(source) if source.is_dir() else [source]
        readable = [file for file in files if _format(file)]
        skipped += [
            file.relative_to(root).as_posix()
            for file in files
            if not _format(file) and file.suffix != _SEMANTICS
        ]
        if readable:
            found.append((source, readable))
    stems = [identifier(source.name.partition(".")[0], "table") for source, _ in found]
    for (source, files), name in zip(found, distinct(stems), strict=True):
        yield FoundTable(
            database=database,
            name=name,
            source=source.relative_to(root).as_posix(),
            format=_one_format(source, files),
            files=tuple(files),
            partition_keys=_partition_keys(source, files) if source.is_dir() else (),
        )


def _files(folder: Path) -> list[Path]:
    return [
        file for path in _visible(folder) for file in (_files(path) if path.is_dir() else [path])
    ]


def _format(file: Path) -> str:
    name = file.name.lower().removesuffix(_COMPRESSED)
    found = _FORMATS.get(Path(name).suffix, "")
    return "" if found == "parquet" and file.suffix.lower() == _COMPRESSED else found


def _one_format(source: Path, files: Sequence[Path]) -> str:
    formats = sorted({_format(file) for file in files})
    if len(formats) > 1:
        raise LocalStackError(
            f"The folder {source} mixes {' and '.join(formats)} files, but a table has one format.",
            hint="Put the files of each format into a folder of their own.",
        )
    return formats[0]


def partition_values(source: Path, file: Path) -> list[tuple[str, str]]:
    """Key and value of each Hive partition between a table's folder and one of its files."""
    steps = file.relative_to(source).parts[:-1]
    matches = [_PARTITION.fullmatch(step) for step in steps]
    return [(match[1], unquote(match[2])) for match in matches if match]


def _partition_keys(source: Path, files: Sequence[Path]) -> tuple[str, ...]:
    keys = {tuple(key for key, _ in partition_values(source, file)) for file in files}
    if len(keys) > 1:
        raise LocalStackError(
            f"The files of {source} lie in different partitions:"
            f" {' and '.join('/'.join(one) or 'none' for one in sorted(keys))}.",
            hint="Put every file below folders of the same keys, such as month=2025-01.",
        )
    return keys.pop()


def _semantics(folder: Path, databases: set[str]) -> dict[str, Path]:
    """``<database>.yaml`` in the folder, else ``semantics.yaml`` beside the tables."""
    beside = {ROOT_DATABASE: folder}
    beside |= {identifier(p.name, "db"): p for p in _visible(folder) if p.is_dir()}
    found: dict[str, Path] = {}
    for database in databases:
        places = [folder / f"{database}{_SEMANTICS}"]
        if database in beside:
            places.append(beside[database] / f"semantics{_SEMANTICS}")
        for place in places:
            if place.is_file():
                found.setdefault(database, place)
    return found
