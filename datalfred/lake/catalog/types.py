"""Nested Athena types, unfolded into the paths that a query writes."""

from collections.abc import Iterator

_MOST_FIELDS = 40
_MOST_DEPTH = 6
_OPEN, _CLOSE = "<(", ">)"


def fields_of(kind: str) -> tuple[str, ...]:
    """The scalars inside a nested type, each with its path and its type.

    ``array<struct<sku:string,size:struct<cm:int>>>`` has ``[].sku string`` and ``[].size.cm int``.
    A plain type has none; of a type with hundreds, the first forty are told.
    """
    found = []
    for path, scalar in _unfold("", kind.strip(), 0):
        if path:
            found.append(f"{path.removeprefix('.')} {scalar}".rstrip())
        if len(found) == _MOST_FIELDS:
            break
    return tuple(found)


def _unfold(path: str, kind: str, depth: int) -> Iterator[tuple[str, str]]:
    outer, bracket, inner = kind.partition("<")
    outer = outer.strip().lower()
    if not bracket or depth == _MOST_DEPTH or outer not in {"struct", "array", "map"}:
        yield path, kind
        return
    parts = _split(inner.rstrip().removesuffix(">"))
    if outer == "array":
        yield from _unfold(f"{path}[]", parts[0], depth + 1)
    elif outer == "map":
        yield from _unfold(f"{path}[{parts[0]}]", parts[-1], depth + 1)
    else:
        for part in parts:
            name, _, inside = part.partition(":")
            yield from _unfold(f"{path}.{name.strip()}", inside.strip(), depth + 1)


def _split(text: str) -> list[str]:
    """The parts between commas that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in _OPEN) - (letter in _CLOSE)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
