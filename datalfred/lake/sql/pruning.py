"""Which partitions a query reads, by its own predicates on the partition keys.

Only what must hold for every row counts: the terms of AND at the top of a WHERE or of an inner
join's ON that compare a partition key with a constant of the key's own kind. A term of another form
prunes nothing here, though it may in Athena: the estimate is then too high, never too low.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

Predicate = Callable[[Mapping[str, str]], bool]
"""Whether a partition, by its key values, may hold rows that the query wants."""

_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
}
_COMPARED: dict[type[exp.Expr], Callable[[Any, Any], bool]] = {
    exp.GT: operator.gt,
    exp.GTE: operator.ge,
    exp.LT: operator.lt,
    exp.LTE: operator.le,
    exp.EQ: operator.eq,
    exp.NEQ: operator.ne,
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


@dataclass(frozen=True)
class Constant:
    """A literal: a ``text``, a ``number`` or a ``date`` (kept as its ISO text)."""

    kind: str
    value: str | Decimal


@dataclass(frozen=True)
class Pruning:
    """What a query demands of the partitions of one mention of a table.

    Attributes:
        tests: all must hold.
        exact: whether every term on a partition key was understood.
    """

    tests: Sequence[Predicate]
    exact: bool

    def keeps(self, values: Mapping[str, str]) -> bool:
        """Whether the query may want rows of the partition with these key values."""
        return all(test(values) for test in self.tests)


def pruning_of(table: exp.Table, keys: Mapping[str, str]) -> Pruning:
    """What the query demands of the partitions of one mention of a table.

    Args:
        table: the mention.
        keys: the partition keys, each with its Hive type.
    """
    query = table.find_ancestor(exp.Select)
    if query is None or _is_optional(table, query):
        return Pruning((), exact=False)
    known = _Keys(table.alias_or_name.lower(), {key.lower(): kind for key, kind in keys.items()})
    tests, exact = [], True
    for term in _terms(query):
        test = known.test(term)
        if test is not None:
            tests.append(test)
        elif any(known.named(column) for column in term.find_all(exp.Column)):
            exact = False
    return Pruning(tests, exact)


def _is_optional(table: exp.Table, query: exp.Select) -> bool:
    """Whether an outer join may fill the table up with NULL: what it then reads is not told here.

    A WHERE on such a table is rare, and would end the outer join.
    """
    joins = query.args.get("joins") or ()
    if isinstance(table.parent, exp.Join) and table.parent.side:
        return True
    return any(join.side.upper() in {"RIGHT", "FULL"} for join in joins)


def _terms(query: exp.Select) -> Iterator[exp.Expr]:
    where = query.args.get("where")
    conditions = [where.this] if where is not None else []
    for join in query.args.get("joins") or ():
        condition = join.args.get("on")
        if condition is not None and not join.side:
            conditions.append(condition)
    for condition in conditions:
        yield from _conjuncts(condition.unnest())


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.And):
        for part in condition.flatten():
            yield from _conjuncts(part.unnest())
    else:
        yield condition


class _Keys:
    """The partition keys of one mention of a table, found in the terms of its query."""

    def __init__(self, alias: str, kinds: Mapping[str, str]) -> None:
        self._alias = alias
        self._kinds = kinds

    def named(self, node: exp.Expr) -> str:
        """The partition key that a column is; empty when it is none."""
        if not isinstance(node, exp.Column) or node.table.lower() not in {"", self._alias}:
            return ""
        name = node.name.lower()
        return name if name in self._kinds else ""

    def test(self, term: exp.Expr) -> Predicate | None:
        """The term as a test of partitions; None for a form that prunes nothing here."""
        if term.args.get("negate"):
            return None  # such as NOT LIKE
        if isinstance(term, exp.Or):
            return self._either(term)
        if isinstance(term, exp.Between):
            return self._between(term)
        if isinstance(term, exp.In):
            return self._among(term)
        if isinstance(term, exp.Like):
            return self._like(term)
        return self._comparison(term) if type(term) in _COMPARED else None

    def _either(self, term: exp.Or) -> Predicate | None:
        sides = []
        for side in term.flatten():
            tests = [self.test(part) for part in _conjuncts(side.unnest())]
            known = [test for test in tests if test is not None]
            if not known:
                return None
            sides.append(known)
        return lambda values: any(all(test(values) for test in known) for known in sides)

    def _between(self, term: exp.Between) -> Predicate | None:
        low = self._compare(term.this, exp.GTE, term.args["low"])
        high = self._compare(term.this, exp.LTE, term.args["high"])
        if low is None or high is None:
            return None
        return lambda values: low(values) and high(values)

    def _among(self, term: exp.In) -> Predicate | None:
        tests = [self._compare(term.this, exp.EQ, each) for each in term.expressions]
        known = [test for test in tests if test is not None]
        if not known or len(known) < len(tests):
            return None
        return lambda values: any(test(values) for test in known)

    def _like(self, term: exp.Like) -> Predicate | None:
        key, kind = self._side(term.this)
        pattern = constant(term.expression)
        if kind != "text" or pattern is None or pattern.kind != "text":
            return None
        start = re.split(r"[%_\\]", str(pattern.value), maxsplit=1)[0]
        return lambda values: values.get(key, "").startswith(start)

    def _comparison(self, term: exp.Expr) -> Predicate | None:
        return self._compare(term.this, type(term), term.expression) or self._compare(
            term.expression, _MIRRORED[type(term)], term.this
        )

    def _compare(
        self, side: exp.Expr, compared: type[exp.Expr], other: exp.Expr
    ) -> Predicate | None:
        key, kind = self._side(side)
        bound = constant(other)
        if not key or bound is None or bound.kind != kind:
            return None
        compare = _COMPARED[compared]

        def test(values: Mapping[str, str]) -> bool:
            value = _value(values.get(key, ""), kind)
            return value is None or compare(value, bound.value)

        return test

    def _side(self, node: exp.Expr) -> tuple[str, str]:
        """The key that a node is, through a CAST, and the kind of value that it then has."""
        cast = node if isinstance(node, exp.Cast) else None
        key = self.named(cast.this if cast is not None else node)
        if not key:
            return "", ""
        own = _kind(self._kinds[key])
        if cast is None:
            return key, own
        wanted = _kind(cast.to.sql("athena").lower())
        # A number's text need not be the partition's (07 is read as 7), and a fraction is rounded.
        whole = own != "number" or (wanted == "number" and "int" in self._kinds[key])
        return key, wanted if whole else ""


def constant(node: exp.Expr) -> Constant | None:
    """A literal's value; of ``DATE '...'`` its text, as partition values are written."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal) and node.this.is_string:
        kind, value = _kind(node.to.sql("athena").lower()), str(node.this.this)
        written = kind == "text" or (kind == "date" and _DAY.fullmatch(value))
        return Constant(kind, value) if written else None
    if not isinstance(node, exp.Literal):
        return None
    return Constant("text", str(node.this)) if node.is_string else _number(str(node.this))


def _number(text: str) -> Constant | None:
    value = _value(text, "number")
    return None if value is None else Constant("number", value)


def _kind(hive_type: str) -> str:
    """Which values a type compares with: ``text``, ``number``, ``date``; empty for others."""
    if hive_type.startswith(("string", "varchar")):
        return "text"
    if hive_type == "date":
        return "date"
    return "number" if hive_type.startswith(_NUMBERS) else ""


def _value(text: str, kind: str) -> str | Decimal | None:
    """A partition's value; None where the text is none of its kind, so that nothing is pruned."""
    if kind == "number":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    return text if kind == "text" or _DAY.fullmatch(text) else None
