"""FROM: tables, views, subqueries, VALUES, UNNEST and the joins between them."""

from dataclasses import dataclass, field, replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import operators, types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import (
    Context,
    Definition,
    Pruning,
    Rows,
    Scan,
    Selected,
    TableColumns,
    View,
)
from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.translate.expressions import condition, only
from datalfred.local.aws.athena.translate.functions.calls import unified
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, Use, guard, made_of, name, text
from datalfred.local.aws.athena.translate.types import BIGINT, VARCHAR, duckdb_type

MAX_RECURSION = 10  # Trino's max_recursion_depth
PATH = "$path"
DEPTH = "_depth"


@dataclass
class From:
    """What FROM has gathered so far.

    Attributes:
        sql: DuckDB's text.
        relations: what names can refer to.
        merged: columns of USING and NATURAL.
        uses: columns of scans that are read in any case.
        parts: what conditions and laterals are made of.
        comma: whether relations were joined by a comma.
    """

    sql: str = ""
    relations: list[Relation] = field(default_factory=list)
    merged: dict[str, Typed] = field(default_factory=dict)
    uses: frozenset[Use] = frozenset()
    parts: list[Typed] = field(default_factory=list)
    comma: bool = False

    def scope(self, query: int, parent: Scope | None) -> Scope:
        """The names of FROM, with those of the queries around it."""
        return Scope(query, tuple(self.relations), parent, self.merged)


def from_clause(context: Context, select: exp.Select, query: int, parent: Scope | None) -> From:
    """FROM and its joins.

    Raises:
        StatementError: a table that does not exist, a join that is not supported.
    """
    gathered = From()
    first = select.args.get("from_")
    if first is None:
        return gathered
    _add(context, gathered, first.this, query, parent)
    for join in [*(first.this.args.get("joins") or ()), *(select.args.get("joins") or ())]:
        _join(context, gathered, join, query, parent)
    return gathered


def _add(
    context: Context, gathered: From, node: exp.Expr, query: int, parent: Scope | None
) -> None:
    sql, relation, uses, parts = _relation(context, node, gathered.scope(query, parent), parent)
    gathered.sql = sql
    gathered.relations.append(relation)
    gathered.uses |= uses
    gathered.parts += parts


_Made = tuple[str, Relation, frozenset[Use], list[Typed]]


def _relation(context: Context, node: exp.Expr, beside: Scope, parent: Scope | None) -> _Made:
    """One item of FROM; ``beside`` is what stands before it, for UNNEST and LATERAL."""
    if isinstance(node, exp.Table):
        return _table(context, node, parent)
    if isinstance(node, exp.Unnest):
        return _unnest(context, node, beside)
    if isinstance(node, exp.Lateral) and isinstance(node.this, exp.Subquery):
        only(node, "this", "alias")
        return _derived(context, node, context.query(context, node.this.this, beside), "LATERAL ")
    if isinstance(node, exp.Values):
        return _derived(context, node, context.query(context, node, parent))
    if isinstance(node, exp.Subquery):
        if isinstance(node.this, exp.Table):
            return _parenthesised(context, node, parent)
        bare = node.copy()
        bare.set("alias", None)
        return _derived(context, node, context.query(context, bare, parent))
    raise not_supported(f"{node.sql('trino')[:60]} in FROM", at=context.at(node))


def _parenthesised(context: Context, node: exp.Subquery, parent: Scope | None) -> _Made:
    """``FROM (a JOIN b ON ...)``: as a query of all its columns."""
    only(node, "this", "alias")
    table = node.this.copy()
    joins = table.args.pop("joins", None)
    whole = exp.Select(expressions=[exp.Star()], from_=exp.From(this=table), joins=joins)
    if not node.args.get("alias"):
        raise not_supported("A join in parentheses without an alias", at=context.at(node))
    return _derived(context, node, context.query(context, whole, parent))


def _aliases(node: exp.Expr) -> tuple[tuple[str, ...], list[str]]:
    alias = node.args.get("alias")
    if alias is None:
        return (), []
    called = (alias.name.lower(),) if alias.this else ()
    return called, [column.name.lower() for column in alias.args.get("columns") or ()]


def _derived(context: Context, node: exp.Expr, found: Selected, word: str = "") -> _Made:
    names, renamed = _aliases(node)
    alias = context.fresh("r")
    columns = _renamed(context, node, found.columns, renamed)
    relation = Relation(alias, names, columns)
    return f"{word}({found.sql}) AS {alias}", relation, found.uses, list(found.outer)


