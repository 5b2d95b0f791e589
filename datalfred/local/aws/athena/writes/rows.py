"""The rows of a write: evaluated once by DuckDB, then put into files of a private folder."""

import gzip
import itertools
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena import errors_of_duckdb
from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.names import NO_VALUE
from datalfred.local.aws.athena.reader import Readable, Reader
from datalfred.local.aws.athena.translate.context import Context, Selected
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.expressions import expression
from datalfred.local.aws.athena.translate.queries import query
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import name, text
from datalfred.local.aws.athena.translate.types import Type, duckdb_type
from datalfred.local.aws.athena.writes.formats import Format
from datalfred.local.aws.athena.writes.line_formats import header_line, line_writer

if TYPE_CHECKING:
    import duckdb

MOST_PARTITIONS = 100  # https://docs.aws.amazon.com/athena/latest/ug/ctas-insert-into.html
_ROWS = "_written"
_BATCH = 10_000  # rows that are formatted at a time


@dataclass(frozen=True)
class Output:
    """A column that is written: its name in the file, its type, DuckDB's text of its value."""

    name: str
    type: Type
    sql: str


@dataclass(frozen=True)
class Query:
    """A translated query whose outputs are still values."""

    found: Selected
    ready: Readable

    @property
    def columns(self) -> list[Output]:
        """Its columns, as it names them; empty for one without a name."""
        return [Output(each.name, each.type, name(each.sql)) for each in self.found.columns]


@dataclass(frozen=True)
class Part:
    """The rows of one partition, in a file; no values for a table without keys."""

    values: tuple[str, ...]
    path: Path


@dataclass(frozen=True)
class Written:
    """What a query left in the private folder."""

    parts: tuple[Part, ...]
    rows: int


def translated(job: Job, catalog: GlueCatalog, sql: str) -> tuple[Selected, Context]:
    """The query behind a write, in DuckDB's text; its outputs are still values.

    Raises:
        StatementError: in Trino's words.
    """
    source = Source(sql)
    context = Context(source, catalog, job.database, job.now, expression, query)
    return query(context, parse_query(source), None), context


def readable(
    job: Job, catalog: GlueCatalog, reader: Reader, plan: tuple[Selected, Context]
) -> Query:
    """The query behind a write with its files, and leave to read them.

    Raises:
        StatementError: in Trino's words.
        CancelledError: it would read more than it may.
    """
    found, context = plan
    uses = found.uses.union(*(column.uses for column in found.columns))
    ready = reader.readable(job, catalog, found.sql, tuple(context.scans), uses)
    reader.admit(job, ready.scanned)
    return Query(found, ready)


class Scratch:
    """The private folder of one statement, and the rows that it has evaluated."""

    def __init__(self, job: Job, reader: Reader, folder: Path) -> None:
        self._job = job
        self._engine = reader.engine
        self._folder = folder

    def write(
        self, rows: Query, outputs: Sequence[Output], keys: Sequence[Output], form: Format
    ) -> Written:
        """Evaluates the query and writes its files, one for each partition.

        Args:
            rows: the query.
            outputs: the columns of the files.
            keys: the partition keys.
            form: of the files.

        Raises:
            StatementError: a row that cannot be computed or written, or too many partitions.
            CancelledError: it was cancelled.
        """
        import duckdb

        with self._cursor() as cursor:
            try:
                self._evaluate(cursor, rows, [*outputs, *keys])
                (count,) = _first(cursor.execute(f"SELECT count(*) FROM {_ROWS}"))  # noqa: S608 -- a name of ours
                parts = [
                    self._part(cursor, outputs, form, values, where)
                    for values, where in self._partitions(cursor, keys, len(outputs), count)
                ]
            except duckdb.Error as error:
                self._job.go_on()
                raise errors_of_duckdb.translated(error) from error
        return Written(tuple(parts), count)

    def clear(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def _cursor(self) -> "Iterator[duckdb.DuckDBPyConnection]":
        cursor = self._engine.cursor()
        try:
            self._job.started(cursor)
            yield cursor
        finally:
            cursor.close()

    def _evaluate(
        self, cursor: "duckdb.DuckDBPyConnection", rows: Query, columns: Sequence[Output]
    ) -> None:
        """Into a table of this session: a query may not give the same rows twice."""
        values = ", ".join(
            f"CAST({each.sql} AS {duckdb_type(each.type)}) AS c{place}"
            for place, each in enumerate(columns)
        )
        cursor.execute(f"CREATE TEMP TABLE {_ROWS} AS SELECT {values} FROM ({rows.ready.sql}) _q")  # noqa: S608 -- the translator's text

    def _partitions(
        self, cursor: "duckdb.DuckDBPyConnection", keys: Sequence[Output], first: int, count: int
    ) -> list[tuple[tuple[str, ...], str]]:
        """The values of each partition, and the condition of its rows."""
        if not count:
            return []
        if not keys:
            return [((), "true")]
        places = [f"c{first + index}" for index in range(len(keys))]
        texts = ", ".join(
            f"coalesce(nullif({to_text(key.type, place)}, ''), {text(NO_VALUE)})"
            for key, place in zip(keys, places, strict=True)
        )
        listed = cursor.execute(
            f"SELECT DISTINCT {texts} FROM {_ROWS} ORDER BY ALL LIMIT {MOST_PARTITIONS + 1}"  # noqa: S608 -- names of ours
        ).fetchall()
        if len(listed) > MOST_PARTITIONS:
            raise StatementError(
                "HIVE_TOO_MANY_OPEN_PARTITIONS",
                f"Exceeded limit of {MOST_PARTITIONS} open writers for partitions/buckets",
            )
        return [(tuple(row), f"({texts}) = ({_texts(row)})") for row in listed]

    def _part(
        self,
        cursor: "duckdb.DuckDBPyConnection",
        outputs: Sequence[Output],
        form: Format,
        values: tuple[str, ...],
        where: str,
    ) -> Part:
        self._job.go_on()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / uuid.uuid4().hex
        named = ", ".join(f"c{place} AS {name(each.name)}" for place, each in enumerate(outputs))
        select = f"SELECT {named} FROM {_ROWS} WHERE {where}"  # noqa: S608 -- names of ours
        if form.kind == "parquet":
            codec = "UNCOMPRESSED" if form.compression == "NONE" else form.compression
            target = text(str(path))
            cursor.execute(f"COPY ({select}) TO {target} (FORMAT parquet, COMPRESSION {codec})")
        else:
            self._write_lines(cursor.execute(select), outputs, form, path)
        return Part(values, path)

    def _write_lines(
        self,
        rows: "duckdb.DuckDBPyConnection",
        outputs: Sequence[Output],
        form: Format,
        path: Path,
    ) -> None:
        columns = [(each.name, each.type) for each in outputs]
        write: Callable[[Sequence[Any]], str] = line_writer(form, columns)
        opened = gzip.open if form.packed else open
        with opened(path, "wt", encoding="utf-8", newline="") as file:
            if form.header:
                file.write(header_line(form, columns))
            for batch in itertools.takewhile(bool, iter(lambda: rows.fetchmany(_BATCH), None)):
                self._job.go_on()
                file.writelines(map(write, batch))


def _texts(row: Sequence[str]) -> str:
    return ", ".join(map(text, row))


def _first(rows: "duckdb.DuckDBPyConnection") -> tuple[Any, ...]:
    found = rows.fetchone()
    return found if found is not None else (0,)
