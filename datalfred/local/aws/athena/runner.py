"""Runs one statement as its caller: names from Glue, files from S3, rows from DuckDB.

The stages, each of which only adds to what the one before knows:

1. translate: Trino's text becomes DuckDB's, with a scan for each table in FROM;
2. prune: the conditions on partition keys leave some partitions of each scan;
3. fetch: their files come into the mirror; the bytes to be read are known, the limit is checked;
4. execute: the scans become WITH queries over the files, and DuckDB runs the whole.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from datalfred.local.aws.athena import errors_of_duckdb, statements
from datalfred.local.aws.athena.catalog import GlueCatalog, Partition, Table
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.failures import CancelledError, not_supported
from datalfred.local.aws.athena.mirror import Mirror, StoredFile
from datalfred.local.aws.athena.pruning import pruned
from datalfred.local.aws.athena.rendering import Row, rendered
from datalfred.local.aws.athena.scan import Files, Scanner
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.context import Scan
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.relations import PATH
from datalfred.local.aws.athena.translate.statement import Translation, translate
from datalfred.local.aws.athena.translate.typed import Use, name
from datalfred.local.aws.athena.translate.types import Type

if TYPE_CHECKING:
    import duckdb
    from mypy_boto3_glue.client import GlueClient
    from mypy_boto3_s3.client import S3Client

_FEW = 3  # up to so many partitions are listed one by one, more in one listing of the table


@dataclass(frozen=True)
class Result:
    """What a statement returns.

    Attributes:
        columns: names and types.
        rows: as text; NULL is None.
        bytes_scanned: what Athena would bill.
    """

    columns: tuple[tuple[str, Type], ...]
    rows: list[Row]
    bytes_scanned: int = 0


@dataclass(frozen=True)
class Job:
    """One statement to run.

    Attributes:
        sql: the statement.
        kind: its first word, in capitals.
        database: the schema of tables without one.
        now: when it was submitted, in UTC.
        role: who asks.
        glue: the caller's client.
        s3: the caller's client.
        limit: bytes that it may scan; 0 for no limit.
        started: is given the cursor, so that another thread can interrupt it.
        scanned: is told the bytes before they are read.
    """

    sql: str
    kind: str
    database: str
    now: datetime
    role: str
    glue: "GlueClient"
    s3: "S3Client"
    limit: int
    started: "Callable[[duckdb.DuckDBPyConnection], None]"
    scanned: Callable[[int], None]


class Runner:
    """Runs statements; safe to share between threads."""

    def __init__(self, engine: Engine, mirror: Mirror) -> None:
        self._engine = engine
        self._mirror = mirror
        self._scanner = Scanner(engine)

    def run(self, job: Job) -> Result:
        """The rows of the statement.

        Raises:
            StatementError: in Trino's words.
            CancelledError: it was interrupted, or would read more than it may.
        """
        catalog = GlueCatalog(job.glue, job.now)
        if job.kind in {"SHOW", "DESCRIBE", "DESC"}:
            listing = statements.answer(job.sql, catalog, job.database)
            return Result(((listing.heading, Type("string")),), listing.rows)
        if job.kind not in {"SELECT", "EXPLAIN"}:
            raise not_supported(f"{job.kind}: statements that write")
        explains = job.kind == "EXPLAIN"
        source = Source(statements.explained(job.sql) if explains else job.sql)
        plan = translate(parse_query(source), source, catalog, job.database, job.now)
        sql, scanned = self._with_files(job, catalog, plan)
        if explains:
            return self._explain(sql)
        job.scanned(scanned)
        if job.limit and scanned > job.limit:
            raise CancelledError("Bytes scanned limit was exceeded")
        return self._execute(job, plan, sql, scanned)

    def _execute(self, job: Job, plan: Translation, sql: str, scanned: int) -> Result:
        import duckdb

        cursor = self._engine.cursor()
        job.started(cursor)
        try:
            rows = rendered(cursor.execute(sql).fetchall(), plan.columns)
        except duckdb.Error as error:
            raise errors_of_duckdb.translated(error) from error
        finally:
            cursor.close()
        return Result(plan.columns, rows, scanned)

    def _explain(self, sql: str) -> Result:
        explained = self._engine.rows(f"EXPLAIN {sql}")
        lines: list[Row] = [(line,) for _, text in explained for line in text.splitlines()]
        return Result((("Query Plan", types.VARCHAR),), lines)

    def _with_files(self, job: Job, catalog: GlueCatalog, plan: Translation) -> tuple[str, int]:
        """The text with its scans defined, and the bytes that they read."""
        definitions, scanned = [], 0
        for number, scan in enumerate(plan.scans):
            table = catalog.known(scan.table)
            files = self._files(job, catalog, table, scan)
            columns = _columns(plan.uses, number)
            select = self._scanner.select(table, files, with_path=name(PATH) in plan.sql)
            definitions.append(f"{scan.alias} AS NOT MATERIALIZED ({select})")
            scanned += self._scanner.bytes_read(table, files, columns)
        if not definitions:
            return plan.sql, 0
        return f"WITH {', '.join(definitions)} {plan.sql}", scanned

    def _files(self, job: Job, catalog: GlueCatalog, table: Table, scan: Scan) -> Files:
        if not table.keys:
            own = self._mirror.files(job.s3, job.role, table.location)
            return Files(((Partition((), table.location), tuple(own)),))
        known = catalog.partitions(table)
        left = pruned(self._engine, table, known, scan.prunings)
        found = self._partition_files(job, table, left)
        return Files(tuple((partition, own) for partition, own in found if own))

    def _partition_files(
        self, job: Job, table: Table, partitions: list[Partition]
    ) -> list[tuple[Partition, tuple[StoredFile, ...]]]:
        root = f"{table.location.rstrip('/')}/"
        inside = [each for each in partitions if each.location.startswith(root)]
        if len(inside) <= _FEW:
            return [
                (each, tuple(self._mirror.files(job.s3, job.role, each.location)))
                for each in partitions
            ]
        wanted = {f"{each.location.rstrip('/')}/" for each in inside}
        by_folder = self._mirror.files_by_folder(job.s3, job.role, root, wanted)
        return [
            (each, tuple(by_folder[f"{each.location.rstrip('/')}/"]))
            if each.location.startswith(root)
            else (each, tuple(self._mirror.files(job.s3, job.role, each.location)))
            for each in partitions
        ]


def _columns(uses: frozenset[Use], number: int) -> list[str]:
    return sorted(column for scan, column in uses if scan == number)
