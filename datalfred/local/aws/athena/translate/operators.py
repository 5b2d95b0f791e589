"""Operators: arithmetic with Trino's result types, comparison of what may be compared."""

import re
from dataclasses import replace

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.clocks import back, local
from datalfred.local.aws.athena.translate.decimals import divided, from_whole, whole
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, mismatch, name, text
from datalfred.local.aws.athena.translate.types import Type, decimal, duckdb_type

_WIDEST = types.MAX_PRECISION
_NARROW = 18  # digits of a decimal that DuckDB keeps in a word of the machine
_INTERVALS = ("interval day to second", "interval year to month")


def arithmetic(operator: str, left: Typed, right: Typed, at: tuple[int, int]) -> Typed:
    """``left operator right`` for ``+ - * / %``.

    Raises:
        StatementError: TYPE_MISMATCH.
    """
    if left.type.name in _INTERVALS or right.type.name in _INTERVALS:
        return _with_interval(operator, left, right, at)
    if operator == "-" and left.type.name == right.type.name == "time":
        return _between_times(left, right)
    if operator == "-" and left.type.is_a(*types.MOMENTS) and right.type.is_a(*types.MOMENTS):
        return _between_moments(left, right)
    unknown = types.UNKNOWN
    numeric = all(each.type.is_a(*types.NUMBERS, "unknown") for each in (left, right))
    common = types.common_type(left.type, right.type)
    if not numeric or common is None or common == unknown:
        if common == unknown:
            return Typed("CAST(NULL AS INTEGER)", unknown)
        raise mismatch(f"Cannot apply operator: {left.type} {operator} {right.type}", at)
    if common.name == "decimal":
        return _decimal(operator, _as_decimal(left), _as_decimal(right))
    one, two = coerce(left, common), coerce(right, common)
    return made_of(_plain(operator, one.sql, two.sql, common), common, [left, right])


def _plain(operator: str, left: str, right: str, kind: Type) -> str:
    if operator == "/" and kind.is_a(*types.INTEGERS):
        return f"({left} // {right})"
    if operator == "%" and kind.is_a("real", "double"):
        return f"({left} % {right})"
    return f"({left} {operator} {right})"


def _as_decimal(value: Typed) -> Typed:
    if value.type == types.UNKNOWN:
        return coerce(value, decimal(1, 0))
    return coerce(value, types.as_decimal(value.type))


def decimal_result(operator: str, left: Type, right: Type) -> Type:
    """The decimal type of ``left operator right``.

    Rules: https://trino.io/docs/current/functions/decimal.html#binary-arithmetic-decimal-operators
    """
    (p1, s1), (p2, s2) = left.numbers, right.numbers
    wider = max(s1, s2)
    if operator in "+-":
        return decimal(max(p1 - s1, p2 - s2) + wider + 1, wider)
    if operator == "*":
        return decimal(p1 + p2, s1 + s2)
    if operator == "/":
        return decimal(p1 + s2 + max(s2 - s1, 0), wider)
    return decimal(min(p1 - s1, p2 - s2) + wider, wider)


def _decimal(operator: str, left: Typed, right: Typed) -> Typed:
    kind = decimal_result(operator, left.type, right.type)
    scale = kind.numbers[1]
    if scale > _WIDEST:
        raise not_supported(f"A decimal with {scale} digits after the point")
    if operator == "*":
        # DuckDB multiplies narrow decimals in 18 digits.
        wide = duckdb_type(decimal(_WIDEST, left.type.numbers[1]))
        narrow = sum(each.type.numbers[0] for each in (left, right)) <= _NARROW
        one = left.sql if narrow else f"CAST({left.sql} AS {wide})"
        sql = f"({one} * {right.sql})"
    elif operator == "/":
        sql = _divided(left, right, scale)
    else:
        same = duckdb_type(decimal(_WIDEST, scale)) if operator == "%" else duckdb_type(kind)
        sql = f"(CAST({left.sql} AS {same}) {operator} CAST({right.sql} AS {same}))"
    return made_of(f"CAST({sql} AS {duckdb_type(kind)})", kind, [left, right])


