"""One statement to run, and what it returns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.rendering import Row
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.write_statements import Write

if TYPE_CHECKING:
    import duckdb
    from mypy_boto3_glue.client import GlueClient
    from mypy_boto3_s3.client import S3Client

    from datalfred.local.aws.athena.translate.dialect import Parsed


def _nothing() -> None:
    """What a job does at its turning points when nobody listens."""


@dataclass(frozen=True)
class Result:
    """What a statement returns.

    Attributes:
        columns: names and types.
        rows: as text; NULL is None.
        bytes_scanned: what Athena would bill.
        updated: rows that were written; None for a statement that writes none.
        tables: database and name of every table and view that it read.
    """

    columns: tuple[tuple[str, Type], ...] = ()
    rows: list[Row] = field(default_factory=list)
    bytes_scanned: int = 0
    updated: int | None = None
    tables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Job:
    """One statement to run.

    Attributes:
        sql: the statement.
        kind: its first word, in capitals.
        database: the schema of tables without one.
        now: when it was submitted, in UTC.
        may_read: fails for bucket and key of an object that the caller may not read.
        glue: the caller's client.
        s3: the caller's client.
        limit: bytes that it may scan; 0 for no limit.
        started: is given the cursor, so that another thread can interrupt it.
        scanned: is told the bytes before they are read.
        parsed: the query, where it was parsed already.
        query_id: names the files that it writes.
        write: the statement, read, where it writes.
        output: the folder of results, ``s3://bucket/prefix``.
        fixed_output: whether the workgroup decides where a new table lies.
        manifest: the object that lists the files of a write, ``s3://bucket/key``.
        encryption: the arguments of PutObject that encrypt what is written.
        go_on: fails when the statement was cancelled or its time is over.
        commit: the same, and from then on it is too late to cancel.
    """

    sql: str
    kind: str
    database: str
    now: datetime
    may_read: Callable[[str, str], None]
    glue: "GlueClient"
    s3: "S3Client"
    limit: int
    started: "Callable[[duckdb.DuckDBPyConnection], None]"
    scanned: Callable[[int], None]
    parsed: "Parsed | None" = None
    query_id: str = ""
    write: Write | None = None
    output: str = ""
    fixed_output: bool = False
    manifest: str = ""
    encryption: Mapping[str, Any] = field(default_factory=dict)
    go_on: Callable[[], None] = _nothing
    commit: Callable[[], None] = _nothing
