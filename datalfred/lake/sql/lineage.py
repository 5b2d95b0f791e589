"""What the columns of a query are made of: whether personal values reach each of them.

The tree is read as Trino resolves it: a relation is a list of columns by position, a name means
the columns of the relations in scope, and common table expressions, subqueries, unions and alias
lists hand columns on by position. The columns of a table in the catalog are not asked for: a star
over a table stands for all of them, and where a position behind it decides, everything is personal
that may be. So too much is masked rather than too little.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from datalfred.lake.sql.masking import EVERY, UNNAMED

_SILENT = (exp.Count, exp.CountIf, exp.ApproxDistinct, exp.Exists)
"""What says nothing of the values that it reads."""
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_OF_ICEBERG = frozenset({"lower_bounds", "upper_bounds", "readable_metrics", "data", "partition"})
"""Columns of Iceberg's metadata tables (``"orders$files"``) that quote values of the data."""

_MOST_COLUMNS = 2_000
_MOST_ROUNDS = 5
"""Of an expression that reads itself; each moves a personal value one column further."""


@dataclass(frozen=True)
class Column:
    """One column of a relation, by its name in lower case."""

    name: str
    personal: bool

    def hides(self, name: str) -> bool:
        """Whether ``name`` is this column, and personal."""
        return self.personal and name == self.name

    @property
    def personal_names(self) -> frozenset[str]:
        """The names of what is personal in it."""
        return frozenset({self.name}) if self.personal else frozenset()


