"""Functions of JSON."""

import re
from collections.abc import Callable

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    JSON,
    SORTED_JSON,
    VARCHAR,
)

SIGNATURES = ""

_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"\]')


def steps(written: str) -> list[str]:
    """The names and indices of a path such as ``$.a[0]["b c"]``.

    Raises:
        StatementError: INVALID_FUNCTION_ARGUMENT, it is no path of Trino.
    """
    invalid = StatementError("INVALID_FUNCTION_ARGUMENT", f"Invalid JSON path: '{written}'")
    if not written.startswith("$"):
        raise invalid
    found, place = [], 1
    while place < len(written):
        opened = written[place]
        quoted = _QUOTED.match(written, place + 1) if opened == "[" else None
        if quoted:
            found.append(re.sub(r"\\(.)", r"\1", quoted[1]))
            place = quoted.end()
            continue
        more = ":_" if opened == "." else "_"
        end = place + 1
        while end < len(written) and (written[end].isalnum() or written[end] in more):
            end += 1
        closed = opened == "." or (opened == "[" and written[end : end + 1] == "]")
        if not closed or end == place + 1:
            raise invalid
        found.append(written[place + 1 : end])
        place = end + (opened == "[")
    return found


_MOST_NUMBERED = 3


def paths(written: str, at: tuple[int, int]) -> list[str]:
    """DuckDB's paths for Trino's: a number is the index of an array, or the name of a field.

    Raises:
        StatementError: INVALID_FUNCTION_ARGUMENT, or a name that DuckDB cannot be told.
    """
    found = [""]
    names = steps(written)
    if sum(name.isdecimal() for name in names) > _MOST_NUMBERED:
        raise not_supported(f"the JSON path '{written}'", at=at)
    for name in names:
        if '"' in name or "\\" in name:
            raise not_supported(f"the JSON path '{written}'", at=at)
        ways = [f"[{int(name)}]", f'."{name}"'] if name.isdecimal() else [f'."{name}"']
        found = [before + way for way in ways for before in found]
    return [f"${path}" for path in found]


def _found(function: str, value: str, ways: list[str]) -> str:
    """DuckDB's call at the first of the paths that leads somewhere."""
    calls = [f"{function}({value}, {text(way)})" for way in ways]
    return calls[0] if len(calls) == 1 else f"coalesce({', '.join(calls)})"


def _document(call: Call) -> tuple[Typed, list[str]]:
    value = call.argument(0)
    if not value.type.is_a("json", "varchar", "unknown"):
        raise call.unexpected(call.arguments())
    return readable(value), paths(call.constant(1), call.at)


def readable(value: Typed, *, strictly: bool = False) -> Typed:
    """The document, or NULL for a text that is no JSON: Trino finds nothing there, DuckDB fails."""
    if value.type.name == "json":
        return value
    valid = f"trino_json_valid({value.sql})" if strictly else f"json_valid({value.sql})"
    return value.to(f"CAST(CASE WHEN {valid} THEN {value.sql} END AS JSON)", JSON)


# Trino keeps the digits of a number as they were written, DuckDB reads and writes them anew.
_ODD_NUMBER = r"[0-9]\.[0-9]*0([^0-9.eE]|$)|[0-9.][eE][+-]?[0-9]|[0-9]{16}"


def _json_extract_scalar(call: Call) -> Typed:
    call.takes(2)
    value, ways = _document(call)
    found = _found("json_extract_string", value.sql, ways)
    kind = _found("json_type", value.sql, ways)
    odd = f"({kind} = 'DOUBLE' AND regexp_matches(CAST({value.sql} AS VARCHAR), '{_ODD_NUMBER}'))"
    what = text("a JSON number with trailing zeros, an exponent or 16 digits is not supported here")
    scalar = f"CASE WHEN {kind} NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN {found} END"
    sql = guard(f"NOT coalesce({odd}, false)", scalar, "NOT_SUPPORTED", what)
    return made_of(sql, VARCHAR, [value])


def _json_extract(call: Call) -> Typed:
    call.takes(2)
    value, ways = _document(call)
    return made_of(_found("json_extract", value.sql, ways), JSON, [value])


def _json_size(call: Call) -> Typed:
    call.takes(2)
    value, ways = _document(call)
    part = _found("json_extract", value.sql, ways)
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
    fits = f"{value.sql} IS NULL OR trino_json_valid({value.sql})"
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
    given, wanted = call.argument(0), call.argument(1)
    if not given.type.is_a("json", "varchar", "unknown"):
        raise call.unexpected([given, wanted])
    value = readable(given, strictly=True)
    if wanted.type.name == "unknown":
        return made_of("CAST(NULL AS BOOLEAN)", BOOLEAN, [value])
    if wanted.type.is_a("varchar"):
        fits, same = "json_type(_j) = 'VARCHAR'", f"json_extract_string(_j, '$') = {wanted.sql}"
    elif wanted.type.name == "boolean":
        fits = "json_type(_j) = 'BOOLEAN'"
        same = f"json_extract_string(_j, '$') = CAST({wanted.sql} AS VARCHAR)"
    elif wanted.type.is_a(*types.INTEGERS):
        fits = "json_type(_j) IN ('BIGINT', 'UBIGINT')"
        same = f"json_extract_string(_j, '$') = CAST({wanted.sql} AS VARCHAR)"
    elif wanted.type.is_a(*types.NUMBERS):
        fits = "json_type(_j) = 'DOUBLE'"
        number = coerce(wanted, DOUBLE).sql
        same = f"TRY_CAST(json_extract_string(_j, '$') AS DOUBLE) = {number}"
    else:
        raise call.unexpected([value, wanted])
    items = f"CAST(json_extract({value.sql}, '$[*]') AS JSON[])"
    sql = (
        f"CASE WHEN json_type({value.sql}) = 'ARRAY' AND {wanted.sql} IS NOT NULL THEN "
        f"len(list_filter({items}, LAMBDA _j : {fits} AND {same})) > 0 END"
    )
    return made_of(sql, BOOLEAN, [value, wanted])


def _json_array_length(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("json", "varchar", "unknown"):
        raise call.unexpected([value])
    length = "CASE WHEN json_type({0}) = 'ARRAY' THEN CAST(json_array_length({0}) AS BIGINT) END"
    return call.made(length, BIGINT, [readable(value)])


def _is_json_scalar(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("json", "varchar", "unknown"):
        raise call.unexpected([value])
    sql = "json_type({0}) NOT IN ('OBJECT', 'ARRAY')"
    if value.type.name == "varchar":
        fits = "trino_json_valid({0}) OR {0} IS NULL"
        sql = guard(fits, sql, "INVALID_FUNCTION_ARGUMENT", "'Invalid JSON value: ' || {0}")
    return call.made(
        sql, BOOLEAN, [coerce(value, VARCHAR) if value.type.name == "unknown" else value]
    )


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "is_json_scalar": _is_json_scalar,
    "json_array_length": _json_array_length,
    "json_extract_scalar": _json_extract_scalar,
    "json_extract": _json_extract,
    "json_size": _json_size,
    "json_parse": _json_parse,
    "json_format": _json_format,
    "json_array_contains": _json_array_contains,
}
