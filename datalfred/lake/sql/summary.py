"""A result made small enough for a model: one pass over its rows, under a byte budget.

A model needs what the result holds, not all of it: each column's type, nulls, distinct values and
range, and one page of rows. Rows come in batches that are turned into columns, so that Python's
own loops (``min``, ``set.update``, ``list.count``) do the work.
"""

import json
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from datalfred.lake.redaction import MASK, holds_cards, redact
from datalfred.lake.sql.column import Learned, transposed
from datalfred.lake.sql.delimited import Row
from datalfred.lake.sql.masking import hides
from datalfred.lake.sql.models import ColumnSummary, ResultSummary
from datalfred.lake.sql.results import ResultColumn

BUDGET_BYTES = 15_000
ROWS_READ = 100_000
"""Rows looked at; a larger result is summarised as far as that and called incomplete."""

_PAGE_ROWS = 50
_PAGE_CELLS = 500
_COLUMNS_SHOWN = 60
_LONGEST_CELL = 300
_SHORTEST_CELL = 8
_LONGEST_BOUND = 80
_LONGEST_NAME = 255
_LONGEST_TYPE = 120
_LONGEST_PATTERN = 400
"""Of what is cut, as many letters more are looked at, lest half an address is shown."""


def summarise(
    columns: Sequence[ResultColumn],
    batches: Iterable[Sequence[Row]],
    *,
    page: int = 1,
    masked: AbstractSet[str] = frozenset(),
) -> ResultSummary:
    """Reads up to :data:`ROWS_READ` rows and says what they hold, in :data:`BUDGET_BYTES`.

    Args:
        columns: of the result; more than 60 are not shown.
        batches: its rows from the first, some at a time; NULL is None.
        page: which rows to show; :func:`rows_per_page` says how many.
        masked: names of columns whose values nobody may see, as :func:`.masking.hides` reads them.
    """
    learned = [Learned(column) for column in columns[:_COLUMNS_SHOWN]]
    size = rows_per_page(len(columns))
    first, end = (page - 1) * size, page * size
    kept: list[Row] = []
    count = 0
    complete = True
    for whole in batches:
        batch = whole[: ROWS_READ - count]
        for column, cells in zip(learned, transposed(batch, len(learned)), strict=False):
            column.add(cells)
        kept += map(_cut_early, batch[max(first - count, 0) : max(end - count, 0)])
        count += len(batch)
        if len(batch) < len(whole):
            complete = False
            break
    shown = [_Shown(column, kept, place, masked) for place, column in enumerate(learned)]
    return _fitted(shown, len(kept), (count, complete))


def rows_per_page(columns: int) -> int:
    """Rows of one page: 50, and fewer of a wide result."""
    return max(1, min(_PAGE_ROWS, _PAGE_CELLS // max(columns, 1)))


def pages_of(summary: ResultSummary, columns: int) -> int:
    """Pages of a result, as far as its rows were read; an empty result has one."""
    return max(1, -(-summary.row_count // rows_per_page(columns)))


def _cut_early(row: Row) -> Row:
    """A row to show, without the letters that no page shows: a cell may hold megabytes."""
    longest = _LONGEST_CELL + _LONGEST_PATTERN
    return [cell if cell is None else cell[:longest] for cell in row]


class _Shown:
    """One column as a model sees it: its cells on the page, and its range."""

    def __init__(
        self, learned: Learned, kept: Sequence[Row], place: int, masked: AbstractSet[str]
    ) -> None:
        self._learned = learned
        self._is_masked = hides(masked, learned.info.name)
        self._cells = [row[place] for row in kept]
        self._ends = (learned.low, learned.high)
        self._cards = holds_cards((*self._cells, *self._ends))

    def cells(self, rows: int, longest: int) -> list[str | None]:
        """The cells of the first rows of the page."""
        return [self._text(cell, longest) for cell in self._cells[:rows]]

    def summary(self, longest: int) -> ColumnSummary:
        """What was learned, without personal values."""
        learned = self._learned
        low, high = (self._text(value, min(longest, _LONGEST_BOUND)) for value in self._ends)
        return ColumnSummary(
            name=_cut(learned.info.name, _LONGEST_NAME),
            type=_cut(learned.info.type, _LONGEST_TYPE),
            nulls=learned.nulls,
            distinct=None if learned.seen is None else len(learned.seen),
            low=low,
            high=high,
        )

    def _text(self, value: str | None, longest: int) -> str | None:
        if value is None:
            return None
        if self._is_masked:
            return MASK
        return _cut(redact(value[: longest + _LONGEST_PATTERN], cards=self._cards), longest)


@dataclass
class _Measure:
    """How much of a result is shown; it shrinks: first cells, then rows, then columns."""

    columns: int
    rows: int
    longest: int = _LONGEST_CELL

    def shrink(self) -> bool:
        """Takes the next step, if there is one left."""
        if self.longest > _SHORTEST_CELL:
            self.longest //= 2
        elif self.rows > 1:
            self.rows //= 2
        elif self.columns > 1:
            self.columns //= 2
        else:
            return False
        return True


def _fitted(shown: Sequence[_Shown], rows: int, read: tuple[int, bool]) -> ResultSummary:
    """The summary, with as much cut as the budget needs."""
    measure = _Measure(len(shown), rows)
    while True:
        columns = shown[: measure.columns]
        cells = [column.cells(measure.rows, measure.longest) for column in columns]
        summary = ResultSummary(
            columns=tuple(column.summary(measure.longest) for column in columns),
            row_count=read[0],
            complete=read[1],
            rows=tuple(zip(*cells, strict=True)),
            rows_omitted=read[0] - measure.rows,
        )
        size = len(json.dumps(summary.model_dump(), ensure_ascii=False).encode())
        if size <= BUDGET_BYTES or not measure.shrink():
            return summary


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
