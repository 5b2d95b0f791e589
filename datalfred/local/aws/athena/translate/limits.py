"""OFFSET, LIMIT and FETCH FIRST."""

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.clauses import only
from datalfred.local.aws.athena.translate.context import (
    Context,
)

TAIL = ("order", "limit", "offset", "with_")


def limit(context: Context, node: exp.Expr) -> str:
    """LIMIT and OFFSET in DuckDB's text, with a blank before them; empty when there are none.

    Raises:
        StatementError: no whole number, or WITH TIES.
    """
    limited, offset = node.args.get("limit"), node.args.get("offset")
    text = ""
    if isinstance(limited, exp.Fetch):
        only(limited, "direction", "count", "limit_options")
        options = limited.args.get("limit_options")
        if options is not None and (options.args.get("with_ties") or options.args.get("percent")):
            raise not_supported("FETCH FIRST ... WITH TIES", at=context.at(limited))
        text = f" LIMIT {_count(context, limited.args.get('count') or exp.Literal.number(1))}"
    elif limited is not None and limited.expression.name.upper() != "ALL":
        text = f" LIMIT {_count(context, limited.expression)}"
    return text + (f" OFFSET {_count(context, offset.expression)}" if offset is not None else "")


def _count(context: Context, node: exp.Expr) -> int:
    if not isinstance(node, exp.Literal) or not node.name.isdigit():
        raise StatementError(
            "TYPE_MISMATCH", "LIMIT and OFFSET take a whole number", at=context.at(node)
        )
    return int(node.name)
