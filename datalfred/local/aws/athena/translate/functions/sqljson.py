"""json_value, json_query and json_exists: SQL's own paths into JSON.

A path is evaluated to the list of the items that it leads to. Filters, methods and arithmetic in a
path are refused.

Source: https://trino.io/docs/current/functions/json.html#json-path-language
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import cast
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.literals import type_of
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BOOLEAN, VARCHAR, Type

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


def _failing(code: str, message: str, kind: Type) -> str:
    """A failure where a row gets there, in the place of a value."""
    return guard("false", f"CAST(NULL AS {types.duckdb_type(kind)})", code, text(message))


_RESULT = "cannot extract SQL scalar from JSON: JSON path found "


def _handled(call: Call, wish: exp.Expr | str | None, kind: Type, failure: str) -> Typed:
    """What ``... ON EMPTY`` or ``... ON ERROR`` says: NULL, a default, or the failure."""
    if isinstance(wish, exp.Expr):
        return cast(call.context.translated(wish, call.scope), kind, call.at)
    if wish and wish.upper().startswith("ERROR"):
        return Typed(failure, kind)
    return Typed(f"CAST(NULL AS {types.duckdb_type(kind)})", kind)


def json_value(call: Call, node: exp.Expr) -> Typed:
    """``json_value(document, path [RETURNING type] [... ON EMPTY] [... ON ERROR])``.

    Raises:
        StatementError: no path, or one with parts that are refused.
    """
    value, items = _arguments(call)
    said = node.args.get("returning")
    kind = type_of(said, call.at) if said else VARCHAR
    wishes = node.args.get("on_condition")
    on_error = wishes.args.get("error") if wishes else None
    on_empty = wishes.args.get("empty") if wishes else None
    problems = {
        "many": ("JSON_VALUE_RESULT_ERROR", f"{_RESULT}multiple items"),
        "deep": (
            "JSON_VALUE_RESULT_ERROR",
            f"{_RESULT}an item that cannot be converted to an SQL value",
        ),
        "wrong": ("PATH_EVALUATION_ERROR", "path evaluation failed: structural error"),
        "bad": ("JSON_INPUT_CONVERSION_ERROR", "conversion to JSON failed: "),
        "none": ("JSON_VALUE_RESULT_ERROR", f"{_RESULT}no items"),
    }
    answers = {
        name: _handled(
            call, on_empty if name == "none" else on_error, kind, _failing(*problem, kind)
        )
        for name, problem in problems.items()
    }
    item = "json_type(_r.i)"
    what = text("json_value of a number with a fraction is not supported by the embedded Athena")
    plain = guard(f"{item} <> 'DOUBLE'", "json_extract_string(_r.i, '$')", "NOT_SUPPORTED", what)
    if kind != VARCHAR:
        read = cast(Typed("json_extract_string(_r.i, '$')", VARCHAR), kind, call.at).sql
        plain = guard(f"{item} <> 'DOUBLE'", f"TRY({read})", "NOT_SUPPORTED", what)
        plain = f"coalesce({plain}, {answers['deep'].sql})"
    sql = (
        f"CASE WHEN _r.n IS NULL THEN {answers['wrong'].sql} "
        f"WHEN _r.n = 0 THEN {answers['none'].sql} WHEN _r.n > 1 THEN {answers['many'].sql} "
        f"WHEN {item} IN ('OBJECT', 'ARRAY') THEN {answers['deep'].sql} "
        f"WHEN {item} = 'NULL' THEN NULL ELSE {plain} END"
    )
    found = f"WHEN {value.sql} IS NOT NULL THEN {_of_one(items, sql)} END"
    if value.type.name == "varchar":
        valid = f"coalesce(trino_json_valid({value.sql}), true)"
        found = f"WHEN NOT {valid} THEN {answers['bad'].sql} {found}"
    found = f"CASE {found}"
    return made_of(found, kind, [value, *answers.values()])


def _of_one(items: str, sql: str) -> str:
    """``sql`` over the number of items (``_r.n``), the first (``_r.i``) and all (``_r.l``)."""
    counted = "{'n': len(_q.l), 'i': _q.l[1], 'l': _q.l}"
    one = f"list_transform([{{'l': {items}}}], LAMBDA _q : {counted})"
    return f"list_transform({one}, LAMBDA _r : {sql})[1]"


_WRAPPERS = {
    "": "CASE WHEN _r.n = 1 THEN {0} END",
    "WITHOUT ARRAY WRAPPER": "CASE WHEN _r.n = 1 THEN {0} END",
    **dict.fromkeys(
        ("WITH ARRAY WRAPPER", "WITH UNCONDITIONAL ARRAY WRAPPER"),
        "CASE WHEN _r.n > 0 THEN '[' || array_to_string(list_transform(_r.l, "
        "LAMBDA _i : CAST(_i AS VARCHAR)), ',') || ']' END",
    ),
}


def json_query(call: Call, node: exp.Expr) -> Typed:
    """``json_query(document, path [WITH ARRAY WRAPPER] [OMIT QUOTES])``: a text.

    Raises:
        StatementError: no path, or parts of it or of the call that are refused.
    """
    value, items = _arguments(call)
    option, quote = node.args.get("option"), node.args.get("quote")
    wrapper = option.name.upper() if option is not None else ""
    if node.args.get("on_condition") is not None or wrapper not in _WRAPPERS:
        raise not_supported("json_query with ON EMPTY, ON ERROR or this wrapper", at=call.at)
    shown = "CAST(_r.i AS VARCHAR)"
    if quote is not None and str(quote.args.get("option")).upper() == "OMIT":
        shown = "json_extract_string(_r.i, '$')"
    return made_of(_of_one(items, _WRAPPERS[wrapper].replace("{0}", shown)), VARCHAR, [value])


def _json_exists(call: Call) -> Typed:
    value, items = _arguments(call)
    known = f"CASE WHEN {value.sql} IS NOT NULL THEN coalesce(len({items}) > 0, false) END"
    return made_of(known, BOOLEAN, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "json_value": lambda call: json_value(call, exp.Expression()),
    "json_query": lambda call: json_query(call, exp.Expression()),
    "json_exists": _json_exists,
}
