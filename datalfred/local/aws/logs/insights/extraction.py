"""The patterns of ``parse``: globs and regular expressions with named groups."""

import re

_NAMED = re.compile(r"\?P?<([A-Za-z_]\w*)>")
_SPECIAL = re.compile(r"([\\.^$|?+()\[\]{}])")


def glob(pattern: str) -> tuple[str, int]:
    """A glob as a regular expression, and how many stars it has.

    Each star takes as little as it can; the last one, at the end of the pattern, takes the rest.
    """
    parts = pattern.split("*")
    stars = len(parts) - 1
    regex = _SPECIAL.sub(r"\\\1", parts[0])
    for number, part in enumerate(parts[1:], 1):
        greedy = number == stars and not part
        regex += ("(.*)" if greedy else "(.*?)") + _SPECIAL.sub(r"\\\1", part)
    return f"(?s){regex}", stars


def named_groups(regex: str) -> tuple[str, dict[str, int]]:
    """A regular expression without the names of its groups, and the number of each name's group."""
    names: dict[str, int] = {}
    pieces: list[str] = []
    position, groups, in_class = 0, 0, False
    while position < len(regex):
        sign = regex[position]
        if sign == "\\":
            pieces.append(regex[position : position + 2])
            position += 2
            continue
        in_class = (in_class or sign == "[") and sign != "]"
        pieces.append(sign)
        position += 1
        if sign == "(" and not in_class:
            name = _NAMED.match(regex, position)
            if name is not None:
                position = name.end()
            elif regex.startswith("?", position):
                continue
            groups += 1
            if name is not None:
                names[name.group(1)] = groups
    return "".join(pieces), names
