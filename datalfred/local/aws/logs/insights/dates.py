"""The patterns of ``parseDate`` and ``formatDate``, as far as both sides mean the same by them."""

import re
from zoneinfo import available_timezones

_JAVA = {
    "yyyy": "%Y", "uuuu": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S",
    "SSS": "%g", "MMM": "%b", "MMMM": "%B", "EEE": "%a", "EEEE": "%A", "hh": "%I", "a": "%p",
    "yy": "%y", "XXX": "%z", "Z": "%z",
}  # fmt: skip
"""Letters of Java's DateTimeFormatter that strptime knows as well."""

_PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']", re.DOTALL)
_FORMAT = re.compile(r"(?:[^%]|%[YmdHMSbBaAIpyjf%])*", re.DOTALL)


def java_format(pattern: str) -> str | None:
    """A pattern of Java's DateTimeFormatter for strptime; None when a letter has no equal there."""
    pieces, position = [], 0
    while position < len(pattern):
        piece = _PIECE.match(pattern, position)
        if piece is None:
            return None
        if piece[1] is not None:
            pieces.append((piece[1].replace("''", "'") or "'").replace("%", "%%"))
        elif piece[2]:
            if piece[0] not in _JAVA:
                return None
            pieces.append(_JAVA[piece[0]])
        else:
            pieces.append(piece[0].replace("%", "%%"))
        position = piece.end()
    return "".join(pieces)


def is_format(pattern: str) -> bool:
    """Whether strftime means the same by ``pattern`` everywhere."""
    return _FORMAT.fullmatch(pattern) is not None


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in available_timezones()
