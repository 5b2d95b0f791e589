"""What the catalog says of databases and tables.

The semantic layer (synonyms, declared values, measures, joins, the time column) travels in these
shapes, so that every model, large or built in, knows the same.
"""

from datalfred.definitions.shape import Shape


class DatabaseSummary(Shape):
    """One Glue database."""

    name: str
    description: str = ""
    tables: int | None
    """None when they may not be counted."""


class DeclaredValue(Shape):
    """A value that a column may hold, and the words that people use for it."""

    value: str
    synonyms: tuple[str, ...] = ()


class ColumnDescription(Shape):
    """One column, with its Athena type such as ``decimal(10,2)``."""

    name: str
    type: str
    comment: str = ""
    partition_key: bool = False
    synonyms: tuple[str, ...] = ()
    values: tuple[DeclaredValue, ...] = ()
    unit: str = ""
    personal: bool = False
    fields: tuple[str, ...] = ()
    """Of a nested type: what is inside, as ``path type``; ``[]`` stands for each element."""


class Measure(Shape):
    """A number that the team has defined: an aggregate in Athena SQL over its table's columns."""

    name: str
    expression: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str = ""


class Join(Shape):
    """A many-to-one join that the team has declared: each row here has at most one row there."""

    database: str
    table: str
    columns: dict[str, str]
    """Column here to column there."""


class LikelyJoin(Join):
    """A join that nobody declared: a key of the same name and type in both tables."""

    score: float
    """From 0 to 1; it says how plain the names are, not how well the values fit."""
    reason: str


class Freshness(Shape):
    """How new a table is."""

    rhythm: str = ""
    """``hourly``, ``daily``, ``weekly``, ``monthly``, ``yearly``; empty when it has none."""
    last_partition: str = ""
    newest_file: str = ""
    late: bool = False
    """Whether more than two partitions of the rhythm are missing."""
    summary: str
    """One line: ``daily, last 2026-11-19``."""


class TimePartition(Shape):
    """A partition key that repeats the time column at a coarser grain: a filter on it prunes."""

    column: str
    pattern: str
    """``strftime`` pattern of its values, such as ``%Y-%m``."""


class WordMatch(Shape):
    """Why a table was found: the word of the search, and what it named."""

    word: str
    kind: str
    """``table``, ``column``, ``comment``, ``synonym``, ``measure`` or ``value``."""
    name: str
    """The table, column or measure that the word named; for a value ``column=value``."""
    meant: str = ""
    """The known word that the word was taken for; empty when it stands there as it was typed."""


class TableHit(Shape):
    """One table of a search, best first."""

    database: str
    name: str
    description: str = ""
    columns: tuple[str, ...] = ()
    matches: tuple[WordMatch, ...] = ()
    score: float = 0.0


class TableDescription(Shape):
    """All that is known of one table."""

    database: str
    name: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    columns: tuple[ColumnDescription, ...]
    """Partition keys stand last, as in Athena."""
    time_column: str = ""
    """The column that dates a row; empty when none is declared or plain."""
    time_partition: TimePartition | None = None
    label_columns: tuple[str, ...] = ()
    """The columns that name a row for a person."""
    measures: tuple[Measure, ...] = ()
    joins: tuple[Join, ...] = ()
    likely_joins: tuple[LikelyJoin, ...] = ()
    """Where none is declared: what the names suggest; to be said to be likely."""
    format: str = ""
    """``parquet``, ``csv``, ``json``, ``orc``, ``iceberg``, ``view``, ``link``, ``federated`` or
    what the catalog says."""
    location: str = ""
    partitions: int = 0
    first_partition: str = ""
    last_partition: str = ""
    rows: int | None = None
    bytes: int | None = None
    freshness: Freshness | None = None
    updated_at: str = ""
    owner: str = ""
    """Who answers for it, as the catalog has it; empty when it names nobody."""
    preview_sql: str = ""
    """Shows ten of the newest rows, without personal columns."""
    gaps: tuple[str, ...] = ()
    """What could not be looked up, and why."""
    as_of: str = ""
    """When this was read, ISO 8601 UTC: a model without a clock counts "last week" from here."""


class PartitionSummary(Shape):
    """One partition: its key values in order, and where its files are."""

    values: dict[str, str]
    location: str
    created_at: str = ""
