"""What DuckDB says when a row cannot be computed, in Trino's words."""

import re
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.failures import CancelledError, StatementError
from datalfred.local.aws.athena.translate.typed import FAILURE_MARK

if TYPE_CHECKING:
    import duckdb

_GUARD = re.compile(
    rf"Could not convert string '{FAILURE_MARK}([A-Z_]+): (.*)' to INT32", re.DOTALL
)
_CAST = re.compile(r"Could not convert string '(.*)' to ([A-Z0-9]+)", re.DOTALL)
_SAID = {
    "INT32": "INT",
    "INT64": "BIGINT",
    "INT16": "SMALLINT",
    "INT8": "TINYINT",
    "BOOL": "BOOLEAN",
}


def translated(error: "duckdb.Error") -> Exception:
    """The failure that Athena would report."""
    message = str(error)
    if "INTERRUPT" in message.upper():
        return CancelledError("Query cancelled by user")
    if guarded := _GUARD.search(message):
        return StatementError(guarded[1], guarded[2])
    if "Division by zero" in message:
        return StatementError("DIVISION_BY_ZERO", "Division by zero")
    if failed := _CAST.search(message):
        said = _SAID.get(failed[2], failed[2])
        return StatementError("INVALID_CAST_ARGUMENT", f"Cannot cast '{failed[1]}' to {said}")
    if "Out of Range" in message or "out of range" in message or "Overflow" in message:
        return StatementError("NUMERIC_VALUE_OUT_OF_RANGE", _first_line(message))
    if "Map keys must be unique" in message:
        return StatementError("INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed")
    if "Map keys can not be NULL" in message:
        return StatementError("INVALID_FUNCTION_ARGUMENT", "map key cannot be null")
    if "More than one row returned by a subquery" in message:
        return StatementError(
            "SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows"
        )
    if "Unknown TimeZone" in message:
        return StatementError("INVALID_FUNCTION_ARGUMENT", _first_line(message))
    if "Out of Memory" in message:
        return StatementError(
            "EXCEEDED_LOCAL_MEMORY_LIMIT",
            "Query exhausted resources at this scale factor",
            user=False,
        )
    return StatementError("GENERIC_INTERNAL_ERROR", _first_line(message), user=False)


def _first_line(message: str) -> str:
    return message.split("\n", 1)[0][:300]
