"""Runs one statement as its caller: names from Glue, files from S3, rows from DuckDB.

Trino's text becomes DuckDB's with a scan for each table in FROM, the reader puts files behind the
scans, and DuckDB runs the whole. What writes is run in :mod:`datalfred.local.aws.athena.writes`.
"""

from pathlib import Path

from datalfred.local.aws.athena import errors_of_duckdb, statements
from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.job import Job, Result
from datalfred.local.aws.athena.mirror import Mirror
from datalfred.local.aws.athena.reader import Readable, Reader
from datalfred.local.aws.athena.rendering import Row, rendered
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.dialect import parsed
from datalfred.local.aws.athena.translate.statement import Translation, translate
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.writes.run import Writer


class Runner:
    """Runs statements; safe to share between threads."""

    def __init__(self, engine: Engine, mirror: Mirror, scratch: Path) -> None:
        """Makes a runner.

        Args:
            engine: evaluates.
            mirror: the copies of files that it reads.
            scratch: where it puts what is to be uploaded; the engine may write there.
        """
        self._engine = engine
        self._reader = Reader(engine, mirror)
        self._writer = Writer(self._reader, scratch)

    def run(self, job: Job) -> Result:
        """The rows of the statement.

        Raises:
            StatementError: in Trino's words.
            CancelledError: it was interrupted, or would read more than it may.
        """
        catalog = GlueCatalog(job.glue, job.now)
        if job.write is not None:
            return self._writer.run(job, catalog)
        if job.kind in {"SHOW", "DESCRIBE", "DESC"}:
            listing = statements.answer(job.sql, catalog, job.database)
            return Result(((listing.heading, Type("string")),), listing.rows)
        if job.kind not in {"SELECT", "EXPLAIN"}:
            raise not_supported(f"The statement {job.kind}")
        explains = job.kind == "EXPLAIN"
        read = job.parsed or parsed(statements.explained(job.sql) if explains else job.sql)
        plan = translate(read.tree, read.source, catalog, job.database, job.now)
        ready = self._reader.readable(job, catalog, plan.sql, plan.scans, plan.uses)
        if explains:
            return self._explain(ready.sql)
        self._reader.admit(job, ready.scanned)
        return self._execute(job, plan, ready, catalog.read)

    def _execute(
        self, job: Job, plan: Translation, ready: Readable, tables: tuple[tuple[str, str], ...]
    ) -> Result:
        import duckdb

        cursor = self._engine.cursor()
        try:
            job.started(cursor)
            rows = rendered(cursor.execute(ready.sql).fetchall(), plan.columns)
        except duckdb.Error as error:
            job.go_on()
            raise errors_of_duckdb.translated(error) from error
        finally:
            cursor.close()
        return Result(plan.columns, rows, ready.scanned, tables=tables)

    def _explain(self, sql: str) -> Result:
        explained = self._engine.rows(f"EXPLAIN {sql}")
        lines: list[Row] = [(line,) for _, text in explained for line in text.splitlines()]
        return Result((("Query Plan", types.VARCHAR),), lines)
