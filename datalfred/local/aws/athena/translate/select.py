"""SELECT: its clauses in the order in which Trino gives them meaning."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.clauses import condition, direction, only
from datalfred.local.aws.athena.translate.context import (
    Context,
    Selected,
)
from datalfred.local.aws.athena.translate.joins import From, from_clause, prune
from datalfred.local.aws.athena.translate.limits import TAIL, has_ties, limit, ties
from datalfred.local.aws.athena.translate.scope import Column, Scope, is_field_of
from datalfred.local.aws.athena.translate.typed import (
    Reference,
    Typed,
    Use,
    name,
)

_SELECT = ("distinct", "expressions", "from_", "joins", "where", "group", "having", "windows")


@dataclass
class Selecting:
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
    sorts: list[str] = field(default_factory=list)

    def grouped(self) -> bool:
        """Whether rows become groups."""
        return bool(self.group) or any(each.aggregate for each in [*self.outputs, *self.parts])


def select(context: Context, node: exp.Select, parent: Scope | None) -> Selected:
    """A SELECT in DuckDB's text.

    Raises:
        StatementError: in Trino's words, or NOT_SUPPORTED.
    """
    only(node, *_SELECT, *TAIL)
    windows = {each.name.lower(): each for each in node.args.get("windows") or ()}
    context.names[0] += 1
    number = context.names[0]
    context = replace(context, windows={**context.windows, **windows})
    source = from_clause(context, node, number, parent)
    job = Selecting(number, source, source.scope(number, parent))
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


def _where(context: Context, node: exp.Select, job: Selecting) -> None:
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


def _group(context: Context, node: exp.Select, job: Selecting) -> Context:
    group = node.args.get("group")
    if group is None:
        return context
    if group.args.get("all") is False or (group.args.get("all") and not group.expressions):
        word = "ALL" if group.args["all"] else "DISTINCT"
        raise not_supported(f"GROUP BY {word}", at=context.at(group))
    only(group, "expressions", "all")
    pieces = [_grouping(context, each, node, job) for each in group.expressions]
    job.group = f" GROUP BY {', '.join(pieces)}"
    job.parts += [replace(key, columns=_outer(key, job)) for key in job.keys]
    return replace(context, grouped=context.grouped | {key.sql for key in job.keys})


_GROUPINGS: dict[type[exp.Expr], str] = {
    exp.Rollup: "ROLLUP",
    exp.Cube: "CUBE",
    exp.GroupingSets: "GROUPING SETS",
}


def _grouping(context: Context, node: exp.Expr, select: exp.Select, job: Selecting) -> str:
    word = _GROUPINGS.get(type(node))
    if word is not None or isinstance(node, exp.Tuple):
        inner = (_grouping(context, each, select, job) for each in node.expressions)
        return f"{word or ''} ({', '.join(inner)})".strip()
    if isinstance(node, exp.Paren):
        return f"({_grouping(context, node.this, select, job)})"
    target = node
    if isinstance(node, exp.Literal) and not node.is_string:
        target = _at_position(context, node, _expanded(context, select, job), "GROUP BY")
    key = context.translated(target, job.scope)
    _scalar(key, "GROUP BY clause", context.at(node))
    job.keys.append(key)
    return key.sql


def _expanded(context: Context, select: exp.Select, job: Selecting) -> list[exp.Expr]:
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


def _called(job: Selecting, alias: str) -> str | None:
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


def _star(context: Context, node: exp.Expr, job: Selecting) -> list[tuple[Typed, str]]:
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
            if column.hidden:
                continue
            found.append((job.scope.reference(relation, column, column.name, at), column.name))
    return found


def _row_star(
    job: Selecting, wanted: tuple[str, ...], at: tuple[int, int]
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


def _output(context: Context, node: exp.Expr, job: Selecting) -> None:
    if _is_star(node):
        for value, called in _star(context, node, job):
            keyed = value.sql in context.grouped or is_field_of(value.sql, context.grouped)
            known = replace(value, columns=()) if keyed else value
            job.outputs.append(known)
            job.names.append(called)
        return
    alias = node.alias.lower() if isinstance(node, exp.Alias) else ""
    value = context.translated(node.this if alias else node, job.scope)
    job.outputs.append(value)
    job.names.append(alias or value.label)


def _having(context: Context, node: exp.Select, job: Selecting) -> None:
    having = node.args.get("having")
    if having is None:
        return
    met = condition(context, having.this, job.scope, "HAVING clause")
    job.having = f" HAVING {met.sql}"
    job.group = job.group or ("" if met.aggregate else " GROUP BY ()")
    job.parts.append(met)


def _order(context: Context, node: exp.Select, job: Selecting, *, distinct: bool) -> str:
    order = node.args.get("order")
    if order is None:
        return ""
    pieces = []
    aliases = {
        called: value for called, value in zip(job.names, job.outputs, strict=True) if called
    }
    twice = {
        called
        for called, value in zip(job.names, job.outputs, strict=True)
        if called and aliases[called].sql != value.sql
    }
    scope = replace(job.scope, outputs=aliases)
    for each in order.expressions:
        _refuse_ambiguous(context, each.this, twice)
        value = order_value(context, each.this, job, scope)
        if distinct and value.sql not in {output.sql for output in job.outputs}:
            raise StatementError(
                "EXPRESSION_NOT_IN_DISTINCT",
                "For SELECT DISTINCT, ORDER BY expressions must appear in select list",
                at=context.at(each),
            )
        job.parts.append(value)
        job.sorts.append(f"{value.sql} {direction(each)}")
        place = next((i for i, o in enumerate(job.outputs) if o.sql == value.sql), None)
        # A position names the output itself: a constant or a random value is sorted only once.
        pieces.append(f"{value.sql if place is None else place + 1} {direction(each)}")
    return f" ORDER BY {', '.join(pieces)}"


def _refuse_ambiguous(context: Context, node: exp.Expr, twice: set[str]) -> None:
    for each in node.find_all(exp.Column):
        if each.name.lower() in twice and not each.args.get("table"):
            raise StatementError(
                "AMBIGUOUS_NAME", f"Column '{each.name.lower()}' is ambiguous", at=context.at(each)
            )


def order_value(context: Context, node: exp.Expr, job: Selecting, scope: Scope) -> Typed:
    """What an item of ORDER BY sorts by: an output by position or name, or an expression.

    Raises:
        StatementError: no such position or name.
    """
    if isinstance(node, exp.Literal) and not node.is_string:
        place = int(node.name) if node.name.isdigit() else 0
        if not 1 <= place <= len(job.outputs):
            raise StatementError(
                "INVALID_COLUMN_REFERENCE",
                f"ORDER BY position {node.name} is not in select list",
                at=context.at(node),
            )
        return job.outputs[place - 1]
    return context.translated(node, scope)


def _check_grouped(job: Selecting) -> None:
    for value in [*job.outputs, *job.parts[len(job.source.parts) + bool(job.where) :]]:
        for reference in value.columns:
            if reference.query == job.number:
                raise StatementError(
                    "EXPRESSION_NOT_AGGREGATE",
                    f"'{reference.text}' must be an aggregate expression "
                    "or appear in GROUP BY clause",
                    at=reference.at,
                )


def _outer(value: Typed, job: Selecting) -> tuple[Reference, ...]:
    return tuple(each for each in value.columns if each.query != job.number)


def _written(context: Context, node: exp.Select, job: Selecting, order: str) -> Selected:
    distinct = node.args.get("distinct") is not None
    selected = ", ".join(f"{value.sql} AS c{i}" for i, value in enumerate(job.outputs))
    source = f" FROM {job.source.sql}" if job.source.sql else ""
    sql = (
        f"SELECT {'DISTINCT ' if distinct else ''}{selected}{source}"
        f"{job.where}{job.group}{job.having}{_ties(context, node, job)}{order}"
        f"{limit(context, node)}"
    )
    uses: frozenset[Use] = job.source.uses.union(*(part.uses for part in job.parts))
    if distinct:
        uses = uses.union(*(value.uses for value in job.outputs))
    limited = node.args.get("limit") or node.args.get("offset")
    passes = not limited and not any(value.window for value in job.outputs)
    keys = {key.sql for key in job.keys} if job.grouped() else None
    columns = tuple(
        Column(
            called,
            value.type,
            f"c{i}",
            value.uses,
            _origins(value, job, keys) if passes else frozenset(),
        )
        for i, (called, value) in enumerate(zip(job.names, job.outputs, strict=True))
    )
    everything = [*job.outputs, *job.parts]
    return Selected(
        sql,
        columns,
        uses,
        tuple(
            replace(value, columns=_outer(value, job), aggregate=False, window=False)
            for value in everything
            if _outer(value, job)
        ),
        any(value.volatile for value in everything),
    )


def _ties(context: Context, node: exp.Select, job: Selecting) -> str:
    if not has_ties(node):
        return ""
    if node.args.get("distinct") is not None:
        raise not_supported("FETCH FIRST ... WITH TIES of DISTINCT", at=context.at(node))
    return ties(context, node, job.sorts)


def _origins(value: Typed, job: Selecting, keys: set[str] | None) -> frozenset[Use]:
    """The partition keys that an output passes on unchanged: a plain column, or a group's key."""
    relation, _, quoted = value.sql.partition(".")
    if keys is not None and value.sql not in keys:
        return frozenset()
    if "ROLLUP" in job.group or "CUBE" in job.group or "SETS" in job.group:
        return frozenset()
    for each in job.source.relations:
        for column in each.columns:
            if each.alias == relation and name(column.sql) == quoted:
                return column.origins
    return frozenset()
