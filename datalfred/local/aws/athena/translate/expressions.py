"""Expressions: each node of the tree that Trino knows, and no other."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import literals, operators, types
from datalfred.local.aws.athena.translate.casts import cast, coerce
from datalfred.local.aws.athena.translate.context import Context, Selected
from datalfred.local.aws.athena.translate.functions import collections, moments
from datalfred.local.aws.athena.translate.functions.aggregates import AGGREGATES, WINDOWS, Aggregate
from datalfred.local.aws.athena.translate.functions.calls import Call, unified
from datalfred.local.aws.athena.translate.functions.registry import call_function
from datalfred.local.aws.athena.translate.scope import Scope, dereference
from datalfred.local.aws.athena.translate.typed import Typed, made_of, mismatch, name
from datalfred.local.aws.athena.translate.types import BOOLEAN

_IGNORED = {"typed", "safe", "_type", "copy"}


def only(node: exp.Expr, *known: str) -> None:
    """Fails when the tree holds a part of ``node`` that its translation would lose.

    Raises:
        StatementError: NOT_SUPPORTED.
    """
    for part, value in node.args.items():
        if value and part not in known and part not in _IGNORED:
            raise not_supported(f"{part.strip('_').upper()} of {type(node).__name__.upper()}")


def expression(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    """The expression in DuckDB's text, with Trino's type.

    Raises:
        StatementError: in Trino's words, or NOT_SUPPORTED.
    """
    translate = _NODES.get(type(node))
    if translate is None:
        written = node.sql("trino")[:80]
        raise not_supported(f"The expression {written}", at=context.at(node))
    value = translate(context, node, scope)
    if value.columns and value.sql in context.grouped:
        return replace(value, columns=())
    return value


def condition(context: Context, node: exp.Expr, scope: Scope, clause: str) -> Typed:
    """A boolean expression, as WHERE, HAVING and ON want it.

    Raises:
        StatementError: TYPE_MISMATCH, it is of another type.
    """
    value = expression(context, node, scope)
    if not value.type.is_a("boolean", "unknown"):
        raise mismatch(
            f"{clause} must evaluate to a boolean: actual type {value.type}", context.at(node)
        )
    return coerce(value, BOOLEAN)


# -- names and literals


def _identifier(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return scope.resolve((node.name.lower(),), context.at(node))


def _column(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Star):
        raise not_supported("* as an expression", at=context.at(node))
    parts = tuple(part.name.lower() for part in node.parts)
    return scope.resolve(parts, context.at(node))


def _dot(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.expression, exp.Identifier):
        raise not_supported(f"The expression {node.sql('trino')[:80]}", at=context.at(node))
    value = expression(context, node.this, scope)
    return dereference(value, node.expression.name.lower(), context.at(node))


def _literal(_context: Context, node: exp.Expr, _scope: Scope) -> Typed:
    return literals.string(node.this) if node.is_string else literals.number(node.this)


def _null(_context: Context, _node: exp.Expr, _scope: Scope) -> Typed:
    return Typed("NULL", types.UNKNOWN)


def _boolean(_context: Context, node: exp.Expr, _scope: Scope) -> Typed:
    return Typed("true" if node.this else "false", BOOLEAN)


def _hex(_context: Context, node: exp.Expr, _scope: Scope) -> Typed:
    return Typed(f"unhex('{node.this}')", types.VARBINARY)


def _interval(context: Context, node: exp.Expr, _scope: Scope) -> Typed:
    return literals.interval(node, context.at(node))


def _paren(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return expression(context, node.this, scope)


def _tuple(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return collections.row_of([expression(context, each, scope) for each in node.expressions])


def _array(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    values = [expression(context, each, scope) for each in node.expressions]
    return collections.array_of(values, context.at(node))


def _json_literal(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return call_function(Call(context, scope, "json_parse", [node.this], context.at(node)))


# -- operators


def _arithmetic(operator: str) -> "_Translate":
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        left, right = (expression(context, each, scope) for each in (node.this, node.expression))
        at = context.source.operator(node.this, operator)
        return operators.arithmetic(operator, left, right, at)

    return translate


def _comparison(operator: str, *written: str) -> "_Translate":
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        at = context.source.operator(node.this, operator, *written)
        right = node.expression
        if isinstance(right, exp.Any | exp.All):
            return _quantified(context, node, scope, operator)
        left = expression(context, node.this, scope)
        return operators.compared(operator, left, expression(context, right, scope), at)

    return translate


def _negative(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    inner = node.this
    if isinstance(inner, exp.Literal) and not inner.is_string:
        return literals.number(f"-{inner.this}")
    return operators.negated(expression(context, inner, scope), context.at(node))


def _logical(word: str) -> "_Translate":
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        values = [_truth(context, each, scope, word) for each in _flattened(node)]
        return made_of(f"({f' {word} '.join(each.sql for each in values)})", BOOLEAN, values)

    return translate


def _flattened(node: exp.Expr) -> list[exp.Expr]:
    """The operands of a chain of the same connector, without recursion on its length."""
    operands: list[exp.Expr] = []
    rest: exp.Expr = node
    while type(rest) is type(node):
        operands.append(rest.expression)
        rest = rest.this
    return [rest, *reversed(operands)]


def _truth(context: Context, node: exp.Expr, scope: Scope, word: str) -> Typed:
    value = expression(context, node, scope)
    if not value.type.is_a("boolean", "unknown"):
        raise mismatch(
            f"Logical expression term must evaluate to a boolean: actual type {value.type}"
            if word != "NOT"
            else f"Value of logical NOT expression must evaluate to a boolean (actual: {value.type})",
            context.at(node),
        )
    return coerce(value, BOOLEAN)


def _not(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = _truth(context, node.this, scope, "NOT")
    return made_of(f"(NOT {value.sql})", BOOLEAN, [value])


def _negated(node: exp.Expr, value: Typed) -> Typed:
    return value.to(f"(NOT {value.sql})", BOOLEAN) if node.args.get("negate") else value


def _is(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = expression(context, node.this, scope)
    if isinstance(node.expression, exp.Null):
        return _negated(node, made_of(f"({value.sql} IS NULL)", BOOLEAN, [value]))
    if not isinstance(node.expression, exp.Boolean):
        raise not_supported(f"The expression {node.sql('trino')[:80]}", at=context.at(node))
    truth = coerce(value, BOOLEAN)
    word = "TRUE" if node.expression.this else "FALSE"
    return _negated(node, made_of(f"({truth.sql} IS {word})", BOOLEAN, [value]))


def _concatenated(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "||")
    values = [expression(context, each, scope) for each in (node.this, node.expression)]
    left, right = values
    arrays = [each.type.name == "array" for each in values]
    if any(arrays):
        return _concatenated_arrays(left, right, arrays, at)
    if not all(each.type.is_a("varchar", "varbinary", "unknown") for each in values):
        raise mismatch(f"Cannot apply operator: {left.type} || {right.type}", at)
    left, right = unified(values, "All concatenated values", at)
    kind = left.type if left.type.name == "varbinary" else types.VARCHAR
    return made_of(f"({left.sql} || {right.sql})", kind, values)


def _concatenated_arrays(
    left: Typed, right: Typed, arrays: Sequence[bool], at: tuple[int, int]
) -> Typed:
    sides = [
        each if is_array else each.to(f"[{each.sql}]", types.array(each.type))
        for each, is_array in zip((left, right), arrays, strict=True)
    ]
    one, two = unified(sides, "All concatenated arrays", at)
    return made_of(f"({one.sql} || {two.sql})", one.type, [left, right])


def _like(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression, node.this
    at = context.source.operator(node.this, "LIKE", "NOT")
    value, pattern = (expression(context, each, scope) for each in (node.this, node.expression))
    for side in (value, pattern):
        if not side.type.is_a("varchar", "unknown"):
            raise mismatch(
                f"Left side of LIKE expression must evaluate to a varchar (actual: {side.type})", at
            )
    suffix = f" ESCAPE {expression(context, escape, scope).sql}" if escape else ""
    return _negated(
        node, made_of(f"({value.sql} LIKE {pattern.sql}{suffix})", BOOLEAN, [value, pattern])
    )


def _between(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "BETWEEN", "NOT")
    parts = (node.this, node.args["low"], node.args["high"])
    value, low, high = (expression(context, each, scope) for each in parts)
    if None in {types.common_type(value.type, low.type), types.common_type(value.type, high.type)}:
        raise mismatch(f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}", at)
    lower = operators.compared(">=", value, low, at)
    upper = operators.compared("<=", value, high, at)
    return _negated(node, made_of(f"({lower.sql} AND {upper.sql})", BOOLEAN, [value, low, high]))


def _in(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "IN", "NOT")
    if node.args.get("query"):
        return _negated(node, _in_query(context, node, scope, at))
    value = expression(context, node.this, scope)
    listed = [expression(context, each, scope) for each in node.expressions]
    if not listed:
        raise not_supported("IN of a column", at=at)
    one, *items = unified([value, *listed], "IN value and list items", at)
    if one.type.items:
        sql = " OR ".join(operators.compared("=", one, item, at).sql for item in items)
        return _negated(node, made_of(f"({sql})", BOOLEAN, [value, *listed]))
    sql = f"({one.sql} IN ({', '.join(item.sql for item in items)}))"
    return _negated(node, made_of(sql, BOOLEAN, [value, *listed]))


def _at_time_zone(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    call = Call(context, scope, "at_timezone", [node.this, node.args["zone"]], context.at(node))
    return call_function(call)


def _bracket(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expressions")
    value = expression(context, node.this, scope)
    index = expression(context, node.expressions[0], scope)
    at = context.at(node)
    if value.type.name == "row":
        return _row_item(value, node.expressions[0], at)
    if not value.type.is_a("array", "map"):
        raise mismatch(f"Cannot use {value.type} for subscript of {index.type}", at)
    return collections.subscript(value, index, at, strict=True)


def _row_item(value: Typed, index: exp.Expr, at: tuple[int, int]) -> Typed:
    place = int(index.name) if index.name.isdigit() else 0
    if not 1 <= place <= len(value.type.items):
        raise StatementError(
            "INVALID_FUNCTION_ARGUMENT", f"Invalid subscript index: {index.name}", at=at
        )
    sql = f"({value.sql}).{name(types.field_name(value.type, place - 1))}"
    return made_of(sql, value.type.items[place - 1], [value])


# -- conditions


def _case(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.at(node)
    operand = expression(context, node.this, scope) if node.this else None
    conditions = [_when(context, each.this, scope, operand) for each in node.args["ifs"]]
    results = [expression(context, each.args["true"], scope) for each in node.args["ifs"]]
    default = node.args.get("default")
    last = expression(context, default, scope) if default else Typed("NULL", types.UNKNOWN)
    *same, otherwise = unified([*results, last], "All CASE results", at)
    arms = " ".join(
        f"WHEN {when.sql} THEN {then.sql}" for when, then in zip(conditions, same, strict=True)
    )
    sql = f"CASE {arms} ELSE {otherwise.sql} END"
    return made_of(sql, otherwise.type, [*conditions, *results, last])


def _when(context: Context, node: exp.Expr, scope: Scope, operand: Typed | None) -> Typed:
    if operand is None:
        return condition(context, node, scope, "CASE WHEN clause")
    value = expression(context, node, scope)
    return operators.compared("=", operand, value, context.at(node))


def _if(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    when = condition(context, node.this, scope, "IF condition")
    then = expression(context, node.args["true"], scope)
    otherwise = node.args.get("false")
    last = expression(context, otherwise, scope) if otherwise else Typed("NULL", types.UNKNOWN)
    one, two = unified([then, last], "Result types for IF", context.at(node))
    return made_of(
        f"CASE WHEN {when.sql} THEN {one.sql} ELSE {two.sql} END", one.type, [when, then, last]
    )


def _cast(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "to")
    at = context.at(node)
    target = literals.type_of(node.args["to"], at)
    value = expression(context, node.this, scope)
    if value.constant is not None and target.name.startswith("time"):
        # A literal shows milliseconds at least, as Athena prints it.
        target = replace(target, numbers=(max(types.MILLISECONDS, *target.numbers),))
    if target.name == "timestamp with time zone" and value.constant is not None:
        call = Call(context, scope, "from_iso8601_timestamp", [_iso(node.this)], at)
        moment = call_function(call)
        return replace(moment, type=replace(moment.type, numbers=target.numbers))
    made = cast(value, target, at, lenient=isinstance(node, exp.TryCast))
    return replace(made, label="")


def _iso(node: exp.Expr) -> exp.Literal:
    """``2024-01-05 10:00:00 UTC`` as ISO 8601 writes it."""
    day, _, rest = node.name.partition(" ")
    clock, _, zone = rest.partition(" ")
    return exp.Literal.string(f"{day}T{clock}{'Z' if zone == 'UTC' else zone}")


# -- functions


def _function(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    call = Call(context, scope, node.name.lower(), node.expressions, context.at(node))
    if call.name in AGGREGATES:
        return aggregate(context, node, scope)
    if call.name in WINDOWS:
        raise StatementError(
            "MISSING_OVER", f"Window function {call.name} requires an OVER clause", at=call.at
        )
    if call.name == "grouping":
        return _grouping(call)
    if call.name == "mod":
        call.takes(2)
        return operators.arithmetic("%", *call.arguments(), call.at)
    return call_function(call)


def _grouping(call: Call) -> Typed:
    values = call.arguments()
    sql = f"CAST(grouping({', '.join(each.sql for each in values)}) AS BIGINT)"
    return replace(made_of(sql, types.BIGINT, values), columns=(), aggregate=True)


def aggregate(context: Context, node: exp.Expr, scope: Scope, **around: object) -> Typed:
    """An aggregate function, with what stands in its parentheses and ``around`` it.

    Raises:
        StatementError: its arguments are wrong, or it may not stand here.
    """
    at, called = context.at(node), node.name.lower()
    arguments, distinct, order, parts = _inside(context, list(node.expressions), scope)
    call = Call(context, scope, called, arguments, at)
    job = Aggregate(call, distinct=distinct, order=order, parts=parts)
    known = {**AGGREGATES, **(WINDOWS if around.get("over") is not None else {})}
    if called not in known:
        raise StatementError(
            "FUNCTION_NOT_AGGREGATE", f"Function {called} is no aggregation", at=at
        )
    for key, value in around.items():
        extra = value if key == "parts" else ()
        job = replace(job, **({"parts": (*job.parts, *extra)} if key == "parts" else {key: value}))  # type: ignore[arg-type,misc]  # each key is a field of Aggregate
    return known[called](job)


def _inside(
    context: Context, arguments: list[exp.Expr], scope: Scope
) -> tuple[list[exp.Expr], bool, str, tuple[Typed, ...]]:
    """What the parentheses hold: arguments, DISTINCT, ORDER BY."""
    distinct, order, parts = False, "", ()
    if arguments and isinstance(arguments[-1], exp.Order):
        last = arguments[-1]
        order, parts = ordering(context, last, scope)
        arguments = [*arguments[:-1], last.this] if last.this else arguments[:-1]
    if arguments and isinstance(arguments[0], exp.Distinct):
        distinct = True
        arguments = [*arguments[0].expressions, *arguments[1:]]
        if len(arguments) > 1:
            raise not_supported("DISTINCT of several columns in an aggregation")
    return arguments, distinct, order, parts


def ordering(context: Context, node: exp.Expr, scope: Scope) -> tuple[str, tuple[Typed, ...]]:
    """``ORDER BY`` of an aggregate or a window: DuckDB's text, and its parts."""
    pieces, parts = [], []
    for each in node.expressions:
        value = expression(context, each.this, scope)
        parts.append(value)
        pieces.append(f"{value.sql} {direction(each)}")
    return ", ".join(pieces), tuple(parts)


