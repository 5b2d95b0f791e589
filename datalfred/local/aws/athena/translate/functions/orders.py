"""Arrays in an order of their own, and their combinations."""

from collections.abc import Callable

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.collections import (
    array_argument,
    renamed,
)
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import array, duckdb_type

_WRONG = "INVALID_FUNCTION_ARGUMENT"


def _array_sort(call: Call) -> Typed:
    call.takes(1, 2)
    value = array_argument(call)
    if not call.nodes[1:]:
        return made_of(f"list_sort({value.sql}, 'ASC', 'NULLS LAST')", value.type, [value])
    item = value.type.item
    order = call.lambda_of(1, item, item)
    if not order.body.type.is_a(*types.INTEGERS):
        raise call.unexpected([value])
    one, two = order.parameters
    what = text("Lambda comparator must return either -1, 0, or 1")
    checked = guard(f"{order.body.sql} IN (-1, 0, 1)", order.body.sql, _WRONG, what)
    so_far, new = (call.context.fresh("_p") for _ in range(2))
    placed = renamed(checked, {one: "_y", two: f"{new}[1]"})
    before = f"list_filter({so_far}, LAMBDA _y : {placed} <= 0)"
    after = f"list_filter({so_far}, LAMBDA _y : {placed} > 0)"
    kind = duckdb_type(value.type)
    singles = f"list_transform({value.sql}, LAMBDA _i : CAST([_i] AS {kind}))"
    nothing = f"CAST([] AS {kind})"
    step = f"{before} || {new} || {after}"
    sql = f"list_reduce({singles}, LAMBDA {so_far}, {new} : {step}, {nothing})"
    sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {sql} END"
    return made_of(sql, value.type, [value, order.body])


_MOST_CHOSEN = 5
_MOST_COMBINATIONS = 100_000


def _combinations(call: Call) -> Typed:
    """Trino's order: by the last item, then by the one before it."""
    call.takes(2)
    value, size = array_argument(call), call.whole(1)
    if size < 0:
        raise StatementError(_WRONG, f"combination size must not be negative: {size}")
    if size > _MOST_CHOSEN:
        raise StatementError(_WRONG, f"combination size must not exceed 5: {size}")
    kind = array(value.type)
    if not size:
        sql = f"CASE WHEN {{0}} IS NOT NULL THEN CAST([[]] AS {duckdb_type(kind)}) END"
        return call.made(sql, kind, [value])
    count = "1"
    for index in range(size):
        count = f"({count} * greatest(len({{0}}) - {index}, 0) // {index + 1})"
    items = "list_transform(_c, LAMBDA _n : {0}[_n])"
    chosen = f"list_transform({_chosen(size, 'len({0})')}, LAMBDA _c : {items})"
    few = f"{count} <= {_MOST_COMBINATIONS} OR {{0}} IS NULL"
    sql = guard(few, chosen, _WRONG, text("combinations exceed max size"))
    sql = f"CASE WHEN {{0}} IS NOT NULL THEN CAST({sql} AS {duckdb_type(kind)}) END"
    return call.made(sql, kind, [value])


def _chosen(size: int, most: str) -> str:
    """Lists of ``size`` rising numbers up to ``most``."""
    last = f"_l{size}"
    if size == 1:
        return f"list_transform(range(1, {most} + 1), LAMBDA {last} : [{last}])"
    shorter = _chosen(size - 1, f"({last} - 1)")
    fewer = f"list_transform({shorter}, LAMBDA _f{size} : _f{size} || [{last}])"
    return f"flatten(list_transform(range({size}, {most} + 1), LAMBDA {last} : {fewer}))"


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "array_sort": _array_sort,
    "combinations": _combinations,
}
