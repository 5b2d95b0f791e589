"""A Glue table as DuckDB's text: its files, read as Hive's formats say, in Trino's types.

Parquet is read by name, and a column that a file lacks is NULL. A text that is no value of its
column's type is NULL in a delimited file, as Hive reads it, and fails the query in JSON.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datalfred.local.aws.athena.catalog import Partition, Table
from datalfred.local.aws.athena.delimited import text_reader
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.json_text import json_column
from datalfred.local.aws.athena.mirror import StoredFile
from datalfred.local.aws.athena.names import NO_VALUE
from datalfred.local.aws.athena.sources import ROWS, Source, paths
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.relations import PATH
from datalfred.local.aws.athena.translate.typed import name, text
from datalfred.local.aws.athena.translate.types import VARCHAR, Type, duckdb_type


@dataclass(frozen=True)
class Files:
    """What is left of a table after pruning: files, each with its partition's values."""

    partitions: tuple[tuple[Partition, tuple[StoredFile, ...]], ...]

    @property
    def all(self) -> list[StoredFile]:
        """The files in the order in which DuckDB is given them."""
        return [file for _, files in self.partitions for file in files]


@dataclass(frozen=True)
class _ParquetFile:
    """Compressed bytes and DuckDB type of each top-level column, by lower-case name."""

    sizes: Mapping[str, int]
    types: tuple[tuple[str, str], ...]


