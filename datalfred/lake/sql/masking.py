"""Which columns of a result are hidden: a set of names, and what stands for many of them."""

from collections.abc import Set as AbstractSet

EVERY = "*"
"""In a set of names: every column."""
UNNAMED = "_col*"
"""In a set of names: every column to which Athena gives a name itself, ``_col0`` and so on."""

_PREFIX = UNNAMED.removesuffix("*")


def hides(masked: AbstractSet[str], column: str) -> bool:
    """Whether a result's column is hidden.

    Args:
        masked: names in lower case, :data:`EVERY` and :data:`UNNAMED` among them or not.
        column: the name as Athena gives it.
    """
    name = column.lower()
    if name in masked or EVERY in masked:
        return True
    return UNNAMED in masked and name.startswith(_PREFIX) and name[len(_PREFIX) :].isdigit()
