"""Runs a compiled query over log events, in a DuckDB of its own that sees nothing else."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from datalfred.local.aws.logs.insights.commands import Compiler, Order, Plan
from datalfred.local.aws.logs.insights.database import connect
from datalfred.local.aws.logs.insights.documents import document_of
from datalfred.local.aws.logs.insights.expressions import Clock
from datalfred.local.aws.logs.insights.lexer import MalformedQueryError
from datalfred.local.aws.logs.insights.values import Kind, Value

if TYPE_CHECKING:
    import duckdb

_INSERT = """
INSERT INTO raw
SELECT * REPLACE (CASE found WHEN '=' THEN message WHEN '' THEN NULL ELSE found END AS found)
FROM (SELECT unnest(string_split($logged, $mark))::BIGINT,
    unnest(string_split($ingested, $mark))::BIGINT,
    unnest(string_split($message, $mark)) AS message, unnest(string_split($stream, $mark)),
    unnest(string_split($log, $mark)), unnest(string_split($pointer, $mark)),
    unnest(string_split($found, $mark)) AS found)
"""
_MARKS = ("\x1f", "\x1e\x1f")
"""Stand between the values of a column on their way to DuckDB, if they stand in none."""

_DECIMALS = 4


class Event(NamedTuple):
    """One log event; times are milliseconds since the epoch."""

    at: int
    ingested: int
    message: str
    stream: str
    log: str
    pointer: str


@dataclass(frozen=True)
class Window:
    """The time that a query looks at, both ends included, and the time at which it runs."""

    start: int
    end: int
    now: int


@dataclass(frozen=True)
class Answer:
    """The rows of a query: each a list of (field, value) without fields that the row lacks.

    Attributes:
        rows: the last field of a row of events is ``@ptr``.
        matched: how many events passed the filters.
    """

    rows: tuple[tuple[tuple[str, str], ...], ...]
    matched: int


class Query:
    """A query that is understood, ready to run."""

    def __init__(self, text: str, window: Window) -> None:
        """Compiles a query, and lets DuckDB look at it.

        Args:
            text: in the query language of Logs Insights.
            window: the time that the query looks at.

        Raises:
            MalformedQueryError: the query is not understood.
        """
        import duckdb

        text = text.encode(errors="replace").decode()
        self._plan = Compiler(text, Clock(window.now, window.start, window.end)).compile()
        self._connection = connect()
        try:
            self._connection.execute(f"EXPLAIN {_statement(self._plan)}")
        except duckdb.Error as error:
            self._connection.close()
            raise MalformedQueryError(str(error).splitlines()[0], 0, len(text)) from error

    def run(self, events: Sequence[Event], limit: int) -> Answer:
        """Answers the query, once.

        Args:
            events: what the log groups hold in the window.
            limit: rows at most, whatever the query says.

        Raises:
            QueryFailedError: it was stopped, or a number left its range.
        """
        import duckdb

        plan = self._plan
        try:
            with self._connection as connection:
                _load(connection, events)
                found = connection.execute(_statement(plan)).fetchmany(min(plan.limit, limit))
                matched = connection.execute(_matches(plan)).fetchall()[0][0]
        except duckdb.Error as error:
            raise QueryFailedError(str(error).splitlines()[0]) from error
        names = [*plan.shown, *([] if plan.grouped else ["@ptr"])]
        return Answer(tuple(_row(names, row) for row in found), int(matched))

    def stop(self) -> None:
        """Ends the query that runs in another thread; one that has ended stays as it is."""
        import duckdb

        with suppress(duckdb.ConnectionException):
            self._connection.interrupt()


class QueryFailedError(Exception):
    """A query that was understood came to no answer."""


def run_query(query: str, events: Sequence[Event], window: Window, limit: int) -> Answer:
    """Answers a query of Logs Insights.

    Raises:
        MalformedQueryError: the query is not understood.
        QueryFailedError: it came to no answer.
    """
    return Query(query, window).run(events, limit)


def _load(connection: "duckdb.DuckDBPyConnection", events: Sequence[Event]) -> None:
    """Hands the events over, each column as one text: lists of texts take ten times longer."""
    if not events:
        return
    columns = {
        "logged": [str(event.at) for event in events],
        "ingested": [str(event.ingested) for event in events],
        "message": [event.message for event in events],
        "stream": [event.stream for event in events],
        "log": [event.log for event in events],
        "pointer": [event.pointer for event in events],
        "found": [_found(event.message) for event in events],
    }
    mark = _mark(columns["message"])
    texts = {
        name: mark.join(values).encode(errors="replace").decode()
        for name, values in columns.items()
    }
    connection.execute(_INSERT, texts | {"mark": mark})


def _found(message: str) -> str:
    """The document of a message; a sign where it is the whole of it, or there is none."""
    document = document_of(message)
    return "" if document is None else "=" if document is message else document


def _mark(messages: Sequence[str]) -> str:
    text = "".join(messages)
    for mark in _MARKS:
        if mark not in text:
            return mark
    return uuid.uuid4().hex


def _statement(plan: Plan) -> str:
    """The stages as common table expressions, then order and deduplication."""
    stages, source = _stages(plan, len(plan.stages))
    shown = [value.shown for value in plan.shown.values()]
    columns = ", ".join([*shown, *([] if plan.grouped else ["pointer"])])
    order = _order(plan)
    keep = ""
    if plan.keys:
        keys = ", ".join(value.sql for value in plan.keys)
        missing = " OR ".join(f"{value.sql} IS NULL" for value in plan.keys)
        window = f"PARTITION BY {keys} ORDER BY {order}"
        # Events without one of the fields are no duplicates of each other.
        keep = f" QUALIFY {missing} OR row_number() OVER ({window}) = 1"
    result = f"SELECT {columns} FROM {source}{keep} ORDER BY {order}"  # noqa: S608 -- compiled
    return stages + result


def _matches(plan: Plan) -> str:
    """Counts the events that pass the filters."""
    stages, source = _stages(plan, plan.matching)
    return stages + f"SELECT count(*) FROM {source}"  # noqa: S608 -- compiled


def _stages(plan: Plan, count: int) -> tuple[str, str]:
    """The first stages as a WITH clause, and the name of the last of them."""
    source, tables = "events", []
    for number, stage in enumerate(plan.stages[:count], 1):
        tables.append(f"stage_{number} AS ({stage(source)})")
        source = f"stage_{number}"
    return (f"WITH {', '.join(tables)} " if tables else ""), source


def _order(plan: Plan) -> str:
    newest = Order(Value("event_time", Kind.TIME), descending=True)
    orders = plan.orders or ([] if plan.grouped else [newest])
    keys = [_order_key(order) for order in orders]
    # Rows that are equal by these keys keep one order from run to run.
    return ", ".join([*keys, *([] if plan.grouped else ["pointer"])]) or "1"


def _order_key(order: Order) -> str:
    sql = order.value.sql
    direction = "DESC" if order.descending else "ASC"
    if order.value.kind is not Kind.TEXT:
        return f"{sql} {direction} NULLS LAST"
    key = f"CASE WHEN {sql} IS NOT NULL THEN natural_key({sql}) END"
    return f"{key} {direction} NULLS LAST, {sql} {direction} NULLS LAST"


def _row(names: Sequence[str], values: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    pairs = zip(names, values, strict=True)
    return tuple((name, _shown(value)) for name, value in pairs if value is not None)


def _shown(value: object) -> str:
    match value:
        case bool():
            return "1" if value else "0"
        case float():
            return f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
        case _:
            return str(value)
