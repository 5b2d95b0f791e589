"""Functions of arrays, maps and rows."""

import re
from collections.abc import Callable, Mapping

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.functions.calls import Call, unified
from datalfred.local.aws.athena.translate.functions.sequences import sequence
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import (
    Typed,
    guard,
    made_of,
    mismatch,
    name,
    text,
)
from datalfred.local.aws.athena.translate.types import (
    BIGINT,
    BOOLEAN,
    VARCHAR,
    array,
    duckdb_type,
    map_of,
)

SIGNATURES = """
cardinality(array(T)) -> bigint = len({0})
cardinality(map(K, V)) -> bigint = CAST(cardinality({0}) AS BIGINT)
array_sort(array(T)) -> array(T) = list_sort({0}, 'ASC', 'NULLS LAST')
arrays_overlap(array(T), array(T)) -> boolean = CASE WHEN list_has_any(list_filter({0}, LAMBDA _x
    : _x IS NOT NULL), {1}) THEN true WHEN len(list_filter({0} || {1}, LAMBDA _x : _x IS NULL)) >
    0 THEN NULL ELSE list_has_any({0}, {1}) END
array_distinct(array(T)) -> array(T) = list_transform(list_filter(list_zip({0}, range(1, len({0})
    + 1)), LAMBDA _e : coalesce(list_position({0}, _e[1]), 0) = _e[2]), LAMBDA _e : _e[1])
array_union(array(T), array(T)) -> array(T) = list_transform(list_filter(list_zip({0} || {1},
    range(1, len({0} || {1}) + 1)), LAMBDA _e : coalesce(list_position({0} || {1}, _e[1]), 0) =
    _e[2]), LAMBDA _e : _e[1])
flatten(array(array(T))) -> array(T) = flatten({0})
reverse(array(T)) -> array(T) = list_reverse({0})
map_keys(map(K, V)) -> array(K) = map_keys({0})
map_values(map(K, V)) -> array(V) = map_values({0})
array_first(array(T)) -> T = {0}[1]
array_last(array(T)) -> T = {0}[-1]
contains_sequence(array(T), array(T)) -> boolean = CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL
    THEN len({1}) = 0 OR len(list_filter(range(1, len({0}) - len({1}) + 2), LAMBDA _i :
    list_slice({0}, _i, _i + len({1}) - 1) = {1})) > 0 END
"""

_PAIR = 2  # key and value
_WRONG = "INVALID_FUNCTION_ARGUMENT"


def array_of(values: list[Typed], at: tuple[int, int]) -> Typed:
    """``ARRAY[...]``."""
    same = unified(values, "All ARRAY elements", at)
    kind = array(same[0].type) if same else array(types.UNKNOWN)
    sql = f"CAST([{', '.join(each.sql for each in same)}] AS {duckdb_type(kind)})"
    return made_of(sql, kind, same)


def joined(left: Typed, right: Typed, at: tuple[int, int]) -> Typed:
    """``left || right`` of two arrays, or of an array and an element of it.

    Raises:
        StatementError: both could be meant, or neither.
    """
    if "unknown" in (left.type.name, right.type.name):
        raise _ambiguous(left, right, at)
    if left.type.name == right.type.name == "array":
        inner = {left.type.item.name, right.type.item.name}
        if inner == {"array", "unknown"}:
            raise _ambiguous(left, right, at)
        sides = [(left, right), (_alone(left), right), (left, _alone(right))]
    else:
        sides = [(left, _alone(right)) if left.type.name == "array" else (_alone(left), right)]
    for first, second in sides:
        if types.common_type(first.type, second.type) is not None:
            one, two = unified([first, second], "All concatenated arrays", at)
            return made_of(f"({one.sql} || {two.sql})", one.type, [left, right])
    raise mismatch(f"Cannot apply operator: {left.type} || {right.type}", at)


def _ambiguous(left: Typed, right: Typed, at: tuple[int, int]) -> StatementError:
    message = f"Could not choose a best candidate operator for {left.type} || {right.type}"
    return StatementError("AMBIGUOUS_FUNCTION_CALL", message, at=at)


def _alone(item: Typed) -> Typed:
    return item.to(f"[{item.sql}]", array(item.type))


def row_of(values: list[Typed]) -> Typed:
    """``ROW(...)``, whose fields have no names."""
    kind = types.row([each.type for each in values])
    fields = (
        f"{name(types.field_name(kind, index))} := {each.sql}" for index, each in enumerate(values)
    )
    return made_of(f"struct_pack({', '.join(fields)})", kind, values)


