r"""Rows as lines of text, as Trino's Hive connector writes them (``io.trino.hive.formats``).

Hive's delimited text escapes nothing unless the table names an escape character: a delimiter or a
line break inside a value is written as it is, and shifts what is read back. NULL is ``\N``. JSON
carries every value but bytes that are no UTF-8, which Hive corrupts; they are refused here.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from datalfred.local.aws.athena.delimited import separators
from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.rendering import double_text, real_text
from datalfred.local.aws.athena.translate.types import VARCHAR, Type
from datalfred.local.aws.athena.writes.formats import Format

_Columns: TypeAlias = Sequence[tuple[str, Type]]
_Text: TypeAlias = Callable[[Any], str]
_UNSAFE_DOUBLES = ("NaN", "Infinity", "-Infinity")


def line_writer(form: Format, columns: _Columns) -> Callable[[Sequence[Any]], str]:
    """Writes a row of DuckDB's values as one line, with its end.

    Raises:
        StatementError: the format has no text for a column's type.
    """
    if form.kind == "json":
        return _json_lines(columns)
    if form.kind == "opencsv":
        return _csv_lines(form.options, columns)
    return _delimited_lines(form.options, columns)


def header_line(form: Format, columns: _Columns) -> str:
    """The line of names that the readers of the table skip."""
    names = [name for name, _ in columns]
    if form.kind == "opencsv":
        return _csv_lines(form.options, [(name, VARCHAR) for name in names])(names)
    return separators(form.options)[0].join(names) + "\n"


# -- values


def _timestamp(value: datetime) -> str:
    fraction = f".{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
    return f"{value.isoformat(' ', 'seconds')}{fraction}"


_SIMPLE: dict[str, _Text] = {
    "boolean": lambda value: "true" if value else "false",
    "double": double_text,
    "real": real_text,
    "decimal": lambda value: f"{value:f}",
    "date": str,
    "timestamp": _timestamp,
    "varbinary": lambda value: base64.b64encode(value).decode(),
}


def _scalar(kind: Type) -> _Text:
    return _SIMPLE.get(kind.name, str)


# -- JSON


def _json_lines(columns: _Columns) -> Callable[[Sequence[Any]], str]:
    writers = [(json.dumps(name, ensure_ascii=False), _json(kind)) for name, kind in columns]

    def write(row: Sequence[Any]) -> str:
        members = (
            f"{name}:{write_value(value)}"
            for (name, write_value), value in zip(writers, row, strict=True)
        )
        return "{" + ",".join(members) + "}\n"

    return write


def _json(kind: Type) -> _Text:
    write = _json_value(kind)
    return lambda value: "null" if value is None else write(value)


def _json_value(kind: Type) -> _Text:
    if kind.name == "array":
        item = _json(kind.item)
        return lambda value: "[" + ",".join(map(item, value)) + "]"
    if kind.name == "map":
        key, item = _json_key(kind.items[0]), _json(kind.items[1])
        return lambda value: (
            "{" + ",".join(f"{key(one)}:{item(two)}" for one, two in value.items()) + "}"
        )
    if kind.name == "row":
        return _json_row(kind)
    return _json_scalar(kind)


def _json_row(kind: Type) -> _Text:
    items = [
        (json.dumps(name, ensure_ascii=False), _json(item))
        for name, item in zip(kind.fields, kind.items, strict=True)
    ]

    def write(value: Mapping[str, Any]) -> str:
        pairs = zip(items, value.values(), strict=True)
        return "{" + ",".join(f"{name}:{item(each)}" for (name, item), each in pairs) + "}"

    return write


def _json_key(kind: Type) -> _Text:
    write = _utf8 if kind.name == "varbinary" else _scalar(kind)
    return lambda value: json.dumps(write(value), ensure_ascii=False)


def _json_scalar(kind: Type) -> _Text:
    if kind.name == "varbinary":
        return lambda value: json.dumps(_utf8(value), ensure_ascii=False)
    write = _scalar(kind)
    if kind.is_a("real", "double"):
        return lambda value: (
            json.dumps(write(value)) if write(value) in _UNSAFE_DOUBLES else write(value)
        )
    if kind.is_a("varchar", "char", "date", "timestamp"):
        return lambda value: json.dumps(write(value), ensure_ascii=False)
    return write


def _utf8(value: bytes) -> str:
    try:
        return bytes(value).decode()
    except UnicodeDecodeError:
        raise StatementError(
            "NOT_SUPPORTED",
            "Hive's JSON corrupts bytes that are no UTF-8, and the embedded Athena does not write "
            "them; use to_base64, or another format",
        ) from None


# -- delimited text


def _delimited_lines(options: Mapping[str, str], columns: _Columns) -> Callable[..., str]:
    levels = separators(options)
    null = options.get("serialization.null.format", "\\N")
    escape = options.get("escape.delim", "")
    writers = [_delimited(kind, 1, levels, null, escape) for _, kind in columns]

    def write(row: Sequence[Any]) -> str:
        cells = (
            null if value is None else cell(value) for cell, value in zip(writers, row, strict=True)
        )
        return levels[0].join(cells) + "\n"

    return write


def _delimited(kind: Type, level: int, levels: str, null: str, escape: str) -> _Text:
    """A value at a depth of nesting: each depth has a separator of its own, a map two."""
    if not kind.items:
        return _escaping(kind, levels, escape)
    deeper = level + (2 if kind.name == "map" else 1)
    if deeper > len(levels):
        raise StatementError("NOT_SUPPORTED", f"The type {kind} is nested too deeply for text")
    items = [_delimited(item, deeper, levels, null, escape) for item in kind.items]

    def cell(write: _Text, value: Any) -> str:
        return null if value is None else write(value)

    if kind.name == "array":
        return lambda value: levels[level].join(cell(items[0], each) for each in value)
    if kind.name == "map":
        return lambda value: levels[level].join(
            f"{cell(items[0], one)}{levels[level + 1]}{cell(items[1], two)}"
            for one, two in value.items()
        )
    return lambda value: levels[level].join(
        cell(write, each) for write, each in zip(items, value.values(), strict=True)
    )


def _escaping(kind: Type, levels: str, escape: str) -> _Text:
    write = _scalar(kind)
    if not escape or not kind.is_a("varchar", "char"):
        return write
    special = str.maketrans({each: f"{escape}{each}" for each in {*levels, escape}})
    return lambda value: write(value).translate(special)


# -- quoted text (OpenCSVSerde)


def _csv_lines(options: Mapping[str, str], columns: _Columns) -> Callable[[Sequence[Any]], str]:
    wrong = [f"{name} {kind}" for name, kind in columns if str(kind) != "varchar"]
    if wrong:
        raise StatementError(
            "NOT_SUPPORTED",
            "Hive CSV storage format only supports VARCHAR (unbounded). Unsupported columns: "
            + ", ".join(wrong),
        )
    comma, quote = options.get("separatorChar", ","), options.get("quoteChar", '"')
    special = str.maketrans({each: f"{options.get('escapeChar', quote)}{each}" for each in quote})

    def write(row: Sequence[Any]) -> str:
        # OpenCSVSerde knows no NULL: it is written, and read back, as an empty text.
        cells = (f"{quote}{(value or '').translate(special)}{quote}" for value in row)
        return comma.join(cells) + "\n"

    return write
