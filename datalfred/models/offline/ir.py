"""A question as data: what is measured, split how, kept when. The SQL is written from it."""

from dataclasses import dataclass, field
from datetime import datetime

from datalfred.models.offline.catalog_view import Column, Measure, Table
from datalfred.models.offline.time_span import TimeRange


@dataclass(frozen=True)
class ColumnRef:
    """A column of a table of the query."""

    table: str
    column: Column

    @property
    def same(self) -> tuple[str, str]:
        """What two references to one column have in common."""
        return self.table, self.column.name


@dataclass(frozen=True)
class Metric:
    """One number to compute.

    Attributes:
        aggregate: ``count``, ``count_distinct``, ``sum``, ``avg``, ``min``, ``max``, ``median``,
            ``stddev``, ``p95`` and the like, or ``measure``.
        ref: the column; None for ``count`` and ``measure``.
        measure: the declared measure.
        table: whose rows or measure it is.
        name: what the result's column is called.
        unit: unit of the number, when known.
    """

    aggregate: str
    ref: ColumnRef | None = None
    measure: Measure | None = None
    table: str = ""
    name: str = "value"
    unit: str = ""


@dataclass(frozen=True)
class Dimension:
    """One thing to split by: a column, a table's rows (by key and label), or a grain of time."""

    ref: ColumnRef | None = None
    grain: str = ""
    name: str = ""
    key: ColumnRef | None = None
    """Grouped by but not shown, so that two things of one name stay two."""


@dataclass(frozen=True)
class Condition:
    """What rows must satisfy.

    Attributes:
        ref: the column; None for the existence of other rows.
        operator: ``in``, ``=``, ``<>``, ``<``, ``<=``, ``>``, ``>=``, ``between``, ``null``,
            ``true``, ``day`` or ``exists``.
        values: what it is compared with, as Python values.
        negated: whether it is turned round.
        words: the words of the question.
        child: for ``exists``: the table whose rows refer to this one's.
        index: where in the question its words stand.
    """

    ref: ColumnRef | None
    operator: str
    values: tuple[object, ...] = ()
    negated: bool = False
    words: str = ""
    child: str = ""
    index: int = 0
    last: int = 0
    """Where the last of its words stand, when several values were named."""


@dataclass(frozen=True)
class Having:
    """A comparison of the metric itself: customers with more than 5 orders."""

    operator: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Order:
    """What to sort by: the metric (``ref`` None) or a column."""

    descending: bool
    ref: ColumnRef | None = None


@dataclass(frozen=True)
class Query:
    """A whole question over one base table and what its rows refer to.

    Attributes:
        shape: ``aggregate``, ``rows``, ``values`` or ``compare``.
        base: the table whose rows are counted, summed or shown.
        metrics: what is computed; the first one orders and compares.
        groups: what it is split by.
        conditions: what rows must satisfy.
        numerator: of a share: which of those rows make the part; empty with groups means the
            share of each group.
        share: whether a percentage is asked.
        times: ranges of the time column; more than one are alternatives, except in ``compare``,
            where the first is the earlier and the second the later.
        time_ref: the column that ``times`` and grains of time apply to.
        order: how to sort.
        limit: rows wanted.
        having: a condition on the metric.
        outer: aggregate over the groups: ``avg``, ``count``, ``max``, ``min``, ``median``.
        outer_groups: of ``groups``, how many stay outside of it.
        select: columns to show, for ``rows`` and ``values``.
        trend: unit of a change against the row before, such as ``month``.
        running: whether the metric is summed up along time.
        notes: notes on what was assumed.
    """

    base: Table
    shape: str = "aggregate"
    metrics: tuple[Metric, ...] = ()
    groups: tuple[Dimension, ...] = ()
    conditions: tuple[Condition, ...] = ()
    numerator: tuple[Condition, ...] = ()
    share: bool = False
    times: tuple[TimeRange, ...] = ()
    time_ref: ColumnRef | None = None
    order: Order | None = None
    limit: int | None = None
    having: Having | None = None
    outer: str = ""
    outer_groups: int = 0
    select: tuple[ColumnRef, ...] = ()
    trend: str = ""
    running: bool = False
    notes: tuple[str, ...] = field(default=())
    now: datetime | None = None
    """The moment that the question is asked at."""
