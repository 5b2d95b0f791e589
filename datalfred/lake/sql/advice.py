"""What Athena's own words for common mistakes mean, so that the next attempt is right."""

import re

_ADVICE = (
    (
        r"(date|timestamp)\b.* (=|<>|<|<=|>|>=|BETWEEN|IN).* varchar|varchar.* (date|timestamp)\b",
        "Compare a date with DATE '2026-01-31', a timestamp with TIMESTAMP '2026-01-31 00:00:00'.",
    ),
    (
        r"TYPE_MISMATCH|Cannot apply operator",
        "Both sides must have one type: quote texts, do not quote numbers, or CAST one side.",
    ),
    (
        r"COLUMN_NOT_FOUND|Column '.*' cannot be resolved",
        "describe_table names the columns. WHERE and GROUP BY do not know the aliases of SELECT.",
    ),
    (r"TABLE_NOT_FOUND", "Find the table with search_tables, and name it as database.table."),
    (r"SCHEMA_NOT_FOUND", "list_databases names the databases."),
    (r"FUNCTION_NOT_FOUND", "Athena's functions are those of Trino: use one of them."),
    (
        r"EXPRESSION_NOT_AGGREGATE|must be an aggregate expression",
        "Put it into GROUP BY, or into an aggregate such as max(...).",
    ),
    (r"DIVISION_BY_ZERO|Division by zero", "Divide by nullif(x, 0)."),
    (r"INVALID_CAST_ARGUMENT", "TRY_CAST gives NULL where the value is not of the type."),
    (
        r"mismatched input|SYNTAX_ERROR|extraneous input|no viable alternative",
        "Correct the syntax there: 'text' in single quotes, \"name\" in double quotes, LIMIT last.",
    ),
    (
        r"[Bb]ytes scanned limit",
        "Read less: filter on the partition keys that describe_table names.",
    ),
    (
        r"exhausted resources|[Qq]uery timeout|EXCEEDED",
        "Make it smaller: a narrower filter, fewer columns, approx_distinct for count(DISTINCT).",
    ),
)
_DENIED = re.compile(
    # A column that does not exist "cannot be resolved or requester is not authorized to access".
    r"Permission denied on S3 path:? ?(?P<path>s3://\S+)|Access [Dd]enied|not authorized to perform"
)


def advice_on(message: str) -> str:
    """A sentence for whoever wrote the query; empty when the message stands for itself."""
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, message)), "")


def denied_path(message: str) -> str | None:
    """What AWS denied while the query ran: an S3 path, ``*`` when it is not said; else None."""
    found = _DENIED.search(message)
    return (found["path"] or "*").rstrip(".,") if found else None