def _row(call: Call) -> Typed:
    return row_of(call.arguments())


def subscript(value: Typed, index: Typed, at: tuple[int, int], *, strict: bool) -> Typed:
    """``value[index]`` (strict: fails outside) or ``element_at(value, index)`` (NULL outside)."""
    if value.type.name == "map":
        key = unified([Typed("", value.type.items[0]), index], "Map keys", at)[1]
        return _map_item(value, key, strict=strict)
    if not index.type.is_a(*types.INTEGERS, "unknown"):
        raise mismatch(f"Cannot use {index.type} for subscript of {value.type}", at)
    position = coerce(index, BIGINT)
    item = value.type.item
    if not strict:
        found = f"({value.sql})[{position.sql}]"
        started = f"{value.sql} IS NULL OR coalesce({position.sql}, 1) <> 0"
        what = text("SQL array indices start at 1")
        sql = guard(started, found, "INVALID_FUNCTION_ARGUMENT", what)
        return made_of(sql, item, [value, position])
    array_sql, place = value.sql, position.sql
    fits = f"{array_sql} IS NULL OR {place} IS NULL OR ({place} BETWEEN 1 AND len({array_sql}))"
    message = (
        f"CASE WHEN {place} = 0 THEN 'SQL array indices start at 1' "
        f"WHEN {place} < 0 THEN 'Array subscript is negative: ' || {place} "
        "ELSE 'Array subscript must be less than or equal to array length: ' || "
        f"{place} || ' > ' || len({array_sql}) END"
    )
    sql = guard(fits, f"({array_sql})[{place}]", "INVALID_FUNCTION_ARGUMENT", message)
    return made_of(sql, item, [value, position])


def _map_item(value: Typed, key: Typed, *, strict: bool) -> Typed:
    found = f"({value.sql})[{key.sql}]"
    if strict:
        fits = f"{value.sql} IS NULL OR {key.sql} IS NULL OR map_contains({value.sql}, {key.sql})"
        message = f"'Key not present in map: ' || {to_text(key.type, key.sql)}"
        found = guard(fits, found, "INVALID_FUNCTION_ARGUMENT", message)
    return made_of(found, value.type.items[1], [value, key])


def _element_at(call: Call) -> Typed:
    call.takes(2)
    value, index = call.arguments()
    if not value.type.is_a("array", "map"):
        raise call.unexpected([value, index])
    return subscript(value, index, call.at, strict=False)


def array_argument(call: Call, index: int = 0) -> Typed:
    """The argument, which must be an array."""
    value = call.argument(index)
    if value.type.name != "array":
        raise call.unexpected([value])
    return value


def map_argument(call: Call, index: int = 0) -> Typed:
    """The argument, which must be a map."""
    value = call.argument(index)
    if value.type.name != "map":
        raise call.unexpected([value])
    return value


def _transform(call: Call) -> Typed:
    call.takes(2)
    value = array_argument(call)
    each = call.lambda_of(1, value.type.item)
    sql = f"list_transform({value.sql}, LAMBDA {each.parameters[0]} : {each.body.sql})"
    return made_of(sql, array(each.body.type), [value, each.body])


def _filter(call: Call) -> Typed:
    call.takes(2)
    value = array_argument(call)
    each = call.lambda_of(1, value.type.item)
    sql = f"list_filter({value.sql}, LAMBDA {each.parameters[0]} : {each.body.sql})"
    return made_of(sql, value.type, [value, each.body])


def _match(call: Call) -> Typed:
    """any_match, all_match, none_match, with SQL's three values."""
    call.takes(2)
    value = array_argument(call)
    each = call.lambda_of(1, value.type.item)
    found = f"list_transform({value.sql}, LAMBDA {each.parameters[0]} : {each.body.sql})"
    decisive = "false" if call.name == "all_match" else "true"
    if_found, if_not = {
        "any_match": ("true", "false"),
        "all_match": ("false", "true"),
        "none_match": ("false", "true"),
    }[call.name]
    sql = (
        f"CASE WHEN {value.sql} IS NULL THEN NULL "
        f"WHEN list_contains({found}, {decisive}) THEN {if_found} "
        f"WHEN len(list_filter({found}, LAMBDA _x : _x IS NULL)) > 0 THEN NULL ELSE {if_not} END"
    )
    return made_of(sql, BOOLEAN, [value, each.body])


