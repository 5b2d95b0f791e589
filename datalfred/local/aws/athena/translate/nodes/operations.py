"""Operators, comparisons and conditions."""

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import literals, operators, types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.clauses import condition
from datalfred.local.aws.athena.translate.context import Context, Translate
from datalfred.local.aws.athena.translate.functions import collections
from datalfred.local.aws.athena.translate.functions.calls import Call, unified
from datalfred.local.aws.athena.translate.functions.registry import call_function
from datalfred.local.aws.athena.translate.nodes.subqueries import in_query, quantified, quantifier
from datalfred.local.aws.athena.translate.scope import Scope
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, mismatch, text
from datalfred.local.aws.athena.translate.types import BOOLEAN


def _arithmetic(operator: str) -> Translate:
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        left, right = (context.translated(each, scope) for each in (node.this, node.expression))
        at = context.source.operator(node.this, operator)
        return operators.arithmetic(operator, left, right, at)

    return translate


def _comparison(operator: str, *written: str) -> Translate:
    def translate(context: Context, node: exp.Expr, scope: Scope) -> Typed:
        at = context.source.operator(node.this, operator, *written)
        right = quantifier(node.expression)
        if isinstance(right, exp.Any | exp.All):
            return quantified(context, (node.this, right), scope, operator)
        left = context.translated(node.this, scope)
        return operators.compared(operator, left, context.translated(right, scope), at)

    return translate


