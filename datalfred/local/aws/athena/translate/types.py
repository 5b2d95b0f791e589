"""Trino's types: how they print, which coerce to which, and what DuckDB stores them as."""

from collections.abc import Sequence
from dataclasses import dataclass

MAX_PRECISION = 38
MILLISECONDS = 3
MAX_CHAR = 65_536


@dataclass(frozen=True)
class Type:
    """One type of Trino.

    Attributes:
        name: Trino's base name, such as ``bigint``, ``decimal``, ``array``.
        numbers: precision and scale of a decimal, length of a varchar (none: unbounded), digits of
            a second's fraction of a timestamp.
        items: element, key and value, or field types.
        fields: names of a row's fields; None for a field without a name.
        zone: of a ``timestamp with time zone``: the zone that all its values print in.
    """

    name: str
    numbers: tuple[int, ...] = ()
    items: tuple["Type", ...] = ()
    fields: tuple[str | None, ...] = ()
    zone: str = "UTC"

    def __str__(self) -> str:
        if self.name == "row":
            named = (
                f"{field} {item}" if field else str(item)
                for field, item in zip(self.fields, self.items, strict=True)
            )
            return f"row({', '.join(named)})"
        if self.name == "timestamp with time zone":
            return f"timestamp({self.numbers[0]}) with time zone"
        if self.items:
            return f"{self.name}({', '.join(map(str, self.items))})"
        return f"{self.name}({','.join(map(str, self.numbers))})" if self.numbers else self.name

    @property
    def item(self) -> "Type":
        """The element of an array."""
        return self.items[0]

    def is_a(self, *names: str) -> bool:
        """Whether this is one of the named base types."""
        return self.name in names


UNKNOWN = Type("unknown")
BOOLEAN = Type("boolean")
TINYINT, SMALLINT, INTEGER, BIGINT = map(Type, ("tinyint", "smallint", "integer", "bigint"))
REAL, DOUBLE = Type("real"), Type("double")
VARCHAR, VARBINARY, JSON = Type("varchar"), Type("varbinary"), Type("json")
SORTED_JSON = Type("json", zone="sorted")
"""What ``json_parse`` returns: Trino has sorted its keys, DuckDB has not."""
DATE = Type("date")
TIME = Type("time", (MILLISECONDS,))
TIMESTAMP = Type("timestamp", (MILLISECONDS,))
TIMESTAMP_TZ = Type("timestamp with time zone", (MILLISECONDS,))
DAY_TO_SECOND, YEAR_TO_MONTH = Type("interval day to second"), Type("interval year to month")

INTEGERS = ("tinyint", "smallint", "integer", "bigint")
NUMBERS = (*INTEGERS, "decimal", "real", "double")
MOMENTS = ("date", "timestamp", "timestamp with time zone")
_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_DUCKDB = {
    "unknown": "INTEGER",
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "varchar": "VARCHAR",
    "char": "VARCHAR",
    "varbinary": "BLOB",
    "json": "JSON",
    "uuid": "UUID",
    "date": "DATE",
    "time": "TIME",
    "timestamp": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMPTZ",
    "interval day to second": "INTERVAL",
    "interval year to month": "INTERVAL",
}


def decimal(precision: int, scale: int) -> Type:
    """``decimal(precision, scale)``, no wider than Trino's 38 digits."""
    return Type("decimal", (min(precision, MAX_PRECISION), scale))


def varchar(length: int) -> Type:
    """``varchar(length)``."""
    return Type("varchar", (length,))


def char(length: int) -> Type:
    """``char(length)``, kept with its blanks."""
    return Type("char", (length,))


def text_like(kind: Type) -> Type:
    """The varchar that holds texts of ``kind``, a varchar or a char."""
    return Type("varchar", kind.numbers)


def array(item: Type) -> Type:
    """``array(item)``."""
    return Type("array", items=(item,))


def map_of(key: Type, value: Type) -> Type:
    """``map(key, value)``."""
    return Type("map", items=(key, value))


