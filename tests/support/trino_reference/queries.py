"""Queries: tables, joins, groups, windows, set operations, order.

https://trino.io/docs/current/sql/select.html
https://trino.io/docs/current/functions/{aggregate,window}.html
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.support.trino_reference import types
from tests.support.trino_reference.nodes import ANY_ORDER, EAGER, Env, Node, column
from tests.support.trino_reference.types import BIGINT, BOOLEAN, DOUBLE, Type
from tests.support.trino_reference.values import (
    TrinoError,
    coerced,
    fitted,
    group_key,
    order_key,
    rescaled,
)


@dataclass(frozen=True)
class Relation:
    """What stands in FROM: its text, its columns, its rows under a rule of evaluation."""

    sql: str
    columns: tuple[Node, ...]
    rows: Callable[[str], list[tuple]]


@dataclass(frozen=True)
class Query:
    """A query: its text, its types, its rows; ``ordered`` where their order is known."""

    sql: str
    types: tuple[Type, ...]
    run: Callable[[str], list[tuple]]
    ordered: bool = False


def table(name, kinds, rows, cells):
    """``(VALUES ...) AS name(columns)``; ``cells`` are the texts of the values."""
    names = ", ".join(kinds)
    values = ", ".join(f"({', '.join(row)})" for row in cells)
    columns = tuple(column(called, i, kind) for i, (called, kind) in enumerate(kinds.items()))
    return Relation(f"(VALUES {values}) AS {name}({names})", columns, lambda _: rows)


def joined(kind, left, right, on):
    """A join; ``on`` reads the columns of both sides, one after the other."""
    places = len(left.columns)
    nothing = (None,) * places, (None,) * len(right.columns)
    moved = [column(each.sql, places + i, each.type) for i, each in enumerate(right.columns)]

    def rows(mode):
        found, seen = [], set()
        others = right.rows(mode)
        for one in left.rows(mode):
            met = [i for i, two in enumerate(others) if _true(on, one + two, mode)]
            seen.update(met)
            found += [one + others[i] for i in met]
            if not met and kind in {"LEFT", "FULL"}:
                found.append(one + nothing[1])
        if kind in {"RIGHT", "FULL"}:
            found += [nothing[0] + two for i, two in enumerate(others) if i not in seen]
        return found

    condition = "" if kind == "CROSS" else f" ON {on.sql}"
    sql = f"{left.sql} {kind} JOIN {right.sql}{condition}"
    return Relation(sql, (*left.columns, *moved), rows)


def _true(condition, row, mode):
    return condition is None or condition.run(Env(row, mode)) is True


def select(source, outputs, where=None, *, distinct=False):
    """``SELECT [DISTINCT] outputs FROM source WHERE where``."""

    def run(mode):
        rows = source.rows(mode)
        if mode == EAGER:
            _all(outputs, rows, mode)
        rows = [row for row in rows if _true(where, row, mode)]
        found = _all(outputs, rows, mode)
        return _unique(found) if distinct else found

    listed = ", ".join(f"{each.sql} AS c{i}" for i, each in enumerate(outputs))
    word = "SELECT DISTINCT" if distinct else "SELECT"
    condition = f" WHERE {where.sql}" if where else ""
    sql = f"{word} {listed} FROM {source.sql}{condition}"
    return Query(sql, tuple(each.type for each in outputs), run)


def _all(outputs, rows, mode):
    return [tuple(each.run(Env(row, mode)) for each in outputs) for row in rows]


def _unique(rows):
    return list({tuple(map(group_key, row)): row for row in reversed(rows)}.values())


# -- aggregation


@dataclass(frozen=True)
class Aggregate:
    """An aggregate function with its argument."""

    sql: str
    type: Type
    run: Callable[[list[Env]], Any]

    def filtered(self, condition):
        """``... FILTER (WHERE condition)``."""

        def run(envs):
            if any(env.mode == EAGER for env in envs):
                self.run(envs)
            return self.run([env for env in envs if condition.run(env) is True])

        return Aggregate(f"{self.sql} FILTER (WHERE {condition.sql})", self.type, run)


COUNT_ALL = Aggregate("count(*)", BIGINT, len)


def aggregate(name, value, *, distinct=False):
    """``name([DISTINCT] value)`` over what is not NULL."""
    kind, compute = _AGGREGATES[name](value.type)

    def run(envs):
        values = [each for env in envs if (each := value.run(env)) is not None]
        if distinct:
            values = list({group_key(each): each for each in values}.values())
        return compute(values)

    return Aggregate(f"{name}({'DISTINCT ' if distinct else ''}{value.sql})", kind, run)


def array_agg(value):
    """``array_agg(value ORDER BY value)``, NULLs included and last."""

    def run(envs):
        values = [value.run(env) for env in envs]
        known = sorted((each for each in values if each is not None), key=order_key)
        return [*known, *[None] * (len(values) - len(known))] if values else None

    return Aggregate(f"array_agg({value.sql} ORDER BY {value.sql})", types.array(value.type), run)


def _sum(kind):
    if kind.name == "decimal":
        wide = types.decimal(types.WIDEST, kind.numbers[1])
        return wide, lambda values: fitted(sum(values, Decimal(0)), wide) if values else None
    if kind.name == "double":
        return DOUBLE, lambda values: sum(values) if values else None
    return BIGINT, lambda values: fitted(sum(values), BIGINT) if values else None


def _average(kind):
    if kind.name == "decimal":
        scale = kind.numbers[1]
        return (
            kind,
            lambda values: (
                rescaled(sum(values, Decimal(0)) / len(values), scale) if values else None
            ),
        )
    return DOUBLE, lambda values: sum(values) / len(values) if values else None


def _extreme(choose):
    return lambda kind: (
        kind,
        lambda values: choose(values, key=order_key) if values else None,
    )


_AGGREGATES = {
    "count": lambda _: (BIGINT, len),
    "sum": _sum,
    "avg": _average,
    "min": _extreme(min),
    "max": _extreme(max),
    "bool_and": lambda _: (BOOLEAN, lambda values: all(values) if values else None),
    "bool_or": lambda _: (BOOLEAN, lambda values: any(values) if values else None),
    "count_if": lambda _: (BIGINT, lambda values: sum(map(bool, values))),
}


def grouped(source, keys, aggregates, where=None, having=None):
    """``SELECT keys, aggregates FROM source WHERE where GROUP BY keys HAVING having``.

    Args:
        having: makes a condition of nodes, one for each key and aggregate.
    """
    outputs = [column(each.sql, i, each.type) for i, each in enumerate((*keys, *aggregates))]
    condition = having(outputs) if having else None

    def run(mode):
        groups = {} if keys else {(): ((), [])}
        for row in source.rows(mode):
            if _true(where, row, mode):
                env = Env(row, mode)
                key = tuple(each.run(env) for each in keys)
                groups.setdefault(tuple(map(group_key, key)), (key, []))[1].append(env)
        rows = [(*key, *(each.run(envs) for each in aggregates)) for key, envs in groups.values()]
        return [row for row in rows if _true(condition, row, mode)]

    listed = ", ".join(f"{each.sql} AS c{i}" for i, each in enumerate(outputs))
    sql = f"SELECT {listed} FROM {source.sql}"
    sql += f" WHERE {where.sql}" if where else ""
    sql += f" GROUP BY {', '.join(each.sql for each in keys)}" if keys else ""
    sql += f" HAVING {condition.sql}" if condition else ""
    return Query(sql, tuple(each.type for each in outputs), run)


# -- windows


@dataclass(frozen=True)
class Sort:
    """One item of ORDER BY."""

    value: Node
    descending: bool
    nulls_first: bool

    @property
    def sql(self):
        """As it is written."""
        nulls = "FIRST" if self.nulls_first else "LAST"
        return f"{self.value.sql} {'DESC' if self.descending else 'ASC'} NULLS {nulls}"


def compare_by(sorts, values):
    """Orders rows of values by sorts, one for each value."""

    def compare(one, two):
        for place, sort in enumerate(sorts):
            left, right = values(one)[place], values(two)[place]
            if left is None or right is None:
                if (left is None) != (right is None):
                    return -1 if (left is None) == sort.nulls_first else 1
                continue
            first, second = order_key(left), order_key(right)
            if first != second:
                return (-1 if first < second else 1) * (-1 if sort.descending else 1)
        return 0

    return compare


def windowed(source, outputs, windows):
    """``SELECT outputs, windows FROM source``."""

    def run(mode):
        rows = source.rows(mode)
        found = _all(outputs, rows, mode)
        columns = [window.run([Env(row, mode) for row in rows]) for window in windows]
        return [(*row, *(each[i] for each in columns)) for i, row in enumerate(found)]

    every = (*outputs, *windows)
    listed = ", ".join(f"{each.sql} AS c{i}" for i, each in enumerate(every))
    return Query(f"SELECT {listed} FROM {source.sql}", tuple(each.type for each in every), run)


@dataclass(frozen=True)
class Window:
    """A window function over partitions in an order.

    Attributes:
        call: its text before OVER.
        compute: from a partition's rows in order, their peers (first, after last) and a place, the
            value at that place.
    """

    call: str
    type: Type
    partition: tuple[Node, ...]
    sorts: tuple[Sort, ...]
    compute: Callable[[list[Env], list[tuple[int, int]], int], Any]
    frame: str = ""

    @property
    def sql(self):
        """As it is written."""
        keys = ", ".join(each.sql for each in self.partition)
        order = ", ".join(each.sql for each in self.sorts)
        inside = [f"PARTITION BY {keys}" if keys else "", f"ORDER BY {order}", self.frame]
        return f"{self.call} OVER ({' '.join(filter(None, inside))})"

    def run(self, envs):
        """The values, one for each row."""
        values = [tuple(each.value.run(env) for each in self.sorts) for env in envs]
        compare = compare_by(self.sorts, lambda i: values[i])
        groups = {}
        for i, env in enumerate(envs):
            key = tuple(group_key(each.run(env)) for each in self.partition)
            groups.setdefault(key, []).append(i)
        found = [None] * len(envs)
        for members in groups.values():
            members.sort(key=functools.cmp_to_key(compare))
            peers = _peers(members, compare)
            rows = [envs[i] for i in members]
            for place, i in enumerate(members):
                found[i] = self.compute(rows, peers, place)
        return found


def _peers(members, compare):
    spans, first = [], 0
    while first < len(members):
        after = first
        while after < len(members) and compare(members[first], members[after]) == 0:
            after += 1
        spans += [(first, after)] * (after - first)
        first = after
    return spans


def ranking(name):
    """``row_number``, ``rank`` and ``dense_rank``."""
    return {
        "row_number": lambda _, __, place: place + 1,
        "rank": lambda _, peers, place: peers[place][0] + 1,
        "dense_rank": lambda _, peers, place: len({peers[i] for i in range(place + 1)}),
    }[name]


def neighbour(value, step):
    """``lag`` and ``lead``."""

    def compute(rows, _, place):
        return value.run(rows[place + step]) if 0 <= place + step < len(rows) else None

    return compute


def framed(function, rows_before=None, rows_after=None):
    """An aggregate over a frame of rows, or over all up to the row's last peer."""

    def compute(rows, peers, place):
        if rows_before is None:
            return function.run(rows[: peers[place][1]])
        return function.run(rows[max(0, place - rows_before) : place + rows_after + 1])

    return compute


