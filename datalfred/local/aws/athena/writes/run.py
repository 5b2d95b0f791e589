"""Runs a statement that writes, as its caller."""

from pathlib import Path

from datalfred.local.aws.athena.catalog import GlueCatalog
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.job import Job, Result
from datalfred.local.aws.athena.reader import Reader
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.write_statements import (
    AddPartitions,
    CreateDatabase,
    CreateExternalTable,
    CreateTableAs,
    CreateView,
    Drop,
    DropDatabase,
    DropPartitions,
    Insert,
    Refused,
    Repair,
    Unload,
    Write,
)
from datalfred.local.aws.athena.writes import databases, external_tables, partitions, views
from datalfred.local.aws.athena.writes.create_table import CreateTable
from datalfred.local.aws.athena.writes.insert import Insertion
from datalfred.local.aws.athena.writes.rows import Query, Scratch, Written, readable, translated
from datalfred.local.aws.athena.writes.unload import Unloading
from datalfred.local.aws.athena.writes.upload import Upload, file_prefix

_COUNT = (("rows", types.BIGINT),)


class Writer:
    """Runs statements that write; safe to share between threads."""

    def __init__(self, reader: Reader, scratch: Path) -> None:
        """Makes a writer.

        Args:
            reader: finds the files that a query reads.
            scratch: a folder of ours in which DuckDB may write.
        """
        self._reader = reader
        self._scratch = scratch

    def run(self, job: Job, catalog: GlueCatalog) -> Result:
        """What the statement did.

        Raises:
            StatementError: in Athena's words; no catalog entry was made.
            CancelledError: it was cancelled, or would read more than it may.
        """
        statement = job.write
        if isinstance(statement, CreateTableAs | Insert | Unload):
            return self._rows(job, catalog, statement)
        if statement is not None:
            return _on_catalog(job, catalog, statement)
        raise AssertionError(job.kind)

    def _rows(
        self, job: Job, catalog: GlueCatalog, statement: CreateTableAs | Insert | Unload
    ) -> Result:
        plan = translated(job, catalog, statement.query)
        target = _target(job, catalog, statement)
        if target is None:
            return Result(_COUNT, updated=0)
        layout = target.layout(plan[0])
        rows = readable(job, catalog, self._reader, plan)
        written, upload = Written((), 0), Upload(job)
        scratch = Scratch(job, self._reader, self._scratch / job.query_id)
        try:
            if not isinstance(statement, CreateTableAs) or statement.with_data:
                written = scratch.write(rows, layout.outputs, layout.keys, layout.form)
            prefix = file_prefix(job)
            for part in written.parts:
                upload.put(part.path, target.place(part, prefix))
        finally:
            scratch.clear()
        return self._commit(job, target, rows, written, upload)

    def _commit(
        self,
        job: Job,
        target: "CreateTable | Insertion | Unloading",
        rows: Query,
        written: Written,
        upload: Upload,
    ) -> Result:
        job.commit()
        upload.put_manifest()
        target.register(written)
        return Result(_COUNT, bytes_scanned=rows.ready.scanned, updated=written.rows)


def _target(
    job: Job, catalog: GlueCatalog, statement: CreateTableAs | Insert | Unload
) -> CreateTable | Insertion | Unloading | None:
    """Where rows go; None for a table that may and does exist."""
    if isinstance(statement, Insert):
        return Insertion(job, catalog, statement)
    if isinstance(statement, Unload):
        return Unloading(job, statement)
    made = CreateTable(job, catalog, statement)
    return None if made.exists else made


def _on_catalog(job: Job, catalog: GlueCatalog, statement: Write) -> Result:
    job.commit()
    if isinstance(statement, CreateView):
        views.create(job, catalog, statement)
    elif isinstance(statement, Drop):
        views.drop(job, catalog, statement)
    elif isinstance(statement, CreateExternalTable):
        external_tables.create(job, catalog, statement)
    elif isinstance(statement, CreateDatabase | DropDatabase):
        databases.change(job, catalog, statement)
    elif isinstance(statement, AddPartitions | DropPartitions | Repair):
        return partitions.change(job, catalog, statement)
    elif isinstance(statement, Refused):
        raise StatementError(statement.code, statement.message)
    return Result()
