"""Random queries: a chooser picks, the nodes and queries are built of what it picked."""

import datetime as dt
from decimal import Decimal

from tests.support.trino_reference import functions as f
from tests.support.trino_reference import nodes as n
from tests.support.trino_reference import queries as q
from tests.support.trino_reference import types
from tests.support.trino_reference.types import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    INTEGER,
    TIMESTAMP,
    VARCHAR,
    decimal,
)
from tests.support.trino_reference.values import text

_LISTS = types.array(INTEGER)
_DECIMALS = (decimal(5, 2), decimal(9, 0), decimal(18, 4), decimal(38, 3))
_TEXTS = (
    "",
    "a",
    "A",
    "ab",
    "abc",
    "b c",
    " x ",
    "12",
    "-3",
    "1.5",
    "true",
    "2024-02-29",
    "é",
    "a%",
)
_PATTERNS = ("%", "a%", "%b", "_", "%b%", "a_c", "")
_ORDERED = (INTEGER, BIGINT, DOUBLE, VARCHAR, DATE, TIMESTAMP)
_ALL = (*_ORDERED, BOOLEAN)


class Draws:
    """Draws queries.

    Args:
        number: picks a whole number between two.
    """

    def __init__(self, number):
        self.number = number
        self.tables = 0
        self.columns = ()
        self.bound = []

    def pick(self, items):
        """One of the items."""
        return items[self.number(0, len(items) - 1)]

    def chance(self, one_in):
        """True once in so many times."""
        return self.number(1, one_in) == 1

    # -- values

    def kind(self, *more):
        """A type."""
        return self.pick((*_ALL, self.pick(_DECIMALS), *more))

    def value(self, kind):
        """A value of a type that is not NULL, and its text."""
        return _VALUES[kind.name](self, kind)

    def cell(self, kind):
        """A value of a table, and its text."""
        if self.chance(5):
            return None, f"CAST(NULL AS {kind})"
        value, written = self.value(kind)
        return value, f"CAST({written} AS {kind})"

    def literal(self, kind):
        """A literal."""
        if self.chance(8):
            return n.null(kind)
        value, written = self.value(kind)
        if kind.name in {"bigint", "decimal", "array"} or kind == VARCHAR:
            written = f"CAST({written} AS {kind})"
        return n.Node(written, kind, lambda _: value)

    # -- expressions

    def expression(self, kind, depth):
        """An expression of the type."""
        columns = [each for each in (*self.columns, *self.bound) if each.type == kind]
        if depth <= 0 or self.chance(4):
            return self.pick(columns) if columns and not self.chance(4) else self.literal(kind)
        if self.chance(5):
            return self._conditional(kind, depth - 1)
        return _MAKERS[kind.name](self, kind, depth - 1)

    def _conditional(self, kind, depth):
        parts = [self.expression(kind, depth) for _ in range(2)]
        form = self.number(0, 4)
        if form == 0:
            return n.coalesce(parts)
        if form == 1:
            return n.searched([self.condition(depth)], parts[:1], parts[1])
        if form == 2 and kind.name != "array":
            return n.nullif(*parts)
        if form == 3:
            return n.attempt(parts[0])
        conditions = [self.condition(depth) for _ in range(2)]
        return n.searched(conditions, parts, n.null(kind))

    def condition(self, depth):
        """A boolean expression."""
        return self.expression(BOOLEAN, depth)

    def _number_kind(self):
        return self.pick((INTEGER, INTEGER, BIGINT, DOUBLE, self.pick(_DECIMALS)))

    # -- queries

    def table(self):
        """A small table with a column of each type."""
        self.tables += 1
        number = self.tables
        kinds = {"i": INTEGER, "b": BIGINT, "d": self.pick(_DECIMALS), "f": DOUBLE, "s": VARCHAR}
        kinds |= {"p": BOOLEAN, "t": DATE, "m": TIMESTAMP, "a": _LISTS}
        kinds = {f"{called}{number}": kind for called, kind in kinds.items()}
        rows = [[self.cell(kind) for kind in kinds.values()] for _ in range(self.number(1, 5))]
        values = [tuple(value for value, _ in row) for row in rows]
        return q.table(f"t{number}", kinds, values, [[cell for _, cell in row] for row in rows])

    def source(self):
        """A table or a join of two."""
        left = self.table()
        if not self.chance(4):
            return left
        right = self.table()
        kind = self.pick(("INNER", "LEFT", "RIGHT", "FULL", "CROSS"))
        self.columns = (*left.columns, *q.joined("CROSS", left, right, None).columns[9:])
        on = None
        if kind != "CROSS":
            pairs = [(0, 0), (0, 1), (1, 2), (4, 4), (6, 6), (6, 7), (3, 0)]
            one, two = self.pick(pairs)
            on = n.compared(
                self.pick(("=", "=", "=", "<", "<>")),
                self.columns[one],
                self.columns[9 + two],
            )
            if self.chance(3):
                on = n.logical(self.pick(("AND", "OR")), on, self.condition(1))
        return q.joined(kind, left, right, on)

    def query(self):
        """A whole query."""
        form = self.number(0, 9)
        if form == 0:
            left = self._simple()
            kinds = [self._beside(kind) for kind in left.types]
            right = self._simple(kinds)
            word = self.pick(("UNION", "INTERSECT", "EXCEPT"))
            found = q.combined(word, left, right, every=self.chance(2))
        elif form <= 3:
            found = self._grouped()
        elif form == 4:
            found = self._windowed()
        else:
            found = self._simple()
        if self.chance(3) and not any(kind.item for kind in found.types):
            directions = [(self.chance(2), self.chance(2)) for _ in found.types]
            limit = self.number(0, 4) if self.chance(2) else None
            return q.ordered(found, directions, limit, self.number(0, 2))
        return found

    def _beside(self, kind):
        if kind.name in {"integer", "bigint", "decimal", "double"} and self.chance(3):
            return self._number_kind()
        return kind

    def _simple(self, kinds=None):
        source = self.source()
        self.columns = source.columns
        where = self._where() if self.chance(2) else None
        wanted = kinds or [self.kind(_LISTS) for _ in range(self.number(1, 4))]
        outputs = [self.expression(kind, 3) for kind in wanted]
        return q.select(source, outputs, where, distinct=self.chance(5))

    def _where(self):
        if not self.chance(4):
            return self.condition(3)
        held, inner = self.columns, self.table()
        self.columns = held
        place = self.pick((0, 1, 2, 4, 6))
        value, item = held[place], inner.columns[place]
        if self.chance(2):
            return q.in_query(value, inner, item, negated=self.chance(2))
        if self.chance(2):
            function = q.aggregate(self.pick(("min", "max", "count")), item)
            other = value if function.type == item.type else held[1]
            return n.compared(self.pick(("=", "<", ">=")), other, q.scalar(inner, function))
        operator = self.pick(("=", "<", "<>"))
        return q.exists(inner, operator, item, value, _compare(operator))

    def _grouped(self):
        source = self.source()
        self.columns = source.columns
        where = self.condition(2) if self.chance(3) else None
        keys = [self.pick(self.columns) for _ in range(self.number(0, 2))]
        if self.chance(3):
            keys.append(self.expression(self.kind(), 2))
        keys = [each for each in keys if each in self.columns or _has_column(each, self.columns)]
        made = [self.aggregate() for _ in range(self.number(1, 3))]
        having = self._having if self.chance(4) else None
        return q.grouped(source, keys, made, where, having)

    def _having(self, outputs):
        chosen = outputs[-1]
        if chosen.type.name in {"array", "boolean"}:
            return n.is_null(chosen, negated=True)
        return n.compared(self.pick(("<", ">=", "<>")), chosen, self.literal(chosen.type))

    def aggregate(self):
        """An aggregate function."""
        form = self.number(0, 6)
        if form == 0:
            made = q.COUNT_ALL
        elif form == 1:
            name = self.pick(("bool_and", "bool_or", "count_if"))
            made = q.aggregate(name, self.expression(BOOLEAN, 2))
        elif form == 2:
            made = q.array_agg(self.pick((*self.columns[:3], *self.columns[4:8])))
        elif form <= 4:
            value = self.expression(self._number_kind(), 2)
            name = self.pick(("sum", "avg"))
            made = q.aggregate(name, value, distinct=self.chance(4))
        else:
            value = self.pick(self.columns[:8])
            name = self.pick(("min", "max", "count"))
            made = q.aggregate(name, value, distinct=name == "count" and self.chance(2))
        return made.filtered(self.condition(1)) if self.chance(4) else made

    def _windowed(self):
        source = self.table()
        self.columns = source.columns
        outputs = [self.expression(self.kind(), 2)]
        return q.windowed(source, outputs, [self._window() for _ in range(self.number(1, 2))])

    def _window(self):
        partition = tuple(self.pick(self.columns[:8]) for _ in range(self.number(0, 1)))
        first = q.Sort(self.pick(self.columns[:8]), self.chance(2), self.chance(2))
        total = (
            first,
            *(q.Sort(each, descending=False, nulls_first=False) for each in self.columns[:8]),
        )
        value = self.pick(self.columns[:3])
        form = self.number(0, 4)
        if form == 0:
            name = self.pick(("rank", "dense_rank"))
            return q.Window(f"{name}()", BIGINT, partition, (first,), q.ranking(name))
        if form == 1:
            ranking = q.ranking("row_number")
            return q.Window("row_number()", BIGINT, partition, total, ranking)
        if form == 2:
            name, step = self.pick((("lag", -1), ("lead", 1)))
            compute = q.neighbour(value, step)
            return q.Window(f"{name}({value.sql})", value.type, partition, total, compute)
        function = q.aggregate(self.pick(("sum", "min", "max", "avg", "count")), value)
        if form == 3:
            compute = q.framed(function)
            return q.Window(function.sql, function.type, partition, (first,), compute)
        before, after = self.number(0, 2), self.number(0, 2)
        frame = f"ROWS BETWEEN {before} PRECEDING AND {after} FOLLOWING"
        compute = q.framed(function, before, after)
        return q.Window(function.sql, function.type, partition, total, compute, frame)


