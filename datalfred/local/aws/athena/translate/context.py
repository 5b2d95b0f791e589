"""What the rooms of the translator share while one statement is translated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate.dialect import Source
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, Use
from datalfred.local.aws.athena.translate.types import Type

_MOST_NAMES = 4_000
"""A query of WITH counts wherever it is named: a chain that doubles would never end."""


@dataclass(frozen=True)
class TableColumns:
    """What the translator must know of a table.

    Attributes:
        name: catalog, schema and table, in lower case.
        columns: name and type, partition keys last.
        keys: names of the partition keys.
    """

    name: tuple[str, str, str]
    columns: tuple[tuple[str, Type], ...]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """A view: a statement, the names it is read with, and the columns it declares."""

    name: tuple[str, str, str]
    sql: str
    catalog: str
    schema: str
    columns: tuple[tuple[str, Type], ...]


@dataclass(frozen=True)
class Rows:
    """A relation that is known already, such as ``information_schema.tables``."""

    name: tuple[str, str, str]
    columns: tuple[tuple[str, Type], ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class Catalog(Protocol):
    """Finds the tables of a statement."""

    def find(
        self, catalog: str, schema: str, table: str, at: tuple[int, int]
    ) -> TableColumns | View | Rows:
        """The table or view.

        Raises:
            StatementError: CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND or TABLE_NOT_FOUND.
        """
        ...


@dataclass(frozen=True)
class Pruning:
    """A condition that rows of a scan must meet to matter.

    Attributes:
        alias: the relation that the condition speaks of.
        keys: column of that relation to partition key of the scan.
        condition: DuckDB's text.
    """

    alias: str
    keys: Mapping[str, str]
    condition: str


@dataclass
class Scan:
    """A table in FROM, to be replaced by its files.

    Attributes:
        alias: the name in DuckDB's text.
        table: what is read.
        prunings: conditions; a partition that fails one of them is not read.
    """

    alias: str
    table: TableColumns
    prunings: list[Pruning] = field(default_factory=list)


@dataclass(frozen=True)
class Selected:
    """A translated query.

    Attributes:
        sql: DuckDB's text.
        columns: its output; ``sql`` of a column is its name in the text.
        uses: columns of scans that are read whichever output is asked for.
        outer: references to columns of the queries around it.
        volatile: whether two evaluations may differ.
    """

    sql: str
    columns: tuple[Column, ...]
    uses: frozenset[Use]
    outer: tuple[Typed, ...] = ()
    volatile: bool = False


@dataclass(frozen=True)
class Definition:
    """One query of WITH.

    Attributes:
        tree: the query.
        columns: names given after the query's name; empty for its own.
        context: what the query itself sees.
        recursive: whether it may refer to itself.
        relation: set while the second half of a recursive query is translated: the rows so far.
    """

    tree: exp.Expr
    columns: tuple[str, ...]
    context: "Context"
    recursive: bool = False
    relation: Relation | None = None


@dataclass
class Context:
    """One statement on its way.

    Attributes:
        source: the text, for positions.
        catalog: finds tables.
        database: the schema of unqualified tables.
        now: the start of the query, in UTC.
        expression: translates an expression in a scope.
        query: translates a query in a scope.
        scans: the tables read so far.
        names: counter for aliases.
        definitions: the WITH queries in sight: name to tree and the definitions it sees itself.
        views: the views being expanded, to stop at a circle.
        windows: the named windows of the query at hand.
        grouped: texts that GROUP BY makes usable outside aggregates.
    """

    source: Source
    catalog: Catalog
    database: str
    now: datetime
    expression: Callable[["Context", exp.Expr, Scope], Typed]
    query: Callable[["Context", exp.Expr, Scope | None], Selected]
    catalog_name: str = "awsdatacatalog"
    scans: list[Scan] = field(default_factory=list)
    names: list[int] = field(default_factory=lambda: [0])
    definitions: Mapping[str, "Definition"] = field(default_factory=dict)
    views: tuple[tuple[str, ...], ...] = ()
    windows: Mapping[str, exp.Expr] = field(default_factory=dict)
    grouped: frozenset[str] = frozenset()

    def fresh(self, prefix: str) -> str:
        """A name that nothing else has.

        Raises:
            StatementError: NOT_SUPPORTED, there are too many.
        """
        self.names[0] += 1
        if self.names[0] > _MOST_NAMES:
            raise not_supported("A statement that names this many relations, with those of WITH")
        return f"{prefix}{self.names[0]}"

    def translated(self, node: exp.Expr, scope: Scope) -> Typed:
        """The expression in DuckDB's text."""
        return self.expression(self, node, scope)

    def at(self, node: exp.Expr) -> tuple[int, int]:
        """Where ``node`` stands in the statement."""
        return self.source.at(node)


Translate: TypeAlias = Callable[[Context, exp.Expr, Scope], Typed]
"""Translates the nodes of one kind."""