def direction(node: exp.Expr) -> str:
    """``ASC`` or ``DESC`` with the place of NULLs, which Trino puts last in both."""
    word = "DESC" if node.args.get("desc") else "ASC"
    return f"{word} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"


def _filter(context: Context, node: exp.Expr, scope: Scope, **around: object) -> Typed:
    when = condition(context, node.expression.this, scope, "FILTER")
    return aggregate(context, node.this, scope, filter=when.sql, parts=(when,), **around)


def _listagg(context: Context, node: exp.Expr, scope: Scope, **around: object) -> Typed:
    only(node, "this", "separator")
    inner = node.this
    separator = [node.args["separator"]] if node.args.get("separator") else []
    call = exp.Anonymous(this="listagg", expressions=[])
    if isinstance(inner, exp.Order):
        order = exp.Order(this=inner.this, expressions=inner.expressions)
        text, parts = ordering(context, order, scope)
        around = {**around, "order": text, "parts": parts}
        inner = inner.this
    call.set("expressions", [inner, *separator])
    return aggregate(context, call, scope, **around)


def _window(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    inner, around = node.this, {}
    if isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        around["nulls"] = "IGNORE NULLS" if isinstance(inner, exp.IgnoreNulls) else "RESPECT NULLS"
        inner = inner.this
    over, parts = _over(context, node, scope)
    if isinstance(inner, exp.Filter):
        when = condition(context, inner.expression.this, scope, "FILTER")
        around["filter"], parts, inner = when.sql, (*parts, when), inner.this
    if not isinstance(inner, exp.Anonymous):
        raise not_supported(f"{inner.sql('trino')[:60]} OVER", at=context.at(node))
    value = aggregate(context, inner, scope, over=over, parts=parts, **around)
    return value


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
    parts: list[Typed] = [expression(context, each, scope) for each in partition or ()]
    if parts:
        pieces.append(f"PARTITION BY {', '.join(each.sql for each in parts)}")
    if order:
        text, ordered = ordering(context, order, scope)
        pieces.append(f"ORDER BY {text}")
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
            sides.append(f"{expression(context, bound, scope).sql} {side.upper()}")
        elif bound:
            sides.append(f"{bound} {side}".strip().upper())
    kind = str(spec.args["kind"]).upper()
    if len(sides) == 1:
        sides.append("CURRENT ROW")
    return f"{kind} BETWEEN {sides[0]} AND {sides[1]}"


def _extract(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = expression(context, node.expression, scope)
    return moments.field(node.name.lower(), value, context.at(node))


def _as_call(called: str, *parts: str) -> "_Translate":
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


def _current(kind: str) -> "_Translate":
    def translate(context: Context, _node: exp.Expr, _scope: Scope) -> Typed:
        moment = moments.now(context.now.isoformat(timespec="milliseconds"))
        target = {"date": types.DATE, "timestamp": types.TIMESTAMP}.get(kind)
        return cast(moment, target, (1, 1)) if target else moment

    return translate


# -- subqueries


def _subquery(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    found = context.query(context, node, scope)
    if len(found.columns) != 1:
        raise not_supported("A subquery of several columns as a value", at=context.at(node))
    return _with_query(f"({found.sql})", found.columns[0].type, found, found.columns[0].uses)


def _exists(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    found = context.query(context, node.this, scope)
    return _with_query(f"(EXISTS ({found.sql}))", BOOLEAN, found)


def _with_query(
    sql: str,
    kind: types.Type,
    found: Selected,
    uses: frozenset[tuple[int, str]] = frozenset(),
    parts: Sequence[Typed] = (),
) -> Typed:
    value = made_of(sql, kind, [*found.outer, *parts], volatile=found.volatile)
    return replace(value, uses=value.uses | found.uses | uses, query=True)


def _in_query(context: Context, node: exp.Expr, scope: Scope, at: tuple[int, int]) -> Typed:
    value = expression(context, node.this, scope)
    found = context.query(context, node.args["query"], scope)
    if len(found.columns) != 1:
        raise not_supported("IN of a subquery of several columns", at=at)
    column = found.columns[0]
    common = types.common_type(value.type, column.type)
    if common is None or common.items:
        raise mismatch(
            "value and result of subquery must be of the same type for IN expression: "
            f"{value.type} vs {column.type}",
            at,
        )
    inner = coerce(Typed(f"_s.{name(column.sql)}", column.type), common)
    sql = f"({coerce(value, common).sql} IN (SELECT {inner.sql} FROM ({found.sql}) AS _s))"
    return _with_query(sql, BOOLEAN, found, column.uses, [value])


def _quantified(context: Context, node: exp.Expr, scope: Scope, operator: str) -> Typed:
    at = context.at(node)
    value = expression(context, node.this, scope)
    found = context.query(context, node.expression.this, scope)
    if len(found.columns) != 1:
        raise not_supported("A quantified comparison with several columns", at=at)
    column = found.columns[0]
    common = types.common_type(value.type, column.type)
    if common is None or common.items:
        raise mismatch(f"Cannot apply operator: {value.type} {operator} {column.type}", at)
    word = "ANY" if isinstance(node.expression, exp.Any) else "ALL"
    inner = coerce(Typed(f"_s.{name(column.sql)}", column.type), common)
    one = coerce(value, common).sql
    sql = f"({one} {operator} {word} (SELECT {inner.sql} FROM ({found.sql}) AS _s))"
    return _with_query(sql, BOOLEAN, found, column.uses, [value])


_Translate = Callable[[Context, exp.Expr, Scope], Typed]
_NODES: dict[type[exp.Expr], _Translate] = {
    exp.Identifier: _identifier,
    exp.Column: _column,
    exp.Dot: _dot,
    exp.Literal: _literal,
    exp.Null: _null,
    exp.Boolean: _boolean,
    exp.HexString: _hex,
    exp.Interval: _interval,
    exp.Paren: _paren,
    exp.Tuple: _tuple,
    exp.Array: _array,
    exp.ParseJSON: _json_literal,
    exp.Add: _arithmetic("+"),
    exp.Sub: _arithmetic("-"),
    exp.Mul: _arithmetic("*"),
    exp.Div: _arithmetic("/"),
    exp.Mod: _arithmetic("%"),
    exp.EQ: _comparison("="),
    exp.NEQ: _comparison("<>", "!="),
    exp.LT: _comparison("<"),
    exp.LTE: _comparison("<="),
    exp.GT: _comparison(">"),
    exp.GTE: _comparison(">="),
    exp.NullSafeEQ: _comparison("IS NOT DISTINCT FROM", "IS"),
    exp.NullSafeNEQ: _comparison("IS DISTINCT FROM", "IS"),
    exp.Neg: _negative,
    exp.And: _logical("AND"),
    exp.Or: _logical("OR"),
    exp.Not: _not,
    exp.Is: _is,
    exp.DPipe: _concatenated,
    exp.Like: _like,
    exp.Escape: _like,
    exp.Between: _between,
    exp.In: _in,
    exp.AtTimeZone: _at_time_zone,
    exp.Bracket: _bracket,
    exp.Case: _case,
    exp.If: _if,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.Anonymous: _function,
    exp.Filter: _filter,
    exp.GroupConcat: _listagg,
    exp.Window: _window,
    exp.Extract: _extract,
    exp.Substring: _as_call("substring", "this", "start", "length"),
    exp.StrPosition: _as_call("strpos", "this", "substr"),
    exp.Trim: _trim,
    exp.CurrentDate: _current("date"),
    exp.CurrentTimestamp: _current("moment"),
    exp.Localtimestamp: _current("timestamp"),
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Exists: _exists,
}