def _renamed(
    context: Context, node: exp.Expr, columns: tuple[Column, ...], renamed: list[str]
) -> tuple[Column, ...]:
    if not renamed:
        return columns
    visible = [column for column in columns if not column.hidden]
    if len(renamed) != len(visible):
        raise StatementError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(renamed)} entries but '{node.alias_or_name}' has "
            f"{len(visible)} columns available",
            at=context.at(node),
        )
    return tuple(
        replace(column, name=called) for column, called in zip(visible, renamed, strict=True)
    )


# -- tables


def _table(context: Context, node: exp.Table, parent: Scope | None) -> _Made:
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
    names, renamed = _aliases(node)
    known = names or found.name
    if isinstance(found, View):
        sql, relation, uses, parts = _derived(context, node, _view(context, found))
        return sql, replace(relation, names=known), uses, parts
    if isinstance(found, Rows):
        return _known_rows(context, found, known)
    return _scan(context, node, found, known, renamed)


def _scan(
    context: Context,
    node: exp.Table,
    table: TableColumns,
    names: tuple[str, ...],
    renamed: list[str],
) -> _Made:
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
    relation = Relation(alias, names, (*_renamed(context, node, tuple(columns), renamed), path))
    return f"{scan.alias} AS {alias}", relation, frozenset(), []


def _known_rows(context: Context, found: Rows, names: tuple[str, ...]) -> _Made:
    alias = context.fresh("r")
    values = ", ".join(
        "(" + ", ".join(_constant(value) for value in row) + ")" for row in found.rows
    )
    casts = ", ".join(
        f"CAST({name(called)} AS {duckdb_type(kind)}) AS {name(called)}"
        for called, kind in found.columns
    )
    listed = ", ".join(name(called) for called, _ in found.columns)
    empty = "(" + ", ".join("NULL" for _ in found.columns) + ")"
    sql = f"(SELECT {casts} FROM (VALUES {values or empty}) AS _v({listed}){'' if values else ' WHERE false'}) AS {alias}"
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


# -- WITH


def _defined(
    context: Context, node: exp.Table, called: str, definition: Definition, parent: Scope | None
) -> _Made:
    names, _ = _aliases(node)
    if definition.relation is not None:
        alias = context.fresh("r")
        relation = replace(definition.relation, alias=alias, names=names or (called,))
        return f"{definition.relation.alias} AS {alias}", relation, frozenset(), []
    # A query of WITH is translated anew wherever it is named, as Trino does it.
    if definition.recursive and _names_itself(definition.tree, called):
        found = _recursive(context, called, definition, parent)
    else:
        inside = replace(definition.context, grouped=frozenset(), windows={})
        found = context.query(inside, definition.tree, parent)
    columns = _renamed(context, node, found.columns, list(definition.columns))
    made = _derived(context, node, replace(found, columns=columns))
    return made[0], replace(made[1], names=names or (called,)), made[2], made[3]


def _names_itself(tree: exp.Expr, called: str) -> bool:
    return any(table.name.lower() == called and not table.db for table in tree.find_all(exp.Table))


def _recursive(
    context: Context, called: str, definition: Definition, parent: Scope | None
) -> Selected:
    tree = definition.tree
    if not isinstance(tree, exp.Union) or tree.args.get("distinct"):
        raise not_supported("A recursive query that is not a UNION ALL", at=context.at(tree))
    anchor = context.query(definition.context, tree.this, parent)
    if len(definition.columns) != len(anchor.columns):
        raise StatementError(
            "MISSING_COLUMN_ALIASES",
            f"missing column aliases in recursive WITH query '{called}'",
            at=context.at(tree),
        )
    columns = tuple(
        Column(new, column.type, column.sql)
        for new, column in zip(definition.columns, anchor.columns, strict=True)
    )
    depth = Column(DEPTH, BIGINT, DEPTH, hidden=True)
    table = context.fresh("recursive")
    rows_so_far = replace(definition, relation=Relation(table, (), (*columns, depth)))
    inside = replace(
        definition.context,
        definitions={**definition.context.definitions, called: rows_so_far},
    )
    step = context.query(inside, _with_depth(context, tree.expression), parent)
    outputs = ", ".join(
        coerce(Typed(f"_n.{name(new.sql)}", new.type), column.type).sql
        for new, column in zip(step.columns[:-1], columns, strict=True)
    )
    listed = ", ".join(name(column.sql) for column in columns)
    deeper = _deeper(f"_n.{name(step.columns[-1].sql)}")
    sql = (
        f"WITH RECURSIVE {table}({listed}, {DEPTH}) AS (SELECT {listed}, CAST(0 AS BIGINT) "
        f"FROM ({anchor.sql}) AS _a UNION ALL SELECT {outputs}, {deeper} FROM ({step.sql}) AS _n) "
        f"SELECT {listed} FROM {table} WHERE {DEPTH} >= 0"
    )
    return Selected(sql, columns, anchor.uses | step.uses, (*anchor.outer, *step.outer))