def _has_column(node, columns):
    return any(each.sql in node.sql for each in columns)


def _compare(operator):
    def compare(one, two):
        if one is None or two is None:
            return None
        return {"=": one == two, "<": one < two if operator == "<" else None, "<>": one != two}[
            operator
        ]

    return compare


# -- values by type


def _integer(draws, _):
    value = draws.pick((0, 1, -1, 2, 3, 7, -12, 100, 2**31 - 1, draws.number(-50, 50)))
    return value, str(value)


def _bigint(draws, _):
    value = draws.pick((0, 1, -1, 5, 1000, 2**31, 2**63 - 1, draws.number(-50, 50)))
    return value, str(value)


def _decimal(draws, kind):
    scale = kind.numbers[1]
    digits = draws.pick((0, 1, 5, -15, 99, 12345, draws.number(-999, 999)))
    value = Decimal(digits).scaleb(-scale)
    return value, f"DECIMAL '{value:f}'"


def _double(draws, _):
    value = draws.pick((0.0, 1.0, -1.5, 2.5, 0.25, 1000.0, draws.number(-50, 50) / 4))
    return value, f"{value!r}E0"


def _text(draws, _):
    value = draws.pick(_TEXTS)
    return value, f"'{value}'"


def _boolean(draws, _):
    value = draws.chance(2)
    return value, str(value).lower()


