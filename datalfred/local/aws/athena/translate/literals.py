"""Literals and the names of types, as Trino reads them."""

import re
from collections.abc import Callable
from decimal import Decimal

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.typed import Typed, text
from datalfred.local.aws.athena.translate.types import Type

_KINDS = exp.DataType.Type
_SIMPLE = {
    _KINDS.BOOLEAN: types.BOOLEAN,
    _KINDS.TINYINT: types.TINYINT,
    _KINDS.SMALLINT: types.SMALLINT,
    _KINDS.INT: types.INTEGER,
    _KINDS.BIGINT: types.BIGINT,
    _KINDS.FLOAT: types.REAL,
    _KINDS.DOUBLE: types.DOUBLE,
    _KINDS.VARBINARY: types.VARBINARY,
    _KINDS.JSON: types.JSON,
    _KINDS.DATE: types.DATE,
    _KINDS.UUID: Type("uuid"),
}
_TIMED = {
    _KINDS.TIMESTAMP: "timestamp",
    _KINDS.TIMESTAMPTZ: "timestamp with time zone",
    _KINDS.TIME: "time",
}
_MOST_DIGITS = 6


def type_of(node: exp.DataType, at: tuple[int, int]) -> Type:
    """The type that a statement names.

    Raises:
        StatementError: no type of Trino, or none that is supported here.
    """
    if node.this in _SIMPLE:
        return _SIMPLE[node.this]
    read = _COMPOUND.get(node.this)
    if read is not None:
        return read(node, at)
    if node.this in {_KINDS.TEXT, _KINDS.DATETIME, _KINDS.USERDEFINED}:
        written = str(node.this.value).lower()
        raise StatementError("TYPE_NOT_FOUND", f"Unknown type: {written}", at=at)
    raise not_supported(f"The type {node.sql('trino').lower()}", at=at)


def _timed(node: exp.DataType, at: tuple[int, int]) -> Type:
    digits = _numbers(node) or (types.MILLISECONDS,)
    if digits[0] > _MOST_DIGITS:
        raise not_supported(f"{_TIMED[node.this]}({digits[0]})", at=at)
    return Type(_TIMED[node.this], digits)


def _varchar(node: exp.DataType, _at: tuple[int, int]) -> Type:
    return Type("varchar", _numbers(node))


def _decimal_type(node: exp.DataType, _at: tuple[int, int]) -> Type:
    precision, *scale = _numbers(node) or (types.MAX_PRECISION,)
    return Type("decimal", (precision, *(scale or [0])))


def _of_items(node: exp.DataType, at: tuple[int, int]) -> Type:
    name = "array" if node.this == _KINDS.ARRAY else "map"
    return Type(name, items=tuple(type_of(each, at) for each in node.expressions))


def _numbers(node: exp.DataType) -> tuple[int, ...]:
    return tuple(int(each.name) for each in node.expressions if each.name.isdigit())


def _row_type(node: exp.DataType, at: tuple[int, int]) -> Type:
    items, fields = [], []
    for part in node.expressions:
        named = isinstance(part, exp.ColumnDef)
        items.append(type_of(part.args["kind"] if named else part, at))
        fields.append(part.name.lower() if named else None)
    return types.row(items, fields)


_COMPOUND: dict[exp.DType, Callable[[exp.DataType, tuple[int, int]], Type]] = {
    **dict.fromkeys(_TIMED, _timed),
    _KINDS.VARCHAR: _varchar,
    _KINDS.DECIMAL: _decimal_type,
    _KINDS.ARRAY: _of_items,
    _KINDS.MAP: _of_items,
    _KINDS.STRUCT: _row_type,
}


def number(written: str) -> Typed:
    """A number: integer, bigint, decimal with a point, double with an exponent."""
    if re.search("[eE]", written):
        return Typed(f"CAST({text(written)} AS DOUBLE)", types.DOUBLE)
    if "." in written:
        return decimal(written)
    value = int(written)
    small = -(2**31) <= value < 2**31
    kind = types.INTEGER if small else types.BIGINT
    if not -(2**63) <= value < 2**63:
        raise StatementError("INVALID_LITERAL", f"Invalid numeric literal: {written}")
    return Typed(f"CAST({value} AS {types.duckdb_type(kind)})", kind)


def decimal(written: str) -> Typed:
    """A number with a point: as many digits as it shows."""
    whole, _, fraction = written.lstrip("+-").partition(".")
    precision = len(whole.lstrip("0")) + len(fraction)
    if precision > types.MAX_PRECISION:
        raise StatementError("INVALID_LITERAL", f"Invalid decimal literal: {written}")
    kind = types.decimal(max(precision, 1), len(fraction))
    value = f"{Decimal(written):f}"
    return Typed(f"CAST({text(value)} AS {types.duckdb_type(kind)})", kind)


def string(value: str) -> Typed:
    """A text: a varchar of its length."""
    return Typed(text(value), types.varchar(len(value)), constant=value)


_UNITS = {
    "SECOND": "SECOND",
    "MINUTE": "MINUTE",
    "HOUR": "HOUR",
    "DAY": "DAY",
    "WEEK": "WEEK",
    "MONTH": "MONTH",
    "YEAR": "YEAR",
}


def interval(node: exp.Expr, at: tuple[int, int]) -> Typed:
    """``INTERVAL '3' DAY``.

    Raises:
        StatementError: a span such as DAY TO SECOND, or no number.
    """
    value, sign = node.this, ""
    if isinstance(value, exp.Neg):
        value, sign = value.this, "-"
    unit = str(node.args["unit"]).upper()
    written = value.name
    if unit not in _UNITS or not re.fullmatch(r"-?\d+(\.\d{1,3})?", written):
        raise not_supported(f"INTERVAL '{written}' {unit}", at=at)
    if "." in written and unit != "SECOND":
        raise StatementError("INVALID_LITERAL", f"'{written}' is not a valid interval", at=at)
    kind = types.YEAR_TO_MONTH if unit in {"MONTH", "YEAR"} else types.DAY_TO_SECOND
    return Typed(f"INTERVAL '{sign}{written}' {_UNITS[unit]}", kind)
