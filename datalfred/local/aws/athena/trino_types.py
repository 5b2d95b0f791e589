"""Trino's types as a view's entry writes them, read back."""

import re

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.types import Type

_PLAIN = {
    str(kind): kind
    for kind in (
        *(types.BOOLEAN, types.TINYINT, types.SMALLINT, types.INTEGER, types.BIGINT, types.REAL),
        *(types.DOUBLE, types.VARCHAR, types.VARBINARY, types.JSON, types.DATE),
        *(types.DAY_TO_SECOND, types.YEAR_TO_MONTH, Type("uuid")),
    )
}
_PLAIN |= {"timestamp": types.TIMESTAMP, "time": types.TIME, "int": types.INTEGER}
_PLAIN["timestamp with time zone"] = types.TIMESTAMP_TZ
_NUMBERS = re.compile(
    r"(varchar|char|decimal|timestamp|time)\((\d+)(?:,\s*(\d+))?\)( with time zone)?"
)
_NESTED = re.compile(r"(array|map|row)\((.*)\)", re.DOTALL)
_FIELD = re.compile(r'(?:"([^"]+)"|(\w+))\s+(.+)', re.DOTALL)


def from_trino(written: str) -> Type:
    """The type; ``unknown`` for one that is not read here."""
    said = written.strip().lower()
    if said in _PLAIN:
        return _PLAIN[said]
    if numbered := _NUMBERS.fullmatch(said):
        digits = tuple(int(each) for each in numbered.groups()[1:3] if each)
        return Type(f"{numbered[1]}{numbered[4] or ''}", digits)
    nested = _NESTED.fullmatch(said)
    return types.UNKNOWN if nested is None else _nested(nested[1], _split(nested[2]))


def _nested(base: str, parts: list[str]) -> Type:
    fields: list[str | None] = []
    if base == "row":
        named = [_FIELD.fullmatch(part) for part in parts]
        fields = [each and (each[1] or each[2]) for each in named]
        parts = [each[3] if each else part for each, part in zip(named, parts, strict=True)]
    items = tuple(from_trino(part) for part in parts)
    if types.UNKNOWN in items or len(items) != {"array": 1, "map": 2}.get(base, len(items)):
        return types.UNKNOWN
    return types.row(items, fields) if base == "row" else Type(base, items=items)


def _split(inside: str) -> list[str]:
    parts, depth = [""], 0
    for character in inside:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]