def _day(draws):
    days = draws.pick((0, 31, 59, 60, 365, draws.number(0, 800)))
    return dt.date(2023, 12, 31) + dt.timedelta(days=days)


def _date(draws, _):
    value = _day(draws)
    return value, f"DATE '{value}'"


def _timestamp(draws, _):
    clock = dt.timedelta(milliseconds=draws.pick((0, 1, 3600000, 86399999, 45296789)))
    value = dt.datetime.combine(_day(draws), dt.time()) + clock
    return value, f"TIMESTAMP '{text(value)}'"


def _list(draws, _):
    items = [None if draws.chance(5) else draws.number(-3, 9) for _ in range(draws.number(0, 4))]
    written = ", ".join("NULL" if each is None else str(each) for each in items)
    return items, f"ARRAY[{written}]"


_VALUES = {
    "integer": _integer,
    "bigint": _bigint,
    "decimal": _decimal,
    "double": _double,
    "varchar": _text,
    "boolean": _boolean,
    "date": _date,
    "timestamp": _timestamp,
    "array": _list,
}


# -- expressions by type; each returns one of exactly that type


def _make_number(draws, kind, depth):
    form = draws.number(0, 7)
    if form <= 2 and kind.name != "decimal":
        left, right = draws.expression(kind, depth), draws.expression(kind, depth)
        return n.arithmetic(draws.pick("+-*/%"), left, right)
    if form == 3:
        return n.negative(draws.expression(kind, depth))
    if form == 4:
        return f.absolute(draws.expression(kind, depth))
    if form == 5:
        parts = [draws.expression(kind, depth) for _ in range(draws.number(2, 3))]
        return f.extreme(draws.pick(("greatest", "least")), parts)
    return _SPECIAL[kind.name](draws, kind, depth)


