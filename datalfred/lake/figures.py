"""Figures as a person reads them in a line of evidence."""

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")
_STEP = 1024
_SMALL_USD = 0.01


def spoken_bytes(count: int) -> str:
    """``1.2 MB``."""
    value, unit = float(count), 0
    while value >= _STEP and unit < len(_UNITS) - 1:
        value, unit = value / _STEP, unit + 1
    return f"{count} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def spoken_usd(amount: float | None) -> str:
    """``$0.0012``, ``$1.20``; what is not known is said to be unknown."""
    if amount is None:
        return "cost unknown"
    return f"${amount:.4f}" if amount < _SMALL_USD else f"${amount:.2f}"


def spoken_count(count: int, noun: str) -> str:
    """``1 table``, ``5 tables``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
