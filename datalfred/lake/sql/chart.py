"""Which drawing fits a result, if any."""

import math
import re
from collections.abc import Sequence
from typing import Literal

from datalfred.lake.sql.models import Chart, ColumnSummary, ResultSummary

MAX_SERIES = 6
MAX_CATEGORIES = 20
MAX_SLICES = 6
_FEWEST = 2

_NUMBERS = frozenset(
    {"tinyint", "smallint", "integer", "int", "bigint", "double", "real", "float", "decimal"}
)
_TIMES = frozenset({"date", "timestamp", "timestamp with time zone"})
_PERIOD = re.compile(r"\d{4}(-\d{2}(-\d{2}.*)?|-?W\d{2}|-?Q\d)?")
_PERIOD_NAMES = frozenset({"year", "quarter", "month", "week", "day", "date", "hour"})
_IDENTIFIER = re.compile(r"(^|_)(id|key|number|no|code)$")
_SHARE = re.compile(r"(^|_)(share|percent|percentage|pct)($|_)")


_Kind = Literal["bar", "line", "pie"]
_LINE: _Kind = "line"
_PIE: _Kind = "pie"
_BAR: _Kind = "bar"


def suggest(result: ResultSummary) -> Chart | None:
    """A line over time, bars over categories, or a pie of shares; None when nothing fits.

    The first column that is no measure is ``x``; every number that is no identifier is a series.
    A result of which rows or columns are missing, with two dimensions, with too many series, with
    labels that are masked, or whose times are in no order is not drawn.
    """
    if result.rows_omitted or result.columns_omitted or len(result.rows) < _FEWEST:
        return None
    dimensions = [column for column in result.columns if not _is_measure(column)]
    series = [column.name for column in result.columns if _is_measure(column)]
    if len(dimensions) != 1 or not 1 <= len(series) <= MAX_SERIES:
        return None
    x = dimensions[0]
    labels = _cells(result, x.name)
    figures = [_figures(result, name) for name in series]
    if x.nulls or len(set(labels)) != len(labels) or not all(figures):
        return None
    title = f"{', '.join(series)} by {x.name}"
    if _is_time(x):
        in_order = sorted(labels, key=str)
        fits, kind = labels in (in_order, in_order[::-1]), _LINE
    else:
        fits = len(result.rows) <= MAX_CATEGORIES
        kind = _PIE if len(series) == 1 and _is_shares(series[0], figures[0]) else _BAR
    return Chart(kind=kind, x=x.name, y=tuple(series), title=title) if fits else None


def _cells(result: ResultSummary, name: str) -> list[str | None]:
    """A column's cells as they are shown: what is masked or cut has lost its difference."""
    place = [column.name for column in result.columns].index(name)
    return [row[place] for row in result.rows]


def _figures(result: ResultSummary, name: str) -> list[float | None]:
    """A column's numbers; empty when they cannot be drawn: none is known, or one is no figure."""
    cells = _cells(result, name)
    try:
        figures = [None if cell is None else float(cell) for cell in cells]
    except ValueError:  # cut, or masked
        return []
    known = [figure for figure in figures if figure is not None]
    return figures if known and all(map(math.isfinite, known)) else []


def _is_measure(column: ColumnSummary) -> bool:
    name = column.name.lower()
    number = _kind(column) in _NUMBERS
    return number and name not in _PERIOD_NAMES and not _IDENTIFIER.search(name)


def _is_time(column: ColumnSummary) -> bool:
    if _kind(column) in _TIMES or column.name.lower() in _PERIOD_NAMES:
        return True
    ends = (column.low or "", column.high or "")
    return all(_PERIOD.fullmatch(end) for end in ends)


def _is_shares(name: str, figures: Sequence[float | None]) -> bool:
    """Shares of a whole, in few slices, none negative, and not all nothing."""
    known = [figure for figure in figures if figure is not None]
    return (
        bool(_SHARE.search(name.lower()))
        and len(known) == len(figures) <= MAX_SLICES
        and min(known) >= 0
        and sum(known) > 0
    )


def _kind(column: ColumnSummary) -> str:
    return column.type.lower().partition("(")[0].strip()
