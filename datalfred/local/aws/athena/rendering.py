"""Values as Athena's results write them, and the CSV object that holds them."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.statement import WRITTEN_BY_DUCKDB
from datalfred.local.aws.athena.translate.types import Type

Row: TypeAlias = tuple[str | None, ...]
_UNBOUNDED = 2147483647
_PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "real": 17,
    "double": 17,
    "varbinary": 1073741824,
    "timestamp": 3,
    "timestamp with time zone": 3,
    "time": 3,
}
_PLAIN_FROM, _PLAIN_TO = 1e-3, 1e7  # where Java writes a double without an exponent


def column_info(name: str, kind: Type) -> dict[str, Any]:
    """``ColumnInfo`` of GetQueryResults."""
    precision, scale = _PRECISIONS.get(kind.name, 0), 0
    if kind.name == "decimal":
        precision, scale = kind.numbers
    elif kind.is_a("varchar", "char"):
        precision = kind.numbers[0] if kind.numbers else _UNBOUNDED
    shown = {"real": "float", "uuid": "varchar"}.get(kind.name, kind.name)
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": shown,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind.is_a("varchar", "char"),
    }


def rendered(rows: list[tuple[Any, ...]], columns: Sequence[tuple[str, Type]]) -> list[Row]:
    """The rows of a translated statement as Athena's text; NULL is None.

    Only the types that DuckDB does not write as Athena does are left to write here.
    """
    writers = [
        (place, _writer(kind))
        for place, (_, kind) in enumerate(columns)
        if kind.name not in WRITTEN_BY_DUCKDB and kind.name not in {"varchar", "json", "unknown"}
    ]
    if not writers:
        return rows
    written: list[Row] = []
    for row in rows:
        cells = list(row)
        for place, write in writers:
            if cells[place] is not None:
                cells[place] = write(cells[place])
        written.append(tuple(cells))
    return written


def _writer(kind: Type) -> Callable[[Any], str]:
    """How a value inside an array, map or row is written, or a double at the top."""
    if kind.items:
        return _nested(kind)
    if kind.name.startswith("timestamp"):
        return _moment_writer(kind)
    return _SIMPLE.get(kind.name, str)


def _moment_writer(kind: Type) -> Callable[[Any], str]:
    digits = max(types.MILLISECONDS, *kind.numbers)
    if kind.name == "timestamp":
        return lambda value: _moment(value, digits)
    zone = _zone(kind.zone)
    return lambda value: f"{_moment(value.astimezone(zone), digits)} {kind.zone}"


def _nested(kind: Type) -> Callable[[Any], str]:
    items = [_item(item) for item in kind.items]
    if kind.name == "array":
        return lambda value: f"[{', '.join(items[0](each) for each in value)}]"
    if kind.name == "map":
        key, item = items
        return lambda value: (
            "{" + ", ".join(f"{key(one)}={item(two)}" for one, two in _pairs(kind, value)) + "}"
        )
    names = [types.field_name(kind, index) for index in range(len(items))]

    def write_row(value: Any) -> str:
        pairs = zip(names, items, value.values(), strict=True)
        return "{" + ", ".join(f"{name}={item(each)}" for name, item, each in pairs) + "}"

    return write_row


def _pairs(kind: Type, value: Any) -> Iterable[tuple[Any, Any]]:
    """The entries of a map; where a key is no key of a dictionary, DuckDB gives two lists."""
    if not kind.items[0].items:
        return value.items()  # type: ignore[no-any-return]  # DuckDB's values have no types
    return zip(value.get("key", ()), value.get("value", ()), strict=True)


def _item(kind: Type) -> Callable[[Any], str]:
    write = _writer(kind)
    return lambda value: "null" if value is None else write(value)


def _boolean(value: bool) -> str:  # noqa: FBT001 -- a value, not a switch
    return "true" if value else "false"


def _decimal(value: Decimal) -> str:
    return f"{value:f}"


def double_text(value: float) -> str:
    """A double as Java's ``Double.toString`` writes it."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _java(value, repr(value))


def real_text(value: float) -> str:
    """The shortest text that is the same number in single precision."""
    if math.isnan(value) or math.isinf(value):
        return double_text(value)
    import struct

    for digits in range(1, 10):
        written = f"{value:.{digits}g}"
        if struct.pack("f", float(written)) == struct.pack("f", value):
            break
    return _java(value, written)


def _java(value: float, shortest: str) -> str:
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_TO:
        plain = f"{Decimal(shortest):f}"
        return plain if "." in plain else f"{plain}.0"
    sign, digits, exponent = Decimal(shortest).as_tuple()
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    power = int(exponent) + len(digits) - 1
    return f"{'-' if sign else ''}{figures[0]}.{figures[1:] or '0'}E{power}"


def _moment(value: datetime, digits: int) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond:06d}"[: 20 + digits]


def _time(value: Any) -> str:
    return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}"


def _interval(value: timedelta) -> str:
    milliseconds = round(value / timedelta(milliseconds=1))
    sign, rest = ("-", -milliseconds) if milliseconds < 0 else ("", milliseconds)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{sign}{day} {hour:02d}:{minute:02d}:{second:02d}.{millis:03d}"


def _binary(value: bytes) -> str:
    return " ".join(f"{byte:02x}" for byte in value)


_SIMPLE: dict[str, Callable[[Any], str]] = {
    "boolean": _boolean,
    "double": double_text,
    "real": real_text,
    "decimal": _decimal,
    "time": _time,
    "varbinary": _binary,
    "interval day to second": _interval,
}


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    if name[0] in "+-":
        hours, minutes = name[1:].split(":")
        shift = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(shift if name[0] == "+" else -shift)
    import pytz  # type: ignore[import-untyped]  # ships no types; the only zones on every machine

    zone: tzinfo = pytz.timezone(name)
    return zone


def csv(names: Sequence[str], rows: Iterable[Row]) -> bytes:
    """The result object: every value quoted, NULL as nothing at all."""
    written = []
    for row in ([tuple(names)], rows):
        for cells in row:
            quoted = [
                '"' + cell.replace('"', '""') + '"' if cell is not None else "" for cell in cells
            ]
            written.append(",".join(quoted))
    return ("\n".join(written) + "\n").encode()


def lines(rows: Iterable[Row]) -> bytes:
    """The result object of a statement that is no query: plain lines."""
    return "".join("\t".join(value or "" for value in row) + "\n" for row in rows).encode()
