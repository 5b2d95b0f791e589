"""A result made small enough for a model: one pass over its rows, under a byte budget.

A model needs what the result holds, not all of it: each column's type, nulls, distinct values and
range, and one page of rows. Rows come in batches that are turned into columns, so that Python's
own loops (``min``, ``set.update``, ``list.count``) do the work.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from datalfred.lake.redaction import MASK, redact_cell
from datalfred.lake.sql.delimited import Row
from datalfred.lake.sql.masking import hides
from datalfred.lake.sql.models import ColumnSummary, ResultSummary
from datalfred.lake.sql.results import ResultColumn

BUDGET_BYTES = 15_000
ROWS_READ = 100_000
"""Rows looked at; a larger result is summarised as far as that and called incomplete."""
DISTINCT_CAP = 1_000

_PAGE_ROWS = 50
_PAGE_CELLS = 500
_COLUMNS_SHOWN = 60
_BATCH = 2_000
_LONGEST_CELL = 300
_SHORTEST_CELL = 8
_LONGEST_BOUND = 80

_INTEGERS = frozenset({"tinyint", "smallint", "integer", "int", "bigint"})
_NUMBERS = frozenset({"double", "real", "float", "decimal"})
_UNORDERED = frozenset({"array", "map", "row", "struct", "varbinary", "json", "hyperloglog"})


@dataclass
class _Column:
    """What one pass learns of a column."""

    info: ResultColumn
    nulls: int = 0
    seen: set[str] | None = field(default_factory=set)
    low: str | None = None
    high: str | None = None

    def add(self, cells: Sequence[str | None]) -> None:
        """Takes the column's cells of one batch."""
        texts = [cell for cell in cells if cell is not None] if None in cells else list(cells)
        self.nulls += len(cells) - len(texts)
        if texts:
            self._count(texts)  # type: ignore[arg-type]  # without None they are texts
            self._extend(texts)  # type: ignore[arg-type]  # as above

    def _count(self, texts: list[str]) -> None:
        if self.seen is not None:
            self.seen.update(texts)
            if len(self.seen) > DISTINCT_CAP:
                self.seen = None

    def _extend(self, texts: list[str]) -> None:
        kind = _kind(self.info)
        if kind in _UNORDERED:
            return
        order = _order(kind)
        ends = [text for text in (self.low, self.high) if text is not None]
        candidates = [*ends, *texts]
        values = candidates if order is None else list(map(order, candidates))
        self.low = candidates[values.index(min(values))]
        self.high = candidates[values.index(max(values))]

    def summary(self, *, masked: bool, longest: int) -> ColumnSummary:
        """What was learned, without personal values."""
        low, high = (
            _shown(value, masked=masked, longest=longest) for value in (self.low, self.high)
        )
        return ColumnSummary(
            name=self.info.name,
            type=self.info.type,
            nulls=self.nulls,
            distinct=None if self.seen is None else len(self.seen),
            low=low,
            high=high,
        )


def summarise(
    columns: Sequence[ResultColumn],
    rows: Iterable[Row],
    *,
    page: int = 1,
    masked: frozenset[str] = frozenset(),
) -> ResultSummary:
    """Reads up to :data:`ROWS_READ` rows and says what they hold, in :data:`BUDGET_BYTES`.

    Args:
        columns: of the result; more than 60 are not shown.
        rows: of the result, from its first; NULL is None.
        page: which rows to show; :func:`rows_per_page` says how many.
        masked: names of columns whose values nobody may see, as :func:`.masking.hides` reads them.
    """
    shown = columns[:_COLUMNS_SHOWN]
    learned = [_Column(column) for column in shown]
    size = rows_per_page(len(columns))
    window = range((page - 1) * size, page * size)
    kept: list[Row] = []
    count = 0
    remaining = iter(rows)
    while count < ROWS_READ and (batch := list(islice(remaining, min(_BATCH, ROWS_READ - count)))):
        for column, cells in zip(learned, zip(*batch, strict=True), strict=False):
            column.add(cells)
        if count < window.stop and window.start < count + len(batch):
            kept += batch[max(window.start - count, 0) : window.stop - count]
        count += len(batch)
    hidden = [hides(masked, column.name) for column in shown]
    complete = next(remaining, None) is None
    return _fitted(learned, kept, hidden, (count, complete))


def rows_per_page(columns: int) -> int:
    """Rows of one page: 50, and fewer of a wide result."""
    return max(1, min(_PAGE_ROWS, _PAGE_CELLS // max(columns, 1)))


def pages_of(summary: ResultSummary, columns: int) -> int:
    """Pages of a result, as far as its rows were read; an empty result has one."""
    return max(1, -(-summary.row_count // rows_per_page(columns)))


def _fitted(
    learned: Sequence[_Column], kept: Sequence[Row], hidden: Sequence[bool], read: tuple[int, bool]
) -> ResultSummary:
    """The summary with cells cut as far as the budget needs."""
    longest = _LONGEST_CELL
    while True:
        summary = ResultSummary(
            columns=tuple(
                column.summary(masked=mask, longest=min(longest, _LONGEST_BOUND))
                for column, mask in zip(learned, hidden, strict=True)
            ),
            row_count=read[0],
            complete=read[1],
            rows=tuple(
                tuple(
                    _shown(cell, masked=mask, longest=longest)
                    for cell, mask in zip(row, hidden, strict=False)
                )
                for row in kept
            ),
            rows_omitted=read[0] - len(kept),
        )
        size = len(json.dumps(summary.model_dump(), ensure_ascii=False).encode())
        if size <= BUDGET_BYTES or longest <= _SHORTEST_CELL:
            return summary
        longest //= 2


def _shown(value: str | None, *, masked: bool, longest: int) -> str | None:
    if value is None:
        return None
    if masked:
        return MASK
    text = redact_cell(value) or ""
    return text if len(text) <= longest else f"{text[:longest]}…"


def _kind(column: ResultColumn) -> str:
    return column.type.lower().partition("(")[0].strip()


def _order(kind: str) -> Callable[[str], Any] | None:
    """By which value the cells of a type are ordered; dates and texts order as they are written."""
    if kind in _INTEGERS:
        return int
    return float if kind in _NUMBERS else None
