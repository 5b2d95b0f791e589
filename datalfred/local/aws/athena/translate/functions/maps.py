"""Functions of maps that take a lambda or make another map."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.collections import (
    array_argument,
    map_argument,
    renamed,
)
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, name, text
from datalfred.local.aws.athena.translate.types import array, map_of

_PAIR = 2  # key and value
_WRONG = "INVALID_FUNCTION_ARGUMENT"


def _entries(call: Call) -> tuple[Typed, Typed, str, str]:
    """A map, a lambda's body, the body over an entry of the map, and the name of the entry."""
    value = map_argument(call)
    each = call.lambda_of(1, *value.type.items)
    entry = call.context.fresh("_p")
    parts = (f"{entry}.key", f"{entry}.value")
    written = renamed(each.body.sql, dict(zip(each.parameters, parts, strict=True)))
    return value, each.body, written, entry


def _map_filter(call: Call) -> Typed:
    call.takes(2)
    value, body, written, entry = _entries(call)
    kept = f"list_filter(map_entries({value.sql}), LAMBDA {entry} : {written})"
    return made_of(f"map_from_entries({kept})", value.type, [value, body])


def _transform_values(call: Call) -> Typed:
    """transform_values, transform_keys."""
    call.takes(2)
    value, body, written, entry = _entries(call)
    key, item = value.type.items
    if call.name == "transform_keys":
        pair, kind = f"{{'key': {written}, 'value': {entry}.value}}", map_of(body.type, item)
    else:
        pair, kind = f"{{'key': {entry}.key, 'value': {written}}}", map_of(key, body.type)
    made = f"list_transform(map_entries({value.sql}), LAMBDA {entry} : {pair})"
    return made_of(f"map_from_entries({made})", kind, [value, body])


def _map_from_entries(call: Call) -> Typed:
    call.takes(1)
    value = array_argument(call)
    if value.type.item.name != "row" or len(value.type.item.items) != _PAIR:
        raise call.unexpected([value])
    return made_of(f"map_from_entries({value.sql})", map_of(*value.type.item.items), [value])


def _map_entries(call: Call) -> Typed:
    call.takes(1)
    value = map_argument(call)
    kind = array(types.row(value.type.items))
    entry = '{"field0": _e.key, "field1": _e.value}'
    sql = f"list_transform(map_entries({value.sql}), LAMBDA _e : {entry})"
    return made_of(sql, kind, [value])


def _map_concat(call: Call) -> Typed:
    if not call.nodes[1:]:
        raise call.unexpected(call.arguments())
    values = call.common(
        [map_argument(call, i) for i in range(len(call.nodes))], "All map_concat arguments"
    )
    return made_of(f"map_concat({', '.join(v.sql for v in values)})", values[0].type, values)


def _multimap_from_entries(call: Call) -> Typed:
    call.takes(1)
    value = array_argument(call)
    if value.type.item.name != "row" or len(value.type.item.items) != _PAIR:
        raise call.unexpected([value])
    key, item = value.type.item.items
    first, second = (name(types.field_name(value.type.item, index)) for index in range(_PAIR))
    same = f"list_filter({{0}}, LAMBDA _e : _e.{first} = _k)"
    pair = f"{{{{'key': _k, 'value': list_transform({same}, LAMBDA _e : _e.{second})}}}}"
    ordered = f"list_transform({{0}}, LAMBDA _e : _e.{first})"
    numbered = f"list_zip({ordered}, range(1, len({{0}}) + 1))"
    firsts = f"list_filter({numbered}, LAMBDA _z : list_position({ordered}, _z[1]) = _z[2])"
    keys = f"list_transform({firsts}, LAMBDA _z : _z[1])"
    made = f"map_from_entries(list_transform({keys}, LAMBDA _k : {pair}))"
    known = f"len(list_filter({{0}}, LAMBDA _e : _e.{first} IS NULL)) = 0 OR {{0}} IS NULL"
    sql = guard(known, made, _WRONG, text("map key cannot be null"))
    return call.made(sql, map_of(key, array(item)), [value])


def _map_zip_with(call: Call) -> Typed:
    call.takes(3)
    one, two = map_argument(call), map_argument(call, 1)
    if one.type.items[0] != two.type.items[0]:
        raise call.unexpected([one, two])
    key, left, right = one.type.items[0], one.type.items[1], two.type.items[1]
    each = call.lambda_of(2, key, left, right)
    place = call.context.fresh("_p")
    parts = (place, f"({one.sql})[{place}]", f"({two.sql})[{place}]")
    body = renamed(each.body.sql, dict(zip(each.parameters, parts, strict=True)))
    others = f"list_filter(map_keys({two.sql}), LAMBDA _k : NOT map_contains({one.sql}, _k))"
    keys = f"(map_keys({one.sql}) || {others})"
    pair = f"{{'key': {place}, 'value': {body}}}"
    sql = f"map_from_entries(list_transform({keys}, LAMBDA {place} : {pair}))"
    known = f"CASE WHEN {one.sql} IS NOT NULL AND {two.sql} IS NOT NULL THEN {sql} END"
    return made_of(known, map_of(key, each.body.type), [one, two, each.body])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "map_filter": _map_filter,
    "transform_values": _transform_values,
    "transform_keys": _transform_values,
    "map_from_entries": _map_from_entries,
    "map_entries": _map_entries,
    "map_concat": _map_concat,
    "multimap_from_entries": _multimap_from_entries,
    "map_zip_with": _map_zip_with,
}
