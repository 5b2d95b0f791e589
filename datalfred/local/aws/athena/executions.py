"""Runs query executions: QUEUED, RUNNING, then SUCCEEDED, FAILED or CANCELLED."""

import contextlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena import encryption, reuse
from datalfred.local.aws.athena.access import Access
from datalfred.local.aws.athena.deadlines import Deadlines
from datalfred.local.aws.athena.execution import FINAL, Execution, Submission
from datalfred.local.aws.athena.failures import CancelledError, RequestError, StatementError
from datalfred.local.aws.athena.job import Job, Result
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.reasons import (
    athena_error,
    is_denial,
    output_denied,
    reason,
)
from datalfred.local.aws.athena.rendering import csv, lines
from datalfred.local.aws.athena.runner import Runner
from datalfred.local.aws.athena.translate.dialect import Parsed

if TYPE_CHECKING:
    import duckdb
    from mypy_boto3_s3.client import S3Client

WORKERS = 4
KEPT_RESULTS = 64
TIMEOUT_SECONDS = 1800.0  # Athena's quota for a DML query
_AGAIN_SECONDS = 0.02
_CANCELLED = "Query cancelled by user"


class Executions:
    """Starts, stops and remembers query executions."""

    def __init__(
        self,
        runner: Callable[[], Runner],
        access: Access,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        """An empty history.

        Args:
            runner: the runner, made when the first statement needs it.
            access: the clients that act for a caller.
            timeout: seconds that a query may run.
        """
        self._runner = runner
        self._access = access
        self._timeout = timeout
        self._deadlines = Deadlines(timeout, self._expire)
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="athena")
        self._lock = threading.Lock()
        self._known: dict[str, Execution] = {}
        self._with_rows: OrderedDict[str, Execution] = OrderedDict()

    def start(self, submission: Submission, parsed: Parsed | None = None) -> Execution:
        """Queues a statement, whose query may have been parsed already."""
        execution = Execution(submission, parsed=parsed)
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
        """Cancels a statement that has not ended, unless it is about to change the catalog."""
        with self._lock:
            if execution.state in FINAL or execution.committed:
                return
            cursor = execution.cursor
            execution.end("CANCELLED", _CANCELLED)
        if execution.future is not None and execution.future.cancel():
            execution.idle.set()
        if cursor is not None:
            threading.Thread(target=_interrupt, args=(execution, cursor), daemon=True).start()

    def close(self) -> None:
        """Interrupts what runs and waits for the threads."""
        for execution in list(self._known.values()):
            self.stop(execution)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._deadlines.close()

    def _run(self, execution: Execution) -> None:
        begun = time.time()
        with self._lock:
            if execution.state in FINAL:
                return
            execution.state = "RUNNING"
            execution.queued_ms = round((begun - execution.submitted) * 1000)
        self._deadlines.watch(execution)
        try:
            self._answer(execution)
        except CancelledError as cancelled:
            self._fail(execution, "CANCELLED", str(cancelled), error=None)
        except (StatementError, RequestError) as failure:
            said = str(failure)
            self._fail(execution, "FAILED", said, athena_error(failure, said))
        except Exception as problem:  # noqa: BLE001 -- whatever happens, the query must end
            said = reason(problem, execution.submission.statement)
            self._fail(execution, "FAILED", said, athena_error(problem, said))
        finally:
            with self._lock:
                execution.cursor = None
            execution.idle.set()

    def _answer(self, execution: Execution) -> None:
        asked = execution.submission
        earlier = reuse.earlier_result(asked, lambda: self.listed(asked.workgroup), self._access)
        if earlier is not None:
            self._give_again(execution, earlier)
        else:
            job = self._job(execution)
            self._succeed(execution, job, self._runner().run(job))

    def _expire(self, execution: Execution) -> None:
        with self._lock:
            if execution.state in FINAL or execution.committed:
                return
            execution.overdue = True
            cursor = execution.cursor
        if cursor is not None:
            _interrupt(execution, cursor)

    def _go_on(self, execution: Execution, *, commit: bool = False) -> None:
        with self._lock:
            if execution.overdue:
                raise StatementError(
                    "EXCEEDED_TIME_LIMIT",
                    f"Query exceeded the maximum execution time limit of {self._timeout / 60:.2f}m",
                )
            if execution.state in FINAL:
                raise CancelledError(_CANCELLED)
            execution.committed = execution.committed or commit

    def _job(self, execution: Execution) -> Job:
        asked = execution.submission
        parsed, execution.parsed = execution.parsed, None  # the run takes the tree apart

        def started(cursor: "duckdb.DuckDBPyConnection") -> None:
            with self._lock:
                execution.cursor = cursor
            self._go_on(execution)

        def scanned(count: int) -> None:
            execution.scanned = count

        return Job(
            sql=asked.sql,
            parsed=parsed,
            kind=asked.kind,
            database=asked.database,
            now=datetime.fromtimestamp(execution.submitted, UTC),
            may_read=self._access.reading(asked.caller),
            glue=self._access("glue", asked.caller),
            s3=self._access("s3", asked.caller),
            limit=asked.limit,
            started=started,
            scanned=scanned,
            query_id=execution.id,
            write=asked.write,
            output=asked.output,
            fixed_output=asked.fixed_output,
            manifest=execution.manifest,
            encryption=encryption.arguments(
                asked.encryption, execution.output, lambda: self._access("kms", asked.caller)
            ),
            go_on=lambda: self._go_on(execution),
            commit=lambda: self._go_on(execution, commit=True),
        )

    def _give_again(self, execution: Execution, earlier: Execution) -> None:
        with self._lock:
            if execution.state not in FINAL:
                execution.reused = earlier
                execution.columns, execution.rows = earlier.columns, earlier.rows
                execution.row_count = earlier.row_count
                execution.tables = earlier.tables
                self._remember(execution)
                execution.end("SUCCEEDED")

    def _succeed(self, execution: Execution, job: Job, result: Result) -> None:
        asked = execution.submission
        if not (asked.statement.writes_rows or asked.is_managed):
            names = [name for name, _ in result.columns]
            written = asked.statement.is_select
            body = csv(names, result.rows) if written else lines(result.rows)
            _put(job.s3, execution.output, body, job.encryption)
        with self._lock:
            if execution.state in FINAL:
                return
            execution.columns, execution.rows = result.columns, result.rows
            execution.row_count = len(result.rows)
            execution.updated, execution.tables = result.updated, result.tables
            self._remember(execution)
            execution.end("SUCCEEDED")

    def _remember(self, execution: Execution) -> None:
        """Keeps the rows of the latest results that an object in S3 holds as well."""
        if execution.submission.is_managed or execution.submission.statement.writes_rows:
            return
        self._with_rows[execution.id] = execution
        if len(self._with_rows) > KEPT_RESULTS:
            _, oldest = self._with_rows.popitem(last=False)
            oldest.rows = None

    def _fail(
        self, execution: Execution, state: str, said: str, error: Mapping[str, Any] | None
    ) -> None:
        with self._lock:
            if execution.state not in FINAL:
                execution.error = error
                execution.end(state, said)


def _put(s3: "S3Client", uri: str, body: bytes, arguments: Mapping[str, Any]) -> None:
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=body, **arguments)
    except ClientError as error:
        raise (output_denied(uri) if is_denial(error) else error) from error


def _interrupt(execution: Execution, cursor: "duckdb.DuckDBPyConnection") -> None:
    """Interrupts until the thread is free: DuckDB forgets an interrupt that precedes its query."""
    import duckdb

    with contextlib.suppress(duckdb.Error):
        cursor.interrupt()
        while not execution.idle.wait(_AGAIN_SECONDS):
            cursor.interrupt()
