"""Trino's types as Hive's words, partition values as names of folders."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.types import MILLISECONDS, Type

_WORDS = {
    "boolean": "boolean",
    "tinyint": "tinyint",
    "smallint": "smallint",
    "integer": "int",
    "bigint": "bigint",
    "real": "float",
    "double": "double",
    "varbinary": "binary",
    "date": "date",
    "timestamp": "timestamp",
}
_LONGEST_VARCHAR = 65535  # Hive's limit; a longer one is a string
# What Hive's FileUtils.escapePathName writes as %XX.
_ESCAPED = re.compile("[\x00-\x1f\x7f\"#%'*/:=?\\\\{}\\[\\]^]")


def hive_type(kind: Type, column: str) -> str:
    """Hive's word for a type.

    Args:
        kind: Trino's type.
        column: whose, for messages.

    Raises:
        StatementError: Hive's tables have no such type.
    """
    if kind.name == "unknown":
        raise StatementError("COLUMN_TYPE_UNKNOWN", f"line 1:1: Column type is unknown: {column}")
    if kind.name == "varchar":
        short = kind.numbers and kind.numbers[0] <= _LONGEST_VARCHAR
        return f"varchar({kind.numbers[0]})" if short else "string"
    if kind.is_a("char", "decimal"):
        return str(kind)
    if kind.name == "timestamp" and kind.numbers and kind.numbers[0] != MILLISECONDS:
        raise StatementError(
            "NOT_SUPPORTED",
            f"Incorrect timestamp precision for {kind}; the configured precision is MILLISECONDS; "
            f"column name: {column}",
        )
    if kind.name == "row":
        return _struct(kind, column)
    if kind.items:
        return f"{kind.name}<{','.join(hive_type(item, column) for item in kind.items)}>"
    if kind.name not in _WORDS:
        raise StatementError("NOT_SUPPORTED", f"Unsupported Hive type: {kind}")
    return _WORDS[kind.name]


def _struct(kind: Type, column: str) -> str:
    if None in kind.fields:
        raise StatementError(
            "NOT_SUPPORTED",
            f"Anonymous row type is not supported in Hive. Please give each field a name: {kind}",
        )
    fields = zip(kind.fields, kind.items, strict=True)
    return f"struct<{','.join(f'{name}:{hive_type(item, column)}' for name, item in fields)}>"


def folder(keys: Iterable[str], values: Iterable[str]) -> str:
    """``key=value/key=value`` as Hive names the folder of a partition."""
    return "/".join(
        f"{_escape(key)}={_escape(value)}" for key, value in zip(keys, values, strict=True)
    )


def _escape(part: str) -> str:
    return _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", part)


def values_of(path: str, keys: Iterable[str]) -> tuple[str, ...] | None:
    """The values in a folder's name, or None when it is none of a table with these keys."""
    values = []
    for part, key in zip(path.split("/"), keys, strict=False):
        named, equals, value = part.partition("=")
        if not equals or unquote(named).lower() != key:
            return None
        values.append(unquote(value))
    return tuple(values)