def _with_depth(context: Context, step: exp.Expr) -> exp.Expr:
    """The second half of a recursive query, which also says from which round its rows come."""
    if not isinstance(step, exp.Select) or step.args.get("group") or step.args.get("distinct"):
        raise not_supported("A recursive query that groups its rows", at=context.at(step))
    counted = step.copy()
    counted.append("expressions", exp.column(DEPTH))
    return counted


def _deeper(sql: str) -> str:
    """The next round, which fails where Trino's recursion would."""
    message = text(
        f"Recursion depth limit exceeded ({MAX_RECURSION}). Use 'max_recursion_depth' "
        "session property to modify the limit."
    )
    return guard(f"{sql} < {MAX_RECURSION}", f"{sql} + 1", "NOT_SUPPORTED", message)


# -- UNNEST


def _unnest(context: Context, node: exp.Unnest, beside: Scope) -> _Made:
    only(node, "expressions", "alias", "offset")
    values = [context.expression(context, each, beside) for each in node.expressions]
    inner, outer, columns = [], [], []
    for index, value in enumerate(values):
        _unnest_one(context, node, value, index, (inner, outer, columns))
    if node.args.get("offset"):
        longest = ", ".join(f"coalesce(len({_keys(value)}), 0)" for value in values)
        inner.append(f'unnest(generate_series(1, greatest({longest}))) AS "o"')
        outer.append('"o"')
        columns.append(Column("", BIGINT, "o"))
    sql = f"LATERAL (SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)}) AS _u)"
    names, renamed = _aliases(node)
    offset = node.args.get("offset")
    if isinstance(offset, exp.Identifier):
        renamed.append(offset.name.lower())
    alias = context.fresh("r")
    relation = Relation(alias, names, _renamed(context, node, tuple(columns), renamed))
    return f"{sql} AS {alias}", relation, frozenset().union(*(v.uses for v in values)), values


def _keys(value: Typed) -> str:
    return f"map_keys({value.sql})" if value.type.name == "map" else value.sql


def _unnest_one(
    context: Context,
    node: exp.Unnest,
    value: Typed,
    index: int,
    into: tuple[list[str], list[str], list[Column]],
) -> None:
    inner, outer, columns = into
    if value.type.name == "map":
        for part, function in enumerate(("map_keys", "map_values")):
            called = f"e{index}_{part}"
            inner.append(f"unnest({function}({value.sql})) AS {name(called)}")
            outer.append(name(called))
            columns.append(Column("", value.type.items[part], called))
        return
    if value.type.name != "array":
        raise StatementError(
            "INVALID_FUNCTION_ARGUMENT", f"Cannot unnest type: {value.type}", at=context.at(node)
        )
    called, item = f"e{index}", value.type.item
    inner.append(f"unnest({value.sql}) AS {name(called)}")
    if item.name != "row":
        outer.append(name(called))
        columns.append(Column("", item, called))
        return
    for place, kind in enumerate(item.items):
        field_name = types.field_name(item, place)
        outer.append(f"({name(called)}).{name(field_name)} AS {name(f'{called}_{place}')}")
        columns.append(Column(item.fields[place] or "", kind, f"{called}_{place}"))


# -- joins