class Scanner:
    """Writes scans, and remembers what it learned of a file for as long as the file is the same."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._parquet: dict[str, _ParquetFile] = {}
        self._json_keys: dict[str, frozenset[str]] = {}
        self._json_names: dict[str, frozenset[str]] = {}

    def select(self, table: Table, files: Files, sql: str) -> str:
        """A SELECT over the files, of the columns whose names stand in ``sql``.

        DuckDB reads only those that it needs; but it would plan all the others as well.

        Raises:
            StatementError: a format that is not read here, or a file that breaks the schema.
        """
        keys = dict(table.keys)
        stored = [column for column, kind in table.columns if kind.name != "unsupported"]
        chosen = [column for column in [*stored, *keys, PATH] if name(column) in sql]
        if not files.all:
            return self._nothing(table, chosen)
        only_these = _format(table) == "parquet"  # the columns of other formats have places
        read = self._reader(table, files.all, [c for c in stored if c in chosen or not only_these])
        outputs = [] if chosen else ["NULL AS nothing"]
        for column in chosen:
            if column == PATH:
                listed = ", ".join(text(file.uri) for file in files.all)
                outputs.append(f"{_by_file(listed)} AS {name(PATH)}")
            elif column in keys:
                outputs.append(f"{_key_values(table, files, column)} AS {name(column)}")
            else:
                outputs.append(f"{read.columns[column]} AS {name(column)}")
        return f"SELECT {', '.join(outputs)} FROM {read.source}"  # noqa: S608 -- writing SQL is this module's work

    def bytes_read(self, table: Table, files: Files, columns: Sequence[str]) -> int:
        """What Athena bills: the columns' compressed bytes of Parquet, whole files otherwise."""
        if _format(table) != "parquet":
            return sum(file.size for file in files.all)
        known = self._parquet_files(files.all)
        wanted = {column for column in columns if column != PATH}
        return sum(
            size for file in known for column, size in file.sizes.items() if column in wanted
        )

    def _nothing(self, table: Table, columns: Sequence[str]) -> str:
        kinds = {**dict(table.columns), **dict(table.keys), PATH: VARCHAR}
        outputs = ", ".join(
            f"CAST(NULL AS {duckdb_type(kinds[column])}) AS {name(column)}" for column in columns
        )
        return f"SELECT {outputs or 'NULL AS nothing'} WHERE false"

    def _reader(
        self, table: Table, files: Sequence[StoredFile], columns: Sequence[str]
    ) -> "Source":
        kind = _format(table)
        if kind == "parquet":
            return self._parquet_reader(table, files, columns)
        if kind == "json":
            return self._json_reader(table, files, columns)
        return text_reader(table, files, columns, quoted=kind == "opencsv")

    # -- Parquet

    def _parquet_reader(
        self, table: Table, files: Sequence[StoredFile], columns: Sequence[str]
    ) -> "Source":
        known = self._parquet_files(files)
        kinds = dict(table.columns)
        shapes = {file.types for file in known}
        stored: dict[str, set[str]] = {}
        for shape in shapes:
            for column, kind in shape:
                stored.setdefault(column, set()).add(kind)
        outputs = {}
        for column in columns:
            wanted = kinds[column]
            for kind in stored.get(column, ()):
                _check_parquet(table, column, wanted, kind)
            outputs[column] = (
                _from_parquet(column, wanted)
                if column in stored
                else f"CAST(NULL AS {duckdb_type(wanted)})"
            )
        by_name = ", union_by_name = true" if len(shapes) > 1 else ""
        return Source(f"read_parquet({paths(files)}{by_name}) AS {ROWS}", outputs)

    def _parquet_files(self, files: Sequence[StoredFile]) -> list[_ParquetFile]:
        with self._lock:
            new = [file for file in files if file.path.name not in self._parquet]
        if new:
            self._learn_parquet(new)
        return [self._parquet[file.path.name] for file in files]

    def _learn_parquet(self, files: Sequence[StoredFile]) -> None:
        sizes = self._engine.rows(
            "SELECT file_name, lower(split_part(path_in_schema, ', ', 1)), "  # noqa: S608 -- writing SQL is this module's work
            f"sum(total_compressed_size) FROM parquet_metadata({paths(files)}) GROUP BY ALL"
        )
        # The schema lists nodes in depth-first order; a group counts its children.
        nodes = self._engine.rows(
            "SELECT file_name, name, duckdb_type, num_children, column_id "  # noqa: S608 -- writing SQL is this module's work
            f"FROM parquet_schema({paths(files)}) ORDER BY file_name, column_id"
        )
        for file in files:
            path = str(file.path)
            own = {column: int(size) for name_, column, size in sizes if name_ == path}
            listed = [node[1:4] for node in nodes if node[0] == path]
            with self._lock:
                self._parquet[file.path.name] = _ParquetFile(own, tuple(_top_level(listed)))

    # -- JSON

    def _json_reader(
        self, table: Table, files: Sequence[StoredFile], columns: Sequence[str]
    ) -> "Source":
        _, parameters = table.serde
        lenient = parameters.get("ignore.malformed.json", "").lower() == "true"
        mapped = {
            option.removeprefix("mapping.").lower(): key
            for option, key in parameters.items()
            if option.startswith("mapping.")
        }
        present = frozenset().union(*(self._keys_of(file) for file in files))
        kinds, outputs = dict(table.columns), {}
        for column in columns:
            wanted = mapped.get(column, column).lower()
            keys = sorted(key for key in present if key.lower() == wanted)
            inner = self._names_in(files) if kinds[column].items else frozenset()
            outputs[column] = json_column(keys, kinds[column], inner)
        source = (
            f"read_ndjson_objects({paths(files)}, ignore_errors = {str(lenient).lower()}) AS {ROWS}"
        )
        return Source(source, outputs)

    def _keys_of(self, file: StoredFile) -> frozenset[str]:
        if file.path.name not in self._json_keys:
            found = self._engine.rows(
                "SELECT DISTINCT unnest(json_keys(json)) "  # noqa: S608 -- writing SQL is this module's work
                f"FROM read_ndjson_objects({paths([file])}, ignore_errors = true) "
                "WHERE json_type(json) = 'OBJECT'"
            )
            self._json_keys[file.path.name] = frozenset(key for (key,) in found)
        return self._json_keys[file.path.name]

    def _names_in(self, files: Sequence[StoredFile]) -> frozenset[str]:
        """What may be the name of a member, at whatever depth: a text before a colon."""
        for file in files:
            if file.path.name not in self._json_names:
                found = self._engine.rows(
                    f"SELECT DISTINCT unnest(regexp_extract_all(json, {text(_MEMBER)}, 1)) "  # noqa: S608 -- writing SQL is this module's work
                    f"FROM read_ndjson_objects({paths([file])}, ignore_errors = true)"
                )
                self._json_names[file.path.name] = frozenset(key for (key,) in found)
        return frozenset().union(*(self._json_names[file.path.name] for file in files))


