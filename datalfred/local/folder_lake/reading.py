"""Reads found tables with DuckDB and makes tables of the lake of them.

Parquet files that Athena can read as they are are served as they are. Everything else is written as
Parquet into a scratch folder first: types, delimiters, quotes and dates were then understood once,
by one reader.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datalfred.errors import LocalStackError
from datalfred.local.folder_lake.names import distinct, identifier
from datalfred.local.folder_lake.scan import FoundTable, partition_values
from datalfred.local.folder_lake.types import Mapped, mapped
from datalfred.local.lake_tables import LakeColumn, LakeFile, LakeTable

if TYPE_CHECKING:
    import duckdb

_READERS = {
    "parquet": "read_parquet({})",
    # Every row counts for the types: a lake must not break on its last line.
    "csv": "read_csv({}, sample_size = -1)",
    "json": "read_json({}, sample_size = -1)",
}
_LARGEST_INT = 2**31 - 1


@dataclass(frozen=True)
class _Column:
    """A column as it is in the files, and as it will be in the table."""

    source: str
    name: str
    type: Mapped


class TableReader:
    """Reads tables of one served folder."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", root: Path, scratch: Path) -> None:
        """Keeps its tools.

        Args:
            connection: made for this folder.
            root: the served folder, which is only read.
            scratch: where converted files are written.
        """
        self._connection = connection
        self._root = root
        self._scratch = scratch

    def read(self, found: FoundTable) -> LakeTable:
        """The table, with files that Athena can read.

        Raises:
            LocalStackError: a file cannot be read as what its name says.
        """
        import duckdb

        try:
            columns = self._columns(found)
            if self._as_they_are(found, columns):
                folder, files = self._root / found.source, list(found.files)
            else:
                folder = self._converted(found, columns)
                files = sorted(folder.rglob("*.parquet"))
        except duckdb.Error as error:
            raise self._blame(found, error) from error
        return self._table(found, columns, folder, files)

    def _columns(self, found: FoundTable) -> list[_Column]:
        relation = self._connection.sql(f"FROM {self._source(found, found.files)}")
        pairs = [
            (name, kind)
            for name, kind in zip(relation.columns, relation.types, strict=True)
            if name not in found.partition_keys
        ]
        names = distinct(
            [
                *(identifier(key, "key") for key in found.partition_keys),
                *(identifier(name, "column") for name, _ in pairs),
            ]
        )[len(found.partition_keys) :]
        return [
            _Column(source, name, mapped(kind))
            for (source, kind), name in zip(pairs, names, strict=True)
        ]

    def _source(self, found: FoundTable, files: Sequence[Path]) -> str:
        listed = ", ".join(_quoted(str(file)) for file in files)
        hive = "true, hive_types_autocast = false" if found.partition_keys else "false"
        options = f"[{listed}], union_by_name = true, hive_partitioning = {hive}"
        return _READERS[found.format].format(options)

    def _as_they_are(self, found: FoundTable, columns: Sequence[_Column]) -> bool:
        return found.format == "parquet" and all(
            not column.type.cast and column.source.lower() == column.name for column in columns
        )

    def _converted(self, found: FoundTable, columns: Sequence[_Column]) -> Path:
        """Writes the table as Parquet and returns its folder."""
        folder = self._scratch / found.database / found.name
        folder.mkdir(parents=True)
        selected = [_selected(column) for column in columns]
        selected += [_named(key, key) for key in found.partition_keys]
        query = f"SELECT {', '.join(selected)} FROM {self._source(found, found.files)}"  # noqa: S608 -- quoted
        if found.partition_keys:
            keys = ", ".join(_identifier(key) for key in found.partition_keys)
            options = f"PARTITION_BY ({keys}), OVERWRITE_OR_IGNORE"
            target = folder
        else:
            options, target = "COMPRESSION zstd", folder / f"{found.name}.parquet"
        self._connection.execute(
            f"COPY ({query}) TO {_quoted(str(target))} (FORMAT parquet, {options})"
        )
        return folder

    def _blame(self, found: FoundTable, error: Exception) -> LocalStackError:
        """Names the file that cannot be read, where one alone cannot."""
        import duckdb

        problem, blamed = error, self._root / found.source
        for file in found.files:
            try:
                self._connection.execute(
                    f"SELECT count(*) FROM (FROM {self._source(found, [file])})"  # noqa: S608 -- quoted
                )
            except duckdb.Error as single:
                problem, blamed = single, file
                break
        said = str(problem).strip()
        if "is not utf-8 encoded" in said:
            return LocalStackError(
                f"{blamed} cannot be read as {found.format}: its letters are not written as UTF-8.",
                hint="Save it as UTF-8, or move it out of the folder, and start again.",
            )
        return LocalStackError(
            f"{blamed} cannot be read as {found.format}: {said.splitlines()[0]}",
            hint="Mend the file, or move it out of the folder, and start again.",
        )

    def _table(
        self, found: FoundTable, columns: Sequence[_Column], folder: Path, files: Sequence[Path]
    ) -> LakeTable:
        single = folder if folder.is_dir() else folder.parent
        values = [partition_values(single, file) for file in files]
        kinds = [
            _partition_type([row[place][1] for row in values])
            for place in range(len(found.partition_keys))
        ]
        return LakeTable(
            database=found.database,
            name=found.name,
            description=f"Read from {found.source} ({found.format}).",
            format="parquet",
            columns=tuple(LakeColumn(c.name, c.type.athena) for c in columns),
            prefix=f"{found.database}/{found.name}/",
            files=tuple(
                LakeFile(
                    file,
                    file.relative_to(single).as_posix(),
                    tuple(value for _, value in row),
                    self._count(file),
                )
                for file, row in zip(files, values, strict=True)
            ),
            partition_keys=tuple(
                LakeColumn(identifier(key, "key"), kind)
                for key, kind in zip(found.partition_keys, kinds, strict=True)
            ),
        )

    def _count(self, file: Path) -> int:
        query = f"SELECT sum(num_rows) FROM parquet_file_metadata({_quoted(str(file))})"  # noqa: S608 -- quoted
        return int(self._connection.execute(query).fetchall()[0][0])


def _selected(column: _Column) -> str:
    source = _identifier(column.source)
    cast = column.type.cast
    if cast == "JSON":
        return f"CAST(to_json({source}) AS VARCHAR) AS {_identifier(column.name)}"
    value = f"CAST({source} AS {cast})" if cast else source
    return f"{value} AS {_identifier(column.name)}"


def _named(source: str, name: str) -> str:
    return f"{_identifier(source)} AS {_identifier(name)}"


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _partition_type(values: Sequence[str]) -> str:
    """The type of a partition key; ``01`` is a text, because no number is written so."""
    if all(re.fullmatch(r"0|-?[1-9]\d{0,17}", value) for value in values):
        return "int" if max(abs(int(value)) for value in values) <= _LARGEST_INT else "bigint"
    if all(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) for value in values):
        return "date"
    return "string"
