"""Evaluates expressions over series.

Operators work point by point on the times that both series have; a point that has no finite value,
such as one divided by zero, is missing. A scalar goes with every point.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from datalfred.local.aws.cloudwatch.mathematics.parser import (
    Array,
    Call,
    MathError,
    Name,
    Node,
    Number,
    Operation,
    Text,
    parse,
)

_MOST_STEPS = 100


@dataclass(frozen=True)
class Series:
    """A time series.

    Attributes:
        points: value by time, in seconds since 1970.
        period: seconds between two points.
        label: what it shows.
    """

    points: Mapping[float, float]
    period: float
    label: str = ""


@dataclass(frozen=True)
class Table:
    """Several series, in the order in which they were asked for."""

    series: tuple[Series, ...]


Value = float | str | Series | Table

_ARITHMETIC: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": math.pow,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
    ">": lambda left, right: float(left > right),
    ">=": lambda left, right: float(left >= right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}
_SAME = {"&&": "AND", "||": "OR"}


@dataclass
class Evaluation:
    """The queries of one request.

    Attributes:
        metrics: the series of queries that read a metric, by id.
        expressions: those of queries that compute, by id.
        times: every time at which a period of the request begins, oldest first.
        period: of the request, in seconds.
        functions: what can be called, by name.
    """

    metrics: Mapping[str, Series]
    expressions: Mapping[str, str]
    times: Sequence[float]
    period: float
    functions: Mapping[str, "Function"]
    _known: dict[str, Value] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def named(self, name: str, position: int = 1) -> Value:
        """The value of a query.

        Raises:
            MathError: no query has that id, or it needs itself.
        """
        if name in self.metrics:
            return self.metrics[name]
        if name not in self.expressions:
            raise MathError(f"No query has the id {name!r}", position)
        if name in self._open or len(self._open) > _MOST_STEPS:
            raise MathError(f"{name!r} needs itself", position)
        if name not in self._known:
            self._open.append(name)
            try:
                self._known[name] = self.value(parse(self.expressions[name]))
            finally:
                self._open.pop()
        return self._known[name]

    def value(self, node: Node) -> Value:
        """The value of a part of an expression.

        Raises:
            MathError: it cannot be evaluated.
        """
        if isinstance(node, Number | Text):
            return node.value
        if isinstance(node, Name):
            return self.named(node.value, node.position)
        if isinstance(node, Operation):
            return self._operation(node)
        if isinstance(node, Array):
            return table_of([self.value(item) for item in node.items], node)
        return self._call(node)

    def _call(self, node: Call) -> Value:
        function = self.functions.get(node.name)
        if function is None:
            raise MathError(f"The function {node.name} is not emulated", node.position)
        least, most = function.arguments
        if not least <= len(node.arguments) <= most:
            raise MathError(f"{node.name} takes another number of arguments", node.position)
        return function.compute(self, node)

    def _operation(self, node: Operation) -> Value:
        last = self.value(node.operands[-1])
        if len(node.operands) == 1:
            return combine("*", -1.0, last, node.position)
        first = self.value(node.operands[0])
        return combine(_SAME.get(node.sign, node.sign), first, last, node.position)


@dataclass(frozen=True)
class Function:
    """A function: how many arguments it takes (fewest, most), and what it computes."""

    arguments: tuple[int, int]
    compute: Callable[[Evaluation, Call], Value]


def combine(sign: str, left: Value, right: Value, position: int) -> Value:
    """``left`` and ``right`` joined by an operator.

    Raises:
        MathError: the operator does not take them.
    """
    if isinstance(left, str) or isinstance(right, str):
        raise MathError(f"{sign!r} takes no text", position)
    if isinstance(left, Table) or isinstance(right, Table):
        return _combine_tables(sign, left, right, position)
    if isinstance(left, Series) and isinstance(right, Series):
        shared = [at for at in left.points if at in right.points]
        found = {at: _apply(sign, left.points[at], right.points[at]) for at in shared}
        return series_of(found, max(left.period, right.period))
    if isinstance(left, Series):
        return _with_scalar(left, right, lambda value, scalar: _apply(sign, value, scalar))
    if isinstance(right, Series):
        return _with_scalar(right, left, lambda value, scalar: _apply(sign, scalar, value))
    found_value = _apply(sign, left, right)
    if found_value is None:
        raise MathError(f"{sign!r} has no finite value", position)
    return found_value


def _with_scalar(
    series: Series, scalar: float | Series, change: Callable[[float, float], float | None]
) -> Series:
    """Every point joined with the same number."""
    number = cast("float", scalar)  # two series were joined before
    return mapped(series, lambda value: change(value, number))


def _combine_tables(sign: str, left: Value, right: Value, position: int) -> Table:
    if isinstance(left, Table) and isinstance(right, Table):
        raise MathError(f"{sign!r} takes no two arrays of series", position)
    table = left if isinstance(left, Table) else right
    made = []
    for series in table.series if isinstance(table, Table) else ():
        joined = (
            combine(sign, series, right, position)
            if table is left
            else combine(sign, left, series, position)
        )
        made.append(Series(joined.points, joined.period, series.label))  # type: ignore[union-attr]  # a series went in
    return Table(tuple(made))


def _apply(sign: str, left: float, right: float) -> float | None:
    try:
        return _ARITHMETIC[sign](left, right)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None


def series_of(points: Mapping[float, float | None], period: float, label: str = "") -> Series:
    """A series of the points that have a finite value."""
    kept = {at: v for at, v in points.items() if v is not None and math.isfinite(v)}
    return Series(kept, period, label)


def mapped(series: Series, change: Callable[[float], float | None]) -> Series:
    """A series with every value changed; a point whose value is None then is missing."""
    changed = {at: change(value) for at, value in series.points.items()}
    return series_of(changed, series.period, series.label)


def table_of(values: Sequence[Value], node: Node) -> Table:
    """All series of ``values`` in one array.

    Raises:
        MathError: one of them is no series.
    """
    found: list[Series] = []
    for value in values:
        if isinstance(value, Series):
            found.append(value)
        elif isinstance(value, Table):
            found.extend(value.series)
        else:
            raise MathError("An array holds time series only", node.position)
    return Table(tuple(found))
