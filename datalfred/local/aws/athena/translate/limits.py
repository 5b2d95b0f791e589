"""OFFSET, LIMIT and FETCH FIRST."""

from collections.abc import Sequence

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.clauses import only
from datalfred.local.aws.athena.translate.context import (
    Context,
)

TAIL = ("order", "limit", "offset", "with_")


def has_ties(node: exp.Expr) -> bool:
    """Whether the query ends with ``FETCH FIRST n ROWS WITH TIES``."""
    limited = node.args.get("limit")
    options = limited.args.get("limit_options") if isinstance(limited, exp.Fetch) else None
    return options is not None and bool(options.args.get("with_ties"))


def ties(context: Context, node: exp.Expr, sorts: Sequence[str]) -> str:
    """``WITH TIES`` as QUALIFY: the rows behind OFFSET whose rank is within the count.

    Args:
        context: of the statement.
        node: the query.
        sorts: the items of its ORDER BY in DuckDB's text.

    Raises:
        StatementError: MISSING_ORDER_BY.
    """
    limited, offset = node.args["limit"], node.args.get("offset")
    if not sorts:
        raise StatementError(
            "MISSING_ORDER_BY",
            "FETCH FIRST WITH TIES clause requires ORDER BY",
            at=context.at(limited),
        )
    skipped = _count(context, offset.expression) if offset is not None else 0
    wanted = _count(context, limited.args.get("count") or exp.Literal.number(1))
    over = f"OVER (ORDER BY {', '.join(sorts)})"
    return f" QUALIFY row_number() {over} > {skipped} AND rank() {over} <= {skipped + wanted}"


def limit(context: Context, node: exp.Expr) -> str:
    """LIMIT and OFFSET in DuckDB's text, with a blank before them; empty when there are none.

    Raises:
        StatementError: no whole number.
    """
    if has_ties(node):
        return ""
    limited, offset = node.args.get("limit"), node.args.get("offset")
    text = ""
    if isinstance(limited, exp.Fetch):
        only(limited, "direction", "count", "limit_options")
        options = limited.args.get("limit_options")
        if options is not None and options.args.get("percent"):
            raise not_supported("FETCH FIRST ... PERCENT", at=context.at(limited))
        text = f" LIMIT {_count(context, limited.args.get('count') or exp.Literal.number(1))}"
    elif isinstance(limited, exp.Limit):
        only(limited, "expression")
    if isinstance(limited, exp.Limit) and limited.expression.name.upper() != "ALL":
        text = f" LIMIT {_count(context, limited.expression)}"
    return text + (f" OFFSET {_count(context, offset.expression)}" if offset is not None else "")


def _count(context: Context, node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or not node.name.isdigit():
        raise StatementError(
            "TYPE_MISMATCH", "LIMIT and OFFSET take a whole number", at=context.at(node)
        )
    return int(node.name)
