"""Queries: WITH, set operations, VALUES, and the order and limit of what is no SELECT."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.clauses import direction, only
from datalfred.local.aws.athena.translate.context import (
    Context,
    Definition,
    Selected,
)
from datalfred.local.aws.athena.translate.functions.calls import unified
from datalfred.local.aws.athena.translate.joins import From
from datalfred.local.aws.athena.translate.limits import TAIL, has_ties, limit, ties
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.select import Selecting, order_value, select
from datalfred.local.aws.athena.translate.typed import (
    Typed,
    Use,
    name,
)
from datalfred.local.aws.athena.translate.types import Type

_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def query(context: Context, node: exp.Expr, parent: Scope | None) -> Selected:
    """The query in DuckDB's text.

    Raises:
        StatementError: in Trino's words, or NOT_SUPPORTED.
    """
    context = _with(context, node)
    if isinstance(node, exp.Select):
        return select(context, node, parent)
    if isinstance(node, exp.SetOperation):
        only(node, "this", "expression", "distinct", *TAIL)
        return _sorted(context, node, _set_operation(context, node, parent))
    if isinstance(node, exp.Values):
        only(node, "expressions", "alias", *TAIL)
        return _sorted(context, node, _values(context, node, parent))
    if isinstance(node, exp.Subquery):
        only(node, "this", *TAIL)
        return _sorted(context, node, query(context, node.this, parent))
    if isinstance(node, exp.Table):
        bare = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node.copy()))
        return select(context, bare, parent)
    raise not_supported(f"The query {node.sql('trino')[:60]}", at=context.at(node))


def _with(context: Context, node: exp.Expr) -> Context:
    clause = node.args.get("with_")
    if clause is None:
        return context
    only(clause, "expressions", "recursive")
    definitions, own = dict(context.definitions), set[str]()
    for each in clause.expressions:
        only(each, "this", "alias")
        if each.alias.lower() in own:
            raise StatementError(
                "DUPLICATE_NAMED_QUERY",
                f"WITH query name '{each.alias.lower()}' specified more than once",
                at=context.at(each.args["alias"]),
            )
        own.add(each.alias.lower())
        columns = tuple(c.name.lower() for c in each.args["alias"].args.get("columns") or ())
        seen = replace(context, definitions=dict(definitions))
        definitions[each.alias.lower()] = Definition(
            each.this, columns, seen, recursive=bool(clause.args.get("recursive"))
        )
    return replace(context, definitions=definitions)


def _sorted(context: Context, node: exp.Expr, found: Selected) -> Selected:
    """A query that is no SELECT, with its own ORDER BY and LIMIT."""
    limited, order = limit(context, node), node.args.get("order")
    if not limited and order is None and not has_ties(node):
        return found
    alias = context.fresh("r")
    relation = Relation(alias, (), found.columns)
    context.names[0] += 1
    job = Selecting(
        context.names[0], From(relations=[relation]), Scope(context.names[0], (relation,))
    )
    for column in found.columns:
        job.outputs.append(job.scope.reference(relation, column, column.name, (1, 1)))
        job.names.append(column.name)
    pieces = []
    for each in order.expressions if order is not None else ():
        value = order_value(context, each.this, job, job.scope)
        pieces.append(f"{value.sql} {direction(each)}")
        job.parts.append(value)
    ordered = f" ORDER BY {', '.join(pieces)}" if pieces else ""
    tied = ties(context, node, pieces) if has_ties(node) else ""
    columns = ", ".join(f"{alias}.{name(column.sql)}" for column in found.columns)
    uses = found.uses.union(*(part.uses for part in job.parts))
    kept = (
        found.columns
        if not limited and not tied
        else tuple(replace(c, origins=frozenset()) for c in found.columns)
    )
    sql = f"SELECT {columns} FROM ({found.sql}) AS {alias}{tied}{ordered}{limited}"  # noqa: S608 -- writing SQL is this module's work
    return replace(found, sql=sql, uses=uses, columns=kept)


def _set_operation(context: Context, node: exp.SetOperation, parent: Scope | None) -> Selected:
    left, right = _branches(context, node, parent)
    word = _OPERATIONS[type(node)]
    at = context.at(node)
    if len(left.columns) != len(right.columns):
        raise StatementError(
            "TYPE_MISMATCH",
            f"{word} query has different number of fields: "
            f"{len(left.columns)}, {len(right.columns)}",
            at=at,
        )
    kinds: list[Type] = []
    for place, (one, two) in enumerate(zip(left.columns, right.columns, strict=True), 1):
        wide = types.common_type(one.type, two.type)
        if wide is None:
            raise StatementError(
                "TYPE_MISMATCH",
                f"column {place} in {word} query has incompatible types: {one.type}, {two.type}",
                at=at,
            )
        kinds.append(wide)
    distinct = bool(node.args.get("distinct"))
    every = "" if distinct else " ALL"
    sql = f"({_as_types(left, kinds)}) {word}{every} ({_as_types(right, kinds)})"
    uses = left.uses | right.uses
    if distinct or word != "UNION":
        uses = uses.union(*(column.uses for side in (left, right) for column in side.columns))
    columns = tuple(
        Column(one.name, kind, f"c{i}", one.uses | two.uses, _both_origins(word, one, two, kind))
        for i, (one, two, kind) in enumerate(zip(left.columns, right.columns, kinds, strict=True))
    )
    return Selected(
        sql, columns, uses, (*left.outer, *right.outer), left.volatile or right.volatile
    )


def _both_origins(word: str, one: Column, two: Column, kind: Type) -> frozenset[Use]:
    """What both halves pass on; a varchar of another length is still the same text."""
    texts = one.type.name == two.type.name == "varchar"
    same = texts or one.type == two.type == kind
    return one.origins | two.origins if word == "UNION" and same else frozenset()


def _branches(
    context: Context, node: exp.SetOperation, parent: Scope | None
) -> tuple[Selected, Selected]:
    return query(context, node.this, parent), query(context, node.expression, parent)


def _as_types(found: Selected, kinds: Sequence[Type]) -> str:
    """The query with its columns called c0, c1, ... and of these types."""
    plain = all(
        column.type == kind and column.sql == f"c{i}"
        for i, (column, kind) in enumerate(zip(found.columns, kinds, strict=True))
    )
    if plain:
        return found.sql
    columns = ", ".join(
        f"{coerce(Typed(f'_b.{name(column.sql)}', column.type), kind).sql} AS c{i}"
        for i, (column, kind) in enumerate(zip(found.columns, kinds, strict=True))
    )
    return f"SELECT {columns} FROM ({found.sql}) AS _b"  # noqa: S608 -- writing SQL is this module's work


def _values(context: Context, node: exp.Values, parent: Scope | None) -> Selected:
    scope = Scope(0, (), parent)
    rows = [_row(context, each, scope) for each in node.expressions]
    if len({len(row) for row in rows}) != 1:
        raise StatementError(
            "TYPE_MISMATCH", "Values rows have mismatched sizes", at=context.at(node)
        )
    at = context.at(node)
    by_column = [unified(list(cells), "Values rows", at) for cells in zip(*rows, strict=True)]
    listed = ", ".join(
        f"({', '.join(cell.sql for cell in row)})" for row in zip(*by_column, strict=True)
    )
    names = ", ".join(f"c{i}" for i in range(len(by_column)))
    casts = ", ".join(
        f"CAST(c{i} AS {types.duckdb_type(cells[0].type)}) AS c{i}"
        for i, cells in enumerate(by_column)
    )
    columns = tuple(Column("", cells[0].type, f"c{i}") for i, cells in enumerate(by_column))
    cells = [cell for row in rows for cell in row]
    return Selected(
        f"SELECT {casts} FROM (VALUES {listed}) AS _v({names})",  # noqa: S608 -- writing SQL is this module's work
        columns,
        frozenset().union(*(cell.uses for cell in cells)),
        tuple(cell for cell in cells if cell.columns),
        any(cell.volatile for cell in cells),
    )


def _row(context: Context, node: exp.Expr, scope: Scope) -> list[Typed]:
    cells = node.expressions if isinstance(node, exp.Tuple) else [node]
    if len(cells) == 1 and isinstance(cells[0], exp.Tuple):
        cells = cells[0].expressions
    if len(cells) == 1 and isinstance(cells[0], exp.Anonymous) and cells[0].name.lower() == "row":
        cells = cells[0].expressions
    else:
        return _expanded([context.translated(each, scope) for each in cells])
    return [context.translated(each, scope) for each in cells]


def _expanded(cells: list[Typed]) -> list[Typed]:
    """A row of VALUES; a single value of a row type stands for its fields."""
    if len(cells) != 1 or cells[0].type.name != "row":
        return cells
    (whole,) = cells
    return [
        whole.to(f"({whole.sql}).{name(types.field_name(whole.type, place))}", kind)
        for place, kind in enumerate(whole.type.items)
    ]
