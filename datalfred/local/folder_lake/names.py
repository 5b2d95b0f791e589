"""Names that Athena takes without quotes: lower case letters, digits and underscores."""

import re
import unicodedata
from collections.abc import Iterable

_OTHER = re.compile(r"[^a-z0-9]+")


def identifier(text: str, fallback: str) -> str:
    """``text`` as a name: ``Order Items (2)`` is ``order_items_2``.

    Args:
        text: a name of a file, folder or column.
        fallback: put before a name that begins with a digit, and taken for one without letters.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = _OTHER.sub("_", plain.lower()).strip("_")
    if not name:
        return fallback
    return f"{fallback}_{name}" if name[0].isdigit() else name


def distinct(names: Iterable[str]) -> list[str]:
    """The names in their order; one that was there before gets a number."""
    taken: set[str] = set()
    result = []
    for name in names:
        unique, number = name, 1
        while unique in taken:
            number += 1
            unique = f"{name}_{number}"
        taken.add(unique)
        result.append(unique)
    return result
