"""Queries: WITH, SELECT, set operations, VALUES, ORDER BY and LIMIT."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Context, Definition, Selected
from datalfred.local.aws.athena.translate.expressions import condition, direction, only
from datalfred.local.aws.athena.translate.functions.calls import unified
from datalfred.local.aws.athena.translate.relations import From, from_clause, prune
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Reference, Typed, Use, name
from datalfred.local.aws.athena.translate.types import Type

_TAIL = ("order", "limit", "offset", "with_")
_SELECT = ("distinct", "expressions", "from_", "joins", "where", "group", "having", "windows")
_OPERATIONS = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


def query(context: Context, node: exp.Expr, parent: Scope | None) -> Selected:
    """The query in DuckDB's text.

    Raises:
        StatementError: in Trino's words, or NOT_SUPPORTED.
    """
    context = _with(context, node)
    if isinstance(node, exp.Select):
        return _select(context, node, parent)
    if isinstance(node, exp.SetOperation):
        only(node, "this", "expression", "distinct", *_TAIL)
        return _sorted(context, node, _set_operation(context, node, parent))
    if isinstance(node, exp.Values):
        only(node, "expressions", "alias", *_TAIL)
        return _sorted(context, node, _values(context, node, parent))
    if isinstance(node, exp.Subquery):
        only(node, "this", *_TAIL)
        return _sorted(context, node, query(context, node.this, parent))
    if isinstance(node, exp.Table):
        select = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node.copy()))
        return _select(context, select, parent)
    raise not_supported(f"The query {node.sql('trino')[:60]}", at=context.at(node))


def _with(context: Context, node: exp.Expr) -> Context:
    clause = node.args.get("with_")
    if clause is None:
        return context
    only(clause, "expressions", "recursive")
    definitions = dict(context.definitions)
    for each in clause.expressions:
        only(each, "this", "alias")
        columns = tuple(c.name.lower() for c in each.args["alias"].args.get("columns") or ())
        seen = replace(context, definitions=dict(definitions))
        definitions[each.alias.lower()] = Definition(
            each.this, columns, seen, recursive=bool(clause.args.get("recursive"))
        )
    return replace(context, definitions=definitions)


# -- SELECT


@dataclass
class _Select:
    """A SELECT on its way: its names, its output, what it is made of."""

    number: int
    source: From
    scope: Scope
    outputs: list[Typed] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    parts: list[Typed] = field(default_factory=list)
    where: str = ""
    group: str = ""
    having: str = ""
    keys: list[Typed] = field(default_factory=list)

    def grouped(self) -> bool:
        """Whether rows become groups."""
        return bool(self.group) or any(each.aggregate for each in [*self.outputs, *self.parts])


def _select(context: Context, node: exp.Select, parent: Scope | None) -> Selected:
    only(node, *_SELECT, *_TAIL)
    windows = {each.name.lower(): each for each in node.args.get("windows") or ()}
    context.names[0] += 1
    number = context.names[0]
    context = replace(context, windows={**context.windows, **windows})
    source = from_clause(context, node, number, parent)
    job = _Select(number, source, source.scope(number, parent))
    job.parts += source.parts
    _where(context, node, job)
    inside = _group(context, node, job)
    for each in node.expressions:
        _output(inside, each, job)
    _having(inside, node, job)
    distinct = node.args.get("distinct")
    if distinct is not None:
        only(distinct)
    order = _order(inside, node, job, distinct=distinct is not None)
    if job.grouped():
        _check_grouped(job)
    return _written(context, node, job, order)


def _where(context: Context, node: exp.Select, job: _Select) -> None:
    where = node.args.get("where")
    if where is None:
        return
    met = condition(context, where.this, job.scope, "WHERE clause")
    _scalar(met, "WHERE clause", context.at(where.this))
    job.where = f" WHERE {met.sql}"
    job.parts.append(met)
    prune(context, where.this, job.scope, {each.alias for each in job.source.relations})


def _scalar(value: Typed, clause: str, at: tuple[int, int]) -> None:
    if value.aggregate or value.window:
        raise StatementError(
            "EXPRESSION_NOT_SCALAR",
            f"{clause} cannot contain aggregations, window functions or grouping operations",
            at=at,
        )


def _group(context: Context, node: exp.Select, job: _Select) -> Context:
    group = node.args.get("group")
    if group is None:
        return context
    if group.args.get("all"):
        raise not_supported("GROUP BY ALL", at=context.at(group))
    only(group, "expressions", "all")
    pieces = [_grouping(context, each, node, job) for each in group.expressions]
    job.group = f" GROUP BY {', '.join(pieces)}"
    job.parts += [replace(key, columns=_outer(key, job)) for key in job.keys]
    return replace(context, grouped=context.grouped | {key.sql for key in job.keys})


_GROUPINGS = {exp.Rollup: "ROLLUP", exp.Cube: "CUBE", exp.GroupingSets: "GROUPING SETS"}


def _grouping(context: Context, node: exp.Expr, select: exp.Select, job: _Select) -> str:
    word = _GROUPINGS.get(type(node))
    if word is not None or isinstance(node, exp.Tuple):
        inner = (_grouping(context, each, select, job) for each in node.expressions)
        return f"{word or ''} ({', '.join(inner)})".strip()
    if isinstance(node, exp.Paren):
        return f"({_grouping(context, node.this, select, job)})"
    target = node
    if isinstance(node, exp.Literal) and not node.is_string:
        target = _at_position(context, node, _expanded(context, select, job), "GROUP BY")
    key = context.expression(context, target, job.scope)
    _scalar(key, "GROUP BY clause", context.at(node))
    job.keys.append(key)
    return key.sql


def _expanded(context: Context, select: exp.Select, job: _Select) -> list[exp.Expr]:
    """The items of SELECT by position; a star counts as its columns."""
    items: list[exp.Expr] = []
    for each in select.expressions:
        if _is_star(each):
            for value, _ in _star(context, each, job):
                relation, _, column = value.sql.partition(".")
                called = value.label or column
                items.append(exp.column(called, table=_called(job, relation)))
        else:
            items.append(each.this if isinstance(each, exp.Alias) else each)
    return items


def _called(job: _Select, alias: str) -> str | None:
    for relation in job.source.relations:
        if relation.alias == alias and relation.names:
            return relation.names[-1]
    return None


def _at_position(
    context: Context, node: exp.Literal, items: Sequence[exp.Expr], clause: str
) -> exp.Expr:
    place = int(node.name) if node.name.isdigit() else 0
    if not 1 <= place <= len(items):
        raise StatementError(
            "INVALID_COLUMN_REFERENCE",
            f"{clause} position {node.name} is not in select list",
            at=context.at(node),
        )
    return items[place - 1]


def _is_star(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) or (
        isinstance(node, exp.Column) and isinstance(node.this, exp.Star)
    )


def _star(context: Context, node: exp.Expr, job: _Select) -> list[tuple[Typed, str]]:
    only(node.this if isinstance(node, exp.Column) else node)
    at = context.at(node)
    wanted = (
        tuple(part.name.lower() for part in node.parts[:-1]) if isinstance(node, exp.Column) else ()
    )
    relations = [r for r in job.source.relations if not wanted or r.is_called(wanted)]
    if wanted and not relations:
        return _row_star(job, wanted, at)
    if not relations:
        raise StatementError(
            "COLUMN_NOT_FOUND", "SELECT * not allowed in queries without FROM clause", at=at
        )
    found = [] if wanted else [(value, called) for called, value in job.source.merged.items()]
    for relation in relations:
        for column in relation.columns:
            if not column.hidden:
                found.append((job.scope.reference(relation, column, column.name, at), column.name))
    return found


def _row_star(
    job: _Select, wanted: tuple[str, ...], at: tuple[int, int]
) -> list[tuple[Typed, str]]:
    """``row_column.*``: the fields of a row."""
    try:
        value = job.scope.resolve(wanted, at)
    except StatementError:
        value = None
    if value is None or value.type.name != "row":
        raise StatementError(
            "TABLE_NOT_FOUND", f"Unable to resolve reference {'.'.join(wanted)}", at=at
        )
    return [
        (
            value.to(f"({value.sql}).{name(types.field_name(value.type, i))}", item),
            value.type.fields[i] or "",
        )
        for i, item in enumerate(value.type.items)
    ]


def _output(context: Context, node: exp.Expr, job: _Select) -> None:
    if _is_star(node):
        for value, called in _star(context, node, job):
            known = replace(value, columns=()) if value.sql in context.grouped else value
            job.outputs.append(known)
            job.names.append(called)
        return
    alias = node.alias.lower() if isinstance(node, exp.Alias) else ""
    value = context.expression(context, node.this if alias else node, job.scope)
    job.outputs.append(value)
    job.names.append(alias or value.label)


def _having(context: Context, node: exp.Select, job: _Select) -> None:
    having = node.args.get("having")
    if having is None:
        return
    met = condition(context, having.this, job.scope, "HAVING clause")
    job.having = f" HAVING {met.sql}"
    job.group = job.group or ("" if met.aggregate else " GROUP BY ()")
    job.parts.append(met)


def _order(context: Context, node: exp.Select, job: _Select, *, distinct: bool) -> str:
    order = node.args.get("order")
    if order is None:
        return ""
    pieces = []
    aliases = {
        called: value for called, value in zip(job.names, job.outputs, strict=True) if called
    }
    scope = replace(job.scope, outputs=aliases)
    for each in order.expressions:
        value = _order_value(context, each.this, job, scope)
        if distinct and value.sql not in {output.sql for output in job.outputs}:
            raise StatementError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                at=context.at(each),
            )
        job.parts.append(value)
        place = next((i for i, o in enumerate(job.outputs) if o.sql == value.sql), None)
        # A position names the output itself: a constant or a random value is sorted only once.
        pieces.append(f"{value.sql if place is None else place + 1} {direction(each)}")
    return f" ORDER BY {', '.join(pieces)}"


def _order_value(context: Context, node: exp.Expr, job: _Select, scope: Scope) -> Typed:
    if isinstance(node, exp.Literal) and not node.is_string:
        place = int(node.name) if node.name.isdigit() else 0
        if not 1 <= place <= len(job.outputs):
            raise StatementError(
                "INVALID_COLUMN_REFERENCE",
                f"ORDER BY position {node.name} is not in select list",
                at=context.at(node),
            )
        return job.outputs[place - 1]
    return context.expression(context, node, scope)


def _check_grouped(job: _Select) -> None:
    for value in [*job.outputs, *job.parts[len(job.source.parts) + bool(job.where) :]]:
        for reference in value.columns:
            if reference.query == job.number:
                raise StatementError(
                    "EXPRESSION_NOT_AGGREGATE",
                    f"'{reference.text}' must be an aggregate expression or appear in GROUP BY clause",
                    at=reference.at,
                )


def _outer(value: Typed, job: _Select) -> tuple[Reference, ...]:
    return tuple(each for each in value.columns if each.query != job.number)


def _written(context: Context, node: exp.Select, job: _Select, order: str) -> Selected:
    distinct = node.args.get("distinct") is not None
    selected = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(job.outputs))
    source = f" FROM {job.source.sql}" if job.source.sql else ""
    sql = (
        f"SELECT {'DISTINCT ' if distinct else ''}{selected}{source}"
        f"{job.where}{job.group}{job.having}{order}{_limit(context, node)}"
    )
    uses: frozenset[Use] = job.source.uses.union(*(part.uses for part in job.parts))
    if distinct:
        uses = uses.union(*(value.uses for value in job.outputs))
    passes = not (node.args.get("limit") or node.args.get("offset")) and not any(
        value.window for value in job.outputs
    )
    columns = tuple(
        Column(
            called, value.type, f"c{i}", value.uses, _origins(value, job) if passes else frozenset()
        )
        for i, (called, value) in enumerate(zip(job.names, job.outputs, strict=True))
    )
    everything = [*job.outputs, *job.parts]
    return Selected(
        sql,
        columns,
        uses,
        tuple(
            replace(value, columns=_outer(value, job)) for value in everything if _outer(value, job)
        ),
        any(value.volatile for value in everything),
    )


def _origins(value: Typed, job: _Select) -> frozenset[Use]:
    """The partition keys that an output passes on unchanged: a plain column, or a group's key."""
    relation, _, quoted = value.sql.partition(".")
    if job.grouped() and value.sql not in {key.sql for key in job.keys}:
        return frozenset()
    if "ROLLUP" in job.group or "CUBE" in job.group or "SETS" in job.group:
        return frozenset()
    for each in job.source.relations:
        for column in each.columns:
            if each.alias == relation and name(column.sql) == quoted:
                return column.origins
    return frozenset()


