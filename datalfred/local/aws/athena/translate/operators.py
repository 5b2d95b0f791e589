"""Operators: arithmetic with Trino's result types, comparison of what may be compared."""

import re

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.decimals import divided, from_whole, whole
from datalfred.local.aws.athena.translate.functions.moments import back, local
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, mismatch, name, text
from datalfred.local.aws.athena.translate.types import Type, decimal, duckdb_type

_WIDEST = types.MAX_PRECISION
_INTERVALS = ("interval day to second", "interval year to month")


def arithmetic(operator: str, left: Typed, right: Typed, at: tuple[int, int]) -> Typed:
    """``left operator right`` for ``+ - * / %``.

    Raises:
        StatementError: TYPE_MISMATCH.
    """
    if left.type.name in _INTERVALS or right.type.name in _INTERVALS:
        return _with_interval(operator, left, right, at)
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
        return f"fmod({left}, {right})"
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
        sql = f"({left.sql} * {right.sql})"
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
    if operator == "+" and left.type.name in _INTERVALS and right.type.is_a(*types.MOMENTS):
        left, right = right, left
    if left.type.is_a(*types.MOMENTS) and operator in "+-":
        return _shifted(operator, left, right, at)
    if left.type == right.type and operator in "+-":
        return made_of(f"({left.sql} {operator} {right.sql})", left.type, [left, right])
    if operator == "*" and right.type.name in _INTERVALS:
        left, right = right, left
    if operator == "*" and right.type.is_a(*types.INTEGERS):
        return made_of(f"({left.sql} * {right.sql})", left.type, [left, right])
    raise problem


def _shifted(operator: str, moment: Typed, by: Typed, at: tuple[int, int]) -> Typed:
    if by.type == types.YEAR_TO_MONTH:
        sql = back(moment.type, f"{local(moment)} {operator} {by.sql}")
    elif moment.type.name == "date":
        if not by.sql.endswith((" DAY", " WEEK")):
            raise not_supported(f"date {operator} an interval that is not in whole days", at=at)
        sql = f"CAST({moment.sql} {operator} {by.sql} AS DATE)"
    else:
        sql = f"({moment.sql} {operator} {by.sql})"
    return made_of(sql, moment.type, [moment, by])


def _between_moments(left: Typed, right: Typed) -> Typed:
    wide = types.common_type(left.type, right.type) or left.type
    one, two = coerce(left, wide), coerce(right, wide)
    as_timestamp = "TIMESTAMPTZ" if wide.name == "timestamp with time zone" else "TIMESTAMP"
    difference = " - ".join(f"epoch_ms(CAST({each.sql} AS {as_timestamp}))" for each in (one, two))
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
    """Rows field by field: DuckDB takes two NULLs inside for equal, Trino does not know."""
    kind = left.type
    if kind.name == "row" and operator in {"=", "<>"}:
        fields = [
            compared("=", _field(left, index), _field(right, index), at).sql
            for index in range(len(kind.items))
        ]
        return f"({' AND '.join(fields)})" if operator == "=" else f"(NOT ({' AND '.join(fields)}))"
    if kind.name == "array" and not kind.item.items and operator in {"=", "<>"}:
        known = " AND ".join(
            f"coalesce(len(list_filter({side.sql}, LAMBDA _x : _x IS NULL)), 0) = 0"
            for side in (left, right)
        )
        what = text("comparing arrays that hold NULL is not supported by the embedded Athena")
        return guard(known, f"({left.sql} {operator} {right.sql})", "NOT_SUPPORTED", what)
    raise not_supported(f"Comparing {kind} with {operator}", at=at)


def _field(value: Typed, index: int) -> Typed:
    sql = f"({value.sql}).{name(types.field_name(value.type, index))}"
    return Typed(sql, value.type.items[index])
