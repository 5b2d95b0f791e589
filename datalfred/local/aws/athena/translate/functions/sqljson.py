"""json_value, json_query and json_exists: SQL's own paths into JSON.

A path is evaluated to the list of the items that it leads to. Filters, methods and arithmetic in a
path are refused.

Source: https://trino.io/docs/current/functions/json.html#json-path-language
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BOOLEAN, VARCHAR

At = tuple[int, int]

_STEP = re.compile(
    r"\s*(?:\.\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\.\s*\"(?P<quoted>[^\"\\]*)\"|(?P<all>\.\s*\*)"
    r"|(?P<items>\[\s*\*\s*\])|\[\s*(?P<first>last|\d+)(?:\s+to\s+(?P<last>last|\d+))?\s*\])(?!\s*\()"
)


@dataclass(frozen=True)
class _Path:
    """A path: whether it forgives (lax), and its steps."""

    lax: bool
    steps: tuple[re.Match[str], ...]


def _path(written: str, at: At) -> _Path:
    mode, _, rest = written.strip().partition(" ")
    if mode not in {"lax", "strict"}:
        word = written.split(" ", 1)[0]
        message = f"mismatched input '{word}' expecting {{'lax', 'strict'}}"
        raise StatementError("INVALID_PATH", message, at=at)
    rest = rest.strip()
    found: list[re.Match[str]] = []
    place = 1
    while rest.startswith("$") and place < len(rest):
        step = _STEP.match(rest, place)
        if step is None:
            break
        found.append(step)
        place = step.end()
    if not rest.startswith("$") or rest[place:].strip():
        raise not_supported(f"the JSON path '{written}'", at=at)
    return _Path(mode == "lax", tuple(found))


def _items(value: Typed, path: _Path) -> str:
    """DuckDB's text of the list of items; NULL where the document or a strict path is wrong."""
    document = value.sql
    if value.type.name != "json":
        document = f"CAST(CASE WHEN trino_json_valid({value.sql}) THEN {value.sql} END AS JSON)"
    found = f"CASE WHEN {document} IS NOT NULL THEN [{document}] END"
    for number, step in enumerate(path.steps):
        item = f"_j{number}"
        found = _after(step, found, item, lax=path.lax)
    return found


def _after(step: re.Match[str], found: str, item: str, *, lax: bool) -> str:
    if step["items"] or step["first"]:
        return _elements(step, found, item, lax=lax)
    objects = found
    if lax:
        inside = f"json_extract({item}, '$[*]')"
        members = f"CASE json_type({item}) WHEN 'ARRAY' THEN {inside} ELSE [{item}] END"
        objects = f"flatten(list_transform({found}, LAMBDA {item} : {members}))"
    if step["all"]:
        inside = f"json_extract({item}, '$.*')"
        listed = f"CASE json_type({item}) WHEN 'OBJECT' THEN {inside} ELSE [] END"
        some = f"flatten(list_transform({objects}, LAMBDA {item} : {listed}))"
        return some if lax else _strictly(objects, item, f"json_type({item}) = 'OBJECT'", some)
    name = step["name"] or step["quoted"] or ""
    path = text(f'$."{name}"')
    is_there = f"json_type({item}) = 'OBJECT' AND json_extract({item}, {path}) IS NOT NULL"
    kept = f"list_filter({objects}, LAMBDA {item} : {is_there})"
    some = f"list_transform({kept}, LAMBDA {item} : json_extract({item}, {path}))"
    return some if lax else _strictly(objects, item, is_there, some)


def _elements(step: re.Match[str], found: str, item: str, *, lax: bool) -> str:
    length = f"CAST(json_array_length({item}) AS BIGINT)"
    array = f"json_type({item}) = 'ARRAY'"
    if step["items"]:
        first, last, fits = "1", length, array
    else:
        start = step["first"]
        stop = step["last"] or start
        first = length if start == "last" else f"{int(start) + 1}"
        last = length if stop == "last" else f"{int(stop) + 1}"
        fits = f"{array} AND {first} BETWEEN 1 AND {length} AND {last} BETWEEN {first} AND {length}"
    part = f"list_slice(json_extract({item}, '$[*]'), {first}, least({last}, {length}))"
    ends = " AND ".join(each.replace(length, "1") for each in (first, last))
    alone = f"CASE WHEN 1 BETWEEN {ends} THEN [{item}] ELSE [] END"
    listed = f"CASE WHEN {array} THEN {part} ELSE {alone} END"
    some = f"flatten(list_transform({found}, LAMBDA {item} : {listed}))"
    return some if lax else _strictly(found, item, fits, some)


def _strictly(found: str, item: str, fits: str, value: str) -> str:
    """``value``, or NULL when some item has no such part: a structural error."""
    missing = f"list_filter({found}, LAMBDA {item} : NOT coalesce({fits}, false))"
    return f"CASE WHEN len({missing}) = 0 THEN {value} END"


def _arguments(call: Call) -> tuple[Typed, str]:
    call.takes(2)
    value = call.argument(0)
    if not value.type.is_a("varchar", "json", "unknown"):
        raise call.unexpected(call.arguments())
    return value, _items(value, _path(call.constant(1), call.at))


def _json_value(call: Call) -> Typed:
    """The one scalar; NULL for none, for many and for errors."""
    value, items = _arguments(call)
    kind = "json_type(_r.i)"
    plain = "json_extract_string(_r.i, '$')"
    what = text("json_value of a number with a fraction is not supported by the embedded Athena")
    found = guard(f"{kind} <> 'DOUBLE'", plain, "NOT_SUPPORTED", what)
    scalar = f"{kind} NOT IN ('OBJECT', 'ARRAY', 'NULL')"
    one = f"list_transform([{{'l': {items}}}], LAMBDA _q : {{'n': len(_q.l), 'i': _q.l[1]}})"
    sql = f"list_transform({one}, LAMBDA _r : CASE WHEN _r.n = 1 AND {scalar} THEN {found} END)[1]"
    return made_of(sql, VARCHAR, [value])


def _json_query(call: Call) -> Typed:
    """The text of the one item; NULL for none, for many and for errors."""
    value, items = _arguments(call)
    one = f"list_transform([{{'l': {items}}}], LAMBDA _q : {{'n': len(_q.l), 'i': _q.l[1]}})"
    shown = "CAST(_r.i AS VARCHAR)"
    sql = f"list_transform({one}, LAMBDA _r : CASE WHEN _r.n = 1 THEN {shown} END)[1]"
    return made_of(sql, VARCHAR, [value])


def _json_exists(call: Call) -> Typed:
    value, items = _arguments(call)
    known = f"CASE WHEN {value.sql} IS NOT NULL THEN coalesce(len({items}) > 0, false) END"
    return made_of(known, BOOLEAN, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "json_value": _json_value,
    "json_query": _json_query,
    "json_exists": _json_exists,
}
