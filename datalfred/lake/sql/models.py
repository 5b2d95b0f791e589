"""What a query cost, said and drew."""

from typing import Literal

from pydantic import Field

from datalfred.definitions.shape import Shape


class QueryEstimate(Shape):
    """The price of a query before it runs; without ``bytes``, ``reason`` says why.

    With a ``reason`` and no bytes to read (0), it says why the query will read none.
    """

    bytes: int | None
    cost_usd: float | None
    upper_bound: bool = False
    """True when the real run can only read less."""
    partitions: dict[str, str] = Field(default_factory=dict)
    """Table to "3 of 24", for each partitioned table."""
    reason: str = ""


class QueryRun(Shape):
    """One execution in Athena."""

    query_id: str
    sql: str
    database: str = ""
    state: str
    """``QUEUED``, ``RUNNING``, ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``."""
    bytes_scanned: int = 0
    runtime_ms: int = 0
    cost_usd: float | None = None
    reused: bool = False
    result_made_at: str = ""
    """When a result that was given again had been made; empty where that is not known."""
    error: str = ""


class ColumnSummary(Shape):
    """One column of a result. ``low`` and ``high`` are rendered as Athena renders values."""

    name: str
    type: str
    nulls: int = 0
    """In the rows read, as ``low`` and ``high`` are of these."""
    distinct: int | None = None
    """Exact and of the whole result, NULL apart; None when it is not known to be."""
    distinct_at_least: int | None = None
    """Where ``distinct`` is None: so many were counted before counting or reading stopped."""
    low: str | None = None
    high: str | None = None


class ResultSummary(Shape):
    """A result that fits a model: what it holds, its first rows, and the way to the rest."""

    columns: tuple[ColumnSummary, ...]
    row_count: int
    """Rows read; ``complete`` says whether the result had more."""
    complete: bool = True
    rows: tuple[tuple[str | None, ...], ...]
    """The first rows, as Athena's text; None is NULL. All of them when ``rows_omitted`` is 0.

    A cell that is longer than what is shown ends in ``…``.
    """
    rows_omitted: int = 0
    sample: tuple[tuple[str | None, ...], ...] = ()
    """Of the rows after the first page: some at even distances, up to the last that was read."""
    sample_numbers: tuple[int, ...] = ()
    """Which row of the result each of the sample is, from 1."""
    columns_omitted: int = 0
    """Columns that the result has and that are not here."""
    columns_omitted_names: tuple[str, ...] = ()
    """The first few of them."""


class Chart(Shape):
    """A drawing that fits the result: a line or bars over ``x``, or parts of a whole."""

    kind: Literal["bar", "line", "pie"]
    x: str
    y: tuple[str, ...]
    title: str = ""
