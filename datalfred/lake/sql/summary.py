"""A result made small enough for a model: one pass over its rows, under a byte budget.

A model needs what the result holds, not all of it: each column's type, nulls, distinct values and
range, the first page of rows, and a few of the others from all over the result. Rows come in
batches that are turned into columns, so that Python's own loops (``min``, ``set.update``,
``list.count``) do the work.
"""

import json
import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from datalfred.lake.redaction import MASK, holds_cards, redact
from datalfred.lake.sql.column import Learned, transposed
from datalfred.lake.sql.delimited import Row
from datalfred.lake.sql.masking import hides
from datalfred.lake.sql.models import ColumnSummary, ResultSummary
from datalfred.lake.sql.results import ResultColumn
from datalfred.lake.sql.summary_sample import SpacedSample

BUDGET_BYTES = 15_000
ROWS_READ = 100_000
"""Rows looked at; a larger result is summarised as far as that and called incomplete: its counts
and ranges are of these rows, and no count of distinct values is called exact."""

_PAGE_ROWS = 50
_PAGE_CELLS = 500
_SAMPLE_ROWS = 10
_SAMPLE_CELLS = 200
_COLUMNS_SHOWN = 60
_OMITTED_NAMED = 5
_LONGEST_OMITTED = 80
_LONGEST_CELL = 300
_SHORTEST_CELL = 8
_LONGEST_BOUND = 80
_LONGEST_NAME = 255
_LONGEST_TYPE = 120
_LONGEST_PATTERN = 400
"""Of what is cut, as many letters more are looked at, lest half an address is shown."""
_LOOKED_AT = _LONGEST_CELL + _LONGEST_PATTERN
_LONGEST_NUMBER = 42
"""Letters of the longest number with spaces in it that is masked: a bank account."""
_SEPARATORS = re.compile(r"[\s,;|\"'<>()\[\]{}]")

_Kind = TypeVar("_Kind")


def summarise(
    columns: Sequence[ResultColumn],
    batches: Iterable[Sequence[Row]],
    *,
    page: int = 1,
    masked: AbstractSet[str] = frozenset(),
) -> ResultSummary:
    """Reads up to :data:`ROWS_READ` rows and says what they hold, in :data:`BUDGET_BYTES`.

    Args:
        columns: of the result; more than 60 are not shown, only named.
        batches: its rows from the first, some at a time; NULL is None.
        page: which rows to show; :func:`rows_per_page` says how many. With the first comes a
            sample of the others; whoever asks for a later page is on the way through all.
        masked: names of columns whose values nobody may see, as :func:`.masking.hides` reads them.
    """
    learned = [Learned(column) for column in columns[:_COLUMNS_SHOWN]]
    size = rows_per_page(len(columns))
    first, end = (page - 1) * size, page * size
    early = partial(_cut_early, columns=len(learned))
    sample = SpacedSample(_sample_rows(len(columns)) if page == 1 else 0, end, early)
    kept: list[Row] = []
    count = 0
    complete = True
    for whole in batches:
        batch = whole[: ROWS_READ - count]
        for column, cells in zip(learned, transposed(batch, len(learned)), strict=False):
            column.add(cells)
        kept += map(early, batch[max(first - count, 0) : max(end - count, 0)])
        sample.add(batch)
        count += len(batch)
        if len(batch) < len(whole):
            complete = False
            break
    numbered = sample.rows()
    rows = _Rows(kept, [row for _, row in numbered], [number for number, _ in numbered])
    shown = [_Shown(column, rows, place, masked) for place, column in enumerate(learned)]
    return _fitted(shown, rows, _Read(count, complete, [column.name for column in columns]))


