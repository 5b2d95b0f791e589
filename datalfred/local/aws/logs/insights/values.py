"""SQL expressions with the kinds of values that Insights knows.

What comes from a log is text, even where it looks like a number; functions and operators convert as
they need. A conversion that fails gives null, and a comparison with null does not hold.
"""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The kinds of values."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    BOOLEAN = "boolean"
    PERIOD = "period"
    """Milliseconds, written as ``5m``."""
    STRUCTURE = "structure"
    """JSON: a map, a list, or something in one."""


@dataclass(frozen=True)
class Value:
    """A piece of SQL.

    Attributes:
        sql: the expression.
        kind: of its result.
        aggregates: whether it sums up events.
        literal: the value itself where it stands in the query.
        whole: whether it is a map or list for sure, and not something in one.
    """

    sql: str
    kind: Kind
    aggregates: bool = False
    literal: str | float | None = None
    whole: bool = False

    @property
    def number(self) -> str:
        """As a DOUBLE; text that is no number is null."""
        match self.kind:
            case Kind.NUMBER:
                return self.sql
            case Kind.TIME:
                return f"CAST(epoch_ms({self.sql}) AS DOUBLE)"
            case Kind.BOOLEAN:
                return f"CAST({self.sql} AS DOUBLE)"
            case _:
                return f"TRY_CAST({self.plain.sql} AS DOUBLE)"

    @property
    def text(self) -> str:
        """As a VARCHAR, in the form in which results show it."""
        match self.kind:
            case Kind.NUMBER:
                return f"number_text({self.sql})"
            case Kind.TIME:
                return f"strftime({self.sql}, '%Y-%m-%d %H:%M:%S.%g')"
            case Kind.BOOLEAN:
                return f"CASE WHEN {self.sql} THEN '1' ELSE '0' END"
            case Kind.STRUCTURE:
                return f"json_field({self.sql}, '$')"
            case _:
                return self.sql

    @property
    def plain(self) -> "Value":
        """Itself; what stands in a map or list as text, and a map or list as null."""
        if self.kind is not Kind.STRUCTURE:
            return self
        return Value(self.text, Kind.TEXT, self.aggregates)

    @property
    def shown(self) -> str:
        """As a column of the results, in which a map or list is its JSON."""
        if self.kind is not Kind.STRUCTURE:
            return self.sql
        return f"coalesce({self.text}, CAST({self.sql} AS VARCHAR))"

    @property
    def condition(self) -> str:
        """As a BOOLEAN that is never null."""
        if self.kind is Kind.BOOLEAN:
            return f"coalesce({self.sql}, false)"
        if self.kind in {Kind.TEXT, Kind.STRUCTURE}:
            return f"coalesce({self.number} <> 0, {self.text} = 'true', false)"
        return f"coalesce({self.number} <> 0, false)"


def text(content: str) -> Value:
    """A string of the query."""
    return Value(quoted(content), Kind.TEXT, literal=content)


def quoted(content: str) -> str:
    """``content`` as a literal of SQL."""
    return "'" + content.replace("'", "''").replace("\x00", "") + "'"


def compare(sign: str, left: Value, right: Value) -> Value:
    """A comparison. ``!=`` holds wherever ``=`` does not, so also where a field is missing."""
    left, right = left.plain, right.plain
    aggregates = left.aggregates or right.aggregates
    if sign in {"=", "=="}:
        return Value(f"coalesce({_equal(left, right)}, false)", Kind.BOOLEAN, aggregates)
    if sign == "!=":
        return Value(f"(NOT coalesce({_equal(left, right)}, false))", Kind.BOOLEAN, aggregates)
    return Value(f"coalesce({_ordered(sign, left, right)}, false)", Kind.BOOLEAN, aggregates)


def _equal(left: Value, right: Value) -> str:
    kinds = {left.kind, right.kind}
    if Kind.BOOLEAN in kinds and Kind.TEXT in kinds:
        truth, field = (left, right) if left.kind is Kind.BOOLEAN else (right, left)
        # A JSON boolean is 1 or 0 in the results; some write it as a word.
        return f"({field.sql} IN ({truth.text}, CAST({truth.sql} AS VARCHAR)))"
    if kinds <= {Kind.TEXT}:
        return f"({left.sql} = {right.sql})"
    return f"({left.number} = {right.number})"


def _ordered(sign: str, left: Value, right: Value) -> str:
    numeric = f"({left.number} {sign} {right.number})"
    if left.kind is not Kind.TEXT or right.kind is not Kind.TEXT:
        return numeric
    both = f"{left.number} IS NOT NULL AND {right.number} IS NOT NULL"
    return f"(CASE WHEN {both} THEN {numeric} ELSE {left.sql} {sign} {right.sql} END)"
