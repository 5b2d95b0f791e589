"""The words in which the catalog is asked, where they are mistyped."""

import re

from datalfred.models.offline.text import distance

_KNOWN = (
    "which",
    "table",
    "tables",
    "column",
    "columns",
    "partition",
    "partitions",
    "partitioned",
    "database",
    "databases",
    "describe",
    "freshness",
    "owner",
)
_WORDS_OF_THEIR_OWN = frozenset(
    ("witch", "tablet", "tablets", "tabled", "describes", "described", "owned")
)
"""Words that are one letter away and no mistakes."""
_LONG_ENOUGH = 4


def retyped(text: str) -> str:
    """The text with its mistyped words of the catalog as they were meant: ``wich tabels``."""
    return re.sub(r"\b[a-z]+\b", lambda found: _meant(found[0]), text, flags=re.IGNORECASE)


def _meant(word: str) -> str:
    typed = word.lower()
    if len(typed) < _LONG_ENOUGH or typed in _WORDS_OF_THEIR_OWN or typed in _KNOWN:
        return word
    near = [known for known in _KNOWN if known[0] == typed[0] and distance(typed, known, 1) <= 1]
    return near[0] if len(near) == 1 else word
