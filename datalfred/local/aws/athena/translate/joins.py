"""FROM as a whole: its items, the joins between them, and what they leave of partitions."""

from dataclasses import dataclass, field, replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import operators
from datalfred.local.aws.athena.translate.clauses import condition, only
from datalfred.local.aws.athena.translate.context import (
    Context,
    Pruning,
)
from datalfred.local.aws.athena.translate.functions.calls import unified
from datalfred.local.aws.athena.translate.relations import relation as item
from datalfred.local.aws.athena.translate.scope import Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, Use, made_of


@dataclass
class From:
    """What FROM has gathered so far.

    Attributes:
        sql: DuckDB's text.
        relations: what names can refer to.
        merged: columns of USING.
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
    _first(context, gathered, first.this, query, parent)
    for join in [*(first.this.args.get("joins") or ()), *(select.args.get("joins") or ())]:
        _join(context, gathered, join, query, parent)
    return gathered


def _first(
    context: Context, gathered: From, node: exp.Expr, query: int, parent: Scope | None
) -> None:
    """The first item of FROM: joins in parentheses come before those that follow."""
    inner = node.this if isinstance(node, exp.Subquery) and not node.args.get("alias") else None
    if not isinstance(inner, exp.Table | exp.Subquery):
        if node.args.get("joins"):
            node = node.copy()
            node.set("joins", None)
        _add(context, gathered, node, query, parent)
        return
    _first(context, gathered, inner, query, parent)
    for join in inner.args.get("joins") or ():
        _join(context, gathered, join, query, parent)


def _add(
    context: Context, gathered: From, node: exp.Expr, query: int, parent: Scope | None
) -> None:
    sql, relation, uses, parts = item(context, node, gathered.scope(query, parent), parent)
    gathered.sql = sql
    gathered.relations.append(relation)
    gathered.uses |= uses
    gathered.parts += parts


def _join(
    context: Context, gathered: From, join: exp.Join, query: int, parent: Scope | None
) -> None:
    only(join, "this", "side", "kind", "on", "using", "method")
    side, kind, _ = _words(join)
    _refuse_join(context, gathered, join)
    left = gathered.scope(query, parent)
    sql, relation, uses, parts = item(context, join.this, left, parent)
    right = Scope(query, (relation,), parent)
    both = Scope(query, (*gathered.relations, relation), parent, gathered.merged)
    gathered.uses |= uses
    gathered.parts += parts
    if join.args.get("using"):
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


def _words(join: exp.Join) -> tuple[str, str, str]:
    """``LEFT``, ``OUTER`` and ``NATURAL`` of a join, each or none."""
    side, kind, method = (str(join.args.get(k) or "").upper() for k in ("side", "kind", "method"))
    return side, kind, method


def _refuse_join(context: Context, gathered: From, join: exp.Join) -> None:
    side, kind, method = _words(join)
    if method == "NATURAL":
        message = "Natural join not supported"
        raise StatementError("NOT_SUPPORTED", message, at=context.at(join))
    if kind not in {"", "INNER", "CROSS", "OUTER"} or method:
        raise not_supported(f"{side} {kind} {method} JOIN".strip(), at=context.at(join))
    if kind == "CROSS" and (join.args.get("on") or join.args.get("using")):
        raise not_supported("A CROSS JOIN with a condition", at=context.at(join))
    on = join.args.get("on")
    if isinstance(join.this, exp.Unnest) and on is not None and on != exp.true():
        message = (
            f"{side or 'INNER'} JOIN involving UNNEST is only supported with condition ON TRUE"
        )
        raise StatementError("NOT_SUPPORTED", message, at=context.at(join))
    if gathered.comma and side in {"RIGHT", "FULL"}:
        raise not_supported(f"A {side} JOIN after a comma", at=context.at(join))
    if side in {"RIGHT", "FULL"} and isinstance(join.this, exp.Lateral | exp.Unnest):
        # Trino joins row by row: rows of the other side are made up once for each row.
        raise not_supported(f"A {side} JOIN of {join.this.key.upper()}", at=context.at(join))


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
    conditions = []
    if len(set(wanted)) < len(wanted):
        message = f"Column '{max(wanted, key=wanted.count)}' appears multiple times in USING clause"
        raise StatementError("DUPLICATE_COLUMN_NAME", message, at=at)
    for called in wanted:
        one, two = left.resolve((called,), at), right.resolve((called,), at)
        met = operators.compared("=", one, two, at)
        conditions.append(met.sql)
        gathered.parts.append(met)
        gathered.merged[called] = _merged(side, one, two, at, called)
    gathered.relations = [_without_names(each, wanted) for each in gathered.relations]
    return _without_names(relation, wanted), " AND ".join(conditions)


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
            _prune_by(context, context.translated(part, scope), scope, relations)


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
