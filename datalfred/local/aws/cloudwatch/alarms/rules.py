"""The rules of composite alarms: ``ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))``.

Source: PutCompositeAlarm in the API reference of CloudWatch.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

_TOKEN = re.compile(r"""\s*(?:(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>[()])|(?P<word>[^\s()"']+))""")
_STATES = {"ALARM", "OK", "INSUFFICIENT_DATA"}
_CONSTANTS = {"TRUE": True, "FALSE": False}
_LONGEST = 10_240
_DEEPEST = 64
_MOST_ALARMS = 100

StateOf = Callable[[str], str]
"""The state of the alarm of that name or ARN."""

Condition = Callable[[StateOf], bool]


class RuleError(ValueError):
    """A rule that cannot be read; says where."""


@dataclass(frozen=True)
class Rule:
    """A rule that was read: whether it holds, and the alarms that it names."""

    holds: Condition
    alarms: tuple[str, ...]


def parse_rule(text: str) -> Rule:
    """The rule that ``text`` states.

    Raises:
        RuleError: it cannot be read.
    """
    if not 0 < len(text) <= _LONGEST:
        raise RuleError(f"it must have 1 to {_LONGEST} characters")
    parser = _Parser(text)
    holds = parser.rule()
    named = tuple(dict.fromkeys(parser.alarms))
    if len(named) > _MOST_ALARMS:
        raise RuleError(f"it names more than {_MOST_ALARMS} alarms")
    return Rule(holds, named)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0
        self.alarms: list[str] = []

    def rule(self) -> Condition:
        found = self._any()
        if self._next < len(self._tokens):
            raise self._unexpected()
        return found

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._takes("OR"):
            parts.append(self._all())
        return lambda state_of: any(part(state_of) for part in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._takes("AND"):
            parts.append(self._one())
        return lambda state_of: all(part(state_of) for part in parts)

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RuleError(f"it is nested too deeply at position {self._position()}")
        try:
            return self._unit()
        finally:
            self._depth -= 1

    def _unit(self) -> Condition:
        if self._takes("NOT"):
            negated = self._one()
            return lambda state_of: not negated(state_of)
        if self._takes("("):
            inner = self._any()
            self._expect(")")
            return inner
        word = self._word().upper()
        if word in _CONSTANTS:
            self._next += 1
            value = _CONSTANTS[word]
            return lambda _state_of: value
        if word in _STATES:
            self._next += 1
            return self._state(word)
        raise self._unexpected()

    def _state(self, state: str) -> Condition:
        self._expect("(")
        if self._next >= len(self._tokens) or self._tokens[self._next][0] == "sign":
            raise self._unexpected()
        kind, text, _ = self._tokens[self._next]
        name = text[1:-1] if kind == "quoted" else text
        self._next += 1
        self._expect(")")
        self.alarms.append(name)
        return lambda state_of: state_of(name) == state

    def _word(self) -> str:
        return self._tokens[self._next][1] if self._next < len(self._tokens) else ""

    def _takes(self, word: str) -> bool:
        if self._word().upper() != word:
            return False
        self._next += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._takes(sign):
            raise self._unexpected()

    def _position(self) -> int:
        if self._next < len(self._tokens):
            return self._tokens[self._next][2]
        return len(self._text) + 1

    def _unexpected(self) -> RuleError:
        word, at = self._word(), self._position()
        return RuleError(
            f"{word!r} is not expected at position {at}"
            if word
            else f"it ends too early at position {at}"
        )


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind, text and position of every token."""
    found, place = [], 0
    while text[place:].strip():
        token = _TOKEN.match(text, place)
        if token is None:
            raise RuleError(f"a quote is never closed at position {place + 1}")
        kind = str(token.lastgroup)
        found.append((kind, token[kind], token.start(kind) + 1))
        place = token.end()
    return found
