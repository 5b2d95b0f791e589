"""A question in SQL from its text to its answer: prepared, priced, run, read and summarised.

The parser loads with the first statement, not with this module: a Lambda function that starts
should not wait for it.
"""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from datalfred.errors import InvalidInputError, QueryFailedError
from datalfred.lake.redaction import hide_quoted
from datalfred.lake.sql import run as athena
from datalfred.lake.sql.chart import suggest
from datalfred.lake.sql.masking import hides
from datalfred.lake.sql.models import Chart, QueryEstimate, QueryRun, ResultSummary
from datalfred.lake.sql.results import columns_of, rows_of
from datalfred.lake.sql.summary import pages_of, summarise

if TYPE_CHECKING:
    from datalfred.lake.sql.prepare import Prepared

_PATHS = re.compile(r"\w+(?:\.\w+)*")


@dataclass(frozen=True)
class Answer:
    """What a query said.

    Attributes:
        run: the execution.
        result: one page of it; None while it has not succeeded.
        chart: a drawing that fits the result.
        pages: of the result.
        masked: the columns of the result whose values are hidden.
        paged: whether the rows came by GetQueryResults, for Athena keeps the result itself.
    """

    run: QueryRun
    result: ResultSummary | None = None
    chart: Chart | None = None
    pages: int = 1
    masked: tuple[str, ...] = ()
    paged: bool = False


def prepared(sql: str, database: str = "") -> "Prepared":
    """A statement that may run.

    Args:
        sql: one statement of Athena SQL.
        database: the database of tables that are named without one.

    Raises:
        RefusedError: the statement, or a view behind it, may not run.
        InvalidInputError: it is no statement.
    """
    from datalfred.lake.sql import prepare  # noqa: PLC0415 -- loads sqlglot

    return prepare.prepare(sql, database)


def estimate(statement: "Prepared") -> QueryEstimate:
    """What a statement would read and cost."""
    from datalfred.lake.sql import estimate as pricing  # noqa: PLC0415 -- loads sqlglot

    return pricing.estimate(statement.checked)


def run(statement: "Prepared", *, approval_id: str = "") -> Answer:
    """Runs a statement and summarises its result.

    Args:
        statement: what the guard let through.
        approval_id: the yes that was spent on this one start; empty where none was needed.

    Raises:
        QueryFailedError: Athena refused or failed it.
        PermissionMissingError: the role may not read what the statement reads.
    """
    checked = statement.checked
    with _failing_without_values(statement):
        execution = athena.run(
            checked.sql,
            statement.database,
            reusable=checked.kind == "query",
            approval_id=approval_id,
        )
    return _answer(execution, statement.masked, 1)


def results(query_id: str, page: int = 1) -> Answer:
    """A page of the result of a query that was started earlier.

    Raises:
        NotFoundError: there is no such query in our workgroup.
        QueryFailedError: it failed.
        RefusedError: the query reads what may not be read.
        InvalidInputError: there is no such page.
    """
    execution = athena.wait(query_id)
    known = athena.as_run(execution)
    statement = prepared(known.sql, known.database)
    if execution["Status"]["State"] == "FAILED":
        with _failing_without_values(statement):
            raise athena.failure_of(execution)
    return _answer(execution, statement.masked, page)


def stop(query_id: str) -> QueryRun:
    """Stops a query that still runs.

    Raises:
        NotFoundError: there is no such query in our workgroup.
    """
    return athena.as_run(athena.stop(query_id))


@contextmanager
def _failing_without_values(statement: "Prepared") -> Iterator[None]:
    """Hides the cell at which a query over people failed, which Athena quotes; names may stay."""
    try:
        yield
    except QueryFailedError as failure:
        if not statement.personal:
            raise
        names = {name for path in _PATHS.findall(failure.sql) for name in (path, *path.split("."))}
        names |= {f"{each.catalog}.{each}" for each in statement.checked.tables}
        message = hide_quoted(failure.message, sorted(names))
        told = QueryFailedError(
            message, sql=failure.sql, query_id=failure.query_id, hint=failure.hint
        )
        raise told from None  # a traceback would show what the message does not


def _answer(execution: athena.Execution, masked: frozenset[str], page: int) -> Answer:
    known = athena.as_run(execution)
    if known.state != "SUCCEEDED":
        return Answer(known)
    location = athena.result_location(execution)
    if known.reused:
        known = known.model_copy(update={"result_made_at": athena.made_at(location)})
    columns = columns_of(known.query_id)
    with closing(rows_of(location, len(columns), known.query_id)) as rows:
        result = summarise(columns, rows, page=page, masked=masked)
    pages = pages_of(result, len(columns))
    if page > pages:
        raise InvalidInputError("page", f"There is no page {page}.", f"1 to {pages}")
    hidden = tuple(column.name for column in result.columns if hides(masked, column.name))
    return Answer(known, result, suggest(result), pages, hidden, paged=not location)
