"""One item of FROM: a table, a view, a subquery, VALUES."""

from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.aliases import Made, aliases, derived, renamed
from datalfred.local.aws.athena.translate.clauses import only
from datalfred.local.aws.athena.translate.context import (
    Context,
    Definition,
    Rows,
    Scan,
    Selected,
    TableColumns,
    View,
)
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.recursion import names_itself, recursive
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import name, text
from datalfred.local.aws.athena.translate.types import VARCHAR, duckdb_type
from datalfred.local.aws.athena.translate.unnest import unnest

PATH = "$path"


def relation(context: Context, node: exp.Expr, beside: Scope, parent: Scope | None) -> Made:
    """One item of FROM; ``beside`` is what stands before it, for UNNEST and LATERAL."""
    if isinstance(node, exp.Table):
        return _table(context, node, parent)
    if isinstance(node, exp.Unnest):
        return unnest(context, node, beside)
    if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
        only(node, "this", "alias")
        return derived(context, node, context.query(context, node.this.this, beside), "LATERAL ")
    if isinstance(node, exp.Values):
        return derived(context, node, context.query(context, node, parent))
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, exp.Table):
            return _parenthesised(context, node, parent)
        bare = node.copy()
        bare.set("alias", None)
        return derived(context, node, context.query(context, bare, parent))
    raise not_supported(f"{node.sql('trino')[:60]} in FROM", at=context.at(node))


def _parenthesised(context: Context, node: exp.Subquery, parent: Scope | None) -> Made:
    """``FROM (a JOIN b ON ...)``: as a query of all its columns."""
    only(node, "this", "alias")
    table = node.this.copy()
    joins = table.args.pop("joins", None)
    whole = exp.Select(expressions=[exp.Star()], from_=exp.From(this=table), joins=joins)
    if not node.args.get("alias"):
        raise not_supported("A join in parentheses without an alias", at=context.at(node))
    return derived(context, node, context.query(context, whole, parent))


def _table(context: Context, node: exp.Table, parent: Scope | None) -> Made:
    only(node, "this", "db", "catalog", "alias", "joins")
    if not isinstance(node.this, exp.Identifier):
        raise not_supported("A table function", at=context.at(node))
    called = node.name.lower()
    definition = context.definitions.get(called) if not node.db else None
    if definition is not None:
        return _defined(context, node, called, definition, parent)
    catalog = (node.catalog or context.catalog_name).lower()
    schema = (node.db or context.database).lower()
    found = context.catalog.find(catalog, schema, called, context.at(node))
    names, new_names = aliases(node)
    known = names or found.name
    if isinstance(found, View):
        sql, relation, uses, parts = derived(context, node, _view(context, found))
        return sql, replace(relation, names=known), uses, parts
    if isinstance(found, Rows):
        return _known_rows(context, found, known)
    return _scan(context, node, found, known, new_names)


def _scan(
    context: Context,
    node: exp.Table,
    table: TableColumns,
    names: tuple[str, ...],
    new_names: list[str],
) -> Made:
    number = len(context.scans)
    scan = Scan(context.fresh("scan"), table)
    context.scans.append(scan)
    columns = [
        Column(
            called,
            kind,
            called,
            uses=frozenset({(number, called)}),
            origins=frozenset({(number, called)} if called in table.keys else ()),
        )
        for called, kind in table.columns
    ]
    path = Column(PATH, VARCHAR, PATH, uses=frozenset({(number, PATH)}), hidden=True)
    alias = context.fresh("r")
    relation = Relation(alias, names, (*renamed(context, node, tuple(columns), new_names), path))
    return f"{scan.alias} AS {alias}", relation, frozenset(), []


def _known_rows(context: Context, found: Rows, names: tuple[str, ...]) -> Made:
    alias = context.fresh("r")
    values = ", ".join(
        "(" + ", ".join(_constant(value) for value in row) + ")" for row in found.rows
    )
    casts = ", ".join(
        f"CAST({name(called)} AS {duckdb_type(kind)}) AS {name(called)}"
        for called, kind in found.columns
    )
    listed = ", ".join(name(called) for called, _ in found.columns)
    if not values:
        values = f"({', '.join('NULL' for _ in found.columns)})"
    condition = "" if found.rows else " WHERE false"
    sql = f"(SELECT {casts} FROM (VALUES {values}) AS _v({listed}){condition}) AS {alias}"  # noqa: S608 -- writing SQL is this module's work
    columns = tuple(Column(called, kind, called) for called, kind in found.columns)
    return sql, Relation(alias, names, columns), frozenset(), []


def _constant(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else text(value)


def _view(context: Context, view: View) -> Selected:
    if view.name in context.views:
        raise StatementError("VIEW_IS_RECURSIVE", f"View '{'.'.join(view.name)}' is recursive")
    source = Source(view.sql)
    inside = replace(
        context,
        source=source,
        database=view.schema,
        catalog_name=view.catalog,
        definitions={},
        windows={},
        grouped=frozenset(),
        views=(*context.views, view.name),
    )
    found = context.query(inside, parse_query(source), None)
    if len(found.columns) != len(view.columns):
        raise StatementError(
            "VIEW_IS_STALE",
            f"View '{'.'.join(view.name)}' is stale or in invalid state: "
            "a different number of columns",
        )
    columns = tuple(
        replace(column, name=called)
        for column, (called, _) in zip(found.columns, view.columns, strict=True)
    )
    return replace(found, columns=columns)


def _defined(
    context: Context, node: exp.Table, called: str, definition: Definition, parent: Scope | None
) -> Made:
    names, _ = aliases(node)
    if definition.relation is not None:
        alias = context.fresh("r")
        relation = replace(definition.relation, alias=alias, names=names or (called,))
        return f"{definition.relation.alias} AS {alias}", relation, frozenset(), []
    # A query of WITH is translated anew wherever it is named, as Trino does it.
    if definition.recursive and names_itself(definition.tree, called):
        found = recursive(context, called, definition, parent)
    else:
        inside = replace(definition.context, grouped=frozenset(), windows={})
        found = context.query(inside, definition.tree, parent)
    columns = renamed(context, node, found.columns, list(definition.columns))
    made = derived(context, node, replace(found, columns=columns))
    return made[0], replace(made[1], names=names or (called,)), made[2], made[3]