_MEMBER = r'"((?:[^"\\]|\\.)*)"\s*:'


def _format(table: Table) -> str:
    library, _ = table.serde
    known = library.lower()
    if "parquet" in known:
        return "parquet"
    if "jsonserde" in known:
        return "json"
    if "opencsv" in known:
        return "opencsv"
    if "lazysimple" in known or not known:
        return "text"
    raise not_supported(f"A table read by {library}")


def _by_file(listed: str) -> str:
    """The item of a list that belongs to the file of a row."""
    return f"[{listed}][CAST({ROWS}.file_index AS BIGINT) + 1]"


def _key_values(table: Table, files: Files, key: str) -> str:
    place = [each for each, _ in table.keys].index(key)
    kind = dict(table.keys)[key]
    values = [
        key_value(kind, partition.values[place]) for partition, own in files.partitions for _ in own
    ]
    if len(set(values)) == 1:
        return values[0]
    return _by_file(", ".join(values))


def key_value(kind: Type, value: str) -> str:
    """DuckDB's text of a partition's value."""
    if value == NO_VALUE:
        return f"CAST(NULL AS {duckdb_type(kind)})"
    return f"CAST({text(value)} AS {duckdb_type(kind)})"


def _top_level(nodes: Sequence[tuple[str, str, int | None]]) -> list[tuple[str, str]]:
    """Name and kind of the columns; a column with children is ``nested``."""
    found, skip = [], 0
    for called, kind, children in nodes[1:]:
        if skip:
            skip += (children or 0) - 1
            continue
        found.append((called.lower(), "nested" if children else str(kind)))
        skip = children or 0
    return sorted(found)


# Which of DuckDB's types Trino accepts in a Parquet file for which of its own.
_ACCEPTED = {
    "boolean": ("BOOLEAN",),
    **dict.fromkeys(
        types.INTEGERS,
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
    ),
    "real": ("FLOAT",),
    "double": ("FLOAT", "DOUBLE"),
    "decimal": ("DECIMAL", "INTEGER", "BIGINT"),
    "varchar": ("VARCHAR", "BLOB"),
    "char": ("VARCHAR", "BLOB"),
    "varbinary": ("VARCHAR", "BLOB"),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP",),
    "array": ("nested",),
    "map": ("nested",),
    "row": ("nested",),
}


def _check_parquet(table: Table, column: str, wanted: Type, stored: str) -> None:
    if not stored.startswith(_ACCEPTED.get(wanted.name, ())):
        raise StatementError(
            "HIVE_BAD_DATA",
            f"Field {column}'s type {stored} in parquet file of {'.'.join(table.name[1:])} is "
            f"incompatible with type {wanted} defined in table schema",
        )


def _from_parquet(column: str, wanted: Type) -> str:
    value = f"{ROWS}.{name(column)}"
    if wanted.name == "timestamp":
        return f"CAST(CAST({value} AS TIMESTAMP_MS) AS TIMESTAMP)"
    if wanted.name == "varchar" and wanted.numbers:
        return f"left(CAST({value} AS VARCHAR), {wanted.numbers[0]})"
    if wanted.name == "char":
        return f"rpad(CAST({value} AS VARCHAR), {wanted.numbers[0]}, ' ')"
    return f"CAST({value} AS {duckdb_type(wanted)})"