def _reduce(call: Call) -> Typed:
    call.takes(4)
    value, start = array_argument(call), call.argument(1)
    step = call.lambda_of(2, start.type, value.type.item)
    state = types.common_type(start.type, step.body.type)
    if state is None:
        raise call.unexpected([value, start])
    if state != start.type:
        step = call.lambda_of(2, state, value.type.item)
    first, body = coerce(start, state), coerce(step.body, state)
    final = call.lambda_of(3, state)
    # One type for state and items: DuckDB's list_reduce starts with the first item of its list.
    pair = f"{{'s': {first.sql}, 'x': CAST(NULL AS {duckdb_type(value.type.item)})}}"
    nothing = f"CAST(NULL AS {duckdb_type(state)})"
    items = f"list_transform({value.sql}, LAMBDA _i : {{'s': {nothing}, 'x': _i}})"
    so_far, item, both = (call.context.fresh("_p") for _ in range(3))
    bound = f"[{{'s': {so_far}.s, 'x': {item}.x}}]"
    written = renamed(body.sql, dict(zip(step.parameters, (f"{both}.s", f"{both}.x"), strict=True)))
    stepped = f"{{'s': list_transform({bound}, LAMBDA {both} : {written})[1], 'x': {item}.x}}"
    reduced = f"list_reduce({items}, LAMBDA {so_far}, {item} : {stepped}, {pair}).s"
    ended = f"list_transform([{reduced}], LAMBDA {final.parameters[0]} : {final.body.sql})[1]"
    sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {ended} END"
    return made_of(sql, final.body.type, [value, first, body, final.body])


def renamed(sql: str, names: Mapping[str, str]) -> str:
    """The text with parameters of a lambda read from elsewhere; their names are unique."""
    for old, new in names.items():
        sql = re.sub(rf"\b{old}\b", new, sql)
    return sql


def _zip_with(call: Call) -> Typed:
    call.takes(3)
    one, two = array_argument(call), array_argument(call, 1)
    each = call.lambda_of(2, one.type.item, two.type.item)
    pair = call.context.fresh("_p")
    body = renamed(
        each.body.sql, dict(zip(each.parameters, (f"{pair}[1]", f"{pair}[2]"), strict=True))
    )
    sql = f"list_transform(list_zip({one.sql}, {two.sql}), LAMBDA {pair} : {body})"
    return made_of(sql, array(each.body.type), [one, two, each.body])


def _zip(call: Call) -> Typed:
    call.takes(2, 3, 4, 5)
    values = [array_argument(call, index) for index in range(len(call.nodes))]
    kind = array(types.row([each.type.item for each in values]))
    fields = ", ".join(f'"field{i}" := _z[{i + 1}]' for i in range(len(values)))
    zipped = f"list_zip({', '.join(each.sql for each in values)})"
    return made_of(f"list_transform({zipped}, LAMBDA _z : struct_pack({fields}))", kind, values)


def _array_join(call: Call) -> Typed:
    call.takes(2, 3)
    value, rest = array_argument(call), [call.argument(i) for i in range(1, len(call.nodes))]
    if not all(each.type.is_a("varchar", "unknown") for each in rest):
        raise call.unexpected([value, *rest])
    if value.type.item.items:
        raise not_supported(f"array_join of {value.type}", at=call.at)
    texts = f"list_transform({value.sql}, LAMBDA _x : {to_text(value.type.item, '_x')})"
    if rest[1:]:
        texts = f"list_transform({texts}, LAMBDA _x : coalesce(_x, {rest[1].sql}))"
    return made_of(f"array_to_string({texts}, {rest[0].sql})", VARCHAR, [value, *rest])


def _array_extreme(call: Call) -> Typed:
    """array_max, array_min: NULL where any item is."""
    call.takes(1)
    value = array_argument(call)
    known = "len(list_filter({0}, LAMBDA _x : _x IS NULL)) = 0"
    sql = f"CASE WHEN {known} THEN list_{call.name[-3:]}({{0}}) END"
    if value.type.item.is_a("real", "double"):
        # Trino's versions differ in what NaN is among other numbers.
        numbers = "len({0}) < 2 OR len(list_filter({0}, LAMBDA _x : isnan(_x))) = 0"
        what = text(f"{call.name} of NaN is not supported by the embedded Athena")
        sql = guard(f"{numbers} OR {{0}} IS NULL", sql, "NOT_SUPPORTED", what)
    return call.made(sql, value.type.item, [value])