# -- set operations, order


def combined(word, left, right, *, every):
    """``UNION``, ``INTERSECT`` and ``EXCEPT``, with or without ALL."""
    kinds = tuple(types.common(*pair) for pair in zip(left.types, right.types, strict=True))

    def run(mode):
        if mode == ANY_ORDER and word != "UNION" and _is_empty(left, right, word):
            return []
        one, two = (_as(side, kinds, mode) for side in (left, right))
        if word == "UNION":
            found = one + two
        else:
            rest = [tuple(map(group_key, row)) for row in two]
            found = [row for row in one if _taken(row, rest, every=every) == (word == "INTERSECT")]
        return found if every else _unique(found)

    sql = f"({left.sql}) {word}{' ALL' if every else ''} ({right.sql})"
    return Query(sql, kinds, run)


def _is_empty(left, right, word):
    """Whether one side alone decides that there are no rows."""
    for side in (left, right) if word == "INTERSECT" else (left,):
        try:
            if not side.run(ANY_ORDER):
                return True
        except TrinoError:
            continue
    return False


def _taken(row, rest, *, every):
    key = tuple(map(group_key, row))
    if key not in rest:
        return False
    if every:
        rest.remove(key)
    return True


def _as(query, kinds, mode):
    return [
        tuple(coerced(*each) for each in zip(row, query.types, kinds, strict=True))
        for row in query.run(mode)
    ]


