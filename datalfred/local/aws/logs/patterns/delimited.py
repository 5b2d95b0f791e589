"""Patterns for lines of fields: ``[ip, user, ..., status = 4*, bytes > 1000]``."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datalfred.local.aws.logs.patterns.values import (
    MOST_EXPRESSIONS,
    OPERATOR,
    VALUE,
    Condition,
    Conditions,
    PatternError,
    Quota,
    comparison,
)

_NAME = r"[A-Za-z_]\w*"
_LEAF = re.compile(rf"(?P<name>{_NAME})\s*{OPERATOR}\s*(?:{VALUE})", re.DOTALL)
# A comma inside of quotes, a regular expression or a quantifier separates nothing.
_FIELD = re.compile(r'(?:"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)+%|[^,"%])+', re.DOTALL)
# What stands in quotes or brackets is one field, without them.
_WORD = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_UNBRACKETED = re.compile(r'"([^"]*)"()|(\S+)')
_ELLIPSIS = "..."


@dataclass(frozen=True)
class _Field:
    """One field of a pattern; ``condition`` is None for one that may hold anything."""

    name: str
    condition: Condition | None

    def holds(self, word: str) -> bool:
        return self.condition is None or self.condition(word)


class DelimitedPattern:
    """Holds of a line whose words meet the conditions of the fields, one word a field.

    An ellipsis stands for any number of words; so does a last field without a condition, which
    takes the rest of the line.

    Raises:
        PatternError: a field is neither a name, a condition on one, nor an ellipsis.
    """

    def __init__(self, text: str) -> None:
        self._expressions = Quota("regular expressions", MOST_EXPRESSIONS)
        parts = list(_split(text))
        places = [place for place, (_, part) in enumerate(parts) if part.strip() == _ELLIPSIS]
        if len(places) > 1:
            raise PatternError("it has more than one ellipsis", parts[places[1]][0])
        border = places[0] if places else len(parts)
        self._head = [self._field(*part) for part in parts[:border]]
        self._tail = [self._field(*part) for part in parts[border + 1 :]]
        self._open = bool(places) or self._head[-1].condition is None

    def matches(self, message: str) -> bool:
        """Whether the words of the message meet the conditions."""
        return self._fields(message) is not None

    def extracted(self, message: str) -> dict[str, str]:
        """The words of a message that matches, by the names of their fields: ``$ip``."""
        words = self._fields(message) or []
        names = [field.name for field in [*self._head, *self._tail]]
        return {f"${name}": word for name, word in zip(names, words, strict=False)}

    def _fields(self, message: str) -> list[str] | None:
        """The word of each field; None when they do not meet its condition."""
        words = list(_words(message))
        head, tail = self._head, self._tail
        count = len(head) + len(tail)
        if len(words) < count or (len(words) > count and not self._open):
            return None
        chosen = words[: len(head)] + words[len(words) - len(tail) :]
        met = all(field.holds(word) for field, word in zip([*head, *tail], chosen, strict=True))
        return chosen if met else None

    def _field(self, start: int, text: str) -> _Field:
        name = text.strip()
        if re.fullmatch(_NAME, name):
            return _Field(name, None)
        names: list[str] = []

        def condition(leaf: re.Match[str]) -> Condition:
            names.append(leaf["name"])
            self._expressions.use(when=leaf["regex"] is not None)
            compare = comparison(leaf)
            return lambda word: compare(str(word))

        # The blanks in front let the conditions say where in the whole pattern they are wrong.
        holds = Conditions(" " * start + text, _LEAF, condition).parse()
        if len(set(names)) > 1:
            raise PatternError(f"{name!r} names more than one field", start)
        return _Field(names[0], holds)


def compile_delimited(text: str) -> tuple[Callable[[str], bool], Callable[[str], dict[str, str]]]:
    """What tells whether a message matches, and what it then gives.

    Raises:
        PatternError: the text between the brackets names no fields.
    """
    pattern = DelimitedPattern(text)
    return pattern.matches, pattern.extracted


def _words(message: str) -> Iterator[str]:
    closing = message.rfind("]")
    if message.find("[", closing + 1) < 0:
        for found in _WORD.findall(message):
            yield next(filter(None, found), "")
        return
    # A bracket that nothing closes is a sign like others; to look for its end, again and again,
    # would take minutes in a message full of them.
    position = 0
    while True:
        word = (_WORD if position <= closing else _UNBRACKETED).search(message, position)
        if word is None:
            return
        yield next(filter(None, word.groups()), "")
        position = word.end()


def _split(text: str) -> Iterator[tuple[int, str]]:
    """The parts between the commas, each with its place."""
    position = 0
    while True:
        found = _FIELD.match(text, position)
        if found is None or not found.group().strip():
            blanks = len(text[position:]) - len(text[position:].lstrip())
            raise PatternError("a field is missing", position + blanks)
        yield position, found.group()
        if found.end() == len(text):
            return
        if text[found.end()] != ",":
            raise PatternError(f"{text[found.end() :]!r} is never closed", found.end())
        position = found.end() + 1
