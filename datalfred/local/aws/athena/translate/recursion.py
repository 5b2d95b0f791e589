"""WITH RECURSIVE, down to the depth that Trino allows."""

from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import (
    Context,
    Definition,
    Selected,
)
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, guard, name, text
from datalfred.local.aws.athena.translate.types import BIGINT

MAX_RECURSION = 10  # Trino's max_recursion_depth


DEPTH = "_depth"


def names_itself(tree: exp.Expr, called: str) -> bool:
    """Whether a query of WITH refers to its own name."""
    return any(table.name.lower() == called and not table.db for table in tree.find_all(exp.Table))


def recursive(
    context: Context, called: str, definition: Definition, parent: Scope | None
) -> Selected:
    """A recursive query: its first half, then its second half over the rows of the round before.

    Raises:
        StatementError: no UNION ALL, no column names, or more rounds than Trino allows.
    """
    tree = definition.tree
    if not isinstance(tree, exp.Union) or tree.args.get("distinct"):
        raise not_supported("A recursive query that is not a UNION ALL", at=context.at(tree))
    anchor = context.query(definition.context, tree.this, parent)
    if len(definition.columns) != len(anchor.columns):
        raise StatementError(
            "MISSING_COLUMN_ALIASES",
            f"missing column aliases in recursive WITH query '{called}'",
            at=context.at(tree),
        )
    columns = tuple(
        Column(new, column.type, column.sql)
        for new, column in zip(definition.columns, anchor.columns, strict=True)
    )
    depth = Column(DEPTH, BIGINT, DEPTH, hidden=True)
    table = context.fresh("recursive")
    rows_so_far = replace(definition, relation=Relation(table, (), (*columns, depth)))
    inside = replace(
        definition.context,
        definitions={**definition.context.definitions, called: rows_so_far},
    )
    step = context.query(inside, _with_depth(context, tree.expression), parent)
    outputs = ", ".join(
        coerce(Typed(f"_n.{name(new.sql)}", new.type), column.type).sql
        for new, column in zip(step.columns[:-1], columns, strict=True)
    )
    listed = ", ".join(name(column.sql) for column in columns)
    deeper = _deeper(f"_n.{name(step.columns[-1].sql)}")
    sql = (
        f"WITH RECURSIVE {table}({listed}, {DEPTH}) AS (SELECT {listed}, CAST(0 AS BIGINT) "  # noqa: S608 -- writing SQL is this module's work
        f"FROM ({anchor.sql}) AS _a UNION ALL SELECT {outputs}, {deeper} FROM ({step.sql}) AS _n) "
        f"SELECT {listed} FROM {table} WHERE {DEPTH} >= 0"
    )
    return Selected(sql, columns, anchor.uses | step.uses, (*anchor.outer, *step.outer))


def _with_depth(context: Context, step: exp.Expr) -> exp.Expr:
    """The second half of a recursive query, which also says from which round its rows come."""
    if not isinstance(step, exp.Select) or step.args.get("group") or step.args.get("distinct"):
        raise not_supported("A recursive query that groups its rows", at=context.at(step))
    counted = step.copy()
    counted.append("expressions", exp.column(DEPTH))
    return counted


def _deeper(sql: str) -> str:
    """The next round, which fails where Trino's recursion would."""
    message = text(
        f"Recursion depth limit exceeded ({MAX_RECURSION}). Use 'max_recursion_depth' "
        "session property to modify the limit."
    )
    return guard(f"{sql} < {MAX_RECURSION}", f"{sql} + 1", "NOT_SUPPORTED", message)
