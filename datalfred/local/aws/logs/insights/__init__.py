"""The query language of CloudWatch Logs Insights, compiled to SQL and run by DuckDB.

A query is a pipe of commands; each becomes one common table expression. What is not known here is
refused with the place where it stands (``MalformedQueryException``), never skipped: a query that
runs answers as CloudWatch would. Source: *CloudWatch Logs Insights language query syntax*.
"""

from datalfred.local.aws.logs.insights.engine import (
    Answer,
    Event,
    Query,
    QueryFailedError,
    Window,
    run_query,
)
from datalfred.local.aws.logs.insights.lexer import MalformedQueryError, UnsupportedQueryError

__all__ = [
    "Answer",
    "Event",
    "MalformedQueryError",
    "Query",
    "QueryFailedError",
    "UnsupportedQueryError",
    "Window",
    "run_query",
]