def _cast_to(draws, kind, depth, sources):
    source = draws.pick(sources)
    inner = draws.expression(source, depth)
    return f.cast(inner, kind, lenient=draws.chance(2))


def _special_integer(draws, kind, depth):
    form = draws.number(0, 3)
    if form == 0:
        place = draws.pick((draws.literal(INTEGER), n.Node("1", INTEGER, lambda _: 1)))
        make = draws.pick((f.element_at, f.subscript))
        return make(draws.expression(_LISTS, depth), place)
    return _cast_to(draws, kind, depth, (BIGINT, DOUBLE, VARCHAR, BOOLEAN, draws.pick(_DECIMALS)))


def _special_bigint(draws, kind, depth):  # noqa: PLR0911 -- one form, one return
    form = draws.number(0, 7)
    if form == 0:
        return f.length(draws.expression(VARCHAR, depth))
    if form == 1:
        return f.strpos(draws.expression(VARCHAR, depth), draws.expression(VARCHAR, depth))
    if form == 2:
        return f.cardinality(draws.expression(_LISTS, depth))
    moment = draws.pick((DATE, TIMESTAMP))
    if form == 3:
        fields = ("YEAR", "MONTH", "DAY", "QUARTER", "DAY_OF_WEEK", "DAY_OF_YEAR", "WEEK")
        return f.extracted(draws.pick(fields), draws.expression(moment, depth))
    if form == 4:
        units = ("day", "week", "month", "year", *(("hour",) if moment == TIMESTAMP else ()))
        sides = [draws.expression(moment, depth) for _ in range(2)]
        return f.date_diff(draws.pick(units), *sides)
    if form == 5:
        left, right = draws.expression(INTEGER, depth), draws.expression(BIGINT, depth)
        return n.arithmetic(draws.pick("+-*/%"), left, right)
    return _cast_to(draws, kind, depth, (INTEGER, DOUBLE, VARCHAR, BOOLEAN, draws.pick(_DECIMALS)))


def _special_double(draws, kind, depth):
    form = draws.number(0, 3)
    if form == 0:
        left = draws.expression(draws.pick((INTEGER, BIGINT, draws.pick(_DECIMALS))), depth)
        sides = [left, draws.expression(DOUBLE, depth)]
        if draws.chance(2):
            sides.reverse()
        return n.arithmetic(draws.pick("+-*"), *sides)
    if form == 1:
        return f.round_(draws.expression(DOUBLE, depth))
    return _cast_to(draws, kind, depth, (INTEGER, BIGINT, VARCHAR, BOOLEAN, draws.pick(_DECIMALS)))


def _special_decimal(draws, kind, depth):
    if draws.chance(2):
        sources = (INTEGER, BIGINT, DOUBLE, VARCHAR, BOOLEAN, draws.pick(_DECIMALS))
        return _cast_to(draws, kind, depth, sources)
    sides = [
        draws.expression(draws.pick((*_DECIMALS[:3], INTEGER, BIGINT)), depth) for _ in range(2)
    ]
    operator = draws.pick("+-*/%")
    made = n.arithmetic(operator, *sides)
    if made.type.name != "decimal":
        return f.cast(made, kind, lenient=True)
    if draws.chance(4):
        made = f.round_(made)
    return f.cast(made, kind, lenient=draws.chance(2))


_SPECIAL = {
    "integer": _special_integer,
    "bigint": _special_bigint,
    "double": _special_double,
    "decimal": _special_decimal,
}


def _make_text(draws, kind, depth):
    form = draws.number(0, 7)
    one = draws.expression(VARCHAR, depth)
    if form <= 2:
        return draws.pick((f.lower, f.upper, f.reverse, f.trim))(one)
    if form <= 4:
        return f.concatenated(one, draws.expression(VARCHAR, depth))
    if form == 5:
        count = draws.literal(INTEGER) if draws.chance(2) else None
        return f.substr(one, draws.literal(INTEGER), count)
    sources = (INTEGER, BIGINT, BOOLEAN, DATE, TIMESTAMP, draws.pick(_DECIMALS))
    return f.cast(draws.expression(draws.pick(sources), depth), kind)


