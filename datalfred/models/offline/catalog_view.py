"""What the catalog's operations said, read defensively into plain values."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from datalfred.models.offline.text import stem, stems_of, words_in, words_of


@dataclass(frozen=True)
class Value:
    """A declared value and the words for it."""

    value: str
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a described table."""

    name: str
    type: str
    comment: str = ""
    partition_key: bool = False
    synonyms: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    unit: str = ""
    personal: bool = False

    @cached_property
    def kind(self) -> str:
        """``number``, ``text``, ``boolean``, ``date``, ``timestamp`` or ``other``."""
        base = self.type.lower().partition("(")[0].strip()
        return _KINDS.get(base, "timestamp" if base.startswith("timestamp") else "other")

    @property
    def is_key(self) -> bool:
        """Whether it names a thing by number or code: never summed, never averaged."""
        last = words_of(self.name)[-1:] or ("",)
        return last[0] in ("id", "key", "uuid", "guid", "code", "number", "no", "nr", "sk", "pk")

    @property
    def is_time(self) -> bool:
        """Whether it dates something."""
        return self.kind in ("date", "timestamp")


_KINDS = {
    **dict.fromkeys(
        [
            "tinyint",
            "smallint",
            "int",
            "integer",
            "bigint",
            "float",
            "real",
            "double",
            "decimal",
            "numeric",
            "long",
            "short",
        ],
        "number",
    ),
    **dict.fromkeys(["string", "varchar", "char", "text"], "text"),
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "datetime": "timestamp",
}


@dataclass(frozen=True)
class Measure:
    """A declared aggregate."""

    name: str
    expression: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Join:
    """A declared (or plainly named) many-to-one join."""

    database: str
    table: str
    columns: tuple[tuple[str, str], ...]
    guessed: bool = False
    """Nobody declared it: names and types suggest it."""
    reason: str = ""

    @property
    def target(self) -> str:
        """``database.table`` there."""
        return f"{self.database}.{self.table}"


@dataclass(frozen=True)
class Table:
    """One described table."""

    database: str
    name: str
    description: str = ""
    synonyms: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    time_column: str = ""
    time_partition: tuple[str, str] | None = None
    label_columns: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    joins: tuple[Join, ...] = ()
    format: str = ""
    rows: int | None = None
    bytes: int | None = None
    partitions: int = 0
    first_partition: str = ""
    last_partition: str = ""
    updated_at: str = ""
    as_of: str = ""
    evidence: str = ""
    location: str = ""
    owner: str = ""
    freshness: str = ""
    """One line; empty when it is unknown."""
    rhythm: str = ""
    """How often partitions come; empty when none can be seen, so that none is known to be late."""
    late: bool = False
    likely_joins: tuple[Join, ...] = ()
    unknown: str = ""
    """What could not be looked up, in one sentence."""

    @property
    def id(self) -> str:
        """``database.table``, which is unique in a catalog."""
        return f"{self.database}.{self.name}"

    def column(self, name: str) -> Column | None:
        """The column of that name, in any case."""
        return self._by_name.get(name.lower())

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name.lower(): column for column in self.columns}

    @cached_property
    def singular(self) -> str:
        """The stem of the thing that a row is: ``order`` for ``fact_orders``."""
        stems = [s for s in stems_of(self.name) if s not in _DECORATION]
        return stems[-1] if stems else stem(self.name)

    @cached_property
    def time(self) -> Column | None:
        """The column that dates a row: the declared one, else the only or the plainest one."""
        declared = self.column(self.time_column) if self.time_column else None
        if declared:
            return declared
        dated = [c for c in self.columns if c.is_time and not c.partition_key]
        dated = [c for c in dated if not {"birth", "dob"} & set(words_of(c.name))]
        own = [c for c in dated if _same_root(_first_word(c), self.singular)]
        begun = [c for c in dated if stem(_first_word(c)) in _BEGINNINGS]
        for group in (dated, own, begun):
            if len(group) == 1:
                return group[0]
        return None

    @cached_property
    def is_dated(self) -> bool:
        """Whether any column dates something."""
        return any(c.is_time for c in self.columns)

    @cached_property
    def key(self) -> Column | None:
        """The column that names a row: ``<table>_id`` or ``id``."""
        for column in self.columns:
            words = tuple(stem(w) for w in words_of(column.name))
            if words in ((self.singular, "id"), ("id",), (self.singular, "key")):
                return column
            if words in (
                (self.singular, "cod"),
                (self.singular, "code"),
                ("cod",),
                (self.singular,),
            ):
                return column
        return None


_BEGINNINGS = {
    stem(w)
    for w in words_in(
        """
        created ordered opened started start placed event occurred happened booked begun order
        entry sale
        """
    )
}
_ROOT = 4
"""Letters that "admitted" and "admission" have in common."""


def _first_word(column: Column) -> str:
    return (*words_of(column.name), "")[0]


def _same_root(one: str, other: str) -> bool:
    return one[:_ROOT] == other[:_ROOT] and min(len(one), len(other)) >= _ROOT


_DECORATION = set(
    words_in(
        """
    fact dim fct tbl stg raw src t v vw view table tabl mart prod data v1 v2 v3 final hist
    history record records gold silver bronze
        """
    )
)


@dataclass(frozen=True)
class Hit:
    """A table of a search."""

    database: str
    name: str
    description: str = ""
    columns: tuple[str, ...] = ()
    matches: tuple[tuple[str, str, str], ...] = ()
    """(word, kind, what it named)."""
    score: float = 0.0

    @property
    def id(self) -> str:
        """``database.table``."""
        return f"{self.database}.{self.name}"


@dataclass(frozen=True)
class Catalog:
    """The tables that this turn described, with the joins between them."""

    tables: Mapping[str, Table]
    now: datetime
    scores: Mapping[str, float] = field(default_factory=dict)

    def get(self, identity: str) -> Table | None:
        """A described table by ``database.table``."""
        return self.tables.get(identity)

    def joins_of(self, table: Table) -> tuple[Join, ...]:
        """Declared joins; where none are declared, those that names make plain."""
        return table.joins or self._guessed.get(table.id, ())

    @cached_property
    def _guessed(self) -> dict[str, tuple[Join, ...]]:
        return {
            table.id: tuple(
                Join(other.database, other.name, ((column.name, other.key.name),), guessed=True)
                for column in table.columns
                for other in self.tables.values()
                if other.id != table.id and other.key and _refers(column, other, table)
            )
            for table in self.tables.values()
        }

    def reachable(self, base: Table, depth: int = 3) -> dict[str, tuple[Join, ...]]:
        """Tables that a row of ``base`` has at most one row of, with the joins that lead there."""
        paths: dict[str, tuple[Join, ...]] = {base.id: ()}
        frontier = [base.id]
        for _ in range(depth):
            found: list[str] = []
            for here in frontier:
                table = self.tables.get(here)
                for join in self.joins_of(table) if table else ():
                    if join.target in self.tables and join.target not in paths:
                        paths[join.target] = (*paths[here], join)
                        found.append(join.target)
            frontier = found
        return paths


def _refers(column: Column, other: Table, table: Table) -> bool:
    """Whether ``column`` is ``<other>_id``, and ``other`` is named after that key."""
    key = other.key
    if key is None or column.kind != key.kind or not column.is_key:
        return False
    if table.key == column and table.singular == other.singular:
        return False
    words = tuple(stem(w) for w in words_of(column.name))
    return (
        len(words) >= 2
        and words[-2] == other.singular
        and not (
            table.key == column and words == stems_of(key.name) and table.singular == other.singular
        )
    )
