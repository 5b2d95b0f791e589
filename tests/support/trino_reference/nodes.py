"""Expressions: columns, literals, operators, conditions.

https://trino.io/docs/current/functions/{logical,comparison,conditional,math,decimal}.html
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.trino_reference import types
from tests.support.trino_reference.types import BOOLEAN, Type
from tests.support.trino_reference.values import EXACT, TrinoError, coerced, fitted, rescaled

LAZY, EAGER, ANY_ORDER = "lazy", "eager", "any order"
"""How much is evaluated: what Trino must, everything, or whatever decides AND and OR."""


@dataclass(frozen=True)
class Env:
    """What an expression reads: a row, parameters of lambdas, and the rule of evaluation."""

    row: tuple
    mode: str = LAZY
    parameters: tuple = ()


@dataclass(frozen=True)
class Node:
    """An expression."""

    sql: str
    type: Type
    run: Callable[[Env], Any]

    def of(self, kind):
        """Its values, coerced."""
        return lambda env: coerced(self.run(env), self.type, kind)


def column(name, place, kind):
    """A column of the row."""
    return Node(name, kind, lambda env: env.row[place])


def null(kind):
    """A typed NULL."""
    return Node(f"CAST(NULL AS {kind})", kind, lambda _: None)


def strict(sql, kind, parts, compute):
    """An expression that is NULL where one of its parts is; the parts after that do not matter."""
    return Node(sql, kind, _until_null([part.run for part in parts], compute))


def _until_null(parts, compute):
    def run(env):
        values, failure = [], None
        for part in parts:
            try:
                value = part(env)
            except TrinoError as error:
                if env.mode != ANY_ORDER:
                    raise
                failure = error
                continue
            if value is None and env.mode != EAGER:
                return None
            values.append(value)
        if failure:
            raise failure
        return None if any(value is None for value in values) else compute(*values)

    return run


def arithmetic(operator, left, right):
    """``left operator right``."""
    wide = types.common(left.type, right.type)
    sql = f"({left.sql} {operator} {right.sql})"
    if wide.name == "decimal":
        one, two = types.as_decimal(left.type), types.as_decimal(right.type)
        kind = _decimal_type(operator, one, two)
        return _binary(sql, kind, (left.of(one), right.of(two)), _decimal(operator, kind))
    compute = _DOUBLES[operator] if wide.name == "double" else _integers(operator, wide)
    return _binary(sql, wide, (left.of(wide), right.of(wide)), compute)


def _binary(sql, kind, sides, compute):
    return Node(sql, kind, _until_null(sides, compute))


def _decimal_type(operator, one, two):
    (p1, s1), (p2, s2) = one.numbers, two.numbers
    wider = max(s1, s2)
    return {
        "+": lambda: types.decimal(max(p1 - s1, p2 - s2) + wider + 1, wider),
        "-": lambda: types.decimal(max(p1 - s1, p2 - s2) + wider + 1, wider),
        "*": lambda: types.decimal(p1 + p2, s1 + s2),
        "/": lambda: types.decimal(p1 + s2 + max(0, s2 - s1), wider),
        "%": lambda: types.decimal(min(p1 - s1, p2 - s2) + wider, wider),
    }[operator]()


def _decimal(operator, kind):
    def compute(one, two):
        if operator in "/%" and two == 0:
            raise TrinoError("DIVISION_BY_ZERO")
        value = {
            "+": EXACT.add,
            "-": EXACT.subtract,
            "*": EXACT.multiply,
            "/": EXACT.divide,
            "%": EXACT.remainder,
        }[operator](one, two)
        return fitted(value, types.Type("decimal", (types.WIDEST, kind.numbers[1])))

    return compute


def _integers(operator, kind):
    def compute(one, two):
        if operator in "/%" and two == 0:
            raise TrinoError("DIVISION_BY_ZERO")
        if operator == "/":
            value = abs(one) // abs(two) * (1 if (one < 0) == (two < 0) else -1)
        elif operator == "%":
            value = abs(one) % abs(two) * (-1 if one < 0 else 1)
        else:
            value = {"+": one + two, "-": one - two, "*": one * two}[operator]
        return fitted(value, kind)

    return compute


def _quotient(one, two):
    if two != 0:
        return one / two
    if one == 0 or math.isnan(one):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1, two)


_DOUBLES = {
    "+": lambda one, two: one + two,
    "-": lambda one, two: one - two,
    "*": lambda one, two: one * two,
    "/": _quotient,
    "%": lambda one, two: math.nan if two == 0 or math.isinf(one) else math.fmod(one, two),
}


def negative(value):
    """``-value``."""
    return strict(f"(- {value.sql})", value.type, [value], lambda one: fitted(-one, value.type))


_COMPARE = {
    "=": lambda one, two: one == two,
    "<>": lambda one, two: one != two,
    "<": lambda one, two: one < two,
    "<=": lambda one, two: one <= two,
    ">": lambda one, two: one > two,
    ">=": lambda one, two: one >= two,
}


def compared(operator, left, right):
    """A comparison of values with a common type."""
    wide = types.common(left.type, right.type)
    sql = f"({left.sql} {operator} {right.sql})"
    return _binary(sql, BOOLEAN, (left.of(wide), right.of(wide)), _COMPARE[operator])


def distinct(left, right, *, negated):
    """``IS [NOT] DISTINCT FROM``."""
    wide = types.common(left.type, right.type)
    word = "IS NOT DISTINCT FROM" if negated else "IS DISTINCT FROM"

    def run(env):
        one, two = left.of(wide)(env), right.of(wide)(env)
        differ = (one is None) != (two is None) or (one is not None and one != two)
        return differ != negated

    return Node(f"({left.sql} {word} {right.sql})", BOOLEAN, run)


def logical(word, left, right):
    """``AND`` and ``OR`` with three values."""
    decides = word == "OR"

    def run(env):
        try:
            one = left.run(env)
        except TrinoError:
            other = right.run(env) if env.mode == ANY_ORDER else not decides
            if other is (not decides):
                raise
            return other
        if one is decides and env.mode != EAGER:
            return decides
        two = right.run(env)
        if decides in (one, two):
            return decides
        return None if None in (one, two) else not decides

    return Node(f"({left.sql} {word} {right.sql})", BOOLEAN, run)


def negation(value):
    """``NOT value``."""
    return strict(f"(NOT {value.sql})", BOOLEAN, [value], lambda one: not one)


def is_null(value, *, negated):
    """``IS [NOT] NULL``."""
    word = "IS NOT NULL" if negated else "IS NULL"

    def run(env):
        try:
            return (value.run(env) is None) != negated
        except TrinoError:
            if env.mode == ANY_ORDER:
                return negated
            raise

    return Node(f"({value.sql} {word})", BOOLEAN, run)


def between(value, low, high, *, negated):
    """``[NOT] BETWEEN``."""
    both = logical("AND", compared(">=", value, low), compared("<=", value, high))
    both = negation(both) if negated else both
    word = "NOT BETWEEN" if negated else "BETWEEN"
    return Node(f"({value.sql} {word} {low.sql} AND {high.sql})", BOOLEAN, both.run)


def listed(value, items, *, negated):
    """``[NOT] IN (...)``: NULL where no item is equal and one is unknown."""
    wide = value.type
    for item in items:
        wide = types.common(wide, item.type)

    def run(env):
        one = value.of(wide)(env)
        if one is None and env.mode != EAGER:
            return None
        found = [item.of(wide)(env) for item in items]
        if one is None:
            return None
        if one in [each for each in found if each is not None]:
            return not negated
        return None if None in found else negated

    word = "NOT IN" if negated else "IN"
    return Node(f"({value.sql} {word} ({', '.join(item.sql for item in items)}))", BOOLEAN, run)


def searched(conditions, results, otherwise):
    """``CASE WHEN ... THEN ... ELSE ... END``."""
    wide = otherwise.type
    for each in results:
        wide = types.common(wide, each.type)

    def run(env):
        if env.mode == EAGER:
            for node in (*conditions, *results, otherwise):
                node.run(env)
        for when, then in zip(conditions, results, strict=True):
            if when.run(env) is True:
                return then.of(wide)(env)
        return otherwise.of(wide)(env)

    arms = " ".join(
        f"WHEN {when.sql} THEN {then.sql}" for when, then in zip(conditions, results, strict=True)
    )
    return Node(f"CASE {arms} ELSE {otherwise.sql} END", wide, run)


def coalesce(parts):
    """The first value that is not NULL."""
    wide = parts[0].type
    for part in parts[1:]:
        wide = types.common(wide, part.type)

    def run(env):
        if env.mode == EAGER:
            for part in parts:
                part.run(env)
        for part in parts:
            value = part.of(wide)(env)
            if value is not None:
                return value
        return None

    return Node(f"coalesce({', '.join(part.sql for part in parts)})", wide, run)


def nullif(left, right):
    """NULL where both are equal, of the type of the first."""
    equal = compared("=", left, right)

    def run(env):
        return None if equal.run(env) is True else left.run(env)

    return Node(f"nullif({left.sql}, {right.sql})", left.type, run)


def attempt(value):
    """``try(value)``."""

    def run(env):
        try:
            return value.run(env)
        except TrinoError:
            return None

    return Node(f"try({value.sql})", value.type, run)


def rounded(value):
    """A number without its fraction, rounded half away from zero."""
    if isinstance(value, float) and (math.isnan(value) or math.isinf(value)):
        return value
    return rescaled(Decimal(value), 0)