# -- the rest


def _limit(context: Context, node: exp.Expr) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    text = ""
    if isinstance(limit, exp.Fetch):
        only(limit, "direction", "count", "limit_options")
        options = limit.args.get("limit_options")
        if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
            raise not_supported("FETCH FIRST ... WITH TIES", at=context.at(limit))
        text = f" LIMIT {_count(context, limit.args.get('count') or exp.Literal.number(1))}"
    elif limit is not None and limit.expression.name.upper() != "ALL":
        text = f" LIMIT {_count(context, limit.expression)}"
    return text + (f" OFFSET {_count(context, offset.expression)}" if offset is not None else "")


def _count(context: Context, node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or not node.name.isdigit():
        raise StatementError(
            "TYPE_MISMATCH", "LIMIT and OFFSET take a whole number", at=context.at(node)
        )
    return int(node.name)


def _sorted(context: Context, node: exp.Expr, found: Selected) -> Selected:
    """A query that is no SELECT, with its own ORDER BY and LIMIT."""
    limit, order = _limit(context, node), node.args.get("order")
    if not limit and order is None:
        return found
    alias = context.fresh("r")
    relation = Relation(alias, (), found.columns)
    context.names[0] += 1
    job = _Select(
        context.names[0], From(relations=[relation]), Scope(context.names[0], (relation,))
    )
    for column in found.columns:
        job.outputs.append(job.scope.reference(relation, column, column.name, (1, 1)))
        job.names.append(column.name)
    pieces = []
    for each in order.expressions if order is not None else ():
        value = _order_value(context, each.this, job, job.scope)
        pieces.append(f"{value.sql} {direction(each)}")
        job.parts.append(value)
    ordered = f" ORDER BY {', '.join(pieces)}" if pieces else ""
    columns = ", ".join(f"{alias}.{name(column.sql)}" for column in found.columns)
    uses = found.uses.union(*(part.uses for part in job.parts))
    kept = (
        found.columns
        if not limit
        else tuple(replace(c, origins=frozenset()) for c in found.columns)
    )
    sql = f"SELECT {columns} FROM ({found.sql}) AS {alias}{ordered}{limit}"
    return replace(found, sql=sql, uses=uses, columns=kept)


def _set_operation(context: Context, node: exp.SetOperation, parent: Scope | None) -> Selected:
    left, right = _branches(context, node, parent)
    word = _OPERATIONS[type(node)]
    at = context.at(node)
    if len(left.columns) != len(right.columns):
        raise StatementError(
            "TYPE_MISMATCH",
            f"{word} query has different number of fields: {len(left.columns)}, {len(right.columns)}",
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
    same = word == "UNION" and one.type == kind and two.type == kind
    return one.origins | two.origins if same else frozenset()


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
    return f"SELECT {columns} FROM ({found.sql}) AS _b"


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
        f"SELECT {casts} FROM (VALUES {listed}) AS _v({names})",
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
    return [context.expression(context, each, scope) for each in cells]
