"""Which drawing fits a result, if any."""

import re
from collections.abc import Sequence

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


def suggest(result: ResultSummary) -> Chart | None:
    """A line over time, bars over categories, or a pie of shares; None when nothing fits.

    The first column that is no measure is ``x``; every number that is no identifier is a series.
    A result of which rows are missing, with two dimensions, or with too many series is not drawn.
    """
    if result.rows_omitted or len(result.rows) < _FEWEST:
        return None
    dimensions = [column for column in result.columns if not _is_measure(column)]
    series = [column.name for column in result.columns if _is_measure(column)]
    if len(dimensions) != 1 or not 1 <= len(series) <= MAX_SERIES:
        return None
    x = dimensions[0]
    title = f"{', '.join(series)} by {x.name}"
    if x.distinct != len(result.rows) or x.nulls:
        return None
    if _is_time(x):
        return Chart(kind="line", x=x.name, y=tuple(series), title=title)
    if len(result.rows) > MAX_CATEGORIES:
        return None
    kind = "pie" if _is_shares(result, series) else "bar"
    return Chart(kind=kind, x=x.name, y=tuple(series), title=title)


def _is_measure(column: ColumnSummary) -> bool:
    name = column.name.lower()
    number = _kind(column) in _NUMBERS
    return number and name not in _PERIOD_NAMES and not _IDENTIFIER.search(name)


def _is_time(column: ColumnSummary) -> bool:
    if _kind(column) in _TIMES or column.name.lower() in _PERIOD_NAMES:
        return True
    ends = (column.low or "", column.high or "")
    return all(_PERIOD.fullmatch(end) for end in ends)


def _is_shares(result: ResultSummary, series: Sequence[str]) -> bool:
    """One column of shares of a whole, in few slices, none negative."""
    if len(series) != 1 or len(result.rows) > MAX_SLICES or not _SHARE.search(series[0].lower()):
        return False
    place = [column.name for column in result.columns].index(series[0])
    values = [row[place] for row in result.rows]
    return all(value is not None and float(value) >= 0 for value in values)


def _kind(column: ColumnSummary) -> str:
    return column.type.lower().partition("(")[0].strip()
