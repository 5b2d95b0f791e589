"""DuckDB's types as Athena's, and what a column must be cast to where Athena has no such type."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_SIMPLE = {
    "boolean": "boolean", "tinyint": "tinyint", "smallint": "smallint", "integer": "int",
    "bigint": "bigint", "float": "float", "double": "double", "varchar": "string",
    "blob": "binary", "date": "date", "timestamp": "timestamp",
}  # fmt: skip
_CAST = {
    "utinyint": ("SMALLINT", "smallint"),
    "usmallint": ("INTEGER", "int"),
    "uinteger": ("BIGINT", "bigint"),
    "ubigint": ("DECIMAL(20, 0)", "decimal(20,0)"),
    "hugeint": ("DECIMAL(38, 0)", "decimal(38,0)"),
    "timestamp_s": ("TIMESTAMP", "timestamp"),
    "timestamp_ms": ("TIMESTAMP", "timestamp"),
    "timestamp_ns": ("TIMESTAMP", "timestamp"),
    "timestamp with time zone": ("TIMESTAMP", "timestamp"),
}
_NAME = "abcdefghijklmnopqrstuvwxyz0123456789_"


@dataclass(frozen=True)
class Mapped:
    """A column's type in Athena.

    Attributes:
        athena: the type.
        cast: DuckDB's type to cast to first; empty when the files can be read as they are.
    """

    athena: str
    cast: str = ""


def mapped(kind: "DuckDBPyType") -> Mapped:
    """The type of Athena that holds every value of ``kind``; a string where there is none.

    Times with a zone are UTC in Athena; nested values with parts that Athena lacks are JSON texts.
    """
    if kind.id == "varchar" and str(kind) != "VARCHAR":
        return Mapped("string", "VARCHAR")  # JSON
    if kind.id in _SIMPLE:
        return Mapped(_SIMPLE[kind.id])
    if kind.id in _CAST:
        to, athena = _CAST[kind.id]
        return Mapped(athena, to)
    if kind.id == "decimal":
        return Mapped(str(kind).lower())
    if kind.id in {"list", "struct", "map"}:
        nested = _nested(kind)
        return Mapped(nested) if nested else Mapped("string", "JSON")
    return Mapped("string", "JSON" if kind.id in {"array", "union"} else "VARCHAR")


def _nested(kind: "DuckDBPyType") -> str:
    """A nested type, or nothing when Athena lacks a part of it."""
    children = cast("list[tuple[str, DuckDBPyType]]", kind.children)
    parts = {name: mapped(child) for name, child in children}
    if any(part.cast for part in parts.values()):
        return ""
    if kind.id == "list":
        return f"array<{parts['child'].athena}>"
    if kind.id == "map":
        return f"map<{parts['key'].athena},{parts['value'].athena}>"
    if not all(set(name) <= set(_NAME) for name in parts):
        return ""
    return f"struct<{','.join(f'{name}:{part.athena}' for name, part in parts.items())}>"
