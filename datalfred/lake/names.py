"""From a person's words to the name of a thing: exactly, or by the one name that holds them."""

import difflib
import re
from collections.abc import Sequence

from datalfred.errors import NotFoundError

_NEAR = 5
_SEPARATORS = re.compile(r"[\s_\-]+")


def plain(name: str) -> str:
    """The name without case, dashes, underscores and spaces."""
    return _SEPARATORS.sub("", name).casefold()


def holding(fragment: str, names: Sequence[str]) -> list[str]:
    """The names that hold the fragment, both plain; all of them for an empty fragment."""
    wanted = plain(fragment)
    return [name for name in names if wanted in plain(name)]


def one_of(kind: str, asked: str, names: Sequence[str]) -> str:
    """The name that was meant: the same one, else the same plain one, else the only one holding it.

    Raises:
        NotFoundError: none or several could be meant; ``near`` names the likeliest.
    """
    if asked in names:
        return asked
    same = [name for name in names if plain(name) == plain(asked)]
    found = same or (holding(asked, names) if plain(asked) else [])
    if len(found) == 1:
        return found[0]
    raise NotFoundError(kind, asked, near=found[:_NEAR] or _near(asked, names))


def _near(asked: str, names: Sequence[str]) -> list[str]:
    by_plain = {plain(name): name for name in names}
    close = difflib.get_close_matches(plain(asked), by_plain, n=_NEAR, cutoff=0.5)
    return [by_plain[name] for name in close]
