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
_OVERFLOW = re.compile(r"Overflow in (\w+) of (INT\d+) \((.+? [-+*] .+?)\)!")
_TOO_LARGE = re.compile(r"Type \w+ with value (\S+) can't be cast .* destination type (INT\d+)")
_TYPES = {"INT8": "tinyint", "INT16": "smallint", "INT32": "integer", "INT64": "bigint"}
_SAID = {"INT32": "INT", "INT64": "BIGINT", "INT16": "SMALLINT", "INT8": "TINYINT"}
_DECIMAL = re.compile(
    r"(?:Casting|Could not cast) value \"?(-?[0-9.]+)\"? to (?:type )?DECIMAL\(([0-9]+),([0-9]+)\)"
)
_WIDEST = "38"  # the digits of a result of arithmetic: no value that was cast
_KNOWN = (
    ("Division by zero", "DIVISION_BY_ZERO", "Division by zero"),
    ("Map keys must be unique", "INVALID_FUNCTION_ARGUMENT", "Duplicate map keys are not allowed"),
    ("Map keys can not be NULL", "INVALID_FUNCTION_ARGUMENT", "map key cannot be null"),
    (
        "More than one row returned by a subquery",
        "SUBQUERY_MULTIPLE_ROWS",
        "Scalar sub-query has returned multiple rows",
    ),
    (
        "Out of Memory",
        "EXCEEDED_LOCAL_MEMORY_LIMIT",
        "Query exhausted resources at this scale factor",
    ),
    (
        "Invalid escape string",
        "INVALID_FUNCTION_ARGUMENT",
        "Escape string must be a single character",
    ),
    ("Malformed JSON", "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object"),
    ("Unknown TimeZone", "INVALID_FUNCTION_ARGUMENT", ""),
    ("of DECIMAL(", "NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow"),
    ("to type DECIMAL(", "NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow"),
    ("Out of Range", "NUMERIC_VALUE_OUT_OF_RANGE", ""),
    ("out of range", "NUMERIC_VALUE_OUT_OF_RANGE", ""),
    ("Overflow", "NUMERIC_VALUE_OUT_OF_RANGE", ""),
)
"""What DuckDB's message holds, Trino's code, and Trino's message; empty to keep DuckDB's."""


def translated(error: "duckdb.Error") -> Exception:
    """The failure that Athena would report."""
    message = str(error)
    if "INTERRUPT" in message.upper():
        return CancelledError("Query cancelled by user")
    if guarded := _GUARD.search(message):
        return StatementError(guarded[1], guarded[2])
    if of_value := _unfit(message):
        return of_value
    for part, code, said in _KNOWN:
        if part in message:
            return StatementError(code, said or _first_line(message))
    return StatementError("GENERIC_INTERNAL_ERROR", _first_line(message), user=False)


def _unfit(message: str) -> StatementError | None:
    """The failure of a value that fits no number of the type, or is none; None for another."""
    if failed := _CAST.search(message):
        said = _SAID.get(failed[2], failed[2])
        return StatementError("INVALID_CAST_ARGUMENT", f"Cannot cast '{failed[1]}' to {said}")
    over = _OVERFLOW.search(message)
    if over and over[2] not in _TYPES:
        what = "Decimal arithmetic that needs more than 38 digits on its way is not supported"
        return StatementError("NOT_SUPPORTED", f"{what} by the embedded Athena")
    if over:
        what = f"{_TYPES[over[2]]} {over[1]} overflow: {over[3]}"
        return StatementError("NUMERIC_VALUE_OUT_OF_RANGE", what)
    if large := _TOO_LARGE.search(message):
        what = f"Out of range for {_TYPES[large[2]]}: {large[1]}"
        return StatementError("NUMERIC_VALUE_OUT_OF_RANGE", what)
    if (failed := _DECIMAL.search(message)) and failed[2] != _WIDEST:
        said = f"Cannot cast '{failed[1]}' to DECIMAL({failed[2]}, {failed[3]})"
        return StatementError("INVALID_CAST_ARGUMENT", said)
    return None


def _first_line(message: str) -> str:
    return message.split("\n", 1)[0][:300]
