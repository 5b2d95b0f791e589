"""Words from elsewhere (a model, a table, a file's name) as a terminal may print them."""

import unicodedata

_KEPT = "\n\t"
_HIDDEN = {"Cc", "Cs"}
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of writing: they show other words than those that are there."""


def printable(words: str) -> str:
    """The words without what moves a cursor, colours, renames a window or turns the direction.

    Source: Unicode Standard Annex 9 for the marks of direction.
    """
    if words.isprintable():
        return words
    return "".join(each for each in words if each in _KEPT or _shows(each))


def _shows(character: str) -> bool:
    return character not in _TURNING and unicodedata.category(character) not in _HIDDEN
