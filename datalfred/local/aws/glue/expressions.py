"""The ``Expression`` of GetPartitions: a WHERE clause over the partition keys.

Source: Glue API, GetPartitions: the operators ``= <> < <= > >=``, AND, OR, NOT, IN, BETWEEN, LIKE
and IS NULL; keys of the types string, date, timestamp, int, bigint, tinyint, smallint and decimal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_][\w.]*|`[^`]+`)
    | (?P<sign><=|>=|<>|!=|[=<>(),])
    )""",
    re.VERBOSE,
)
_NUMBERS = re.compile(r"(tiny|small|big)?int|integer|long|decimal(\(.*\))?", re.IGNORECASE)
_TEXTS = re.compile(r"string|date|timestamp|char(\(.*\))?|varchar(\(.*\))?", re.IGNORECASE)
_NULL = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls a partition without a value."""

Operand = str | Decimal | None
Predicate = Callable[[Mapping[str, str]], bool]

_COMPARE: dict[str, Callable[[Operand, Operand], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,  # type: ignore[operator]  # both of one kind, see _Key.read
    "<=": lambda a, b: a <= b,  # type: ignore[operator]  # the same
    ">": lambda a, b: a > b,  # type: ignore[operator]  # the same
    ">=": lambda a, b: a >= b,  # type: ignore[operator]  # the same
}


class ExpressionError(ValueError):
    """An expression that Glue would refuse; the message says why."""


@dataclass(frozen=True)
class _Key:
    """A partition key that an expression names."""

    name: str
    numeric: bool

    def literal(self, text: str) -> Operand:
        """A literal as this key's values are compared."""
        return _number(text) if self.numeric else text

    def value(self, partition: Mapping[str, str]) -> Operand:
        """The key's value in a partition; None where Hive found none."""
        text = partition[self.name]
        return None if text == _NULL else self.literal(text)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ExpressionError(f"{text!r} is not a number") from None


def compile_expression(expression: str, keys: Mapping[str, str]) -> Predicate:
    """A function that says whether a partition meets ``expression``.

    Args:
        expression: a WHERE clause; empty for all partitions.
        keys: the partition keys and their types.

    Raises:
        ExpressionError: it is no such clause, or names what is no partition key.
    """
    if not expression.strip():
        return lambda _: True
    return _Parser(expression, keys).parse()


class _Parser:
    def __init__(self, expression: str, keys: Mapping[str, str]) -> None:
        self._keys = {name.lower(): (name, kind) for name, kind in keys.items()}
        self._tokens = _tokens(expression)
        self._place = 0

    def parse(self) -> Predicate:
        found = self._or()
        if self._place < len(self._tokens):
            raise self._unexpected()
        return found

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._word("or"):
            parts.append(self._and())
        return lambda partition: any(part(partition) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._not()]
        while self._word("and"):
            parts.append(self._not())
        return lambda partition: all(part(partition) for part in parts)

    def _not(self) -> Predicate:
        if self._word("not"):
            inner = self._not()
            return lambda partition: not inner(partition)
        if self._sign("("):
            inside = self._or()
            self._need(")")
            return inside
        return self._condition()

    def _condition(self) -> Predicate:
        key = self._key()
        if sign := self._sign(*_COMPARE):
            literal, compare = self._literal(key), _COMPARE[sign]
            return lambda p: (value := key.value(p)) is not None and compare(value, literal)
        if self._word("is"):
            wanted = not self._word("not")
            self._need_word("null")
            return lambda p: (key.value(p) is None) is wanted
        negated = self._word("not")
        for word, condition in (
            ("in", self._in),
            ("between", self._between),
            ("like", self._like),
        ):
            if self._word(word):
                holds = condition(key)
                return lambda p: (value := key.value(p)) is not None and holds(value) is not negated
        raise self._unexpected()

    def _in(self, key: _Key) -> Callable[[Operand], bool]:
        self._need("(")
        choices = [self._literal(key)]
        while self._sign(","):
            choices.append(self._literal(key))
        self._need(")")
        return lambda value: value in choices

    def _between(self, key: _Key) -> Callable[[Operand], bool]:
        low = self._literal(key)
        self._need_word("and")
        high = self._literal(key)
        return lambda value: _COMPARE["<="](low, value) and _COMPARE["<="](value, high)

    def _like(self, key: _Key) -> Callable[[Operand], bool]:
        kind, text = self._next()
        if kind != "string" or key.numeric:
            raise ExpressionError(f"LIKE needs a text and a key of texts, not {text}")
        parts = re.split("([%_])", _unquoted(text))
        regex = "".join({"%": ".*", "_": "."}.get(part, re.escape(part)) for part in parts)
        pattern = re.compile(regex, re.DOTALL)
        return lambda value: bool(pattern.fullmatch(str(value)))

    def _key(self) -> _Key:
        kind, text = self._next()
        name, type_name = self._keys.get(text.strip("`").lower(), ("", ""))
        if kind != "name" or not name:
            raise ExpressionError(f"{text} is not a partition key")
        numeric = bool(_NUMBERS.fullmatch(type_name))
        if not numeric and not _TEXTS.fullmatch(type_name):
            raise ExpressionError(f"{name} is of type {type_name}, which cannot be filtered by")
        return _Key(name, numeric)

    def _literal(self, key: _Key) -> Operand:
        # A typed literal is compared as its text: ISO 8601 sorts as time does.
        self._word("date") or self._word("timestamp")
        kind, text = self._next()
        if kind == "string":
            return key.literal(_unquoted(text))
        if kind == "number":
            return key.literal(text)
        raise ExpressionError(f"a value is expected instead of {text}")

    def _next(self) -> tuple[str, str]:
        if self._place == len(self._tokens):
            raise self._unexpected()
        self._place += 1
        return self._tokens[self._place - 1]

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("", "")

    def _word(self, word: str) -> bool:
        kind, text = self._peek()
        found = kind == "name" and text.lower() == word
        self._place += found
        return found

    def _sign(self, *signs: str) -> str:
        kind, text = self._peek()
        if kind != "sign" or text not in signs:
            return ""
        self._place += 1
        return text

    def _need(self, sign: str) -> None:
        if not self._sign(sign):
            raise self._unexpected()

    def _need_word(self, word: str) -> None:
        if not self._word(word):
            raise self._unexpected()

    def _unexpected(self) -> ExpressionError:
        return ExpressionError(f"{self._peek()[1] or 'its end'} is not expected there")


def _tokens(expression: str) -> list[tuple[str, str]]:
    text, position, tokens = expression.rstrip(), 0, []
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None or found.lastgroup is None:
            raise ExpressionError(f"{text[position:].strip()[:20]} is not understood")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        position = found.end()
    return tokens


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)
