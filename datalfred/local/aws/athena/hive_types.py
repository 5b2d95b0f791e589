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
_PARAMETERS = re.compile(r"(\w+)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)")


def from_hive(written: str) -> Type:
    """Trino's type for Hive's; ``unsupported`` for one that is not read here.

    A table may have a column of an unsupported type, as long as no query reads it.
    """
    kind = written.strip().lower()
    if kind in _SIMPLE:
        return _SIMPLE[kind]
    parameters = _PARAMETERS.fullmatch(kind)
    if parameters and parameters[1] == "decimal":
        return types.decimal(int(parameters[2]), int(parameters[3] or 0))
    if parameters and parameters[1] == "varchar":
        return types.varchar(int(parameters[2]))
    base, _, inside = kind.partition("<")
    items = _split(inside[:-1]) if inside.endswith(">") else []
    if base == "array" and len(items) == 1:
        return _nested(types.array, [from_hive(items[0])])
    if base == "map" and len(items) == 2:  # noqa: PLR2004 -- key and value
        return _nested(types.map_of, [from_hive(item) for item in items])
    if base == "struct" and all(":" in item for item in items) and items:
        named = [item.split(":", 1) for item in items]
        kinds = [from_hive(item) for _, item in named]
        return _nested(lambda *each: types.row(each, [field.strip() for field, _ in named]), kinds)
    return Type("unsupported")


def _nested(make: object, items: list[Type]) -> Type:
    if any(item.name == "unsupported" for item in items) or not callable(make):
        return Type("unsupported")
    made: Type = make(*items)
    return made


def _split(inside: str) -> list[str]:
    parts, depth = [""], 0
    for character in inside:
        depth += (character in "<(") - (character in ">)")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
