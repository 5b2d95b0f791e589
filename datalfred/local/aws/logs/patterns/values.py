"""What JSON and space-delimited patterns share: comparisons, and conditions joined by && and ||."""

import operator
import re
from collections.abc import Callable

from datalfred.local.aws.logs.patterns.expressions import ExpressionError, compile_expression

Condition = Callable[[object], bool]
"""Holds of a record: a parsed JSON document, or one field of a line."""

Value = str | float | bool | None
Comparison = Callable[[Value], bool]

VALUE = r'"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>(?:[^%\\]|\\.)+)%|(?P<bare>[\w.*+\-:/@]+)'
OPERATOR = r"(?P<operator>!=|>=|<=|=|>|<)"

MOST_EXPRESSIONS = 2
"""Regular expressions in one pattern."""

_MOST_PARENTHESES = 50
_ORDER = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


class PatternError(ValueError):
    """A filter pattern that CloudWatch Logs would refuse; the message says why and where.

    Attributes:
        position: of the first character that is wrong; None for the pattern as a whole.
    """

    def __init__(self, problem: str, position: int | None = None) -> None:
        place = "" if position is None else f", at character {position + 1}"
        super().__init__(problem + place)
        self.problem = problem
        self.position = position


class Quota:
    """Counts what a pattern may hold only so many of."""

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._most = most
        self._used = 0

    def use(self, *, when: bool = True) -> None:
        """Counts one more.

        Raises:
            PatternError: it is one too many.
        """
        self._used += when
        if self._used > self._most:
            raise PatternError(f"it has more than {self._most} {self._what}")


def expression(text: str) -> Callable[[str], bool]:
    """Whether a text holds the expression between two percent signs.

    Raises:
        PatternError: CloudWatch does not know such an expression.
    """
    try:
        return compile_expression(text).found_in
    except ExpressionError as error:
        raise PatternError(str(error)) from None


def unescaped(quoted: str) -> str:
    r"""The text that stood in double quotes, where ``\"`` means a quote."""
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def comparison(leaf: re.Match[str]) -> Comparison:
    """The comparison that a match of :data:`OPERATOR` and :data:`VALUE` states.

    Raises:
        PatternError: the order of texts is asked for.
    """
    sign = leaf["operator"]
    if sign in _ORDER:
        return _order(sign, leaf["bare"])
    if leaf["regex"] is not None:
        found_in = expression(leaf["regex"])
        equal: Comparison = lambda value: found_in(as_text(value))  # noqa: E731 -- one of three
    elif leaf["bare"] is not None and _NUMBER.fullmatch(leaf["bare"]):
        equal = _equals_number(leaf["bare"])
    else:
        wild = _wildcard(unescaped(leaf["quoted"]) if leaf["bare"] is None else leaf["bare"])
        equal = lambda value: wild(as_text(value))  # noqa: E731 -- one of three
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


def _wildcard(text: str) -> Callable[[str], bool]:
    """Whether a text is ``text``, in which a star stands for anything; it is read once."""
    first, *middle = text.split("*")
    if not middle:
        return lambda value: value == text
    last = middle.pop()

    def holds(value: str) -> bool:
        end = len(value) - len(last)
        place = len(first)
        if end < place or not (value.startswith(first) and value.endswith(last)):
            return False
        for part in middle:
            place = value.find(part, place, end)
            if place < 0:
                return False
            place += len(part)
        return True

    return holds


def as_number(value: Value) -> float | None:
    """The number that a value is, or that its text spells; None for others."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return value


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
        self._depth = 0

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
            return self._inner()
        self._rest()
        leaf = self._leaf.match(self._text, self._position)
        if leaf is None:
            raise self._unexpected()
        start, self._position = self._position, leaf.end()
        try:
            return self._condition(leaf)
        except PatternError as error:
            raise PatternError(error.problem, start) from None

    def _inner(self) -> Condition:
        """What stands in parentheses."""
        self._depth += 1
        if self._depth > _MOST_PARENTHESES:
            problem = f"its parentheses are nested more than {_MOST_PARENTHESES} deep"
            raise PatternError(problem, self._position - 1)
        inner = self._any()
        if not self._take(")"):
            raise self._unexpected()
        self._depth -= 1
        return inner

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
        problem = f"{rest[:20]!r} is not expected there" if rest else "it ends too early"
        return PatternError(problem, self._position)
