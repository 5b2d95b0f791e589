"""Small bar charts in text, for when one would rather look than read."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from datalfred.answers.models import ChartWithData

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDEST_LABEL = 24
_WIDEST_BAR, _LEAST_BAR = 40, 4
_GAPS = 4


def drawn(chart: ChartWithData, columns: int = 80) -> str:
    """A chart as lines of bars, a block for each of its series; values that are no number are 0.

    Args:
        chart: what to draw.
        columns: that the terminal has; bars shrink to fit.
    """
    names = chart.data.columns
    labels = [row[names.index(chart.x)] or "NULL" for row in chart.data.rows]
    blocks = []
    for name in chart.y:
        values = [_number(row[names.index(name)]) for row in chart.data.rows]
        heading = [name] if len(chart.y) > 1 else []
        width = min(_WIDEST_BAR, max(_LEAST_BAR, columns - _beside(labels, values)))
        blocks.append("\n".join([*heading, *bars(labels, values, width)]))
    return "\n\n".join(blocks)


def bars(labels: Sequence[str], values: Sequence[float], width: int = _WIDEST_BAR) -> list[str]:
    """One line for each value: label, bar, number. Negative values get no bar.

    Args:
        labels: what each value belongs to; made one line, and cut at 24 columns of the terminal.
        values: as many numbers as labels.
        width: columns of the longest bar.
    """
    widest = _widest(labels)
    top = max((value for value in values if value > 0), default=0.0)
    return [
        f"{_cell(label, widest)}  {_bar(value, top, width):<{width}}  {_written(value)}".rstrip()
        for label, value in zip(labels, values, strict=True)
    ]


def _beside(labels: Sequence[str], values: Sequence[float]) -> int:
    """Columns that a line needs beside its bar."""
    return _widest(labels) + max((len(_written(value)) for value in values), default=0) + _GAPS


def _written(value: float) -> str:
    return f"{value:,.10g}"


def _bar(value: float, top: float, width: int) -> str:
    if value <= 0 or top <= 0:
        return ""
    eighths = round(value / top * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _widest(labels: Sequence[str]) -> int:
    return min(max((cell_len(_line(label)) for label in labels), default=0), _WIDEST_LABEL)


def _cell(label: str, width: int) -> str:
    """The label in as many columns of the terminal: some letters take two, some none."""
    line = _line(label)
    return set_cell_size(line if cell_len(line) <= width else _cut(line, width), width)


def _cut(line: str, width: int) -> str:
    return set_cell_size(line, width - 1).rstrip() + "…"


def _line(label: str) -> str:
    return " ".join(label.split())


def _number(cell: str | None) -> float:
    try:
        return float(cell or 0)
    except ValueError:
        return 0.0
