"""What expressions and queries share: conditions, orderings, refusals."""

from sqlglot import exp

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Context
from datalfred.local.aws.athena.translate.scope import Scope
from datalfred.local.aws.athena.translate.typed import Typed, mismatch
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


def condition(context: Context, node: exp.Expr, scope: Scope, clause: str) -> Typed:
    """A boolean expression, as WHERE, HAVING and ON want it.

    Raises:
        StatementError: TYPE_MISMATCH, it is of another type.
    """
    value = context.translated(node, scope)
    if not value.type.is_a("boolean", "unknown"):
        raise mismatch(
            f"{clause} must evaluate to a boolean: actual type {value.type}", context.at(node)
        )
    return coerce(value, BOOLEAN)


def ordering(context: Context, node: exp.Expr, scope: Scope) -> tuple[str, tuple[Typed, ...]]:
    """``ORDER BY`` of an aggregate or a window: DuckDB's text, and its parts."""
    pieces, parts = [], []
    for each in node.expressions:
        value = context.translated(each.this, scope)
        parts.append(value)
        pieces.append(f"{value.sql} {direction(each)}")
    return ", ".join(pieces), tuple(parts)


def direction(node: exp.Expr) -> str:
    """``ASC`` or ``DESC`` with the place of NULLs, which Trino puts last in both."""
    word = "DESC" if node.args.get("desc") else "ASC"
    return f"{word} NULLS {'FIRST' if node.args.get('nulls_first') else 'LAST'}"
