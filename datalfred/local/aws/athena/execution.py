"""One query execution: what was asked, how far it is, and how the API describes it."""

import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.rendering import Row
from datalfred.local.aws.athena.statement_kinds import StatementKind
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.write_statements import Write
from datalfred.local.aws.message import Caller

if TYPE_CHECKING:
    from concurrent.futures import Future

    import duckdb

    from datalfred.local.aws.athena.translate.dialect import Parsed

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
_ENGINE = {
    "SelectedEngineVersion": "Athena engine version 3",
    "EffectiveEngineVersion": "Athena engine version 3",
}


@dataclass(frozen=True)
class Submission:
    """What StartQueryExecution was asked.

    Attributes:
        query: the statement as it was sent.
        sql: the statement, parameters in place.
        kind: its first word, in capitals.
        statement: how Athena files it.
        database: of the query's context, in lower case.
        workgroup: its name.
        output: the folder of the result, ``s3://bucket/prefix/``; empty where Athena manages it.
        limit: bytes that it may scan; 0 for no limit.
        reuse_minutes: how old a result may be to be given again; None for never.
        caller: who asks.
        parameters: as they were sent, for the record.
        write: what the statement says, where it writes.
        encryption: ``EncryptionConfiguration`` of what is written; empty for none.
        fixed_output: whether the workgroup's location wins over that of a statement.
    """

    query: str
    sql: str
    kind: str
    statement: StatementKind
    database: str
    workgroup: str
    output: str
    limit: int
    reuse_minutes: int | None
    caller: Caller
    parameters: tuple[str, ...] = ()
    write: Write | None = None
    encryption: Mapping[str, Any] = field(default_factory=dict)
    fixed_output: bool = False

    @property
    def is_managed(self) -> bool:
        """Whether Athena keeps the result, and no object in S3 holds it."""
        return not self.output


@dataclass
class Execution:
    """One query execution and its state.

    Attributes:
        submission: what was asked.
        parsed: the query as it was read, until it runs.
        id: its id.
        state: ``QUEUED``, ``RUNNING``, ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``.
        reason: why it failed or was cancelled.
        error: the same as ``AthenaError``.
        submitted: seconds since the epoch.
        completed: the same; None until then.
        scanned: bytes.
        queued_ms: how long it waited.
        run_ms: how long it ran.
        columns: of the result.
        rows: of the result; None once only its object holds them.
        row_count: of the result.
        updated: rows that were written; None for a statement that writes none.
        tables: what it read: database and name.
        reused: the execution whose result it gives again.
        cursor: to interrupt it by.
        future: its place in the queue.
        committed: whether it is too late to cancel it.
        overdue: whether it ran for longer than a query may.
        idle: set when no thread works for it any more.
    """

    submission: Submission
    parsed: "Parsed | None" = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    error: Mapping[str, Any] | None = None
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    scanned: int = 0
    queued_ms: int = 0
    run_ms: int = 0
    columns: tuple[tuple[str, Type], ...] = ()
    rows: list[Row] | None = None
    row_count: int = 0
    updated: int | None = None
    tables: tuple[tuple[str, str], ...] = ()
    reused: "Execution | None" = None
    cursor: "duckdb.DuckDBPyConnection | None" = None
    future: "Future[None] | None" = None
    committed: bool = False
    overdue: bool = False
    idle: threading.Event = field(default_factory=threading.Event)

    @property
    def output(self) -> str:
        """The result object; for a write, what its files and its manifest are called after."""
        if self.reused is not None:
            return self.reused.output
        kind = self.submission.statement
        return f"{self.submission.output.rstrip('/')}/{kind.folder}{self.id}{kind.ending}"

    @property
    def manifest(self) -> str:
        """The object that lists the files of a write; empty where Athena keeps what is its own."""
        return "" if self.submission.is_managed else f"{self.output}-manifest.csv"

    def end(self, state: str, reason: str = "") -> None:
        """Enters a final state."""
        self.completed = time.time()
        begun = self.submitted + self.queued_ms / 1000
        self.run_ms = max(1, round((self.completed - begun) * 1000))
        self.reason = reason
        self.cursor = None
        self.state = state

    def described(self) -> dict[str, Any]:
        """``QueryExecution`` of the API."""
        asked = self.submission
        described: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": asked.query,
            "StatementType": asked.statement.type,
            "SubstatementType": asked.statement.substatement,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": self._reuse()},
            "QueryExecutionContext": {"Database": asked.database, "Catalog": "awsdatacatalog"},
            "Status": self._status(),
            "Statistics": self._statistics(),
            "WorkGroup": asked.workgroup,
            "EngineVersion": _ENGINE,
        }
        if asked.is_managed:
            described["ManagedQueryResultsConfiguration"] = {"Enabled": True}
        else:
            result: dict[str, Any] = {"OutputLocation": self.output}
            if asked.encryption:
                result["EncryptionConfiguration"] = dict(asked.encryption)
            described["ResultConfiguration"] = result
        if asked.parameters:
            described["ExecutionParameters"] = list(asked.parameters)
        return described

    def _reuse(self) -> dict[str, Any]:
        minutes = self.submission.reuse_minutes
        return {"Enabled": False} if minutes is None else _enabled(minutes)

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.error:
            status["AthenaError"] = self.error
        return status

    def _statistics(self) -> dict[str, Any]:
        statistics = {
            "EngineExecutionTimeInMillis": self.run_ms,
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": self.queued_ms + self.run_ms,
            "QueryQueueTimeInMillis": self.queued_ms,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused is not None},
        }
        writes = self.submission.statement.writes_rows and self.state == "SUCCEEDED"
        if writes and self.manifest:
            return {**statistics, "DataManifestLocation": self.manifest}
        return statistics


def _enabled(minutes: int) -> dict[str, Any]:
    return {"Enabled": True, "MaxAgeInMinutes": minutes}
