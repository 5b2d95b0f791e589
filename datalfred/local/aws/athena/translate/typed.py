"""A translated expression: DuckDB's text, Trino's type, and what it was made of."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.types import Type

Use = tuple[int, str]
"""A column of a scan that the text reads: number of the scan, name of the column."""


@dataclass(frozen=True)
class Reference:
    """A column of a relation, as an expression names it.

    Attributes:
        sql: the qualified text, equal for equal columns.
        query: number of the query whose FROM holds the relation.
        relation: alias of the relation in DuckDB's text.
        column: its name in that relation.
        text: as the statement wrote it, for messages.
        at: line and column in the statement.
        origins: the partition keys of scans that it is.
    """

    sql: str
    query: int
    relation: str
    column: str
    text: str
    at: tuple[int, int]
    origins: frozenset[Use] = frozenset()


@dataclass(frozen=True)
class Typed:
    """A translated expression.

    Attributes:
        sql: DuckDB's text; safe to place anywhere (parenthesised where it must be).
        type: Trino's type of the value.
        columns: references outside aggregate functions.
        uses: the columns of scans that are read.
        aggregate: whether it holds an aggregate function of the query at hand.
        window: whether it holds a window function.
        volatile: whether two evaluations may differ.
        query: whether it holds a subquery.
        constant: the text of a string literal, for functions that need one.
        label: the name that a SELECT gives the value when it is not aliased.
    """

    sql: str
    type: Type
    columns: tuple[Reference, ...] = ()
    uses: frozenset[Use] = frozenset()
    aggregate: bool = False
    window: bool = False
    volatile: bool = False
    query: bool = False
    constant: str | None = None
    label: str = ""

    def to(self, sql: str, kind: Type) -> "Typed":
        """The same parts in another text of another type."""
        return replace(self, sql=sql, type=kind, constant=None, label="")


def made_of(sql: str, kind: Type, parts: Iterable[Typed], *, volatile: bool = False) -> Typed:
    """An expression whose text was written from ``parts``."""
    known = tuple(parts)
    return Typed(
        sql,
        kind,
        columns=tuple(reference for part in known for reference in part.columns),
        uses=frozenset().union(*(part.uses for part in known)),
        aggregate=any(part.aggregate for part in known),
        window=any(part.window for part in known),
        volatile=volatile or any(part.volatile for part in known),
        query=any(part.query for part in known),
    )


def text(value: str) -> str:
    """A string literal of DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def name(value: str) -> str:
    """A quoted identifier of DuckDB."""
    return '"' + value.replace('"', '""') + '"'


FAILURE_MARK = "!!"


def guard(condition: str, value: str, code: str, message: str) -> str:
    """``value`` where ``condition`` holds, else the failure ``code`` when a row gets there.

    The failure is a cast that cannot succeed, because DuckDB evaluates it lazily inside CASE and
    catches it in TRY, unlike ``error()``, which counts as volatile.

    Args:
        condition: DuckDB's text of a boolean; NULL counts as not held.
        value: DuckDB's text of the result.
        code: Trino's error code.
        message: DuckDB's text of a string: what went wrong.
    """
    # The NULL of a map takes any type. Out of a list DuckDB knows it is NULL, and looks no further.
    failure = f"map([1], [NULL])[CAST({text(f'{FAILURE_MARK}{code}: ')} || {message} AS INTEGER)]"
    return f"CASE WHEN {condition} THEN {value} ELSE {failure} END"


def mismatch(message: str, at: tuple[int, int]) -> StatementError:
    """The failure of operands whose types do not fit."""
    return StatementError("TYPE_MISMATCH", message, at=at)