def _negative(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    inner = node.this
    if isinstance(inner, exp.Literal) and not inner.is_string and not inner.this.startswith("-"):
        return literals.number(f"-{inner.this}")
    return operators.negated(context.translated(inner, scope), context.at(node))


def _logical(word: str) -> Translate:
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
    value = context.translated(node, scope)
    if not value.type.is_a("boolean", "unknown"):
        what = (
            f"Value of logical NOT expression must evaluate to a boolean (actual: {value.type})"
            if word == "NOT"
            else f"Logical expression term must evaluate to a boolean: actual type {value.type}"
        )
        raise mismatch(what, context.at(node))
    return coerce(value, BOOLEAN)


def _not(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = _truth(context, node.this, scope, "NOT")
    return made_of(f"(NOT {value.sql})", BOOLEAN, [value])


def _negated(node: exp.Expr, value: Typed) -> Typed:
    return value.to(f"(NOT {value.sql})", BOOLEAN) if node.args.get("negate") else value


def _is(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    value = context.translated(node.this, scope)
    if isinstance(node.expression, exp.Null):
        return _negated(node, made_of(f"({value.sql} IS NULL)", BOOLEAN, [value]))
    if not isinstance(node.expression, exp.Boolean):
        raise not_supported(f"The expression {node.sql('trino')[:80]}", at=context.at(node))
    truth = coerce(value, BOOLEAN)
    word = "TRUE" if node.expression.this else "FALSE"
    return _negated(node, made_of(f"({truth.sql} IS {word})", BOOLEAN, [value]))


def _concatenated(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "||")
    values = [context.translated(each, scope) for each in (node.this, node.expression)]
    left, right = values
    if any(each.type.name == "array" for each in values):
        return collections.joined(left, right, at)
    if any(each.type.name == "char" for each in values):
        raise not_supported(f"The operator {left.type} || {right.type}", at=at)
    if not all(each.type.is_a("varchar", "varbinary", "unknown") for each in values):
        raise mismatch(f"Cannot apply operator: {left.type} || {right.type}", at)
    left, right = unified(values, "All concatenated values", at)
    kind = left.type if left.type.name == "varbinary" else types.VARCHAR
    return made_of(f"({left.sql} || {right.sql})", kind, values)


def _like(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    escape = None
    if isinstance(node, exp.Escape):
        escape, node = node.expression, node.this
    at = context.source.operator(node.this, "LIKE", "NOT")
    value, pattern = (context.translated(each, scope) for each in (node.this, node.expression))
    for side in (value, pattern):
        if side.type.name == "char":
            raise not_supported("LIKE of a char", at=at)
        if not side.type.is_a("varchar", "unknown"):
            raise mismatch(
                f"Left side of LIKE expression must evaluate to a varchar (actual: {side.type})", at
            )
    parts = [value, pattern]
    sql = f"({value.sql} LIKE {pattern.sql})"
    if escape:
        mark = coerce(context.translated(escape, scope), types.VARCHAR)
        written = coerce(pattern, types.VARCHAR).sql
        sql = f"({value.sql} LIKE {pattern.sql} ESCAPE {mark.sql})"
        right = f"coalesce(trino_escapes({written}, {mark.sql}), true)"
        sql = guard(right, sql, "INVALID_FUNCTION_ARGUMENT", _ESCAPED)
        parts.append(mark)
    return _negated(node, made_of(sql, BOOLEAN, parts))


_ESCAPED = text("Escape character must be followed by '%', '_' or the escape character itself")


def _between(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "BETWEEN", "NOT")
    parts = (node.this, node.args["low"], node.args["high"])
    value, low, high = (context.translated(each, scope) for each in parts)
    if None in {types.common_type(value.type, low.type), types.common_type(value.type, high.type)}:
        raise mismatch(f"Cannot check if {value.type} is BETWEEN {low.type} and {high.type}", at)
    lower = operators.compared(">=", value, low, at)
    upper = operators.compared("<=", value, high, at)
    return _negated(node, made_of(f"({lower.sql} AND {upper.sql})", BOOLEAN, [value, low, high]))


def _in(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.source.operator(node.this, "IN", "NOT")
    inner = node.args.get("query")
    if inner is None and len(node.expressions) == 1 and isinstance(node.expressions[0], exp.Values):
        inner = node.expressions[0]
    if inner is not None:
        return _negated(node, in_query(context, (node.this, inner), scope, at))
    value = context.translated(node.this, scope)
    listed = [context.translated(each, scope) for each in node.expressions]
    if not listed:
        raise not_supported("IN of a column", at=at)
    one, *items = unified([value, *listed], "IN value and list items", at)
    if one.type.items or one.type.is_a("real", "double"):
        sql = " OR ".join(operators.compared("=", one, item, at).sql for item in items)
        return _negated(node, made_of(f"({sql})", BOOLEAN, [value, *listed]))
    sql = f"({one.sql} IN ({', '.join(item.sql for item in items)}))"
    return _negated(node, made_of(sql, BOOLEAN, [value, *listed]))


def _at_time_zone(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    call = Call(context, scope, "at_timezone", [node.this, node.args["zone"]], context.at(node))
    return call_function(call)


def _case(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    at = context.at(node)
    operand = context.translated(node.this, scope) if node.this else None
    conditions = [_when(context, each.this, scope, operand) for each in node.args["ifs"]]
    results = [context.translated(each.args["true"], scope) for each in node.args["ifs"]]
    default = node.args.get("default")
    last = context.translated(default, scope) if default else Typed("NULL", types.UNKNOWN)
    *same, otherwise = unified([*results, last], "All CASE results", at)
    arms = " ".join(
        f"WHEN {when.sql} THEN {then.sql}" for when, then in zip(conditions, same, strict=True)
    )
    sql = f"CASE {arms} ELSE {otherwise.sql} END"
    return made_of(sql, otherwise.type, [*conditions, *results, last])


def _when(context: Context, node: exp.Expr, scope: Scope, operand: Typed | None) -> Typed:
    if operand is None:
        return condition(context, node, scope, "CASE WHEN clause")
    value = context.translated(node, scope)
    return operators.compared("=", operand, value, context.at(node))


def _if(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    when = condition(context, node.this, scope, "IF condition")
    then = context.translated(node.args["true"], scope)
    otherwise = node.args.get("false")
    last = context.translated(otherwise, scope) if otherwise else Typed("NULL", types.UNKNOWN)
    one, two = unified([then, last], "Result types for IF", context.at(node))
    return made_of(
        f"CASE WHEN {when.sql} THEN {one.sql} ELSE {two.sql} END", one.type, [when, then, last]
    )


NODES: dict[type[exp.Expr], Translate] = {
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
    exp.Case: _case,
    exp.If: _if,
}
