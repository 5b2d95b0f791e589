"""Names, literals, casts and what stands in brackets."""

import datetime as dt
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import literals, types
from datalfred.local.aws.athena.translate.casts import cast
from datalfred.local.aws.athena.translate.clauses import only
from datalfred.local.aws.athena.translate.context import Context, Translate
from datalfred.local.aws.athena.translate.functions import collections, moments
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.registry import call_function
from datalfred.local.aws.athena.translate.scope import Scope, dereference
from datalfred.local.aws.athena.translate.typed import Typed, made_of, mismatch, name
from datalfred.local.aws.athena.translate.types import BOOLEAN


def _identifier(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return scope.resolve((node.name.lower(),), context.at(node))


def _column(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    if isinstance(node.this, exp.Star):
        raise not_supported("* as an expression", at=context.at(node))
    named = node.parts if isinstance(node, exp.Column) else [node]
    parts = tuple(part.name.lower() for part in named)
    return scope.resolve(parts, context.at(node))


def _dot(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    if not isinstance(node.expression, exp.Identifier):
        raise not_supported(f"The expression {node.sql('trino')[:80]}", at=context.at(node))
    value = context.translated(node.this, scope)
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
    return context.translated(node.this, scope)


def _tuple(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    return collections.row_of([context.translated(each, scope) for each in node.expressions])


def _array(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    values = [context.translated(each, scope) for each in node.expressions]
    return collections.array_of(values, context.at(node))


def _json_literal(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    literals.check_json(node.this.name, context.at(node))
    return call_function(Call(context, scope, "json_parse", [node.this], context.at(node)))


def _current(kind: str) -> Translate:
    def translate(context: Context, _node: exp.Expr, _scope: Scope) -> Typed:
        moment = moments.now(context.now.isoformat(timespec="milliseconds"))
        if kind == "time":
            return Typed(f"CAST('{context.now:%H:%M:%S.%f}' AS TIME)", types.TIME)
        target = {"date": types.DATE, "timestamp": types.TIMESTAMP}.get(kind)
        return cast(moment, target, (1, 1)) if target else moment

    return translate


def _cast(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "to")
    at = context.at(node)
    target = literals.type_of(node.args["to"], at)
    value = context.translated(node.this, scope)
    if value.constant is not None and literals.follows_a_type(context.source.sql, node.this):
        literals.check(value.constant, target, at)
    if target.name == "timestamp with time zone" and value.constant is not None:
        moment = literals.zoned(value.constant, target)
        if moment is None and not isinstance(node, exp.TryCast):
            message = f"Cannot cast '{value.constant}' to {str(target).upper()}"
            raise StatementError("INVALID_CAST_ARGUMENT", message, at=at)
        return moment or cast(Typed("NULL", types.UNKNOWN), target, at)
    if target.name == "date" and value.constant is not None and _is_day(value.constant):
        return Typed(f"DATE '{value.constant}'", target)
    made = cast(value, target, at, lenient=isinstance(node, exp.TryCast))
    return replace(made, label="")


def _is_day(written: str) -> bool:
    """Whether a text is a day as ISO 8601 writes it: DuckDB need not check it again."""
    try:
        return dt.date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False


def _bracket(context: Context, node: exp.Expr, scope: Scope) -> Typed:
    only(node, "this", "expressions")
    value = context.translated(node.this, scope)
    index = context.translated(node.expressions[0], scope)
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


NODES: dict[type[exp.Expr], Translate] = {
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
    exp.Bracket: _bracket,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.CurrentDate: _current("date"),
    exp.CurrentTimestamp: _current("moment"),
    exp.Localtimestamp: _current("timestamp"),
    exp.Localtime: _current("time"),
}
