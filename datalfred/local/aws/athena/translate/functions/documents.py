"""Functions of JSON."""

import re
from collections.abc import Callable

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BIGINT, BOOLEAN, JSON, SORTED_JSON, VARCHAR

SIGNATURES = """
is_json_scalar(json) -> boolean = json_type({0}) NOT IN ('OBJECT', 'ARRAY')
is_json_scalar(varchar) -> boolean = json_type({0}) NOT IN ('OBJECT', 'ARRAY')
"""

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+)\]|\[\"([^\"\\]*)\"\]|\['([^'\\]*)'\]")


def path(written: str, at: tuple[int, int]) -> str:
    """DuckDB's path for Trino's.

    Raises:
        StatementError: INVALID_FUNCTION_ARGUMENT, or steps beyond names and indices.
    """
    if not written.startswith("$"):
        raise StatementError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{written}'", at=at)
    steps, place = [], 1
    while place < len(written):
        step = _STEP.match(written, place)
        if step is None:
            raise not_supported(f"the JSON path '{written}'", at=at)
        name = next((part for part in (step[1], step[3], step[4]) if part is not None), None)
        steps.append(f"[{step[2]}]" if name is None else f'."{name}"')
        place = step.end()
    return "$" + "".join(steps)


def _document(call: Call) -> tuple[Typed, str]:
    value = call.argument(0)
    if not value.type.is_a("json", "varchar", "unknown"):
        raise call.unexpected(call.arguments())
    written = call.constant(1)
    if written.startswith(("lax ", "strict ")):
        raise not_supported(f"the JSON path '{written}'", at=call.at)
    return readable(value), text(path(written, call.at))


def readable(value: Typed) -> Typed:
    """The document, or NULL for a text that is no JSON: Trino finds nothing there, DuckDB fails."""
    if value.type.name == "json":
        return value
    return value.to(f"CAST(CASE WHEN json_valid({value.sql}) THEN {value.sql} END AS JSON)", JSON)


# Trino keeps the digits of a number as they were written, DuckDB reads and writes them anew.
_ODD_NUMBER = r"[0-9]\.[0-9]*0([^0-9.eE]|$)|[0-9.][eE][+-]?[0-9]|[0-9]{16}"


def _json_extract_scalar(call: Call) -> Typed:
    call.takes(2)
    value, steps = _document(call)
    found, kind = f"json_extract_string({value.sql}, {steps})", f"json_type({value.sql}, {steps})"
    odd = f"({kind} = 'DOUBLE' AND regexp_matches(CAST({value.sql} AS VARCHAR), '{_ODD_NUMBER}'))"
    what = text("a JSON number with trailing zeros, an exponent or 16 digits is not supported here")
    scalar = f"CASE WHEN {kind} NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN {found} END"
    sql = guard(f"NOT coalesce({odd}, false)", scalar, "NOT_SUPPORTED", what)
    return made_of(sql, VARCHAR, [value])


def _json_extract(call: Call) -> Typed:
    call.takes(2)
    value, steps = _document(call)
    return made_of(f"json_extract({value.sql}, {steps})", JSON, [value])


def _json_size(call: Call) -> Typed:
    call.takes(2)
    value, steps = _document(call)
    part = f"json_extract({value.sql}, {steps})"
    sizes = (
        f"CASE json_type({part}) WHEN 'ARRAY' THEN CAST(json_array_length({part}) AS BIGINT) "
        f"WHEN 'OBJECT' THEN CAST(len(json_keys({part})) AS BIGINT) "
        f"ELSE CASE WHEN {part} IS NOT NULL THEN 0 END END"
    )
    return made_of(sizes, BIGINT, [value])


def _json_parse(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value])
    message = f"'Cannot convert value to JSON: ''' || {value.sql} || ''''"
    fits = f"{value.sql} IS NULL OR json_valid({value.sql})"
    sql = guard(fits, f"json({value.sql})", "INVALID_FUNCTION_ARGUMENT", message)
    return made_of(sql, SORTED_JSON, [value])


def in_order(value: Typed) -> str:
    """The text of a JSON value, where its keys stand as Trino would have sorted them."""
    if value.type != SORTED_JSON:
        return value.sql
    flat = f"NOT regexp_matches(CAST({value.sql} AS VARCHAR), '[:,\\[]\\{{')"
    keys = f"json_keys({value.sql})"
    fits = f"{value.sql} IS NULL OR ({flat} AND {keys} = list_sort({keys}))"
    what = text("json_parse of keys that are not in alphabetical order is not supported here")
    return guard(fits, value.sql, "NOT_SUPPORTED", what)


def _json_format(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if value.type.name != "json":
        raise call.unexpected([value])
    return made_of(f"CAST({in_order(value)} AS VARCHAR)", VARCHAR, [value])


def _json_array_contains(call: Call) -> Typed:
    call.takes(2)
    value, wanted = readable(call.argument(0)), call.argument(1)
    if not wanted.type.is_a("varchar", "bigint", "integer", "boolean"):
        raise not_supported(f"json_array_contains of {wanted.type}", at=call.at)
    kind = {"varchar": "'VARCHAR'", "boolean": "'BOOLEAN'"}.get(wanted.type.name)
    fits = f"json_type(_j) = {kind}" if kind else "json_type(_j) IN ('BIGINT', 'UBIGINT')"
    same = f"json_extract_string(_j, '$') = CAST({wanted.sql} AS VARCHAR)"
    items = f"json_extract({value.sql}, '$[*]')"
    sql = (
        f"CASE WHEN json_type({value.sql}) = 'ARRAY' THEN "
        f"len(list_filter({items}, LAMBDA _j : {fits} AND {same})) > 0 END"
    )
    return made_of(sql, BOOLEAN, [value, wanted])


def _json_array_length(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("json", "varchar"):
        raise call.unexpected([value])
    length = "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END"
    return call.made(length, BIGINT, [readable(value)])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "json_array_length": _json_array_length,
    "json_extract_scalar": _json_extract_scalar,
    "json_extract": _json_extract,
    "json_size": _json_size,
    "json_parse": _json_parse,
    "json_format": _json_format,
    "json_array_contains": _json_array_contains,
}
