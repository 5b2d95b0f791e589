"""Functions that look for a value in an array: whether NULL inside it is equal, Trino does not say.

Source: https://trino.io/docs/current/functions/array.html#contains
"""

from collections.abc import Callable

from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.signatures import choose, parse
from datalfred.local.aws.athena.translate.typed import Typed, guard, name, text
from datalfred.local.aws.athena.translate.types import Type, field_name

_KNOWN = parse("""
contains(array(T), T) -> boolean = CASE WHEN list_contains(list_filter({0}, LAMBDA _x : _x IS NOT
    NULL), {1}) THEN true WHEN {0} IS NULL OR {1} IS NULL OR len(list_filter({0}, LAMBDA _x : _x
    IS NULL)) > 0 THEN NULL ELSE false END
array_position(array(T), T) -> bigint = CASE WHEN {1} IS NULL THEN NULL ELSE
    CAST(coalesce(list_position({0}, {1}), CASE WHEN {0} IS NOT NULL THEN 0 END) AS BIGINT) END
array_remove(array(T), T) -> array(T) = CASE WHEN {1} IS NOT NULL THEN list_filter({0}, LAMBDA _x
    : _x IS DISTINCT FROM {1}) END
""")


def _search(call: Call) -> Typed:
    arguments = call.arguments()
    found = choose(_KNOWN[call.name], arguments)
    if found is None:
        raise call.unexpected(arguments)
    where, what = arguments
    if where.type.name != "array" or not where.type.item.items or not what.type.items:
        return found
    each = f"_h IS NOT NULL AND ({_holds_null(where.type.item, '_h')})"
    some = f"len(list_filter({where.sql}, LAMBDA _h : {each})) > 0"
    odd = f"{some} OR ({what.sql} IS NOT NULL AND ({_holds_null(what.type, what.sql)}))"
    said = text(f"{call.name} does not support elements that contain NULL")
    return found.to(
        guard(f"NOT coalesce({odd}, false)", found.sql, "NOT_SUPPORTED", said), found.type
    )


def _holds_null(kind: Type, sql: str, depth: int = 0) -> str:
    """DuckDB's text: whether a part of a value is NULL, at any depth."""
    if kind.name == "row":
        parts = [
            (item, f"({sql}).{name(field_name(kind, index))}")
            for index, item in enumerate(kind.items)
        ]
        return " OR ".join(_is_null(item, part, depth) for item, part in parts)
    listed = f"map_values({sql})" if kind.name == "map" else sql
    each = f"_h{depth}"
    null = _is_null(kind.items[-1], each, depth + 1)
    return f"len(list_filter({listed}, LAMBDA {each} : {null})) > 0"


def _is_null(kind: Type, sql: str, depth: int) -> str:
    inside = f" OR ({_holds_null(kind, sql, depth)})" if kind.items else ""
    return f"{sql} IS NULL{inside}"


BUILDERS: dict[str, Callable[[Call], Typed]] = dict.fromkeys(_KNOWN, _search)
