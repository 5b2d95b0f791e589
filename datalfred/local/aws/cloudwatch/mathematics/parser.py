"""Reads an expression into a tree; every node knows its position."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


class MathError(ValueError):
    """An expression that cannot be read or evaluated; ``position`` counts from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} at position {position}")
        self.position = position


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float
    position: int


@dataclass(frozen=True)
class Text:
    """A text in quotes."""

    value: str
    position: int


@dataclass(frozen=True)
class Name:
    """The id of a query, or a word such as REPEAT."""

    value: str
    position: int


@dataclass(frozen=True)
class Operation:
    """An operator and its operands, one or two."""

    sign: str
    operands: "tuple[Node, ...]"
    position: int


@dataclass(frozen=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: "tuple[Node, ...]"
    position: int


@dataclass(frozen=True)
class Array:
    """Several series in brackets."""

    items: "tuple[Node, ...]"
    position: int


Node = Number | Text | Name | Operation | Call | Array

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<text>"[^"]*"|'[^']*')
    |(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/^<>(),\[\]]))""",
    re.VERBOSE,
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("OR", "||"),
    ("AND", "&&"),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/"),
)
"""Operators, loosest first; all of a level bind from left to right."""
_WORDS = {"AND", "OR"}
_DEEPEST = 64


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The tree of an expression.

    Raises:
        MathError: it cannot be read.
    """
    parser = _Parser(text)
    tree = parser.expression()
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._next = 0
        self._depth = 0

    def expression(self, level: int = 0) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        left = self.expression(level + 1)
        while self._peek() in _LEVELS[level]:
            sign, position = self._take()
            left = Operation(sign, (left, self.expression(level + 1)), position)
        return left

    def expect_end(self) -> None:
        if self._next < len(self._tokens) - 1:
            raise self._unexpected()

    def _signed(self) -> Node:
        if self._peek() == "-":
            sign, position = self._take()
            return Operation(sign, (self._signed(),), position)
        base = self._primary()
        if self._peek() == "^":
            sign, position = self._take()
            return Operation(sign, (base, self._signed()), position)
        return base

    def _primary(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise MathError("The expression is nested too deeply", self._tokens[self._next][2])
        try:
            kind, text, position = self._tokens[self._next]
            if kind in _LEAVES:
                self._next += 1
                if kind == "name" and self._peek() == "(":
                    return Call(text.upper(), self._list("(", ")"), position)
                return _LEAVES[kind](text, position)
            if text == "(":
                self._take()
                inner = self.expression()
                self._expect(")")
                return inner
            if text == "[":
                return Array(self._list("[", "]"), position)
            raise self._unexpected()
        finally:
            self._depth -= 1

    def _list(self, opening: str, closing: str) -> tuple[Node, ...]:
        self._expect(opening)
        items: list[Node] = []
        while self._peek() != closing:
            if items:
                self._expect(",")
            items.append(self.expression())
        self._take()
        return tuple(items)

    def _peek(self) -> str:
        kind, text, _ = self._tokens[self._next]
        if kind == "name" and text.upper() in _WORDS:
            return text.upper()
        return text if kind == "sign" else ""

    def _take(self) -> tuple[str, int]:
        sign, position = self._peek(), self._tokens[self._next][2]
        self._next += 1
        return sign, position

    def _expect(self, sign: str) -> None:
        if self._peek() != sign:
            raise self._unexpected()
        self._next += 1

    def _unexpected(self) -> MathError:
        kind, text, position = self._tokens[self._next]
        what = "The expression ends too early" if kind == "end" else f"{text!r} is not expected"
        return MathError(what, position)


_LEAVES: dict[str, Callable[[str, int], Node]] = {
    "number": lambda text, position: Number(float(text), position),
    "text": lambda text, position: Text(text[1:-1], position),
    "name": Name,
}


def _tokens(text: str) -> list[tuple[str, str, int]]:
    """Kind, text and position of every token, and an end."""
    found, place = [], 0
    while text[place:].strip():
        token = _TOKEN.match(text, place)
        if token is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            raise MathError(f"{text[place]!r} is not expected", place + 1)
        kind = str(token.lastgroup)
        found.append((kind, token[kind], token.start(kind) + 1))
        place = token.end()
    return [*found, ("end", "", len(text) + 1)]
