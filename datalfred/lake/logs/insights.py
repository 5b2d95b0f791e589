"""Logs Insights queries, under a deadline."""

import threading
import time
from datetime import datetime
from typing import Any

from datalfred import clients
from datalfred.definitions.prices import insights_cost
from datalfred.errors import CorrectableError, TimedOutError
from datalfred.lake import moments
from datalfred.lake.logs import lines
from datalfred.lake.logs.models import LogQuery

MOST_ROWS = 50
_SECONDS = 30.0
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 1.0
_BYTES_FOR_ROWS = 17_000
_CELL_BYTES = 500
_RUNNING = {"Scheduled", "Running", "Unknown"}


def query(
    groups: tuple[str, ...],
    text: str,
    start: datetime,
    end: datetime,
    *,
    seconds: float = _SECONDS,
) -> LogQuery:
    """Runs a query and waits for its answer.

    Raises:
        CorrectableError: the query failed; a malformed one is refused in AWS's own words.
        TimedOutError: it did not end in time, and was stopped.
    """
    logs = clients.client("logs")
    query_id = logs.start_query(
        logGroupNames=list(groups),
        startTime=int(start.timestamp()),
        endTime=int(end.timestamp()),
        queryString=text,
    )["queryId"]
    answer = _ended(logs, query_id, seconds)
    if answer["status"] != "Complete":
        raise CorrectableError(
            f"CloudWatch ended the query {query_id} as {answer['status']}.",
            hint="Simplify the query or shorten its window.",
        )
    statistics = answer.get("statistics", {})
    scanned = int(statistics.get("bytesScanned", 0))
    columns, rows = _table(answer["results"])
    fitting = _fitting(rows)
    return LogQuery(
        query=lines.shortened(text, 2_000),
        start=moments.iso(start),
        end=moments.iso(end),
        log_groups=groups,
        columns=columns,
        rows=fitting,
        rows_omitted=len(rows) - len(fitting),
        bytes_scanned=scanned,
        records_matched=int(statistics.get("recordsMatched", 0)),
        cost_usd=insights_cost(scanned),
    )


def _ended(logs: Any, query_id: str, seconds: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    never, wait = threading.Event(), _FIRST_WAIT
    while True:
        answer: dict[str, Any] = logs.get_query_results(queryId=query_id)
        if answer["status"] not in _RUNNING:
            return answer
        if time.monotonic() + wait > deadline:
            logs.stop_query(queryId=query_id)
            raise TimedOutError(
                f"The query {query_id} did not end within {seconds:.0f} seconds and was stopped.",
                hint="Shorten its window or name fewer log groups.",
            )
        never.wait(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def _table(results: list[Any]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Columns in the order of their first appearance; a missing value is empty."""
    given = [{cell["field"]: cell.get("value", "") for cell in row} for row in results]
    columns = tuple(dict.fromkeys(name for row in given for name in row if name != "@ptr"))
    rows = [
        tuple(lines.shown(row.get(column, ""), _CELL_BYTES) for column in columns) for row in given
    ]
    return columns, rows


def _fitting(rows: list[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    fitting, used = [], 0
    for row in rows[:MOST_ROWS]:
        used += sum(len(cell.encode()) + 3 for cell in row)
        if used > _BYTES_FOR_ROWS:
            break
        fitting.append(row)
    return tuple(fitting)
