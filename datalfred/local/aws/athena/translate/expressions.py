"""Expressions: each node of the tree that Trino knows, and no other."""

import re
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate.context import Context
from datalfred.local.aws.athena.translate.nodes import invocations, names, operations, subqueries
from datalfred.local.aws.athena.translate.scope import Scope, is_field_of
from datalfred.local.aws.athena.translate.typed import Typed

_NODES = {**names.NODES, **operations.NODES, **invocations.NODES, **subqueries.NODES}


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
    if not value.columns or not context.grouped:
        return value
    if is_field_of(value.sql, context.grouped):
        return replace(value, columns=())
    key = _key(value.sql, context.grouped)
    return replace(value, sql=key, columns=()) if key else value


_PARAMETER = re.compile(r"\b_p[0-9]+\b")


def _key(sql: str, grouped: frozenset[str]) -> str:
    """The key of GROUP BY that has this text, whatever its lambda parameters are called."""
    if sql in grouped:
        return sql
    if not _PARAMETER.search(sql):
        return ""
    plain = _PARAMETER.sub("_p", sql)
    return next((key for key in grouped if _PARAMETER.sub("_p", key) == plain), "")
