"""Literals and the names of types, as Trino reads them."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.typed import Typed, text
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.translate.zones import instant, known_zone

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


def _char(node: exp.DataType, _at: tuple[int, int]) -> Type:
    return Type("char", _numbers(node) or (1,))


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
    _KINDS.CHAR: _char,
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


_SHAPES = {
    "date": r"[+-]?\d{4,}-\d{1,2}-\d{1,2}",
    "time": r"\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?",
    "timestamp": r"[+-]?\d{4,}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?",
    "boolean": "(?i:t|true|1|f|false|0)",
    **dict.fromkeys(types.INTEGERS, r"[+-]?\d+"),
}


def follows_a_type(sql: str, node: exp.Expr) -> bool:
    """Whether a literal stands after the name of a type, as in ``DATE '2024-01-01'``."""
    before = sql[: node.meta.get("start", 0)].rstrip()
    return before[-1:].isalpha() or before.endswith('"')


def check(written: str, kind: Type, at: tuple[int, int]) -> None:
    """Fails unless the text of ``DATE '...'`` and its like is a value of the type.

    Raises:
        StatementError: INVALID_LITERAL.
    """
    fits = re.fullmatch(_SHAPES.get(kind.name, ".*"), written.strip(), re.DOTALL) is not None
    if kind.name == "timestamp with time zone":
        fits = zoned(written, kind) is not None
    elif fits and kind.name in {"date", "time", "timestamp"}:
        fits = _is_moment(written.strip(), kind)
    if not fits:
        what = f"'{written}' is not a valid {kind.name.upper()} literal"
        raise StatementError("INVALID_LITERAL", what, at=at)


def _is_moment(written: str, kind: Type) -> bool:
    if kind.name != "time" and (written[0] in "+-" or int(written.split("-", maxsplit=1)[0]) == 0):
        raise not_supported(f"The year of '{written}'")
    numbers = [int(each) for each in re.split("[-: .]", written.lstrip("+-"))]
    date, clock = (numbers[:3], numbers[3:]) if kind.name != "time" else ([2000, 1, 1], numbers)
    hour, minute, second = [*clock, 0, 0, 0][:3]
    try:
        datetime(min(max(date[0], 1), 9999), date[1], date[2], hour, minute, second)  # noqa: DTZ001 -- only its validity matters
    except ValueError:
        return False
    return True


def check_json(written: str, at: tuple[int, int]) -> None:
    """Fails unless ``written`` is a document.

    Raises:
        StatementError: INVALID_LITERAL.
    """
    try:
        json.loads(written, parse_constant=int)
    except ValueError:
        what = f"'{written}' is not a valid JSON literal"
        raise StatementError("INVALID_LITERAL", what, at=at) from None


def string(value: str) -> Typed:
    """A text: a varchar of its length."""
    return Typed(text(value), types.varchar(len(value)), constant=value)


_ZONED = re.compile(
    r"(\d{4}-\d{1,2}-\d{1,2})(?: (\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.(\d{1,6}))?)?))?"
    r"(?: ?(Z|[+-]\d{1,2}(?::?\d{2})?)| ([A-Za-z]\S*))?"
)


def zoned(written: str, kind: Type) -> Typed | None:
    """A text as ``timestamp with time zone``; None when it is none.

    A text without a zone is a time of the session, whose zone is UTC.
    """
    found = _ZONED.fullmatch(written.strip())
    if found is None:
        return None
    day = "-".join(part.zfill(2) for part in found[1].split("-"))
    hour, minute, second = [*(found[2] or "0:0").split(":"), "0"][:3]
    whole, _, fraction = second.partition(".")
    clock = f"{int(hour):02d}:{int(minute):02d}:{int(whole):02d}.{fraction.ljust(6, '0')}"
    try:
        moment = datetime.fromisoformat(f"{day} {clock}")
    except ValueError:
        return None
    step = 10 ** (_MOST_DIGITS - kind.numbers[0])
    moment += timedelta(microseconds=-moment.microsecond % step if _up(moment, step) else 0)
    moment -= timedelta(microseconds=moment.microsecond % step)
    zone = known_zone(found[4] or found[5] or "UTC")
    stamp = f"CAST({text(moment.isoformat(' ', 'microseconds'))} AS TIMESTAMP)"
    return Typed(instant(zone, stamp), replace(kind, zone=zone))


def _up(moment: datetime, step: int) -> bool:
    return moment.microsecond % step * 2 >= step > 1


_UNIT_SIZES = {"DAY": 86_400_000, "HOUR": 3_600_000, "MINUTE": 60_000, "SECOND": 1000}
_UNIT_ORDER = tuple(_UNIT_SIZES)
_SECONDS = r"(\d+)(?:\.(\d{1,3}))?"


def interval(node: exp.Expr, at: tuple[int, int]) -> Typed:
    """``INTERVAL '3' DAY``, ``INTERVAL '1-2' YEAR TO MONTH``.

    Raises:
        StatementError: INVALID_LITERAL, or a unit that Trino does not have.
    """
    value, sign = node.this, 1
    if isinstance(value, exp.Neg):
        value, sign = value.this, -1
    unit = node.args["unit"]
    span = isinstance(unit, exp.IntervalSpan)
    first = (unit.this.name if span else str(unit)).upper()
    last = unit.expression.name.upper() if span else first
    written = value.name
    if written.startswith("-"):
        written, sign = written[1:], -sign
    months = _months(written, first, last)
    if months is not None:
        return Typed(f"to_months({sign * months})", types.YEAR_TO_MONTH)
    if first in {"WEEK", "QUARTER", "MILLISECOND"}:
        raise not_supported(f"INTERVAL '{value.name}' {first}", at=at)
    size = _milliseconds(written, first, last)
    if size is None:
        what = f"'{value.name}' is not a valid INTERVAL literal"
        raise StatementError("INVALID_LITERAL", what, at=at)
    return Typed(f"to_milliseconds(CAST({sign * size} AS BIGINT))", types.DAY_TO_SECOND)


def _months(written: str, first: str, last: str) -> int | None:
    if first == "YEAR" and (found := re.fullmatch(r"(\d+)(?:-(\d+))?", written)):
        if found[2] is None or last == "MONTH":
            return 12 * int(found[1]) + int(found[2] or 0)
    elif first == last == "MONTH" and written.isdigit():
        return int(written)
    return None


def _milliseconds(written: str, first: str, last: str) -> int | None:
    """Days, hours, minutes and seconds from the first unit on; the last ones may be missing."""
    if first not in _UNIT_SIZES or last not in _UNIT_SIZES:
        return None
    units = _UNIT_ORDER[_UNIT_ORDER.index(first) : _UNIT_ORDER.index(last) + 1]
    parts = re.split("[ :]", written)
    blanks = [character for character in written if character in " :"]
    wanted = [" " if unit == "DAY" else ":" for unit in units[: len(parts) - 1]]
    if len(parts) > len(units) or blanks != wanted:
        return None
    total = 0
    for part, unit in zip(parts, units, strict=False):
        found = re.fullmatch(_SECONDS if unit == "SECOND" else r"(\d+)()", part)
        if found is None:
            return None
        total += int(found[1]) * _UNIT_SIZES[unit] + int((found[2] or "").ljust(3, "0"))
    return total
