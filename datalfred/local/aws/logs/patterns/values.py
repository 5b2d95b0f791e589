"""What JSON and space-delimited patterns share: comparisons, and conditions joined by && and ||."""

import operator
import re
from collections.abc import Callable
from functools import cache

Condition = Callable[[object], bool]
"""Holds of a record: a parsed JSON document, or one field of a line."""

Value = str | float | bool | None
Comparison = Callable[[Value], bool]

VALUE = r'"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>(?:[^%\\]|\\.)+)%|(?P<bare>[\w.*+\-:/@]+)'
OPERATOR = r"(?P<operator>!=|>=|<=|=|>|<)"

_ORDER = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_REGEX_PIECE = re.compile(
    r"\\[dDsSwW]|\\x[0-9A-Fa-f]{2}|\\[\^$?\[\]{}|\\*+.:_#=@/;,-]|[\w:#=@/;, \-^$?\[\]{}|*+.]",
    re.ASCII,
)


class PatternError(ValueError):
    """A filter pattern that CloudWatch Logs would refuse."""


@cache
def compile_regex(text: str) -> re.Pattern[str]:
    """The expression between two percent signs; CloudWatch knows a subset of the usual syntax.

    Raises:
        PatternError: it uses a character outside of that subset, such as a parenthesis.
    """
    position, pieces, in_class = 0, [], False
    while position < len(text):
        piece = _REGEX_PIECE.match(text, position)
        if piece is None:
            raise PatternError(f"{text[position]!r} is not supported in a regular expression")
        found = piece.group()
        if in_class and found in {"[", "|"}:
            found = "\\" + found  # literal in a class, there as here
        in_class = (in_class or found == "[") and found != "]"
        pieces.append(found)
        position = piece.end()
    try:
        return re.compile("".join(pieces), re.ASCII)
    except re.error as error:
        raise PatternError(f"%{text}% is no regular expression: {error}") from None


def unescaped(quoted: str) -> str:
    r"""The text that stood in double quotes, where ``\"`` means a quote."""
    return re.sub(r"\\(.)", r"\1", quoted)


def comparison(leaf: re.Match[str]) -> Comparison:
    """The comparison that a match of :data:`OPERATOR` and :data:`VALUE` states.

    Raises:
        PatternError: the order of texts is asked for.
    """
    sign = leaf["operator"]
    if sign in _ORDER:
        return _order(sign, leaf["bare"])
    if leaf["regex"] is not None:
        pattern = compile_regex(leaf["regex"])
        equal: Comparison = lambda value: bool(pattern.search(as_text(value)))  # noqa: E731 -- one of three
    elif leaf["bare"] is not None and _NUMBER.fullmatch(leaf["bare"]):
        equal = _equals_number(leaf["bare"])
    else:
        wild = _wildcard(unescaped(leaf["quoted"]) if leaf["bare"] is None else leaf["bare"])
        equal = lambda value: bool(wild.fullmatch(as_text(value)))  # noqa: E731 -- one of three
    return equal if sign == "=" else lambda value: not equal(value)


def _order(sign: str, bare: str | None) -> Comparison:
    if bare is None or not _NUMBER.fullmatch(bare):
        raise PatternError(f"{sign} compares with a number only")
    limit, compare = float(bare), _ORDER[sign]

    def holds(value: Value) -> bool:
        number = as_number(value)
        return number is not None and bool(compare(number, limit))

    return holds


def _equals_number(literal: str) -> Comparison:
    number = float(literal)

    def holds(value: Value) -> bool:
        found = as_number(value)
        return found == number if found is not None else as_text(value) == literal

    return holds


def _wildcard(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split("*")), re.DOTALL)


def as_number(value: Value) -> float | None:
    """The number that a value is, or that its text spells; None for others."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value)


def as_text(value: Value) -> str:
    """A value as it stands in the log."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "null" if value is None else str(value)


class Conditions:
    """Parses conditions: parentheses bind first, then &&, then ||."""

    def __init__(
        self,
        text: str,
        leaf: re.Pattern[str],
        condition: Callable[[re.Match[str]], Condition],
    ) -> None:
        self._text = text
        self._leaf = leaf
        self._condition = condition
        self._position = 0

    def parse(self) -> Condition:
        """The whole text as one condition.

        Raises:
            PatternError: something else than conditions stands in the text.
        """
        found = self._any()
        if self._rest():
            raise self._unexpected()
        return found

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._take("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda record: any(p(record) for p in parts)

    def _all(self) -> Condition:
        parts = [self._one()]
        while self._take("&&"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda record: all(p(record) for p in parts)

    def _one(self) -> Condition:
        if self._take("("):
            inner = self._any()
            if not self._take(")"):
                raise self._unexpected()
            return inner
        self._rest()
        leaf = self._leaf.match(self._text, self._position)
        if leaf is None:
            raise self._unexpected()
        self._position = leaf.end()
        return self._condition(leaf)

    def _rest(self) -> str:
        remaining = self._text[self._position :]
        self._position += len(remaining) - len(remaining.lstrip())
        return self._text[self._position :]

    def _take(self, sign: str) -> bool:
        if not self._rest().startswith(sign):
            return False
        self._position += len(sign)
        return True

    def _unexpected(self) -> PatternError:
        rest = self._rest()
        return PatternError(f"{rest[:20]!r} is not expected there" if rest else "it ends too early")