def row(items: Sequence[Type], fields: Sequence[str | None] = ()) -> Type:
    """``row(field type, ...)``; without ``fields`` none has a name."""
    return Type("row", items=tuple(items), fields=tuple(fields) or (None,) * len(items))


def field_name(kind: Type, index: int) -> str:
    """What DuckDB and Athena's output call the field of a row that has no name of its own."""
    return kind.fields[index] or f"field{index}"


def duckdb_type(kind: Type) -> str:
    """The DuckDB type in which values of ``kind`` are kept."""
    if kind.name == "decimal":
        return f"DECIMAL({kind.numbers[0]},{kind.numbers[1]})"
    if kind.name == "array":
        return f"{duckdb_type(kind.item)}[]"
    if kind.name == "map":
        return f"MAP({', '.join(map(duckdb_type, kind.items))})"
    if kind.name == "row":
        names = (field_name(kind, index).replace('"', '""') for index in range(len(kind.items)))
        fields = (
            f'"{called}" {duckdb_type(item)}'
            for called, item in zip(names, kind.items, strict=True)
        )
        return f"STRUCT({', '.join(fields)})"
    return _DUCKDB[kind.name]


def as_decimal(kind: Type) -> Type:
    """The decimal that holds every value of an integer type; a decimal is itself."""
    return kind if kind.name == "decimal" else decimal(_DIGITS[kind.name], 0)


def common_type(left: Type, right: Type) -> Type | None:
    """The type that both coerce to (Trino's ``getCommonSuperType``), or None."""
    if left == right or right.name == "unknown":
        return left
    if left.name == "unknown":
        return right
    if left.is_a(*NUMBERS) and right.is_a(*NUMBERS):
        return _common_number(left, right)
    if left.is_a("char", "varchar") and right.is_a("char", "varchar"):
        return _common_text(left, right)
    return _common_parameters(left, right) if left.name == right.name else _moment(left, right)


def _moment(left: Type, right: Type) -> Type | None:
    if left.is_a(*MOMENTS) and right.is_a(*MOMENTS):
        return max(left, right, key=lambda kind: (MOMENTS.index(kind.name), kind.numbers))
    return None


def _common_number(left: Type, right: Type) -> Type:
    wider = max(left, right, key=lambda kind: NUMBERS.index(kind.name))
    if wider.name != "decimal":
        return wider
    one, two = as_decimal(left).numbers, as_decimal(right).numbers
    scale = max(one[1], two[1])
    return decimal(max(one[0] - one[1], two[0] - two[1]) + scale, scale)


def _common_text(left: Type, right: Type) -> Type:
    """The longer of both; a char where one of them is."""
    if "char" in {left.name, right.name}:
        widest = max(each.numbers or (MAX_CHAR,) for each in (left, right))
        return char(min(widest[0], MAX_CHAR))
    bounded = left.numbers and right.numbers
    return varchar(max(left.numbers[0], right.numbers[0])) if bounded else VARCHAR


def _common_parameters(left: Type, right: Type) -> Type | None:
    if left.name == "json":
        return SORTED_JSON
    if left.is_a("timestamp", "time", "timestamp with time zone"):
        zone = left.zone if left.zone == right.zone else "UTC"
        return Type(left.name, max(left.numbers, right.numbers), zone=zone)
    if left.is_a("array", "map", "row") and len(left.items) == len(right.items):
        items = [common_type(*pair) for pair in zip(left.items, right.items, strict=True)]
        if None in items:
            return None
        fields = tuple(
            one if one == two else None for one, two in zip(left.fields, right.fields, strict=True)
        )
        return Type(left.name, items=tuple(item for item in items if item), fields=fields)
    return None


def coerces(source: Type, target: Type) -> bool:
    """Whether Trino turns ``source`` into ``target`` without being asked."""
    if source.name == "char" and target == Type("char"):
        return True
    if source.name == "varchar" and target.name == "varchar":
        return not target.numbers or bool(source.numbers and source.numbers <= target.numbers)
    return common_type(source, target) == target