def _map_of_arrays(call: Call) -> Typed:
    call.takes(0, 2)
    if not call.nodes:
        return made_of("map([], [])", map_of(types.UNKNOWN, types.UNKNOWN), [])
    keys, values = array_argument(call), array_argument(call, 1)
    fits = "len({0}) = len({1}) OR {0} IS NULL OR {1} IS NULL"
    what = text("Key and value arrays must be the same length")
    kind = map_of(keys.type.item, values.type.item)
    return call.made(guard(fits, "map({0}, {1})", _WRONG, what), kind, [keys, values])


_MOST_REPEATED = 10_000


def _repeat(call: Call) -> Typed:
    call.takes(2)
    value, count = call.argument(0), coerce(call.argument(1), BIGINT)
    sql = "list_transform(range({1}), LAMBDA _i : {0})"
    what = text("count argument of repeat function must be less than or equal to 10000")
    sql = guard(f"{{1}} <= {_MOST_REPEATED} OR {{1}} IS NULL", sql, _WRONG, what)
    what = text("count argument of repeat function must be greater than or equal to 0")
    return call.made(
        guard("{1} >= 0 OR {1} IS NULL", sql, _WRONG, what), array(value.type), [value, count]
    )


def _trim_array(call: Call) -> Typed:
    call.takes(2)
    value, size = array_argument(call), coerce(call.argument(1), BIGINT)
    known = "{0} IS NULL OR {1} IS NULL"
    sql = "list_slice({0}, 1, len({0}) - {1})"
    what = "'size must not exceed array cardinality ' || len({0}) || ': ' || {1}"
    sql = guard(f"{{1}} <= len({{0}}) OR {known}", sql, _WRONG, what)
    what = "'size must not be negative: ' || {1}"
    return call.made(guard(f"{{1}} >= 0 OR {known}", sql, _WRONG, what), value.type, [value, size])


def _array_set(call: Call) -> Typed:
    """array_intersect, array_except: distinct, in the order of the first."""
    call.takes(2)
    one, two = call.common(
        [array_argument(call), array_argument(call, 1)], f"All {call.name} arguments"
    )
    wanted = "> 0" if call.name == "array_intersect" else "= 0"
    place = f"coalesce(list_position({one.sql}, _e[1]), 0) = _e[2]"
    other = f"coalesce(list_position({two.sql}, _e[1]), 0) {wanted}"
    numbered = f"list_zip({one.sql}, range(1, len({one.sql}) + 1))"
    kept = f"list_filter({numbered}, LAMBDA _e : {place} AND {other})"
    sql = f"CASE WHEN {two.sql} IS NOT NULL THEN list_transform({kept}, LAMBDA _e : _e[1]) END"
    return made_of(sql, one.type, [one, two])


def _slice(call: Call) -> Typed:
    call.takes(3)
    if call.argument(0).type.name == "unknown":
        return call.argument(0)
    value = array_argument(call)
    start, size = (coerce(call.argument(index), BIGINT) for index in (1, 2))
    known = "{0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    what = text("length must be greater than or equal to 0")
    sql = guard(f"{{2}} >= 0 OR {known}", "trino_slice({0}, {1}, {2})", _WRONG, what)
    what = text("SQL array indices start at 1")
    sql = guard(f"{{1}} <> 0 OR {known}", sql, _WRONG, what)
    return call.made(sql, value.type, [value, start, size])


def _ngrams(call: Call) -> Typed:
    call.takes(2)
    value, size = array_argument(call), coerce(call.argument(1), BIGINT)
    starts = f"range(1, greatest(len({value.sql}) - {size.sql} + 1, 1) + 1)"
    sql = f"list_transform({starts}, LAMBDA _n : list_slice({value.sql}, _n, _n + {size.sql} - 1))"
    sql = guard(f"{size.sql} > 0 OR {size.sql} IS NULL", sql, _WRONG, text("N must be positive"))
    return made_of(sql, array(value.type), [value, size])


def _typeof(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    return made_of(text(str(value.type)), VARCHAR, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "row": _row,
    "element_at": _element_at,
    "transform": _transform,
    "filter": _filter,
    "any_match": _match,
    "all_match": _match,
    "none_match": _match,
    "reduce": _reduce,
    "zip_with": _zip_with,
    "zip": _zip,
    "array_join": _array_join,
    "trim_array": _trim_array,
    "array_max": _array_extreme,
    "array_min": _array_extreme,
    "map": _map_of_arrays,
    "repeat": _repeat,
    "array_intersect": _array_set,
    "array_except": _array_set,
    "sequence": sequence,
    "ngrams": _ngrams,
    "slice": _slice,
    "typeof": _typeof,
}
