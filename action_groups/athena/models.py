"""What the operations on queries return, and the parameters that they share."""

from typing import Annotated

from datalfred.approvals.models import PendingApproval
from datalfred.bedrock.resolver import parameter
from datalfred.definitions.result import Result
from datalfred.lake.sql.models import Chart, QueryEstimate, QueryRun, ResultSummary

Sql = Annotated[
    str,
    parameter(
        "One statement of Athena SQL (Trino) that only reads: SELECT, WITH, VALUES, SHOW, DESCRIBE "
        "or EXPLAIN. Name tables as database.table; compare dates with DATE '2026-01-31'; filter "
        "on partition keys; no semicolon is needed.",
        min_length=1,
    ),
]
Database = Annotated[
    str,
    parameter(
        "Database of the tables that the statement names without one. Default empty: none.",
        max_length=255,
    ),
]
QueryId = Annotated[
    str, parameter("query_id of a run, as run_query returned it.", min_length=1, max_length=128)
]
Page = Annotated[int, parameter("Number of the page, 1 or more. Default 1.", ge=1)]


class Estimated(Result):
    """What a query will cost."""

    estimate: QueryEstimate


class QueryAnswer(Result):
    """What a query said, or why it waits for a person."""

    run: QueryRun | None
    result: ResultSummary | None
    chart: Chart | None
    estimate: QueryEstimate
    pending_approval: PendingApproval | None


class QueryResults(Result):
    """One page of a result."""

    run: QueryRun
    result: ResultSummary | None
    chart: Chart | None
    page: int
    pages: int


class StoppedQuery(Result):
    """A query that runs no more."""

    run: QueryRun
