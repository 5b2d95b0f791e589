"""StartQuery, GetQueryResults, StopQuery and DescribeQueries.

StartQuery reads the query and refuses what is wrong; a thread answers it. GetQueryResults waits for
a moment, so that most queries are complete at the first look, as they may be in CloudWatch.
"""

import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event as Signal
from threading import Thread, Timer
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.insights import (
    Answer,
    Event,
    MalformedQueryError,
    Query,
    QueryFailedError,
    UnsupportedQueryError,
    Window,
)
from datalfred.local.aws.logs.store import events_between, group_named, invalid
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.logs.models import LogGroup

logger = logging.getLogger(__name__)

_MOST_ROWS = 10_000
_MOST_GROUPS = 50
_LONGEST_QUERY = 10_000
_MOST_AT_ONCE = 100
_MOST_KEPT = 1000
_PAGE = 1000
_MOMENT = 0.25
"""Seconds that GetQueryResults waits for a query."""

_LONGEST_RUN = 120.0
"""Seconds after which a query ends as ``Timeout``; CloudWatch gives it an hour."""

_STATES = {"Scheduled", "Running", "Complete", "Failed", "Cancelled", "Timeout", "Unknown"}
_NOTHING = Answer((), 0)

Parameters = Mapping[str, Any]


class QueryFaultError(FaultError):
    """A query is not understood; the fault carries the place, as ``QueryCompileError``."""

    def __init__(self, error: MalformedQueryError) -> None:
        unsupported = isinstance(error, UnsupportedQueryError)
        code = "NotImplementedException" if unsupported else "MalformedQueryException"
        super().__init__(code, str(error))
        self.compile_error: dict[str, Any] = {"message": str(error)}
        if error.start is not None:
            place = {"startCharOffset": error.start, "endCharOffset": error.end}
            self.compile_error["location"] = place

    def response_to(self, request: Request) -> Response:
        """The fault as the response to ``request``."""
        response = super().response_to(request)
        body = response.body
        if not isinstance(body, bytes) or not body.startswith(b"{"):
            return response
        told = json.loads(body) | {"queryCompileError": self.compile_error}
        return Response(response.status, response.headers, json.dumps(told).encode())


@dataclass
class RunningQuery:
    """A query, from its start on.

    Attributes:
        created: milliseconds since the epoch.
        groups: names of the log groups that it reads.
        status: as CloudWatch calls it; final once ``ended`` is set.
        scanned: events that it read.
        scanned_bytes: the size of their messages.
    """

    id: str
    text: str
    created: int
    groups: tuple[str, ...]
    query: Query
    status: str = "Scheduled"
    answer: Answer = _NOTHING
    scanned: int = 0
    scanned_bytes: int = 0
    ended: Signal = field(default_factory=Signal)

    def run(self, groups: "Sequence[LogGroup]", window: Window, limit: int) -> None:
        """Reads the log groups and answers the query."""
        self._become("Running", "Scheduled")
        timer = Timer(_LONGEST_RUN, self.end, ["Timeout"])
        timer.daemon = True
        timer.start()
        try:
            events = [event for group in groups for event in _events(group, window)]
            self.answer = self.query.run(events, limit)
            self.scanned = len(events)
            self.scanned_bytes = sum(len(e.message.encode(errors="replace")) for e in events)
            self._become("Complete", "Running")
        except QueryFailedError as problem:
            logger.info("query=<%s>, problem=<%s> | failed", self.id, problem)
        finally:
            self._become("Failed", "Running")
            timer.cancel()
            self.ended.set()

    def end(self, status: str) -> None:
        """Ends the query before it is complete."""
        self._become(status, "Scheduled", "Running")
        self.query.stop()

    def _become(self, status: str, *before: str) -> None:
        if self.status in before:
            self.status = status


def _events(group: "LogGroup", window: Window) -> Iterator[Event]:
    log = f"{ACCOUNT}:{group.name}"
    for e in events_between(group, window.start, window.end):
        yield Event(e.at, e.ingested, e.message, e.stream, log, f"{e.number:056d}")


