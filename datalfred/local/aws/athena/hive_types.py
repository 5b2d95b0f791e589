"""Hive's types, as the Glue catalog writes them, as Trino's."""

import re

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.types import Type

_SIMPLE = {
    "tinyint": types.TINYINT,
    "smallint": types.SMALLINT,
    "int": types.INTEGER,
    "integer": types.INTEGER,
    "bigint": types.BIGINT,
    "float": types.REAL,
    "real": types.REAL,
    "double": types.DOUBLE,
    "double precision": types.DOUBLE,
    "boolean": types.BOOLEAN,
    "string": types.VARCHAR,
    "varchar": types.VARCHAR,
    "binary": types.VARBINARY,
    "date": types.DATE,
    "timestamp": types.TIMESTAMP,
    "decimal": Type("decimal", (10, 0)),
}
_UNSUPPORTED = Type("unsupported")
_PARAMETERS = re.compile(r"(\w+)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def from_hive(written: str) -> Type:
    """Trino's type for Hive's; ``unsupported`` for one that is not read here.

    A table may have a column of an unsupported type, as long as no query reads it.
    """
    kind = written.strip().lower()
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    parameters = _PARAMETERS.fullmatch(kind)
    if parameters:
        return _with_numbers(parameters)
    base, _, inside = kind.partition("<")
    return _with_items(base, _split(inside[:-1])) if inside.endswith(">") else _UNSUPPORTED


def is_readable(written: str) -> bool:
    """Whether columns of Hive's type are read here."""
    return from_hive(written) != _UNSUPPORTED


def _with_numbers(parameters: re.Match[str]) -> Type:
    if parameters[1] == "decimal":
        return types.decimal(int(parameters[2]), int(parameters[3] or 0))
    if parameters[1] == "varchar":
        return types.varchar(int(parameters[2]))
    if parameters[1] == "char":
        return types.char(int(parameters[2]))
    return _UNSUPPORTED


def _with_items(base: str, items: list[str]) -> Type:
    fields: list[str | None] = []
    if base == "struct":
        named = [item.partition(":") for item in items]
        fields = [field.strip() for field, _, _ in named]
        items = [item for _, _, item in named]
    kinds = tuple(from_hive(item) for item in items)
    counts = {"array": 1, "map": 2, "struct": len(items)}
    if counts.get(base) != len(items) or _UNSUPPORTED in kinds:
        return _UNSUPPORTED
    return types.row(kinds, fields) if base == "struct" else Type(base, items=kinds)


def _split(inside: str) -> list[str]:
    parts, depth = [""], 0
    for character in inside:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
