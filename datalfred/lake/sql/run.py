"""Runs queries in Athena, in the one workgroup that is theirs.

What starts here has passed the guard. Athena's states are waited for with growing pauses, up to a
deadline after which the query goes on and can be asked for later. A failure that Athena calls
retryable is retried; every other is told in Athena's own words, with advice where there is some.

A start carries a token made of the turn and of all that is asked: sent again because its answer got
lost, or made again because its function died, it is the same query, which is paid once.
"""

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from datalfred import clients, settings
from datalfred.bedrock.action_group import requester
from datalfred.bedrock.failures import error_code, error_message, translated
from datalfred.definitions.prices import athena_cost
from datalfred.errors import (
    NotFoundError,
    PermissionMissingError,
    QueryFailedError,
    UnavailableError,
)
from datalfred.lake import moments
from datalfred.lake.redaction import redact
from datalfred.lake.sql.advice import advice_on, denied_path
from datalfred.lake.sql.models import QueryRun

Execution = Mapping[str, Any]
"""A query execution as Athena returns it."""

ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_ATTEMPTS = 3
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0
_SECONDS_TO_READ = 3.0
"""What is left of an operation's time for the result of a query that ends at the last moment."""
_REFUSED = "InvalidRequestException"


def run(sql: str, database: str = "", *, reusable: bool = True, approval_id: str = "") -> Execution:
    """Starts a query and waits for its end, as long as ``settings.query_timeout_seconds``.

    Args:
        sql: the text that the guard let through.
        database: the database of tables that are named without one.
        reusable: whether Athena may answer from a recent result of the same text.
        approval_id: the yes that was spent on it; one yes is one start, so that what fails then is
            not tried again, and a start whose answer got lost is the same start.

    Returns:
        The execution; its state says whether it ended.

    Raises:
        QueryFailedError: Athena refused or failed it.
        PermissionMissingError: the role may not read what the query reads.
        UnavailableError: it was started, and what came of it could not be looked up.
    """
    attempts = 1 if approval_id else _ATTEMPTS
    for attempt in range(1, attempts + 1):
        execution = _followed(
            start(sql, database, reusable=reusable, token=approval_id, attempt=attempt)
        )
        error = execution["Status"].get("AthenaError") or {}
        failed = execution["Status"]["State"] == "FAILED"
        if not (failed and error.get("Retryable") and attempt < attempts):
            break
    if execution["Status"]["State"] == "FAILED" or _was_cut_off(execution):
        raise failure_of(execution)
    return execution


def start(
    sql: str, database: str = "", *, reusable: bool = True, token: str = "", attempt: int = 1
) -> str:
    """Starts a query and returns its id; a token that Athena has seen starts nothing anew.

    Args:
        sql: the text that runs.
        database: the database of tables that are named without one.
        reusable: whether Athena may answer from a recent result of the same text.
        token: stands for this start; made of the turn and the rest where it is empty.
        attempt: tells a deliberate second start of the same from the first.

    Raises:
        QueryFailedError: Athena refused it at once, such as for its syntax.
    """
    context = {"Catalog": "AwsDataCatalog", **({"Database": database} if database else {})}
    minutes = settings.load().query_reuse_minutes if reusable else 0
    reuse = {"Enabled": bool(minutes), **({"MaxAgeInMinutes": minutes} if minutes else {})}
    asked = {
        "QueryString": sql,
        "QueryExecutionContext": context,
        "WorkGroup": settings.load().workgroup,
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": reuse},
    }
    try:
        started = clients.client("athena").start_query_execution(
            **asked, ClientRequestToken=token or _token(asked, attempt)
        )
    except Exception as error:
        if error_code(error) != _REFUSED:
            raise
        message = error_message(error)
        raise QueryFailedError(redact(message), sql=sql, hint=advice_on(message)) from error
    return str(started["QueryExecutionId"])


def _token(asked: Mapping[str, Any], attempt: int) -> str:
    """The same for the same start in the same turn; a start outside of a turn is always another.

    It covers everything that is asked: Athena refuses a token that comes with other parameters.
    """
    turn = requester().request_id
    if not turn:
        return uuid.uuid4().hex
    return hashlib.sha256(json.dumps([turn, attempt, asked], sort_keys=True).encode()).hexdigest()