class Queries:
    """The queries of one region."""

    def __init__(self) -> None:
        self._known: dict[str, RunningQuery] = {}

    def start(self, region: str, parameters: Parameters) -> dict[str, Any]:
        """Starts a query.

        Raises:
            FaultError: a parameter may not be so, a log group does not exist, the query is not
                understood, or too many run already.
        """
        if parameters.get("queryLanguage", "CWLI") != "CWLI":
            raise FaultError(
                "NotImplementedException", "The embedded AWS runs the query language CWLI only."
            )
        groups = [group_named(region, name) for name in _groups_of(parameters)]
        now = int(time.time() * 1000)
        window, limit = _window(parameters, now), _limit(parameters)
        if sum(not query.ended.is_set() for query in self._known.values()) >= _MOST_AT_ONCE:
            raise FaultError(
                "LimitExceededException", f"{_MOST_AT_ONCE} queries are running already."
            )
        text = str(parameters["queryString"])
        if len(text) > _LONGEST_QUERY:
            raise invalid(f"queryString must have at most {_LONGEST_QUERY} characters.")
        try:
            compiled = Query(text, window)
        except MalformedQueryError as error:
            raise QueryFaultError(error) from None
        names = tuple(group.name for group in groups)
        query = RunningQuery(str(uuid.uuid4()), text, now, names, compiled)
        self._keep(query)
        Thread(target=query.run, args=(groups, window, limit), daemon=True).start()
        return {"queryId": query.id}

    def results(self, parameters: Parameters) -> dict[str, Any]:
        """The state of a query, and once it is complete its results with what it read.

        Raises:
            FaultError: there is no such query.
        """
        query = self._find(parameters)
        query.ended.wait(_MOMENT)
        complete = query.ended.is_set() and query.status == "Complete"
        rows = query.answer.rows if complete else ()
        return {
            "queryLanguage": "CWLI",
            "status": query.status,
            "results": [[{"field": name, "value": value} for name, value in row] for row in rows],
            "statistics": {
                "recordsMatched": float(query.answer.matched),
                "recordsScanned": float(query.scanned),
                "bytesScanned": float(query.scanned_bytes),
            },
        }

    def stop(self, parameters: Parameters) -> dict[str, Any]:
        """Stops a query that runs.

        Raises:
            FaultError: it has ended, or there is no such query.
        """
        query = self._find(parameters)
        if query.ended.is_set():
            raise invalid(f"The specified query {query.id} is not running.")
        query.end("Cancelled")
        return {"success": True}

    def describe(self, parameters: Parameters) -> dict[str, Any]:
        """The queries of the past, newest first.

        Raises:
            FaultError: a parameter may not be so.
        """
        group, status = parameters.get("logGroupName"), parameters.get("status")
        if status not in {None, *_STATES}:
            raise invalid(f"status must be one of {', '.join(sorted(_STATES))}.")
        size = int(parameters.get("maxResults", _PAGE))
        if not 1 <= size <= _PAGE:
            raise invalid(f"maxResults must be from 1 to {_PAGE}.")
        token = parameters.get("nextToken", "0")
        if not token.isdecimal():
            raise invalid("The specified nextToken is invalid.")
        found = [
            query
            for query in reversed(list(self._known.values()))
            if status in {None, query.status} and group in {None, *query.groups}
        ]
        first = int(token)
        page = found[first : first + size]
        answer: dict[str, Any] = {"queries": [_described(query) for query in page]}
        if first + size < len(found):
            answer["nextToken"] = str(first + size)
        return answer

    def _keep(self, query: RunningQuery) -> None:
        self._known[query.id] = query
        for old in list(self._known.values())[:-_MOST_KEPT]:
            if old.ended.is_set():
                del self._known[old.id]

    def _find(self, parameters: Parameters) -> RunningQuery:
        found = self._known.get(str(parameters.get("queryId")))
        if found is None:
            raise FaultError("ResourceNotFoundException", "The specified query does not exist.")
        return found


def _described(query: RunningQuery) -> dict[str, Any]:
    return {
        "queryLanguage": "CWLI",
        "queryId": query.id,
        "queryString": query.text,
        "status": query.status,
        "createTime": query.created,
        "logGroupName": query.groups[0],
    }


def _window(parameters: Parameters, now: int) -> Window:
    """The time to look at; it is given in seconds, both ends included."""
    start, end = int(parameters["startTime"]), int(parameters["endTime"])
    if start > end:
        raise invalid("startTime must not be after endTime.")
    return Window(start * 1000, end * 1000, now)


def _limit(parameters: Parameters) -> int:
    limit = int(parameters.get("limit", _MOST_ROWS))
    if not 1 <= limit <= _MOST_ROWS:
        raise invalid(f"limit must be from 1 to {_MOST_ROWS}.")
    return limit


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