def _divided(left: Typed, right: Typed, scale: int) -> str:
    """Exact division of whole numbers, rounded half up: DuckDB divides decimals as doubles."""
    s1, s2 = left.type.numbers[1], right.type.numbers[1]
    dividend = f"{whole(left.sql, s1)} * {10 ** (scale - s1 + s2)}"
    return from_whole(divided(dividend, whole(right.sql, s2)), scale)


def _with_interval(operator: str, left: Typed, right: Typed, at: tuple[int, int]) -> Typed:
    problem = mismatch(f"Cannot apply operator: {left.type} {operator} {right.type}", at)
    shifted = (*types.MOMENTS, "time")
    if operator == "+" and left.type.name in _INTERVALS and right.type.is_a(*shifted):
        left, right = right, left
    if left.type.is_a(*shifted) and operator in "+-":
        if left.type.name == "time" and right.type == types.YEAR_TO_MONTH:
            raise problem
        return _shifted(operator, left, right)
    if left.type == right.type and operator in "+-":
        return made_of(f"({left.sql} {operator} {right.sql})", left.type, [left, right])
    if operator == "*" and right.type.name in _INTERVALS:
        left, right = right, left
    if operator in "*/" and right.type.is_a(*types.NUMBERS):
        return _scaled(operator, left, right)
    raise problem


def _scaled(operator: str, span: Typed, by: Typed) -> Typed:
    """A multiple or a part of an interval: what is less than a millisecond or a month is cut."""
    months = span.type == types.YEAR_TO_MONTH
    size = f"trino_months({span.sql})" if months else f"epoch_ms({span.sql})"
    number = coerce(by, types.DOUBLE).sql
    amount = f"CAST(trunc({size} {operator} {number}) AS {'INTEGER' if months else 'BIGINT'})"
    wrong = f"isnan({number})" + (f" OR {number} = 0" if operator == "/" else "")
    value = f"{'to_months' if months else 'to_milliseconds'}({amount})"
    what = text("Cannot multiply or divide an interval by NaN or zero")
    sql = guard(f"NOT ({wrong}) OR {number} IS NULL", value, "INVALID_FUNCTION_ARGUMENT", what)
    return made_of(sql, span.type, [span, by])


def _shifted(operator: str, moment: Typed, by: Typed) -> Typed:
    if by.type == types.YEAR_TO_MONTH:
        sql = back(moment.type, f"{local(moment)} {operator} {by.sql}")
    elif moment.type.name == "date":
        moved = f"CAST({moment.sql} {operator} {by.sql} AS DATE)"
        whole = f"coalesce(epoch_ms({by.sql}) % 86400000, 0) = 0"
        what = text(
            f"Cannot {'add' if operator == '+' else 'subtract'} hour, minutes or seconds "
            f"{'to' if operator == '+' else 'from'} a date"
        )
        sql = guard(whole, moved, "INVALID_FUNCTION_ARGUMENT", what)
    else:
        sql = f"({moment.sql} {operator} {by.sql})"
        # An interval counts milliseconds, and so does what it is added to.
        kind = replace(moment.type, numbers=max(moment.type.numbers, (types.MILLISECONDS,)))
        return made_of(sql, kind, [moment, by])
    return made_of(sql, moment.type, [moment, by])


def _between_moments(left: Typed, right: Typed) -> Typed:
    wide = types.common_type(left.type, right.type) or left.type
    one, two = coerce(left, wide), coerce(right, wide)
    as_timestamp = "TIMESTAMPTZ" if wide.name == "timestamp with time zone" else "TIMESTAMP"
    difference = " - ".join(f"epoch_ms(CAST({each.sql} AS {as_timestamp}))" for each in (one, two))
    return made_of(f"to_milliseconds({difference})", types.DAY_TO_SECOND, [left, right])


def _between_times(left: Typed, right: Typed) -> Typed:
    difference = f"epoch_ms({left.sql}) - epoch_ms({right.sql})"
    return made_of(f"to_milliseconds({difference})", types.DAY_TO_SECOND, [left, right])


def negated(value: Typed, at: tuple[int, int]) -> Typed:
    """``-value``."""
    if not value.type.is_a(*types.NUMBERS, *_INTERVALS, "unknown"):
        raise mismatch(f"Cannot negate {value.type}", at)
    return made_of(f"(-{value.sql})", value.type, [value])


_ORDERED = {"<", "<=", ">", ">="}