def _followed(query_id: str) -> Execution:
    """Waits for a query that was just started; whatever happens, its id is not lost.

    Raises:
        UnavailableError: how it stands could not be looked up.
    """
    try:
        return wait(query_id)
    except Exception as error:
        told = translated(error)
        if not isinstance(told, UnavailableError):
            raise
        raise type(told)(
            f"The query {query_id} was started, but how it stands could not be looked up:"
            f" {told.message}",
            hint=f"Do not start it again. Ask for its result later, by the query id {query_id}.",
        ) from error


def wait(query_id: str) -> Execution:
    """The execution once it ended, or as it stands when the time for it is over.

    That is ``settings.query_timeout_seconds``, or less where the operation that waits has less.
    """
    deadline = time.monotonic() + settings.load().query_timeout_seconds
    granted = clients.patience()
    pause = _FIRST_PAUSE
    while True:
        execution = find(query_id)
        remaining = deadline - time.monotonic()
        if granted is not None:
            remaining = min(remaining, granted.seconds_left - _SECONDS_TO_READ)
        if execution["Status"]["State"] in ENDED or remaining <= 0:
            return execution
        threading.Event().wait(min(pause, remaining))
        pause = min(pause * 1.6, _LONGEST_PAUSE)


def find(query_id: str) -> Execution:
    """An execution of our workgroup.

    Raises:
        NotFoundError: there is no such query, or it is of another workgroup.
    """
    try:
        found = clients.client("athena").get_query_execution(QueryExecutionId=query_id)
    except Exception as error:
        if error_code(error) == _REFUSED:
            raise NotFoundError("query", query_id) from error
        raise
    execution: Execution = found["QueryExecution"]
    if execution.get("WorkGroup", "primary") != settings.load().workgroup:
        raise NotFoundError("query", query_id)
    return execution


def stop(query_id: str) -> Execution:
    """Stops a query that still runs; one that ended, even at this moment, stays as it is.

    Raises:
        NotFoundError: there is no such query.
    """
    if find(query_id)["Status"]["State"] not in ENDED:
        try:
            clients.client("athena").stop_query_execution(QueryExecutionId=query_id)
        except Exception as error:
            ended = error_code(error) == _REFUSED and find(query_id)["Status"]["State"] in ENDED
            if not ended:
                raise
    return wait(query_id)


def as_run(execution: Execution) -> QueryRun:
    """The execution as a result shows it."""
    statistics = execution.get("Statistics") or {}
    status = execution["Status"]
    scanned = int(statistics.get("DataScannedInBytes") or 0)
    reuse = statistics.get("ResultReuseInformation") or {}
    reused = bool(reuse.get("ReusedPreviousResult"))
    return QueryRun(
        query_id=execution["QueryExecutionId"],
        sql=execution["Query"],
        database=(execution.get("QueryExecutionContext") or {}).get("Database") or "",
        state=status["State"],
        bytes_scanned=scanned,
        runtime_ms=int(statistics.get("TotalExecutionTimeInMillis") or 0),
        cost_usd=0.0 if reused else athena_cost(scanned),
        reused=reused,
        error=status.get("StateChangeReason") or "" if status["State"] != "SUCCEEDED" else "",
    )


def made_at(location: str) -> str:
    """When a result object was written, ISO 8601; empty where nobody can say."""
    if not location:
        return ""
    parts = urlsplit(location)
    try:
        found = clients.client("s3").head_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
    except Exception as error:
        if translated(error) is None:
            raise
        return ""
    return moments.iso(found.get("LastModified"))


def result_location(execution: Execution) -> str:
    """The ``s3://`` URI of the result object."""
    return str((execution.get("ResultConfiguration") or {}).get("OutputLocation") or "")


def failure_of(execution: Execution) -> QueryFailedError | PermissionMissingError:
    """The error that a failed or cut-off execution is."""
    message = execution["Status"].get("StateChangeReason") or "The query failed without a reason."
    if (path := denied_path(message)) is not None:
        return PermissionMissingError("s3:GetObject", path, said=message)
    return QueryFailedError(
        redact(message),  # it may quote the value that it could not take
        sql=execution["Query"],
        query_id=execution["QueryExecutionId"],
        hint=advice_on(message),
    )


def _was_cut_off(execution: Execution) -> bool:
    """Whether the workgroup's own limit of bytes ended it; a person's stop gives no reason."""
    status = execution["Status"]
    return status["State"] == "CANCELLED" and "limit" in (status.get("StateChangeReason") or "")
