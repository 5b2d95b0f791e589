"""What a plan over one base table can name: the base, what its rows refer to, what refers to it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from datalfred.models.offline.catalog_view import Catalog, Column, Join, Measure, Table
from datalfred.models.offline.ir import ColumnRef, Dimension, Metric
from datalfred.models.offline.linking import Candidate
from datalfred.models.offline.text import stem, words_in, words_of

_STEP_COST = 0.35
_AVERAGED = set(
    words_in(
        """
    price rate score rating age duration temperature percent percentage satisfaction average
    ratio latitude longitude discount seconds minutes hours speed stars bmi pressure width
    height length margin grade
        """
    )
)
_MONEY_WORDS = set(
    words_in(
        """
    amount revenue total price value cost sales spend fee salary turnover paid charge billed
    income payment gross net
        """
    )
)
_MONEY_UNITS = {
    "eur",
    "usd",
    "gbp",
    "chf",
    "€",
    "$",
    "£",
    "euro",
    "euros",
    "dollar",
    "dollars",
    "pounds",
}
_SECONDS = {
    "millisecond": 0.001,
    "ms": 0.001,
    "second": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
}


@dataclass(frozen=True)
class Scope:
    """The tables that a plan over ``base`` can use."""

    catalog: Catalog
    base: Table

    @cached_property
    def paths(self) -> dict[str, tuple[Join, ...]]:
        """Reachable tables with the joins that lead there."""
        return self.catalog.reachable(self.base)

    @cached_property
    def children(self) -> dict[str, Join]:
        """Tables whose rows refer to a row of the base, with that join."""
        return {
            table.id: join
            for table in self.catalog.tables.values()
            for join in self.catalog.joins_of(table)
            if join.target == self.base.id and table.id != self.base.id
        }

    def table(self, identity: str) -> Table:
        """A table of the scope."""
        return self.catalog.tables[identity]

    def near(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Candidates that the base reaches, nearest first, with the way there in the penalty."""
        reached = (
            replace(c, penalty=c.penalty + _STEP_COST * len(self.paths[c.table]))
            for c in candidates
            if c.table in self.paths and (c.kind != "measure" or c.table == self.base.id)
        )
        found = sorted(reached, key=lambda c: (c.penalty, c.kind == "column"))
        if any(c.kind == "table" and c.table == self.base.id for c in found):
            # "orders" and a measure "orders" that counts rows are one thing.
            found = [c for c in found if not (c.measure and _counts_rows(c.measure))]
        return found

    def time_of(self, identity: str) -> ColumnRef | None:
        """The column that dates the rows of a table, or of the nearest table it refers to."""
        if self.table(identity).is_dated:
            own = self.table(identity).time
            return ColumnRef(identity, own) if own else None
        for table_id in self.paths if identity == self.base.id else ():
            time = self.table(table_id).time
            if time:
                return ColumnRef(table_id, time)
        return None

    def dimension(self, identity: str) -> Dimension | None:
        """A table as something to split by: its label, kept apart by its key."""
        table = self.table(identity)
        key = self.key_of(identity)
        label = self._label(table)
        if label and key and label.column.name == (self._key_there(identity) or key.column.name):
            label = None
        if not key and not label:
            return None
        shown = label or key
        hidden = key if label and key and key.same != label.same else None
        return Dimension(shown, name=shown.column.name if shown else "", key=hidden)

    def _key_there(self, identity: str) -> str:
        """The name of the key in the table itself, where a join leads there."""
        path = self.paths.get(identity, ())
        return path[-1].columns[0][1] if path and len(path[-1].columns) == 1 else ""

    def _label(self, table: Table) -> ColumnRef | None:
        named = [c for n in table.label_columns if (c := table.column(n))]
        if not table.label_columns:
            named = [c for c in table.columns if c.kind == "text" and _is_name(c, table)]
        return next((ColumnRef(table.id, c) for c in named if not c.personal), None)

    def key_of(self, identity: str) -> ColumnRef | None:
        """The column that tells a table's rows apart: nearer the base where a join holds it."""
        path = self.paths.get(identity, ())
        if path and len(path[-1].columns) == 1:
            owner = self.base.id if len(path) == 1 else path[-2].target
            here = self.table(owner).column(path[-1].columns[0][0])
            if here:
                return ColumnRef(owner, here)
        table = self.table(identity)
        column = table.key or self._referred_key(table)
        return ColumnRef(identity, column) if column else None

    def _referred_key(self, table: Table) -> Column | None:
        """The column that other tables join to."""
        for other in self.catalog.tables.values():
            for join in self.catalog.joins_of(other):
                if join.target == table.id and len(join.columns) == 1:
                    return table.column(join.columns[0][1])
        named = [c for c in table.columns if c.is_key and not c.partition_key]
        return named[0] if named and table.columns[0] is named[0] else None

    def count(self, identity: str) -> Metric | None:
        """How many rows of a table: all of the base, or those that the base refers to."""
        table = self.table(identity)
        if identity == self.base.id:
            return Metric("count", table=identity, name=plain_name(table.name))
        key = self.key_of(identity)
        if key is None:
            return None
        return Metric("count_distinct", key, table=identity, name=plain_name(table.name))

    def amounts(self, unit: str = "") -> list[ColumnRef]:
        """Number columns of the base that a bare "over 500" may speak of, likeliest first."""
        numbers = [
            c
            for c in self.base.columns
            if c.kind == "number" and not c.is_key and not c.partition_key and not is_year(c)
        ]
        if unit and is_length(unit):
            fitting = [c for c in numbers if length_unit(c)]
        elif is_physical(unit):
            fitting = [c for c in numbers if in_unit(c, unit)]
        elif unit and unit != "percent":
            fitting = [c for c in numbers if c.unit.lower() in _MONEY_UNITS or is_money(c)]
        else:
            fitting = numbers
        used = self._measured
        ranked = sorted(fitting, key=lambda c: (c.name not in used, not is_money(c)))
        return [ColumnRef(self.base.id, c) for c in ranked]

    @cached_property
    def _measured(self) -> set[str]:
        """Columns of the base's first money measure."""
        money = self.money_measure()
        return {c.name for c in self.base.columns if money and mentions(money, c.name)}

    def money_measure(self) -> Measure | None:
        """The measure that "best" means when nothing else is said: money, summed up."""
        for measure in self.base.measures:
            if "sum(" in measure.expression.lower().replace(" ", "") and (
                measure.unit.lower() in _MONEY_UNITS or _MONEY_WORDS & set(words_of(measure.name))
            ):
                return measure
        return None

    def numbers_like(self, words: Iterable[str]) -> Iterator[ColumnRef]:
        """Number columns of the base whose names hold one of some words."""
        wanted = {stem(w) for w in words}
        for column in self.base.columns:
            names = {stem(w) for w in (*words_of(column.name), *words_of(column.unit))}
            names |= {stem(w) for synonym in column.synonyms for w in words_of(synonym)}
            if column.kind == "number" and not column.is_key and names & wanted:
                yield ColumnRef(self.base.id, column)