def compared(operator: str, left: Typed, right: Typed, at: tuple[int, int]) -> Typed:
    """``left operator right`` for comparisons and ``IS [NOT] DISTINCT FROM``.

    Raises:
        StatementError: TYPE_MISMATCH.
    """
    common = types.common_type(left.type, right.type)
    unordered = common is not None and operator in _ORDERED and common.is_a("map", "json")
    if common is None or unordered:
        shown = "=" if "DISTINCT" in operator else operator
        raise mismatch(f"Cannot apply operator: {left.type} {shown} {right.type}", at)
    one, two = coerce(left, common), coerce(right, common)
    sql = f"({one.sql} {operator} {two.sql})"
    if common.items and "DISTINCT" not in operator:
        sql = _compared_items(operator, one, two, at)
    if common.is_a("real", "double"):
        sql = _compared_floats(operator, one, two)
    return made_of(sql, types.BOOLEAN, [left, right])


_IF_LEFT, _IF_RIGHT = ("=", "<>", ">", ">="), ("<", "<=")


def _compared_floats(operator: str, left: Typed, right: Typed) -> str:
    """DuckDB takes NaN for the greatest number and equal to itself; Trino for neither."""
    sql = f"{left.sql} {operator} {right.sql}"
    side = left.sql if operator in _IF_LEFT else right.sql if operator in _IF_RIGHT else ""
    if not side or re.fullmatch(r"CAST\('[0-9.eE+-]+' AS DOUBLE\)", side):
        return f"({sql})"
    return f"({sql} OR isnan({side}))" if operator == "<>" else f"({sql} AND NOT isnan({side}))"


def _compared_items(operator: str, left: Typed, right: Typed, at: tuple[int, int]) -> str:
    """Part by part: DuckDB takes two NULLs inside for equal, Trino does not know."""
    kind = left.type
    if operator not in {"=", "<>"} or not kind.is_a("row", "array", "map"):
        raise not_supported(f"Comparing {kind} with {operator}", at=at)
    if kind.name == "row":
        fields = [
            compared("=", _field(left, index), _field(right, index), at).sql
            for index in range(len(kind.items))
        ]
        sql = f"({' AND '.join(fields)})"
    else:
        equal = _equal_arrays if kind.name == "array" else _equal_maps
        sql = equal(left, right, at)
    return sql if operator == "=" else f"(NOT {sql})"


def _equal_arrays(left: Typed, right: Typed, at: tuple[int, int]) -> str:
    place = _depth(left.type)
    one, two = (Typed(f"({each.sql})[{place}]", each.type.item) for each in (left, right))
    equal = compared("=", one, two, at).sql
    each = f"list_transform(range(1, len({left.sql}) + 1), LAMBDA {place} : {equal})"
    return _all_equal(left, right, "len", each)


def _equal_maps(left: Typed, right: Typed, at: tuple[int, int]) -> str:
    key, item = left.type.items
    if key.items:
        raise not_supported(f"Comparing {left.type}", at=at)
    place = _depth(left.type)
    one, two = (Typed(f"({each.sql})[{place}]", item) for each in (left, right))
    there = f"map_contains({right.sql}, {place})"
    each = f"CASE WHEN {there} THEN {compared('=', one, two, at).sql} ELSE false END"
    values = f"list_transform(map_keys({left.sql}), LAMBDA {place} : {each})"
    return _all_equal(left, right, "cardinality", values)


def _depth(kind: Type) -> str:
    """A name for the parameter of a lambda that no lambda around or inside it has."""
    return f"_i{str(kind).count('(')}"


def _all_equal(left: Typed, right: Typed, size: str, each: str) -> str:
    return (
        f"(CASE WHEN {left.sql} IS NULL OR {right.sql} IS NULL THEN NULL "
        f"WHEN {size}({left.sql}) <> {size}({right.sql}) OR list_contains({each}, false) "
        f"THEN false "
        f"WHEN len(list_filter({each}, LAMBDA _x : _x IS NULL)) > 0 THEN NULL ELSE true END)"
    )


def _field(value: Typed, index: int) -> Typed:
    sql = f"({value.sql}).{name(types.field_name(value.type, index))}"
    return Typed(sql, value.type.items[index])
