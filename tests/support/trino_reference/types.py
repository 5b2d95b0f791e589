"""Types and what they coerce to.

https://trino.io/docs/current/language/types.html
https://trino.io/docs/current/functions/conversion.html#implicit-coercion
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A type: its name, its numbers, its element."""

    name: str
    numbers: tuple[int, ...] = ()
    item: "Type | None" = None

    def __str__(self):
        if self.item is not None:
            return f"{self.name}({self.item})"
        return f"{self.name}({','.join(map(str, self.numbers))})" if self.numbers else self.name


INTEGER, BIGINT, DOUBLE = Type("integer"), Type("bigint"), Type("double")
BOOLEAN, VARCHAR, DATE = Type("boolean"), Type("varchar"), Type("date")
TIMESTAMP = Type("timestamp", (3,))
WIDEST = 38
_NUMBERS = ("integer", "bigint", "decimal", "double")
_DIGITS = {"integer": 10, "bigint": 19}
LIMITS = {"integer": 2**31, "bigint": 2**63}


def decimal(precision, scale):
    """``decimal(precision, scale)`` with at most 38 digits."""
    return Type("decimal", (min(precision, WIDEST), scale))


def varchar(length):
    """``varchar(length)``."""
    return Type("varchar", (length,))


def array(item):
    """``array(item)``."""
    return Type("array", item=item)


def is_number(kind):
    """Whether one can calculate with values of the type."""
    return kind.name in _NUMBERS


def as_decimal(kind):
    """The decimal that holds an integer type."""
    return decimal(_DIGITS[kind.name], 0) if kind.name in _DIGITS else kind


def common(one, two):
    """The type that both coerce to, or None."""
    if one == two:
        return one
    if is_number(one) and is_number(two):
        wider = max(one, two, key=lambda kind: _NUMBERS.index(kind.name))
        return (
            _wider_decimal(as_decimal(one), as_decimal(two)) if wider.name == "decimal" else wider
        )
    if one.name == two.name == "varchar":
        return varchar(max(one.numbers + two.numbers)) if one.numbers and two.numbers else VARCHAR
    if {one.name, two.name} == {"date", "timestamp"}:
        return TIMESTAMP
    if one.name == two.name == "array":
        item = common(one.item, two.item)
        return item and array(item)
    return None


def _wider_decimal(one, two):
    (p1, s1), (p2, s2) = one.numbers, two.numbers
    scale = max(s1, s2)
    return decimal(max(p1 - s1, p2 - s2) + scale, scale)