def _make_boolean(draws, _, depth):  # noqa: PLR0911 -- one form, one return
    form = draws.number(0, 9)
    if form <= 2:
        word = draws.pick(("AND", "OR"))
        return n.logical(word, draws.condition(depth), draws.condition(depth))
    if form == 3:
        return n.negation(draws.condition(depth))
    if form == 4:
        return n.is_null(draws.expression(draws.kind(_LISTS), depth), negated=draws.chance(2))
    if form == 5:
        return _make_list_condition(draws, depth)
    if form == 6:
        value = draws.expression(VARCHAR, depth)
        if draws.chance(3):
            return f.starts_with(value, draws.expression(VARCHAR, depth))
        return f.like(value, draws.pick(_PATTERNS))
    kind = draws.kind()
    one, two = draws.expression(kind, depth), draws.expression(_other(draws, kind), depth)
    return _comparison(draws, one, two, depth)


def _other(draws, kind):
    """A type that compares with the type."""
    if types.is_number(kind) and draws.chance(3):
        return draws._number_kind()
    if kind.name in {"date", "timestamp"} and draws.chance(4):
        return draws.pick((DATE, TIMESTAMP))
    return kind


def _comparison(draws, one, two, depth):
    form = draws.number(0, 5)
    if form == 0:
        return n.distinct(one, two, negated=draws.chance(2))
    if form == 1:
        return n.listed(one, [two, draws.expression(two.type, depth)], negated=draws.chance(2))
    if form == 2 and one.type != BOOLEAN:
        high = draws.expression(two.type, depth)
        return n.between(one, two, high, negated=draws.chance(2))
    operators = ("=", "<>") if one.type == BOOLEAN else ("=", "<>", "<", "<=", ">", ">=")
    return n.compared(draws.pick(operators), one, two)


def _make_list_condition(draws, depth):
    items = draws.expression(_LISTS, depth)
    if draws.chance(2):
        return f.contains(items, draws.expression(INTEGER, depth))
    name, body = _lambda(
        draws, lambda inside: _comparison(draws, inside, draws.literal(INTEGER), 0)
    )
    return f.matches(draws.pick(("any", "all", "none")), items, name, body)


def _lambda(draws, make):
    """The name of a new parameter, and a body made of it."""
    depth = len(draws.bound)
    name = f"x{depth}"
    inside = f.parameter(name, depth, INTEGER)
    draws.bound.append(inside)
    body = make(inside)
    draws.bound.pop()
    return name, body


def _make_moment(draws, kind, depth):
    form = draws.number(0, 4)
    moment = draws.expression(kind, depth)
    if form <= 1:
        units = ("DAY", "MONTH", "YEAR", *(("HOUR",) if kind == TIMESTAMP else ()))
        return f.shifted(moment, draws.pick("+-"), draws.number(0, 14), draws.pick(units))
    if form == 2:
        return f.truncated(draws.pick(("day", "week", "month", "quarter", "year")), moment)
    if kind == TIMESTAMP:
        return f.cast(draws.expression(DATE, depth), kind)
    if form == 3:
        return f.cast(draws.expression(TIMESTAMP, depth), kind)
    return f.cast(draws.expression(VARCHAR, depth), kind, lenient=True)


def _make_list(draws, _, depth):
    form = draws.number(0, 3)
    items = draws.expression(_LISTS, depth)
    if form == 0:
        return f.array_of([draws.expression(INTEGER, depth) for _ in range(draws.number(1, 3))])
    if form == 1:
        make = lambda inside: n.arithmetic(draws.pick("+-*"), inside, draws.literal(INTEGER))  # noqa: E731
        return f.transform(items, *_lambda(draws, make))
    if form == 2:
        make = lambda inside: _comparison(draws, inside, draws.literal(INTEGER), 0)  # noqa: E731
        return f.filtered(items, *_lambda(draws, make))
    return items


_MAKERS = {
    **dict.fromkeys(("integer", "bigint", "decimal", "double"), _make_number),
    "varchar": _make_text,
    "boolean": _make_boolean,
    "date": _make_moment,
    "timestamp": _make_moment,
    "array": _make_list,
}
