"""A statement that the guard let through."""

from dataclasses import dataclass
from typing import Any, Literal

from datalfred.lake.access import ATHENA_CATALOG

Kind = Literal["query", "explain", "analyze", "metadata"]
"""``explain`` only plans a query, ``analyze`` runs it; ``metadata`` is SHOW and DESCRIBE."""


@dataclass(frozen=True, order=True)
class TableName:
    """A table as the statement names it, in lower case, with what it leaves out filled in."""

    database: str
    name: str
    catalog: str = ATHENA_CATALOG

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@dataclass(frozen=True)
class Checked:
    """What may run.

    Attributes:
        sql: the text that runs.
        kind: what running it does.
        tables: every table that it names.
        tree: the query's syntax tree (sqlglot); None for metadata.
    """

    sql: str
    kind: Kind
    tables: tuple[TableName, ...]
    tree: Any = None
