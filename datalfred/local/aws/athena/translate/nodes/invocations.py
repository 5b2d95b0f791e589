"""Function calls: scalar, aggregate and window functions, and those with a syntax of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import operators, types
from datalfred.local.aws.athena.translate.clauses import condition, only, ordering
from datalfred.local.aws.athena.translate.context import Context, Translate
from datalfred.local.aws.athena.translate.functions import moments, sqljson
from datalfred.local.aws.athena.translate.functions.aggregates import AGGREGATES, WINDOWS, Aggregate
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.refused import REFUSED
from datalfred.local.aws.athena.translate.functions.registry import call_function, unknown_function
from datalfred.local.aws.athena.translate.scope import Scope
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text


@dataclass(frozen=True)
class _Around:
    """What stands around the parentheses of an aggregate, as DuckDB's text."""

    filter: str = ""
    over: str = ""
    nulls: str = ""
    order: str = ""
    parts: tuple[Typed, ...] = ()


def _function(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    call = Call(context, scope, node.name.lower(), node.expressions, context.at(node))
    if call.name in AGGREGATES:
        return _aggregate(context, node, scope, _Around())
    if call.name in WINDOWS:
        raise StatementError(
            "MISSING_OVER", f"Window function {call.name} requires an OVER clause", at=call.at
        )
    if call.name == "normalize" and len(call.nodes) > 1:
        return _normalized(call)
    if call.name == "grouping":
        return _grouping(call)
    if call.name == "mod":
        call.takes(2)
        left, right = call.arguments()
        return operators.arithmetic("%", left, right, call.at)
    return call_function(call)


def _normalized(call: Call) -> Typed:
    """``normalize(x, form)``, where the form is a word of the grammar."""
    form = call.nodes[1].name.upper()
    if form != "NFC":
        raise not_supported(f"normalize to {form}", at=call.at)
    return call_function(replace(call, nodes=call.nodes[:1]))


_GROUPING_INTEGERS = 31  # columns whose bits fit Trino's integer; more make a bigint


def _grouping(call: Call) -> Typed:
    values = call.arguments()
    kind = types.INTEGER if len(values) <= _GROUPING_INTEGERS else types.BIGINT
    sql = f"CAST(grouping({', '.join(each.sql for each in values)}) AS {kind})"
    return replace(made_of(sql, kind, values), columns=(), aggregate=True)


def _aggregate(context: Context, node: exp.Expr, scope: Scope, around: _Around) -> Typed:
    """An aggregate or window function, with what stands in its parentheses and around it."""
    called, at = node.name.lower(), context.at(node)
    build = AGGREGATES.get(called) or (WINDOWS.get(called) if around.over else None)
    if build is None and called in REFUSED:
        raise unknown_function(called, at)
    if build is None:
        raise StatementError(
            "FUNCTION_NOT_AGGREGATE", f"Function {called} is no aggregation", at=at
        )
    arguments, order, parts = _without_order(context, node.expressions, scope)
    arguments, distinct = _without_distinct(arguments)
    job = Aggregate(
        Call(context, scope, called, arguments, at),
        distinct=distinct,
        order=order or around.order,
        filter=around.filter,
        over=around.over,
        nulls=around.nulls,
        parts=(*parts, *around.parts),
    )
    return build(job)


def _without_order(
    context: Context, arguments: Sequence[exp.Expr], scope: Scope
) -> tuple[list[exp.Expr], str, tuple[Typed, ...]]:
    """``array_agg(x ORDER BY y)``: SQLGlot hangs the order on the last argument."""
    if not arguments or not isinstance(arguments[-1], exp.Order):
        return list(arguments), "", ()
    last = arguments[-1]
    order, parts = ordering(context, last, scope)
    return [*arguments[:-1], last.this], order, parts


def _without_distinct(arguments: list[exp.Expr]) -> tuple[list[exp.Expr], bool]:
    if not arguments or not isinstance(arguments[0], exp.Distinct):
        return arguments, False
    kept = [*arguments[0].expressions, *arguments[1:]]
    if len(kept) > 1:
        raise not_supported("DISTINCT of several columns in an aggregation")
    return kept, True


def _filter(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    when = condition(context, node.expression.this, scope, "FILTER")
    around = _Around(filter=when.sql, parts=(when,))
    if isinstance(node.this, exp.GroupConcat):
        return _listed(context, node.this, scope, around)
    return _aggregate(context, node.this, scope, around)


def _listagg(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return _listed(context, node, scope, _Around())


def _listed(context: Context, node: exp.Expr, scope: Scope, around: _Around) -> Typed:
    """``listagg(x, ',') WITHIN GROUP (ORDER BY y)``."""
    only(node, "this", "separator")
    inner, separator = node.this, node.args.get("separator")
    if isinstance(inner, exp.Order):
        order, parts = ordering(context, inner, scope)
        around = replace(around, order=order, parts=(*around.parts, *parts))
        inner = inner.this
    arguments = [inner, *([separator] if separator else [])]
    call = exp.Anonymous(this="listagg", expressions=arguments)
    return _aggregate(context, call, scope, around)


def _window(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    inner, nulls = node.this, ""
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        nulls = "IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else "RESPECT NULLS"
        inner = inner.this
    over, parts = _over(context, node, scope)
    around = _Around(over=over, nulls=nulls, parts=parts)
    if isinstance(inner, exp.Filter):
        when = condition(context, inner.expression.this, scope, "FILTER")
        around = replace(around, filter=when.sql, parts=(*parts, when))
        inner = inner.this
    if not isinstance(inner, exp.Anonymous):
        raise not_supported(f"{inner.sql('trino')[:60]} OVER", at=context.at(node))
    _check_window(inner.name.lower(), over, nulls, context.at(inner))
    if any(isinstance(each, exp.Distinct | exp.Order) for each in inner.expressions):
        raise StatementError(
            "NOT_SUPPORTED",
            "DISTINCT in window function parameters not yet supported"
            if isinstance(inner.expressions[0], exp.Distinct)
            else "Window function with ORDER BY is not supported",
            at=context.at(node),
        )
    return _aggregate(context, inner, scope, around)


_OF_VALUES = {"first_value", "last_value", "nth_value", "lag", "lead"}


def _check_window(called: str, over: str, nulls: str, at: tuple[int, int]) -> None:
    """Fails where Trino's analyser does, which is stricter than DuckDB."""
    if called in {"lag", "lead"} and "ORDER BY " not in over:
        raise StatementError(
            "MISSING_ORDER_BY", f"{called} function requires an ORDER BY window clause", at=at
        )
    if called in {"lag", "lead"} and over.endswith(_FRAME_ENDS):
        raise StatementError(
            "INVALID_WINDOW_FRAME", f"Cannot specify window frame for {called} function", at=at
        )
    if nulls and called not in _OF_VALUES:
        raise StatementError(
            "NULL_TREATMENT_NOT_ALLOWED",
            f"Cannot specify null treatment clause for {called} function",
            at=at,
        )


_NO_OFFSET = text("Window frame offset value must not be negative or null")
_FRAME_ENDS = (" PRECEDING", " FOLLOWING", " CURRENT ROW")


def _over(context: Context, node: exp.Expr, scope: Scope) -> tuple[str, tuple[Typed, ...]]:
    only(node, "this", "partition_by", "order", "spec", "alias", "over")
    partition, order, spec = (node.args.get(k) for k in ("partition_by", "order", "spec"))
    named = node.args.get("alias")
    if named is not None:
        base = context.windows.get(named.name.lower())
        if base is None:
            raise StatementError(
                "INVALID_WINDOW_REFERENCE",
                f"Cannot resolve WINDOW name {named.name}",
                at=context.at(named),
            )
        partition = partition or base.args.get("partition_by")
        order, spec = order or base.args.get("order"), spec or base.args.get("spec")
    pieces: list[str] = []
    parts: list[Typed] = [context.translated(each, scope) for each in partition or ()]
    if parts:
        pieces.append(f"PARTITION BY {', '.join(each.sql for each in parts)}")
    if order:
        written, ordered = ordering(context, order, scope)
        pieces.append(f"ORDER BY {written}")
        parts += ordered
    if spec:
        pieces.append(_frame(context, spec, scope))
    return " ".join(pieces) or " ", tuple(parts)


def _frame(context: Context, spec: exp.Expr, scope: Scope) -> str:
    only(spec, "kind", "start", "start_side", "end", "end_side")
    sides = []
    for which in ("start", "end"):
        bound, side = spec.args.get(which), spec.args.get(f"{which}_side") or ""
        if isinstance(bound, exp.Expr):
            offset = context.translated(bound, scope).sql
            known = guard(f"({offset}) IS NOT NULL", offset, "INVALID_WINDOW_FRAME", _NO_OFFSET)
            plain = isinstance(bound, exp.Literal | exp.Interval)
            sides.append(f"{offset if plain else known} {side.upper()}")
        elif bound:
            sides.append(f"{bound} {side}".strip().upper())
    kind = str(spec.args["kind"]).upper()
    if len(sides) == 1:
        sides.append("CURRENT ROW")
    return f"{kind} BETWEEN {sides[0]} AND {sides[1]}"


def _extract(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = context.translated(node.expression, scope)
    return moments.field(node.name.lower(), value, context.at(node))


def _as_call(called: str, *parts: str) -> Translate:
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        only(node, *parts)
        nodes = [node.args[part] for part in parts if node.args.get(part) is not None]
        return call_function(Call(context, scope, called, nodes, context.at(node)))

    return translate


def _trim(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expression", "position")
    called = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.args.get("position") or "", "trim")
    nodes = [each for each in (node.this, node.args.get("expression")) if each is not None]
    return call_function(Call(context, scope, called, nodes, context.at(node)))


def _json_value(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "path", "returning", "on_condition")
    nodes = [node.this, node.args["path"]]
    return sqljson.json_value(Call(context, scope, "json_value", nodes, context.at(node)), node)


def _json_query(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expression", "json_query", "option", "quote", "on_condition")
    nodes = [node.this, node.expression]
    return sqljson.json_query(Call(context, scope, "json_query", nodes, context.at(node)), node)


NODES: dict[type[exp.Expr], Translate] = {
    exp.JSONValue: _json_value,
    exp.JSONExtract: _json_query,
    exp.Anonymous: _function,
    exp.Filter: _filter,
    exp.GroupConcat: _listagg,
    exp.Window: _window,
    exp.Extract: _extract,
    exp.Substring: _as_call("substring", "this", "start", "length"),
    exp.StrPosition: _as_call("strpos", "this", "substr"),
    exp.Trim: _trim,
}
