"""Reads the tables of a statement as its caller: partitions from Glue, files from S3.

The stages, each of which only adds to what the one before knows:

1. prune: the conditions on partition keys leave some partitions of each scan;
2. fetch: their files come into the mirror; the bytes to be read are known, the limit is checked;
3. define: the scans become WITH queries over the files, and DuckDB can run the whole.
"""

from dataclasses import dataclass

from datalfred.local.aws.athena.catalog import GlueCatalog, Partition, Table
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.athena.failures import CancelledError
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.mirror import Mirror, StoredFile
from datalfred.local.aws.athena.pruning import pruned
from datalfred.local.aws.athena.scan import Files, Scanner
from datalfred.local.aws.athena.translate.context import Scan
from datalfred.local.aws.athena.translate.typed import Use

_FEW = 3  # up to so many partitions are listed one by one, more in one listing of the table


@dataclass(frozen=True)
class Readable:
    """DuckDB's text with its scans defined, and the bytes that they read."""

    sql: str
    scanned: int


class Reader:
    """Finds the files behind scans; safe to share between threads."""

    def __init__(self, engine: Engine, mirror: Mirror) -> None:
        self.engine = engine
        self._mirror = mirror
        self._scanner = Scanner(engine)

    def readable(
        self,
        job: Job,
        catalog: GlueCatalog,
        sql: str,
        scans: tuple[Scan, ...],
        uses: frozenset[Use],
    ) -> Readable:
        """The text with its scans defined.

        Args:
            job: for whom.
            catalog: has found the tables.
            sql: reads each scan by its alias.
            scans: the tables.
            uses: which columns of which scan are read.

        Raises:
            StatementError: a file that cannot be read, or may not.
        """
        definitions, scanned = [], 0
        listed: dict[str, Files] = {}  # one statement sees one state of a table without partitions
        for number, scan in enumerate(scans):
            job.go_on()
            table = catalog.known(scan.table)
            if table.location not in listed or table.keys:
                listed[table.location] = self._files(job, catalog, table, scan)
            files = listed[table.location]
            columns = sorted(column for place, column in uses if place == number)
            select = self._scanner.select(table, files, sql)
            definitions.append(f"{scan.alias} AS NOT MATERIALIZED ({select})")
            scanned += self._scanner.bytes_read(table, files, columns)
        if not definitions:
            return Readable(sql, 0)
        return Readable(f"WITH {', '.join(definitions)} {sql}", scanned)

    def admit(self, job: Job, scanned: int) -> None:
        """Says what will be read, before it is.

        Raises:
            CancelledError: more than the workgroup allows.
        """
        job.scanned(scanned)
        if job.limit and scanned > job.limit:
            raise CancelledError("Bytes scanned limit was exceeded")

    def _files(self, job: Job, catalog: GlueCatalog, table: Table, scan: Scan) -> Files:
        if not table.keys:
            own = self._mirror.files(job.s3, job.may_read, table.location)
            return Files(((Partition((), table.location), tuple(own)),))
        known = catalog.partitions(table)
        left = pruned(self.engine, table, known, scan.prunings)
        found = self._partition_files(job, table, left)
        return Files(tuple((partition, own) for partition, own in found if own))

    def _partition_files(
        self, job: Job, table: Table, partitions: list[Partition]
    ) -> list[tuple[Partition, tuple[StoredFile, ...]]]:
        root = f"{table.location.rstrip('/')}/"
        inside = [each for each in partitions if each.location.startswith(root)]
        if len(inside) <= _FEW:
            return [
                (each, tuple(self._mirror.files(job.s3, job.may_read, each.location)))
                for each in partitions
            ]
        wanted = {f"{each.location.rstrip('/')}/" for each in inside}
        by_folder = self._mirror.files_by_folder(job.s3, job.may_read, root, wanted)
        return [
            (each, tuple(by_folder[f"{each.location.rstrip('/')}/"]))
            if each.location.startswith(root)
            else (each, tuple(self._mirror.files(job.s3, job.may_read, each.location)))
            for each in partitions
        ]