@dataclass(frozen=True)
class Rest:
    """Columns whose number nobody asked the catalog for: all those of some tables.

    Attributes:
        personal_names: which of them are personal; :data:`EVERY` for all.
        tables: whose columns they are, to tell that two lists are of one shape.
    """

    personal_names: frozenset[str]
    tables: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether any of them is."""
        return bool(self.personal_names)

    def hides(self, name: str) -> bool:
        """Whether a column of that name would be personal."""
        return not self.personal_names.isdisjoint((name, EVERY))


Columns = tuple[Column | Rest, ...]
_EVERYTHING: Columns = (Rest(frozenset({EVERY})),)
_NOTHING: Columns = (Rest(frozenset()),)


@dataclass(frozen=True)
class _Relation:
    name: str
    columns: Columns

    def hides(self, name: str) -> bool:
        return any(column.hides(name) for column in self.columns)


@dataclass(frozen=True)
class _Scope:
    """What names mean at a place: declared personal names, common tables, relations around."""

    declared: frozenset[str]
    common: Mapping[str, Columns] = field(default_factory=dict)
    relations: tuple[_Relation, ...] = ()
    recursing: bool = False

    def near(self, relations: Iterable[_Relation]) -> "_Scope":
        return replace(self, relations=(*relations, *self.relations))

    def defining(self, name: str, columns: Columns) -> "_Scope":
        return replace(self, common={**self.common, name: columns})


def columns_of(tree: exp.Expr, declared: frozenset[str]) -> Columns:
    """The columns of a query's result.

    Args:
        tree: of a query.
        declared: names of personal columns of the tables, in lower case.
    """
    return _query(tree, _Scope(declared))


def _query(node: exp.Expr, scope: _Scope) -> Columns:
    scope = _with_common(node, scope)
    if isinstance(node, exp.SetOperation):
        return _union(node, scope)
    if isinstance(node, exp.Subquery):
        return _joined(_relations(node, scope)) if _is_join(node) else _query(node.this, scope)
    if isinstance(node, exp.Values):
        return _values(node, scope)
    if isinstance(node, exp.Select):
        return _select(node, scope)
    return _EVERYTHING if scope.declared else _NOTHING


def _union(node: exp.Expr, scope: _Scope) -> Columns:
    """Of a union of many branches: a loop, for their tree is as deep as they are many."""
    branches = [node.expression]
    while isinstance(node.this, exp.SetOperation) and node.this.args.get("with_") is None:
        node = node.this
        branches.append(node.expression)
    columns = _query(node.this, scope)
    for branch in reversed(branches):
        columns = _merged(columns, _query(branch, scope))
    return columns


def _with_common(node: exp.Expr, scope: _Scope) -> _Scope:
    clause = node.args.get("with_")
    if clause is None:
        return scope
    for common in clause.expressions:
        columns = _recursive(common, scope) if clause.recursive else _common(common, scope)
        scope = scope.defining(common.alias.lower(), columns)
    return scope


def _common(common: exp.Expr, scope: _Scope) -> Columns:
    return _renamed(common, _query(common.this, scope))


def _recursive(common: exp.Expr, scope: _Scope) -> Columns:
    """The columns of an expression that reads itself, from its first branch to a fixed point."""
    if scope.recursing:  # each level would multiply the work
        return _EVERYTHING if scope.declared else _NOTHING
    scope = replace(scope, recursing=True)
    if not isinstance(common.this, exp.SetOperation):
        return _common(common, scope)
    columns = _renamed(common, _query(common.this.this, scope))
    for _ in range(_MOST_ROUNDS):
        found = _common(common, scope.defining(common.alias.lower(), columns))
        if found == columns:
            return columns
        columns = found
    return _any(columns)


def _select(node: exp.Select, scope: _Scope) -> Columns:
    relations: list[_Relation] = []
    for source in _sources(node):
        relations += _relations(source, scope.near(relations))
    if node.args.get("match") is not None:  # MATCH_RECOGNIZE makes columns of its own
        relations = [_Relation("", _any(_joined(relations)))]
    inside = scope.near(relations)
    starred = _joined(relations)
    if any(join.args.get("using") or join.args.get("method") for join in _joins(node)):
        starred = (Rest(_names(starred), _shape(starred)),)
    columns: list[Column | Rest] = []
    for projection in node.expressions:
        columns += _projected(projection, columns, starred, inside)
    return tuple(columns)


def _sources(node: exp.Expr) -> Iterator[exp.Expr]:
    first = node.args.get("from_")
    if first is not None:
        yield first.this
    yield from (join.this for join in _joins(node))
    yield from node.args.get("laterals") or ()


def _joins(node: exp.Expr) -> Sequence[exp.Expr]:
    return node.args.get("joins") or ()


def _projected(
    projection: exp.Expr, before: Sequence[Column | Rest], starred: Columns, scope: _Scope
) -> Iterable[Column | Rest]:
    if isinstance(projection, exp.Star):
        return starred
    if isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star):
        return _starred(projection, scope)
    if isinstance(projection, exp.Dot) and isinstance(projection.expression, exp.Star):
        return _EVERYTHING if _reads(projection.this, scope) else _NOTHING
    if isinstance(projection, exp.Aliases):
        personal = _reads(projection.this, scope)
        return [Column(alias.name.lower(), personal) for alias in projection.expressions]
    return [Column(_name(projection, before), _reads(projection, scope))]


def _starred(star: exp.Column, scope: _Scope) -> Columns:
    """``c.*`` of a relation; of what is no relation, whatever may be."""
    for relation in scope.relations:
        if relation.name == star.table.lower():
            return relation.columns
    return _any(_joined(scope.relations))


def _name(projection: exp.Expr, before: Sequence[Column | Rest]) -> str:
    """What Athena calls a column: unnamed ones are ``_col0``, ``_col1``, by position."""
    named = projection.unnest() if isinstance(projection, exp.Paren) else projection
    if isinstance(named, (exp.Alias, exp.Column, exp.Dot)):
        return named.alias_or_name.lower()
    return UNNAMED if any(isinstance(each, Rest) for each in before) else f"_col{len(before)}"


def _relations(source: exp.Expr, scope: _Scope) -> list[_Relation]:
    """The relations that one item of FROM brings, with those that it joins in brackets."""
    if _is_join(source):
        inner = _relations(source.this, scope)
        relations = [_named(source, _joined(inner))] if source.alias else inner
    else:
        relations = [_named(source, _columns(source, scope))]
    for join in _joins(source):
        relations += _relations(join.this, scope.near(relations))
    return relations


def _is_join(source: exp.Expr) -> bool:
    return isinstance(source, exp.Subquery) and isinstance(source.this, exp.Table)


def _named(source: exp.Expr, columns: Columns) -> _Relation:
    return _Relation(source.alias_or_name.lower(), _renamed(source, columns))


def _columns(source: exp.Expr, scope: _Scope) -> Columns:
    if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        return _table(source, scope)
    if isinstance(source, exp.Lateral) and isinstance(source.this, exp.Subquery):
        return _query(source.this, scope)
    if isinstance(source, _QUERIES):
        return _query(source, scope)
    reads = any(_reads(child, scope) for child in source.iter_expressions())
    columns = _EVERYTHING if reads else _NOTHING
    number = source.args.get("offset") if isinstance(source, exp.Unnest) else None
    return (*columns, Column(number.name.lower(), personal=False)) if number else columns


def _table(table: exp.Table, scope: _Scope) -> Columns:
    name = ".".join(part.name for part in table.parts).lower()
    if name in scope.common:
        return scope.common[name]
    declared = scope.declared
    if "$" in name and declared:
        declared |= _OF_ICEBERG
    return (Rest(declared, (name,)),)


def _values(node: exp.Values, scope: _Scope) -> Columns:
    rows = [row.expressions if isinstance(row, exp.Tuple) else [row] for row in node.expressions]
    return tuple(
        Column(f"_col{place}", any(_reads(cell, scope) for cell in cells))
        for place, cells in enumerate(zip(*rows, strict=False))
    )


def _renamed(source: exp.Expr, columns: Columns) -> Columns:
    """The columns under the names of ``AS t (x, y)``, if it gives any."""
    alias = source.args.get("alias")
    names = alias.args.get("columns") or [] if isinstance(alias, exp.TableAlias) else []
    if not names:
        return columns
    kept = columns[len(names) :] if not _rests(columns) else columns[-1:]
    given = [Column(name.name.lower(), _at(columns, place)) for place, name in enumerate(names)]
    return (*given, *(each for each in kept if isinstance(each, Column)))


def _at(columns: Columns, place: int) -> bool:
    """Whether the column at a place is personal, or may be."""
    if _rests(columns[: place + 1]) or place >= len(columns):
        return any(column.personal for column in columns)
    return columns[place].personal


def _merged(first: Columns, second: Columns) -> Columns:
    """The columns of a union: names of the first, values of both."""
    if _aligned(first) and _aligned(first) == _aligned(second):
        return tuple(map(_either, first, second))
    if any(column.personal for column in second):
        return tuple(
            Column(column.name, personal=True) if isinstance(column, Column) else _EVERYTHING[0]
            for column in first
        )
    return first


def _aligned(columns: Columns) -> list[tuple[str, ...]]:
    """What must be alike in two lists for their places to agree; empty when nobody can tell."""
    shapes = [column.tables if isinstance(column, Rest) else (".",) for column in columns]
    return shapes if all(shapes) else []


def _shape(columns: Columns) -> tuple[str, ...]:
    """The columns by their names, for a star that puts them into another order."""
    if not all(isinstance(column, Column) or column.tables for column in columns):
        return ()
    return tuple(
        part
        for column in columns
        for part in (column.tables if isinstance(column, Rest) else (f".{column.name}",))
    )


def _either(one: Column | Rest, other: Column | Rest) -> Column | Rest:
    if isinstance(one, Column):
        return Column(one.name, one.personal or other.personal)
    return Rest(one.personal_names | other.personal_names, one.tables)


def _joined(relations: Sequence[_Relation]) -> Columns:
    """All columns, as a star shows them; of very many, only whether any is personal.

    Without that, each star over two stars would double their number.
    """
    columns = tuple(column for relation in relations for column in relation.columns)
    return columns if len(columns) <= _MOST_COLUMNS else _any(columns)


def _names(columns: Columns) -> frozenset[str]:
    return frozenset().union(*(column.personal_names for column in columns))


def _any(columns: Columns) -> Columns:
    return _EVERYTHING if any(column.personal for column in columns) else _NOTHING


def _rests(columns: Columns) -> bool:
    return any(isinstance(column, Rest) for column in columns)


def _reads(node: exp.Expr, scope: _Scope) -> bool:
    """Whether an expression's value tells something of a personal column.

    A count of people reveals none of them, and neither does what is only sorted, grouped or
    filtered by them, nor whether a value is NULL.
    """
    pending = [node]
    while pending:  # a loop: a sum of a thousand terms is a tree of a thousand levels
        found = pending.pop()
        if _tells(found, scope):
            return True
        if isinstance(found, (exp.Window, exp.Filter)):
            pending.append(found.this)
        elif not (isinstance(found, (*_SILENT, *_QUERIES)) or _is_null_test(found)):
            pending.extend(found.iter_expressions())
    return False


def _tells(node: exp.Expr, scope: _Scope) -> bool:
    """Whether a node by itself, without its children, is a personal value."""
    if isinstance(node, _QUERIES):
        return any(column.personal for column in _query(node, scope))
    if isinstance(node, exp.Column):
        return _resolves([part.name.lower() for part in node.parts], scope)
    return isinstance(node, exp.Dot) and node.name.lower() in scope.declared


def _is_null_test(node: exp.Expr) -> bool:
    return isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)


def _resolves(parts: list[str], scope: _Scope) -> bool:
    """Whether ``column``, ``relation.column`` or a field of a row is personal."""
    for relation in scope.relations:
        if relation.name == parts[0] and len(parts) > 1:
            return relation.hides(parts[1]) or not scope.declared.isdisjoint(parts[2:])
    if not scope.declared.isdisjoint(parts[1:]):
        return True
    return any(
        relation.hides(part) or (part == relation.name and _any(relation.columns) == _EVERYTHING)
        for relation in scope.relations
        for part in parts
    )