def ordered(query, directions, limit=None, offset=0):
    """``ORDER BY 1, 2, ... OFFSET offset LIMIT limit`` over all columns."""
    sorts = [
        Sort(Node(str(i + 1), kind, lambda _: None), *direction)
        for i, (kind, direction) in enumerate(zip(query.types, directions, strict=True))
    ]

    def run(mode):
        if limit == 0 and mode != EAGER:
            return []
        compare = compare_by(sorts, lambda row: row)
        rows = sorted(query.run(mode), key=functools.cmp_to_key(compare))
        return rows[offset:] if limit is None else rows[offset : offset + limit]

    sql = f"{query.sql} ORDER BY {', '.join(sort.sql for sort in sorts)}"
    sql += f" OFFSET {offset}" if offset else ""
    sql += f" LIMIT {limit}" if limit is not None else ""
    return Query(sql, query.types, run, ordered=True)


# -- subqueries


def in_query(value, source, item, *, negated):
    """``value [NOT] IN (SELECT item FROM source)``."""
    wide = types.common(value.type, item.type)

    def run(env):
        one = value.of(wide)(env)
        found = [item.of(wide)(Env(row, env.mode)) for row in source.rows(env.mode)]
        if not found:
            return negated
        if one is None:
            return None
        if one in [each for each in found if each is not None]:
            return not negated
        return None if None in found else negated

    word = "NOT IN" if negated else "IN"
    return Node(f"({value.sql} {word} (SELECT {item.sql} FROM {source.sql}))", BOOLEAN, run)


def exists(source, operator, item, value, compare):
    """``EXISTS (SELECT 1 FROM source WHERE item operator value)``, ``value`` of the outer row."""

    def run(env):
        one = value.run(env)
        return any(
            compare(item.run(Env(row, env.mode)), one) is True for row in source.rows(env.mode)
        )

    condition = f"{item.sql} {operator} {value.sql}"
    return Node(f"(EXISTS (SELECT 1 FROM {source.sql} WHERE {condition}))", BOOLEAN, run)


def scalar(source, function):
    """``(SELECT aggregate FROM source)``."""

    def run(env):
        return function.run([Env(row, env.mode) for row in source.rows(env.mode)])

    return Node(f"(SELECT {function.sql} FROM {source.sql})", function.type, run)
