"""Queries inside expressions: as values, in EXISTS, IN and comparisons with ANY and ALL."""

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Context, Selected, Translate
from datalfred.local.aws.athena.translate.scope import Scope
from datalfred.local.aws.athena.translate.typed import Typed, made_of, mismatch, name
from datalfred.local.aws.athena.translate.types import BOOLEAN


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


def in_query(
    context: Context, sides: tuple[exp.Expr, exp.Expr], scope: Scope, at: tuple[int, int]
) -> Typed:
    """``value IN (SELECT ...)``.

    Raises:
        StatementError: TYPE_MISMATCH.
    """
    value = context.translated(sides[0], scope)
    found = context.query(context, sides[1], scope)
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
    sql = f"({coerce(value, common).sql} IN (SELECT {inner.sql} FROM ({found.sql}) AS _s))"  # noqa: S608 -- writing SQL is this module's work
    return _with_query(sql, BOOLEAN, found, column.uses, [value])


_QUANTIFIERS: dict[str, type[exp.Any | exp.All]] = {
    "ANY": exp.Any,
    "SOME": exp.Any,
    "ALL": exp.All,
}


def quantifier(node: exp.Expr) -> exp.Expr:
    """``ALL (VALUES 1, 2)``, which SQLGlot takes for a call of a function, as it is meant."""
    kind = _QUANTIFIERS.get(node.name.upper()) if isinstance(node, exp.Anonymous) else None
    if (
        kind is None
        or len(node.expressions) != 1
        or not isinstance(node.expressions[0], exp.Query | exp.Values)
    ):
        return node
    return kind(this=node.expressions[0])


def quantified(
    context: Context, sides: tuple[exp.Expr, exp.Expr], scope: Scope, operator: str
) -> Typed:
    """``value > ALL (SELECT ...)`` and its like.

    Raises:
        StatementError: TYPE_MISMATCH.
    """
    at = context.at(sides[0])
    value = context.translated(sides[0], scope)
    found = context.query(context, sides[1].this, scope)
    if len(found.columns) != 1:
        raise not_supported("A quantified comparison with several columns", at=at)
    column = found.columns[0]
    common = types.common_type(value.type, column.type)
    if common is None or common.items:
        raise mismatch(f"Cannot apply operator: {value.type} {operator} {column.type}", at)
    word = "ANY" if isinstance(sides[1], exp.Any) else "ALL"
    inner = coerce(Typed(f"_s.{name(column.sql)}", column.type), common)
    one = coerce(value, common).sql
    sql = f"({one} {operator} {word} (SELECT {inner.sql} FROM ({found.sql}) AS _s))"  # noqa: S608 -- writing SQL is this module's work
    return _with_query(sql, BOOLEAN, found, column.uses, [value])


NODES: dict[type[exp.Expr], Translate] = {
    exp.Subquery: _subquery,
    exp.Select: _subquery,
    exp.Exists: _exists,
}