def plain_name(name: str) -> str:
    """A name that can stand as a column's alias."""
    return "_".join(words_of(name)) or "value"


def _counts_rows(measure: Measure) -> bool:
    return re.sub(r"\s", "", measure.expression.lower()) == "count(*)"


def mentions(measure: Measure, column: str) -> bool:
    """Whether a measure's expression reads a column."""
    return re.search(rf"\b{re.escape(column)}\b", measure.expression, re.IGNORECASE) is not None


def single_column(measure: Measure, table: Table) -> Column | None:
    """The column of ``sum(column)``; None for any other expression."""
    match = re.fullmatch(r"\s*sum\s*\(\s*\"?(\w+)\"?\s*\)\s*", measure.expression, re.IGNORECASE)
    return table.column(match[1]) if match else None


def is_money(column: Column) -> bool:
    """Whether a column's unit or name says money."""
    return column.unit.lower() in _MONEY_UNITS or bool(_MONEY_WORDS & set(words_of(column.name)))


def is_year(column: Column) -> bool:
    """Whether a number is a year: compared and grouped by, never summed."""
    return column.kind == "number" and "year" in words_of(column.name)


def length_unit(column: Column) -> str:
    """The unit of a duration: ``second`` for ``duration_seconds``; empty for other columns."""
    for word in (*words_of(column.unit), *reversed(words_of(column.name))):
        singular = word.rstrip("s") if word != "ms" else word
        if singular in _SECONDS or {"secs": "second", "mins": "minute", "hrs": "hour"}.get(word):
            return {"secs": "second", "mins": "minute", "hrs": "hour"}.get(word, singular)
    return ""


def is_length(unit: str) -> bool:
    """Whether a unit measures time."""
    return unit.rstrip("s") in _SECONDS


_PHYSICAL = {
    "kg": ("kg", "kilo", "kilogram"),
    "km": ("km", "kilometer", "kilometre"),
    "mile": ("mile", "mi"),
    "gram": ("gram", "g"),
    "ton": ("ton", "tonne", "t"),
    "meter": ("meter", "metre", "m"),
}


def is_physical(unit: str) -> bool:
    """Whether a unit measures weight or distance."""
    return any(unit.rstrip("s") in names for names in _PHYSICAL.values())


def in_unit(column: Column, unit: str) -> bool:
    """Whether a column's unit or name says that it is in a unit of weight or distance."""
    names = next(names for names in _PHYSICAL.values() if unit.rstrip("s") in names)
    said = {w.lower().rstrip("s") for w in (column.unit, *words_of(column.name))}
    return bool(said & set(names))


def converted(number: float, unit: str, column: Column) -> float | None:
    """A number in the unit of a column; None where the units do not fit."""
    if is_physical(unit):
        return number if in_unit(column, unit) else None
    if not unit or unit == "percent" or not is_length(unit):
        return number
    own = length_unit(column)
    if not own:
        return None
    value = number * _SECONDS[unit.rstrip("s")] / _SECONDS[own]
    return int(value) if float(value).is_integer() else value


def default_aggregate(column: Column) -> str:
    """Sums add up; prices, rates, scores and durations are averaged."""
    words = set(words_of(column.name)) | set(words_of(column.unit))
    return "avg" if words & _AVERAGED else "sum"


def _is_name(column: Column, table: Table) -> bool:
    words = [stem(w) for w in words_of(column.name)]
    return words in (
        ["nam"],
        [table.singular, "nam"],
        [table.singular],
        ["titl"],
        ["label"],
        [table.singular, "titl"],
    )
