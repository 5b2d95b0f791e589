"""Logs Insights queries, under a deadline."""

import math
import threading
import time
from collections.abc import Mapping
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
    budget_usd: float = math.inf,
) -> LogQuery:
    """Runs a query and waits for its answer.

    Args:
        groups: names of log groups.
        text: the query.
        start: beginning of the window.
        end: its end.
        seconds: how long to wait.
        budget_usd: the query is stopped when what it has read costs more. Insights tells what it
            has read while it reads; what comes between two looks may be paid on top.

    Raises:
        CorrectableError: the query failed, or was stopped at its budget; a malformed one is refused
            in AWS's own words.
        TimedOutError: it did not end in time, and was stopped.
    """
    logs = clients.client("logs")
    query_id = logs.start_query(
        logGroupNames=list(groups),
        startTime=int(start.timestamp()),
        endTime=int(end.timestamp()),
        queryString=text,
    )["queryId"]
    answer = _ended(logs, query_id, seconds, budget_usd)
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


def _ended(logs: Any, query_id: str, seconds: float, budget_usd: float) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    never, wait = threading.Event(), _FIRST_WAIT
    while True:
        answer: dict[str, Any] = logs.get_query_results(queryId=query_id)
        if answer["status"] not in _RUNNING:
            return answer
        _check_budget(logs, query_id, answer, budget_usd)
        if time.monotonic() + wait > deadline:
            logs.stop_query(queryId=query_id)
            raise TimedOutError(
                f"The query {query_id} did not end within {seconds:.0f} seconds and was stopped.",
                hint="Shorten its window or name fewer log groups.",
            )
        never.wait(wait)
        wait = min(wait * 2, _LONGEST_WAIT)


def _check_budget(logs: Any, query_id: str, answer: Mapping[str, Any], budget_usd: float) -> None:
    scanned = int(answer.get("statistics", {}).get("bytesScanned", 0))
    cost = insights_cost(scanned)
    if cost <= budget_usd:
        return
    logs.stop_query(queryId=query_id)
    raise CorrectableError(
        f"The query {query_id} was stopped: it had read {scanned / 1e6:,.0f} MB for ${cost:.2f}, "
        f"and its ceiling is ${budget_usd:.2f}.",
        hint="Shorten its window or name fewer log groups. An operator sets the ceiling with "
        "DATALFRED_LOGS_BUDGET_USD.",
    )


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
