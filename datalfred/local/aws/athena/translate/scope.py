"""What a name in a statement can mean: columns of relations, fields of rows, lambda parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.typed import Reference, Typed, Use, name
from datalfred.local.aws.athena.translate.types import Type

RESOLVED = "cannot be resolved or requester is not authorized to access requested resources"


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes:
        name: as the statement may call it, in lower case; empty for a column without a name.
        type: Trino's type.
        sql: its name in DuckDB's text, unique in the relation.
        uses: the columns of scans that are read to compute it.
        origins: partition keys of scans that it passes on unchanged, for pruning.
        hidden: whether ``*`` leaves it out, as ``$path``.
    """

    name: str
    type: Type
    sql: str
    uses: frozenset[Use] = frozenset()
    origins: frozenset[Use] = frozenset()
    hidden: bool = False


@dataclass(frozen=True)
class Relation:
    """Something in FROM: its alias in DuckDB's text, its names in the statement, its columns."""

    alias: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, called: str) -> list[Column]:
        """The columns that ``called`` names."""
        return [column for column in self.columns if column.name == called]

    def is_called(self, qualifier: tuple[str, ...]) -> bool:
        """Whether ``alias``, ``schema.table`` or ``catalog.schema.table`` means this relation."""
        return bool(self.names) and self.names[-len(qualifier) :] == qualifier


@dataclass
class Scope:
    """The names that an expression can see.

    Attributes:
        query: number of the query that the relations belong to.
        relations: what its FROM holds.
        parent: the scope around a subquery.
        merged: columns of USING, which hide those of both sides.
        parameters: lambda parameters: name to value.
        outputs: output columns, which ORDER BY sees first.
    """

    query: int = 0
    relations: tuple[Relation, ...] = ()
    parent: "Scope | None" = None
    merged: Mapping[str, Typed] = field(default_factory=dict)
    parameters: Mapping[str, Typed] = field(default_factory=dict)
    outputs: Mapping[str, Typed] = field(default_factory=dict)

    def with_parameters(self, parameters: Mapping[str, Typed]) -> "Scope":
        """The scope inside a lambda."""
        return Scope(
            self.query,
            self.relations,
            self.parent,
            self.merged,
            {**self.parameters, **parameters},
            self.outputs,
        )

    def resolve(self, parts: tuple[str, ...], at: tuple[int, int]) -> Typed:
        """The value that a dotted name stands for, looking outwards through the scopes.

        Raises:
            StatementError: COLUMN_NOT_FOUND or AMBIGUOUS_NAME.
        """
        scope: Scope | None = self
        while scope is not None:
            found = scope.find(parts, at)
            if found is not None:
                return found
            scope = scope.parent
        raise StatementError("COLUMN_NOT_FOUND", f"Column '{'.'.join(parts)}' {RESOLVED}", at=at)

    def find(self, parts: tuple[str, ...], at: tuple[int, int]) -> Typed | None:
        """The value in this scope alone, or None."""
        first = parts[0]
        for known in (self.parameters, self.outputs, self.merged):
            if first in known:
                return _fields(known[first], parts[1:], at)
        for qualifier_length in range(len(parts) - 1, -1, -1):
            found = self._column(parts[:qualifier_length], parts[qualifier_length], at)
            if found is not None:
                return _fields(found, parts[qualifier_length + 1 :], at)
        return None

    def _column(self, qualifier: tuple[str, ...], called: str, at: tuple[int, int]) -> Typed | None:
        hits = [
            (relation, column)
            for relation in self.relations
            if not qualifier or relation.is_called(qualifier)
            for column in relation.column(called)
        ]
        if not hits:
            return None
        if len(hits) > 1:
            raise StatementError("AMBIGUOUS_NAME", f"Column '{called}' is ambiguous", at=at)
        relation, column = hits[0]
        written = ".".join((*qualifier, called))
        return self.reference(relation, column, written, at)

    def reference(
        self, relation: Relation, column: Column, written: str, at: tuple[int, int]
    ) -> Typed:
        """A reference to a column of one of this scope's relations."""
        if column.type.name == "unsupported":
            raise not_supported(f"The type of column {written}", at=at)
        sql = f"{relation.alias}.{name(column.sql)}"
        reference = Reference(
            sql, self.query, relation.alias, column.sql, written, at, column.origins
        )
        return Typed(sql, column.type, (reference,), column.uses, label=column.name)


def _fields(value: Typed, names: tuple[str, ...], at: tuple[int, int]) -> Typed:
    for called in names:
        value = dereference(value, called, at)
    return value


def is_field_of(sql: str, rows: frozenset[str]) -> bool:
    """Whether a text of :func:`dereference` stands for a field of one of some rows."""
    while sql.startswith("(") and (row := sql[1:].rpartition(").")[0]):
        if row in rows:
            return True
        sql = row
    return False


def dereference(value: Typed, called: str, at: tuple[int, int]) -> Typed:
    """The field ``called`` of a row.

    Raises:
        StatementError: the value is no row, or has no such field.
    """
    if value.type.name != "row":
        raise StatementError("TYPE_MISMATCH", f"Expression {value.label} is not of type ROW", at=at)
    for index, item in enumerate(value.type.items):
        if value.type.fields[index] == called:
            sql = f"({value.sql}).{name(types.field_name(value.type, index))}"
            found = value.to(sql, item)
            return Typed(**{**vars(found), "label": called})
    raise StatementError("COLUMN_NOT_FOUND", f"Column '{called}' {RESOLVED}", at=at)
