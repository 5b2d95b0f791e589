"""Query executions: QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED."""

import contextlib
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.failures import CancelledError, RequestError, StatementError
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.rendering import Row, csv, lines
from datalfred.local.aws.athena.runner import Job, Result, Runner
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.message import Caller

if TYPE_CHECKING:
    import duckdb
    from mypy_boto3_s3.client import S3Client

WORKERS = 4
KEPT_RESULTS = 64
_AGAIN_SECONDS = 0.02
_FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}
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
        database: of the query's context, in lower case.
        workgroup: its name.
        output: the folder of the result, ``s3://bucket/prefix/``.
        limit: bytes that it may scan; 0 for no limit.
        reuse_minutes: how old a result may be to be given again; None for never.
        caller: who asks.
        parameters: as they were sent, for the record.
    """

    query: str
    sql: str
    kind: str
    database: str
    workgroup: str
    output: str
    limit: int
    reuse_minutes: int | None
    caller: Caller
    parameters: tuple[str, ...] = ()

    @property
    def is_query(self) -> bool:
        """Whether it is DML; else its result is a text of lines."""
        return self.kind not in {"SHOW", "DESCRIBE", "DESC", "EXPLAIN"}


@dataclass
class Execution:
    """One query execution and its state."""

    submission: Submission
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
    reused: "Execution | None" = None
    cursor: "duckdb.DuckDBPyConnection | None" = None
    future: "Future[None] | None" = None
    idle: threading.Event = field(default_factory=threading.Event)

    @property
    def output(self) -> str:
        """The result object."""
        if self.reused is not None:
            return self.reused.output
        ending = "csv" if self.submission.is_query else "txt"
        return f"{self.submission.output.rstrip('/')}/{self.id}.{ending}"

    def described(self) -> dict[str, Any]:
        """``QueryExecution`` of the API."""
        asked = self.submission
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        if self.reason:
            status["StateChangeReason"] = self.reason
        if self.error:
            status["AthenaError"] = self.error
        context = {"Database": asked.database, "Catalog": "awsdatacatalog"}
        reuse: dict[str, Any] = {"Enabled": asked.reuse_minutes is not None}
        if asked.reuse_minutes is not None:
            reuse["MaxAgeInMinutes"] = asked.reuse_minutes
        described = {
            "QueryExecutionId": self.id,
            "Query": asked.query,
            "StatementType": _statement_type(asked.kind),
            "SubstatementType": "SELECT" if asked.is_query else asked.kind,
            "ResultConfiguration": {"OutputLocation": self.output},
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": reuse},
            "QueryExecutionContext": context,
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": asked.workgroup,
            "EngineVersion": _ENGINE,
        }
        if asked.parameters:
            described["ExecutionParameters"] = list(asked.parameters)
        return described

    def _statistics(self) -> dict[str, Any]:
        total = self.queued_ms + self.run_ms
        return {
            "EngineExecutionTimeInMillis": self.run_ms,
            "DataScannedInBytes": self.scanned,
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": self.queued_ms,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused is not None},
        }


def _statement_type(kind: str) -> str:
    if kind in {"SHOW", "DESCRIBE", "DESC"}:
        return "DDL"
    return "UTILITY" if kind == "EXPLAIN" else "DML"


class Executions:
    """Starts, stops and remembers query executions."""

    def __init__(self, runner: Callable[[], Runner], client: Callable[[str, Caller], Any]) -> None:
        """An empty history.

        Args:
            runner: the runner, made when the first statement needs it.
            client: a boto3 client of a service that acts for a caller.
        """
        self._runner = runner
        self._client = client
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="athena")
        self._lock = threading.Lock()
        self._known: dict[str, Execution] = {}
        self._with_rows: OrderedDict[str, Execution] = OrderedDict()

    def start(self, submission: Submission) -> Execution:
        """Queues a statement."""
        execution = Execution(submission)
        with self._lock:
            self._known[execution.id] = execution
        execution.future = self._pool.submit(self._run, execution)
        return execution

    def find(self, query_id: str) -> Execution:
        """The execution.

        Raises:
            RequestError: there is none of that id.
        """
        found = self._known.get(query_id)
        if found is None:
            raise RequestError(
                f"QueryExecution {query_id} was not found", "INVALID_QUERY_EXECUTION_ID"
            )
        return found

    def listed(self, workgroup: str) -> list[Execution]:
        """Those of a workgroup, newest first."""
        with self._lock:
            known = list(self._known.values())
        return [each for each in reversed(known) if each.submission.workgroup == workgroup]

    def stop(self, execution: Execution) -> None:
        """Cancels a statement that has not ended."""
        with self._lock:
            if execution.state in _FINAL:
                return
            cursor = execution.cursor
            _end(execution, "CANCELLED", "Query cancelled by user")
        if execution.future is not None:
            execution.future.cancel()
        if cursor is not None:
            threading.Thread(target=_interrupt, args=(execution, cursor), daemon=True).start()

    def close(self) -> None:
        """Interrupts what runs and waits for the threads."""
        for execution in list(self._known.values()):
            self.stop(execution)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, execution: Execution) -> None:
        begun = time.time()
        with self._lock:
            if execution.state in _FINAL:
                return
            execution.state = "RUNNING"
            execution.queued_ms = round((begun - execution.submitted) * 1000)
        try:
            if not self._reuse(execution):
                self._succeed(execution, self._runner().run(self._job(execution)))
        except CancelledError as cancelled:
            self._fail(execution, "CANCELLED", str(cancelled), error=None)
        except StatementError as failure:
            self._fail(execution, "FAILED", str(failure), _athena_error(failure, str(failure)))
        except RequestError as refusal:
            self._fail(execution, "FAILED", str(refusal), _athena_error(None, str(refusal)))
        except Exception as problem:  # noqa: BLE001 -- whatever happens, the query must end
            reason = _reason(problem)
            self._fail(execution, "FAILED", reason, _athena_error(None, reason))
        finally:
            execution.idle.set()

    def _job(self, execution: Execution) -> Job:
        asked = execution.submission

        def started(cursor: "duckdb.DuckDBPyConnection") -> None:
            with self._lock:
                execution.cursor = cursor
                cancelled = execution.state in _FINAL
            if cancelled:
                raise CancelledError("Query cancelled by user")

        def scanned(count: int) -> None:
            execution.scanned = count

        return Job(
            sql=asked.sql,
            kind=asked.kind,
            database=asked.database,
            now=datetime.fromtimestamp(execution.submitted, UTC),
            role=asked.caller.role,
            glue=self._client("glue", asked.caller),
            s3=self._client("s3", asked.caller),
            limit=asked.limit,
            started=started,
            scanned=scanned,
        )

    def _reuse(self, execution: Execution) -> bool:
        """Gives the result of an earlier run of the same statement, where that is allowed."""
        asked = execution.submission
        if asked.reuse_minutes is None or not asked.is_query:
            return False
        youngest = time.time() - asked.reuse_minutes * 60
        for earlier in self.listed(asked.workgroup):
            same = (earlier.submission.sql, earlier.submission.database) == (
                asked.sql,
                asked.database,
            )
            own = earlier.submission.caller.role == asked.caller.role
            ended = earlier.state == "SUCCEEDED" and (earlier.completed or 0) >= youngest
            if same and own and ended and earlier.rows is not None:
                execution.reused = earlier.reused or earlier
                self._keep(execution, earlier.columns, earlier.rows)
                return True
        return False

    def _succeed(self, execution: Execution, result: Result) -> None:
        names = [name for name, _ in result.columns]
        body = csv(names, result.rows) if execution.submission.is_query else lines(result.rows)
        bucket, key = split_uri(execution.output)
        s3: S3Client = self._client("s3", execution.submission.caller)
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        self._keep(execution, result.columns, result.rows)

    def _keep(
        self, execution: Execution, columns: tuple[tuple[str, Type], ...], rows: list[Row]
    ) -> None:
        with self._lock:
            if execution.state in _FINAL:
                return
            execution.columns, execution.rows = columns, rows
            execution.row_count = len(rows)
            self._with_rows[execution.id] = execution
            if len(self._with_rows) > KEPT_RESULTS:
                _, oldest = self._with_rows.popitem(last=False)
                oldest.rows = None
            _end(execution, "SUCCEEDED")

    def _fail(
        self, execution: Execution, state: str, reason: str, error: Mapping[str, Any] | None
    ) -> None:
        with self._lock:
            if execution.state not in _FINAL:
                execution.error = error
                _end(execution, state, reason)


def _interrupt(execution: Execution, cursor: "duckdb.DuckDBPyConnection") -> None:
    """Interrupts until the thread is free: DuckDB forgets an interrupt that precedes its query."""
    import duckdb

    with contextlib.suppress(duckdb.Error):
        cursor.interrupt()
        while not execution.idle.wait(_AGAIN_SECONDS):
            cursor.interrupt()


def _end(execution: Execution, state: str, reason: str = "") -> None:
    execution.completed = time.time()
    begun = execution.submitted + execution.queued_ms / 1000
    execution.run_ms = max(1, round((execution.completed - begun) * 1000))
    execution.reason = reason
    execution.cursor = None
    execution.state = state


def _athena_error(failure: StatementError | None, message: str) -> dict[str, Any]:
    """Athena's catalog of errors: category 2 is the user's, 1 the system's."""
    mine = failure is None or failure.user
    return {
        "ErrorCategory": 2 if mine else 1,
        "ErrorType": 1006 if mine else 233,
        "Retryable": False,
        "ErrorMessage": message,
    }


def _reason(problem: Exception) -> str:
    response = getattr(problem, "response", None)
    if response is None:
        return f"GENERIC_INTERNAL_ERROR: {problem}"[:400]
    said = response.get("Error", {})
    code, message = said.get("Code", ""), said.get("Message", "")
    if "AccessDenied" in code or code == "403":
        return f"Insufficient permissions to execute the query. {message}"
    return f"{code}: {message}"