def _join(
    context: Context, gathered: From, join: exp.Join, query: int, parent: Scope | None
) -> None:
    only(join, "this", "side", "kind", "on", "using", "method")
    side, kind, method = (str(join.args.get(k) or "").upper() for k in ("side", "kind", "method"))
    if kind not in {"", "INNER", "CROSS", "OUTER"} or method not in {"", "NATURAL"}:
        raise not_supported(f"{side} {kind} {method} JOIN".strip(), at=context.at(join))
    if gathered.comma and side in {"RIGHT", "FULL"}:
        raise not_supported(f"A {side} JOIN after a comma", at=context.at(join))
    left = gathered.scope(query, parent)
    sql, relation, uses, parts = _relation(context, join.this, left, parent)
    right = Scope(query, (relation,), parent)
    both = Scope(query, (*gathered.relations, relation), parent, gathered.merged)
    gathered.uses |= uses
    gathered.parts += parts
    if join.args.get("using") or method == "NATURAL":
        relation, on = _using(context, gathered, join, side, (left, right, relation))
    elif join.args.get("on") is not None:
        met = condition(context, join.args["on"], both, "JOIN ON clause")
        _refuse_aggregates(met, "JOIN clause", context.at(join))
        on = met.sql
        gathered.parts.append(met)
        if side in {"", "LEFT"}:
            known = {relation.alias} if side else {r.alias for r in both.relations}
            prune(context, join.args["on"], both, known)
    else:
        on = ""
        gathered.comma = gathered.comma or not kind
    word = f"{side} JOIN" if on else "CROSS JOIN"
    gathered.sql += f" {word} {sql}" + (f" ON {on}" if on else "")
    if side in {"RIGHT", "FULL"}:
        gathered.relations = [_without_origins(each) for each in gathered.relations]
    if side in {"LEFT", "FULL"}:
        relation = _without_origins(relation)
    gathered.relations.append(relation)


def _refuse_aggregates(value: Typed, clause: str, at: tuple[int, int]) -> None:
    if value.aggregate or value.window:
        raise StatementError(
            "EXPRESSION_NOT_SCALAR",
            f"{clause} cannot contain aggregations, window functions or grouping operations",
            at=at,
        )


def _without_origins(relation: Relation) -> Relation:
    """Rows that a join makes up must not be judged by the partitions of a scan."""
    columns = tuple(replace(column, origins=frozenset()) for column in relation.columns)
    return replace(relation, columns=columns)


def _using(
    context: Context,
    gathered: From,
    join: exp.Join,
    side: str,
    sides: tuple[Scope, Scope, Relation],
) -> tuple[Relation, str]:
    left, right, relation = sides
    at = context.at(join)
    wanted = [each.name.lower() for each in join.args.get("using") or ()]
    if not wanted:
        known = {c.name for r in gathered.relations for c in r.columns if not c.hidden}
        known |= set(gathered.merged)
        wanted = [c.name for c in relation.columns if c.name in known and c.name]
    conditions = []
    for called in wanted:
        one, two = left.resolve((called,), at), right.resolve((called,), at)
        met = operators.compared("=", one, two, at)
        conditions.append(met.sql)
        gathered.parts.append(met)
        gathered.merged[called] = _merged(side, one, two, at, called)
    gathered.relations = [_without_names(each, wanted) for each in gathered.relations]
    return _without_names(relation, wanted), " AND ".join(conditions) or "true"


def _merged(side: str, one: Typed, two: Typed, at: tuple[int, int], called: str) -> Typed:
    first, second = unified([one, two], "USING columns", at)
    if side == "FULL":
        both = made_of(f"coalesce({first.sql}, {second.sql})", first.type, [one, two])
        return replace(both, label=called)
    return replace(second if side == "RIGHT" else first, label=called)


def _without_names(relation: Relation, merged: list[str]) -> Relation:
    columns = tuple(
        replace(column, name="", hidden=True) if column.name in merged else column
        for column in relation.columns
    )
    return replace(relation, columns=columns)


# -- pruning


def prune(context: Context, node: exp.Expr, scope: Scope, relations: set[str]) -> None:
    """Tells scans which of their partitions a condition leaves over.

    Each operand of the outermost AND counts that speaks of partition keys alone.
    """
    rest = [node]
    while rest:
        part = rest.pop()
        if isinstance(part, exp.Paren | exp.And):
            rest += [each for each in (part.this, part.args.get("expression")) if each is not None]
        elif not part.find(exp.Query):
            _prune_by(context, context.expression(context, part, scope), scope, relations)


def _prune_by(context: Context, met: Typed, scope: Scope, relations: set[str]) -> None:
    if met.volatile or met.query or not met.columns:
        return
    aliases = {reference.relation for reference in met.columns}
    own = all(reference.query == scope.query for reference in met.columns)
    if not own or len(aliases) != 1 or not aliases <= relations:
        return
    shared = frozenset.intersection(
        *(frozenset(scan for scan, _ in reference.origins) for reference in met.columns)
    )
    for number in shared:
        keys = {
            reference.column: key
            for reference in met.columns
            for scan, key in reference.origins
            if scan == number
        }
        context.scans[number].prunings.append(Pruning(next(iter(aliases)), keys, met.sql))
