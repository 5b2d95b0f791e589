"""What one pass over a result learns of a column, in memory that does not grow with the result."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from datalfred.lake.sql.delimited import Row
from datalfred.lake.sql.results import ResultColumn

DISTINCT_CAP = 1_000
"""Distinct values are counted as far as that."""
DISTINCT_LETTERS = 1 << 20
"""Once the values seen have more letters, the long ones are remembered by their digest."""

_INTEGERS = frozenset({"tinyint", "smallint", "integer", "int", "bigint"})
_FLOATS = frozenset({"double", "real", "float"})
_UNORDERED = frozenset(
    {
        *("array", "map", "row", "struct", "varbinary", "binary", "json", "hyperloglog"),
        *("interval day to second", "interval year to month"),
    }
)
_ZONED = frozenset({"timestamp with time zone", "time with time zone"})
_EXACT_DIGITS = 15
"""As many digits of a decimal number a float tells apart."""
_NO_NUMBER = "NaN"
_LONG_LETTERS = 64
_DIGEST_BYTES = 33
"""As hexadecimal digits longer than :data:`_LONG_LETTERS`: no short text is taken for a digest."""


@dataclass
class Learned:
    """Counts and range of a column's values.

    Attributes:
        info: name and type.
        nulls: so far.
        seen: the distinct values, or digests of long ones; None once they were too many.
        low, high: the least and the greatest value as Athena writes it, by the order of the type;
            None for types without an order.
    """

    info: ResultColumn
    nulls: int = 0
    seen: set[str] | None = field(default_factory=set)
    low: str | None = None
    high: str | None = None
    _is_ordered: bool = True
    _is_digested: bool = False
    _order: Callable[[str], Any] | None = field(init=False)

    def __post_init__(self) -> None:
        """Chooses how values are compared."""
        kind = kind_of(self.info.type)
        self._is_ordered = kind not in _UNORDERED
        self._order = _order(kind, self.info.type)

    def add(self, cells: Sequence[str | None]) -> None:
        """Takes the column's cells of one batch; None is NULL."""
        texts: Sequence[str] = cells  # type: ignore[assignment]  # they are, without None
        if None in cells:
            texts = [cell for cell in cells if cell is not None]
            self.nulls += len(cells) - len(texts)
        if texts:
            self._count(texts)
            if self._is_ordered:
                self._extend(texts)

    def distinct(self, *, is_whole: bool) -> tuple[int | None, int | None]:
        """How many values are distinct: the exact count, else as many as there are at least.

        Args:
            is_whole: whether every row of the result was looked at.
        """
        if self.seen is None:
            return None, DISTINCT_CAP + 1
        return (len(self.seen), None) if is_whole else (None, len(self.seen))

    def _count(self, texts: Sequence[str]) -> None:
        if self.seen is None:
            return
        before = len(self.seen)
        self.seen.update(map(_brief, texts) if self._is_digested else texts)
        if before == len(self.seen):
            return
        if len(self.seen) > DISTINCT_CAP:
            self.seen = None
        elif not self._is_digested and sum(map(len, self.seen)) > DISTINCT_LETTERS:
            self.seen = set(map(_brief, self.seen))
            self._is_digested = True

    def _extend(self, texts: Sequence[str]) -> None:
        if _NO_NUMBER in texts and self._order is float:
            texts = [text for text in texts if text != _NO_NUMBER]
        ends = [text for text in (self.low, self.high) if text is not None]
        candidates = [*ends, *texts]
        if not candidates:
            return
        try:
            values: list[Any] = (
                candidates if self._order is None else list(map(self._order, candidates))
            )
            ends_at = values.index(min(values)), values.index(max(values))
        except (ValueError, ArithmeticError, LookupError):  # not as the type promises
            values = []
        if not values or (self._order is _zone_first and _zones(values) > 1):
            self._is_ordered, self.low, self.high = False, None, None
            return
        self.low, self.high = (candidates[place] for place in ends_at)


def _brief(text: str) -> str:
    """The text, or what tells a long one from all others."""
    if len(text) <= _LONG_LETTERS:
        return text
    written = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(written, digest_size=_DIGEST_BYTES).hexdigest()


def transposed(batch: Sequence[Row], columns: int) -> Sequence[Sequence[str | None]]:
    """The first columns of a batch of rows, each with its cells."""
    return list(zip(*batch, strict=True))[:columns]


def kind_of(kind: str) -> str:
    """A type without its parameters: ``decimal`` of ``decimal(12,2)``."""
    before, _, after = kind.lower().partition("(")
    return before.strip() + after.partition(")")[2].rstrip()


def _order(kind: str, full: str) -> Callable[[str], Any] | None:
    """By which value the cells of a type are ordered; dates and texts order as they are written."""
    if kind in _INTEGERS:
        return int
    if kind in _FLOATS:
        return float
    if kind == "decimal":
        digits = full.partition("(")[2].partition(",")[0].rstrip(") ")
        return float if digits.isdecimal() and int(digits) <= _EXACT_DIGITS else Decimal
    return _zone_first if kind in _ZONED else None


def _zone_first(text: str) -> tuple[str, str]:
    """Times compare as they are written only within one zone, which Athena writes last."""
    moment, _, zone = text.rpartition(" ")
    return zone, moment


def _zones(values: Sequence[tuple[str, str]]) -> int:
    return len({zone for zone, _ in values})
