"""Patterns for lines of fields: ``[ip, user, ..., status = 4*, bytes > 1000]``."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalfred.local.aws.logs.patterns.values import (
    OPERATOR,
    VALUE,
    Condition,
    Conditions,
    PatternError,
    comparison,
)

_NAME = r"[A-Za-z_]\w*"
_LEAF = re.compile(rf"(?P<name>{_NAME})\s*{OPERATOR}\s*(?:{VALUE})")
# A comma inside of quotes, a regular expression or a quantifier separates nothing.
_FIELD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)+%|[^,"%])+')
# What stands in quotes or brackets is one field, without them.
_WORD = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_ELLIPSIS = "..."


@dataclass(frozen=True)
class _Field:
    """One field of a pattern; ``condition`` is None for one that may hold anything."""

    condition: Condition | None

    def holds(self, word: str) -> bool:
        return self.condition is None or self.condition(word)


def compile_delimited(text: str) -> Callable[[str], bool]:
    """Holds of a line whose words meet the conditions of the fields, one word a field.

    An ellipsis stands for any number of words; so does a last field without a condition, which
    takes the rest of the line.

    Raises:
        PatternError: a field is neither a name, a condition on one, nor an ellipsis.
    """
    names = [part.strip() for part in _split(text)]
    if names.count(_ELLIPSIS) > 1:
        raise PatternError("it has more than one ellipsis")
    if _ELLIPSIS in names:
        place = names.index(_ELLIPSIS)
        head = [_field(name) for name in names[:place]]
        tail = [_field(name) for name in names[place + 1 :]]
    else:
        head, tail = [_field(name) for name in names], []
    open_ended = _ELLIPSIS in names or head[-1].condition is None

    def matches(message: str) -> bool:
        words = [next(filter(None, found), "") for found in _WORD.findall(message)]
        fields = len(head) + len(tail)
        if len(words) < fields or (len(words) > fields and not open_ended):
            return False
        last = words[len(words) - len(tail) :]
        return all(field.holds(word) for field, word in zip(head, words, strict=False)) and all(
            field.holds(word) for field, word in zip(tail, last, strict=True)
        )

    return matches


def _split(text: str) -> list[str]:
    parts, position = [], 0
    while True:
        found = _FIELD.match(text, position)
        if found is None:
            raise PatternError(f"a field is missing before {text[position : position + 20]!r}")
        parts.append(found.group())
        if found.end() == len(text):
            return parts
        if text[found.end()] != ",":
            raise PatternError(f"{text[found.end() :]!r} is never closed")
        position = found.end() + 1


def _field(text: str) -> _Field:
    if re.fullmatch(_NAME, text):
        return _Field(None)
    names: set[str] = set()

    def condition(leaf: re.Match[str]) -> Condition:
        names.add(leaf["name"])
        compare = comparison(leaf)
        return lambda word: compare(str(word))

    holds = Conditions(text, _LEAF, condition).parse()
    if len(names) > 1:
        raise PatternError(f"{text!r} names more than one field")
    return _Field(holds)
