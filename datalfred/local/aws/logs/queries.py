"""StartQuery, GetQueryResults, StopQuery and DescribeQueries.

A query runs to its end before StartQuery answers: the first look at its results finds it complete.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.insights import (
    Answer,
    Event,
    MalformedQueryError,
    Window,
    run_query,
)
from datalfred.local.aws.logs.store import events_between, group_named, invalid
from datalfred.local.aws.message import ACCOUNT

_MOST_ROWS = 10_000
_MOST_GROUPS = 50
_PAGE = 1000

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class FinishedQuery:
    """A query with its results.

    Attributes:
        created: milliseconds since the epoch.
        groups: names of the log groups that it read.
        scanned: events that it read.
        scanned_bytes: the size of their messages.
    """

    id: str
    text: str
    created: int
    groups: tuple[str, ...]
    answer: Answer
    scanned: int
    scanned_bytes: int


class Queries:
    """The queries of one region."""

    def __init__(self) -> None:
        self._finished: dict[str, FinishedQuery] = {}

    def start(self, region: str, parameters: Parameters) -> dict[str, Any]:
        """Runs a query.

        Raises:
            FaultError: a parameter may not be so, a log group does not exist, or the query is not
                understood.
        """
        if parameters.get("queryLanguage", "CWLI") != "CWLI":
            raise FaultError(
                "NotImplementedException", "The embedded AWS runs the query language CWLI only."
            )
        groups = [group_named(region, name) for name in _groups_of(parameters)]
        start, end = int(parameters["startTime"]), int(parameters["endTime"])
        if start > end:
            raise invalid("startTime must not be after endTime.")
        now = int(time.time() * 1000)
        window = Window(start * 1000, end * 1000, now)
        events = [
            Event(
                e.at, e.ingested, e.message, e.stream, f"{ACCOUNT}:{group.name}", f"{e.number:056d}"
            )
            for group in groups
            for e in events_between(group, window.start, window.end)
        ]
        limit = int(parameters.get("limit", _MOST_ROWS))
        if not 1 <= limit <= _MOST_ROWS:
            raise invalid(f"limit must be from 1 to {_MOST_ROWS}.")
        text = str(parameters["queryString"])
        try:
            answer = run_query(text, events, window, limit)
        except MalformedQueryError as error:
            raise FaultError("MalformedQueryException", str(error)) from None
        query = FinishedQuery(
            id=str(uuid.uuid4()),
            text=text,
            created=now,
            groups=tuple(group.name for group in groups),
            answer=answer,
            scanned=len(events),
            scanned_bytes=sum(len(event.message.encode()) for event in events),
        )
        self._finished[query.id] = query
        return {"queryId": query.id}

    def results(self, parameters: Parameters) -> dict[str, Any]:
        """The results of a query, with what it read.

        Raises:
            FaultError: there is no such query.
        """
        query = self._find(parameters)
        return {
            "queryLanguage": "CWLI",
            "status": "Complete",
            "results": [
                [{"field": name, "value": value} for name, value in row]
                for row in query.answer.rows
            ],
            "statistics": {
                "recordsMatched": float(query.answer.matched),
                "recordsScanned": float(query.scanned),
                "bytesScanned": float(query.scanned_bytes),
            },
        }

    def stop(self, parameters: Parameters) -> dict[str, Any]:
        """Never stops anything: a query ends before anybody knows its id.

        Raises:
            FaultError: always, as of a query that has ended.
        """
        query = self._find(parameters)
        raise invalid(f"The specified query {query.id} is not running.")

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """The queries of the past, newest first.

        Raises:
            FaultError: a parameter may not be so.
        """
        group, status = parameters.get("logGroupName"), parameters.get("status", "Complete")
        size = int(parameters.get("maxResults", _PAGE))
        if not 1 <= size <= _PAGE:
            raise invalid(f"maxResults must be from 1 to {_PAGE}.")
        token = parameters.get("nextToken", "0")
        if not token.isdigit():
            raise invalid("The specified nextToken is invalid.")
        found = [
            query
            for query in reversed(list(self._finished.values()))
            if status == "Complete" and group in {None, *query.groups}
        ]
        first = int(token)
        page = found[first : first + size]
        answer: dict[str, Any] = {"queries": [_described(query) for query in page]}
        if first + size < len(found):
            answer["nextToken"] = str(first + size)
        return answer

    def _find(self, parameters: Parameters) -> FinishedQuery:
        found = self._finished.get(str(parameters.get("queryId")))
        if found is None:
            raise FaultError("ResourceNotFoundException", "The specified query does not exist.")
        return found


def _described(query: FinishedQuery) -> dict[str, Any]:
    return {
        "queryLanguage": "CWLI",
        "queryId": query.id,
        "queryString": query.text,
        "status": "Complete",
        "createTime": query.created,
        "logGroupName": query.groups[0],
    }


def _groups_of(parameters: Parameters) -> list[str]:
    """Names or ARNs of the log groups; they may be given in one of three ways."""
    given = [
        parameters[name]
        for name in ("logGroupName", "logGroupNames", "logGroupIdentifiers")
        if parameters.get(name)
    ]
    if len(given) != 1:
        raise invalid("Give one of logGroupName, logGroupNames and logGroupIdentifiers.")
    names = [given[0]] if isinstance(given[0], str) else list(given[0])
    if len(names) > _MOST_GROUPS:
        raise invalid(f"A query reads at most {_MOST_GROUPS} log groups.")
    return list(dict.fromkeys(names))
