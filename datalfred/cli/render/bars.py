"""Small bar charts in text, for when one would rather look than read."""

from collections.abc import Sequence

_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDEST_LABEL = 24


def bars(labels: Sequence[str], values: Sequence[float], width: int = 40) -> list[str]:
    """One line for each value: label, bar, number. Negative values get no bar.

    Args:
        labels: what each value belongs to; cut at 24 characters.
        values: as many numbers as labels.
        width: columns of the longest bar.
    """
    widest = min(max((len(label) for label in labels), default=0), _WIDEST_LABEL)
    top = max((value for value in values if value > 0), default=0.0)
    return [
        f"{_cut(label):<{widest}}  {_bar(value, top, width):<{width}}  {value:,.10g}".rstrip()
        for label, value in zip(labels, values, strict=True)
    ]


def _bar(value: float, top: float, width: int) -> str:
    if value <= 0 or top <= 0:
        return ""
    eighths = round(value / top * width * 8)
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")


def _cut(label: str) -> str:
    return label if len(label) <= _WIDEST_LABEL else label[: _WIDEST_LABEL - 1] + "…"