def rows_per_page(columns: int) -> int:
    """Rows of one page: 50, and fewer of a wide result."""
    return max(1, min(_PAGE_ROWS, _PAGE_CELLS // max(columns, 1)))


def pages_of(summary: ResultSummary, columns: int) -> int:
    """Pages of a result, as far as its rows were read; an empty result has one."""
    return max(1, -(-summary.row_count // rows_per_page(columns)))


def _sample_rows(columns: int) -> int:
    return max(1, min(_SAMPLE_ROWS, _SAMPLE_CELLS // max(columns, 1)))


def _cut_early(row: Row, columns: int) -> Row:
    """A row to show, without the cells and letters that no page shows: a cell may hold megabytes.

    Args:
        row: of the result.
        columns: how many of its cells are shown.
    """
    # One letter more than is looked at tells that there are more.
    return [cell if cell is None else cell[: _LOOKED_AT + 1] for cell in row[:columns]]


@dataclass(frozen=True)
class _Rows:
    """The rows that may be shown: of the page, and of the sample with their numbers."""

    page: Sequence[Row]
    sample: Sequence[Row]
    numbers: Sequence[int]


@dataclass(frozen=True)
class _Read:
    """What was read of a result: its rows, whether that is all of them, its columns' names."""

    rows: int
    complete: bool
    names: Sequence[str]


@dataclass(frozen=True)
class _Safe:
    """The masked beginning of a cell, and whether it is all of it."""

    text: str
    is_whole: bool


def _without_half(text: str) -> str:
    """A masked text without its end, where it was cut and may hold half of a number or an address.

    What is masked is shorter than what it stands for. So text that was cut far behind all that is
    shown may end within what is shown.
    """
    end = max(len(text) - _LONGEST_NUMBER, 0)
    least = max(len(text) - _LONGEST_PATTERN, 0)
    places = [found.end() for found in _SEPARATORS.finditer(text, least, end)]
    return text[: places[-1] if places else least]


class _Shown:
    """One column as a model sees it: its cells on the page and in the sample, and its range."""

    def __init__(self, learned: Learned, rows: _Rows, place: int, masked: AbstractSet[str]) -> None:
        self._learned = learned
        self._is_masked = hides(masked, learned.info.name)
        page, sample = ([row[place] for row in some] for some in (rows.page, rows.sample))
        ends = (learned.low, learned.high)
        self._cards = holds_cards((*page, *sample, *ends))
        self._page, self._sample, self._ends = (
            [self._safe(cell) for cell in cells] for cells in (page, sample, ends)
        )

    def cells(self, rows: int, longest: int) -> list[str | None]:
        """The cells of the first rows of the page."""
        return [_shortened(cell, longest) for cell in self._page[:rows]]

    def sample(self, step: int, longest: int) -> list[str | None]:
        """The cells of every ``step``-th row of the sample, counted from its last."""
        return [_shortened(cell, longest) for cell in _spaced(self._sample, step)]

    def summary(self, longest: int, *, is_whole: bool) -> ColumnSummary:
        """What was learned, without personal values."""
        learned = self._learned
        low, high = (_shortened(end, min(longest, _LONGEST_BOUND)) for end in self._ends)
        distinct, at_least = learned.distinct(is_whole=is_whole)
        return ColumnSummary(
            name=_cut(learned.info.name, _LONGEST_NAME),
            type=_cut(learned.info.type, _LONGEST_TYPE),
            nulls=learned.nulls,
            distinct=distinct,
            distinct_at_least=at_least,
            low=low,
            high=high,
        )

    def _safe(self, value: str | None) -> _Safe | None:
        if value is None:
            return None
        if self._is_masked:
            return _Safe(MASK, is_whole=True)
        text = redact(value[:_LOOKED_AT], cards=self._cards)
        if len(value) <= _LOOKED_AT:
            return _Safe(text, is_whole=True)
        return _Safe(_without_half(text), is_whole=False)


@dataclass
class _Measure:
    """How much of a result is shown; it shrinks: first cells, then rows, then columns."""

    columns: int
    rows: int
    sample: int
    step: int = 1
    longest: int = _LONGEST_CELL

    def shrink(self) -> bool:
        """Takes the next step, if there is one left."""
        if self.longest > _SHORTEST_CELL:
            self.longest //= 2
        elif self.rows > 1 or self.step <= self.sample:
            self.rows = max(self.rows // 2, min(self.rows, 1))
            self.step *= 2
        elif self.columns > 1:
            self.columns //= 2
        else:
            return False
        return True


def _fitted(shown: Sequence[_Shown], rows: _Rows, read: _Read) -> ResultSummary:
    """The summary, with as much cut as the budget needs."""
    measure = _Measure(len(shown), len(rows.page), len(rows.sample))
    while True:
        summary = _measured(shown, rows, read, measure)
        size = len(json.dumps(summary.model_dump(), ensure_ascii=False).encode())
        if size <= BUDGET_BYTES or not measure.shrink():
            return summary


def _measured(
    shown: Sequence[_Shown], rows: _Rows, read: _Read, measure: _Measure
) -> ResultSummary:
    columns = shown[: measure.columns]
    longest = measure.longest
    cells = [column.cells(measure.rows, longest) for column in columns]
    sample = [column.sample(measure.step, longest) for column in columns]
    omitted = read.names[measure.columns :]
    named = (_cut(name, _LONGEST_OMITTED) for name in omitted[:_OMITTED_NAMED])
    return ResultSummary(
        columns=tuple(column.summary(longest, is_whole=read.complete) for column in columns),
        row_count=read.rows,
        complete=read.complete,
        rows=tuple(zip(*cells, strict=True)),
        rows_omitted=read.rows - measure.rows,
        sample=tuple(zip(*sample, strict=True)),
        sample_numbers=tuple(_spaced(rows.numbers, measure.step)),
        columns_omitted=len(omitted),
        columns_omitted_names=tuple(named),
    )


def _spaced(sample: Sequence[_Kind], step: int) -> Sequence[_Kind]:
    """Every ``step``-th of a sample, counted from its last; nothing when it has not so many."""
    return sample[(len(sample) - 1) % step :: step] if step <= len(sample) else ()


def _shortened(cell: _Safe | None, longest: int) -> str | None:
    if cell is None:
        return None
    return cell.text if cell.is_whole and len(cell.text) <= longest else f"{cell.text[:longest]}…"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"
