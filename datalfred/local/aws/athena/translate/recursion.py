"""WITH RECURSIVE: as many rounds as Trino allows, each over the rows of the round before.

Trino plans a recursion as that many copies of its second half, and fails where one more would
still find rows; so does this translation. DuckDB's own recursion knows fewer forms of the second
half, and no limit.
"""

import itertools
import re
from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.context import Context, Definition, Selected
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, guard, name, text

MAX_RECURSION = 10  # Trino's max_recursion_depth


def names_itself(tree: exp.Expr, called: str) -> bool:
    """Whether a query of WITH refers to its own name."""
    return any(table.name.lower() == called and not table.db for table in tree.find_all(exp.Table))


def recursive(
    context: Context, called: str, definition: Definition, parent: Scope | None
) -> Selected:
    """A recursive query: its first half, then its second half over the rows of the round before.

    Raises:
        StatementError: no UNION ALL, no column names, halves of different types, or, when it runs,
            more rounds than Trino allows.
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
        Column(new, column.type, f"c{i}", column.uses)
        for i, (new, column) in enumerate(zip(definition.columns, anchor.columns, strict=True))
    )
    table = context.fresh("recursive")
    so_far = _with_rows(definition, called, Relation(table, (), columns))
    step = context.query(so_far, tree.expression, parent)
    _check(context, tree.expression, step.columns, columns)
    uses = anchor.uses.union(step.uses, *(column.uses for column in step.columns))
    sql = _rounds(_as(anchor, columns), _as(step, columns), table, columns)
    return Selected(
        sql, columns, uses, (*anchor.outer, *step.outer), anchor.volatile or step.volatile
    )


def _with_rows(definition: Definition, called: str, rows: Relation) -> Context:
    """What the second half sees: its own name stands for the rows of the round before."""
    known = {**definition.context.definitions, called: replace(definition, relation=rows)}
    return replace(definition.context, definitions=known)


def _check(
    context: Context, step: exp.Expr, found: tuple[Column, ...], wanted: tuple[Column, ...]
) -> None:
    if len(found) != len(wanted):
        raise StatementError(
            "TYPE_MISMATCH",
            "base and step relations of recursion have different number of fields: "
            f"{len(wanted)}, {len(found)}",
            at=context.at(step),
        )
    for place, (new, base) in enumerate(zip(found, wanted, strict=True), 1):
        if not types.coerces(new.type, base.type):
            raise StatementError(
                "TYPE_MISMATCH",
                f"recursion step relation output type ({new.type}) is not coercible to recursion "
                f"base relation output type ({base.type}) at column {place}",
                at=context.at(step),
            )


def _as(found: Selected, columns: tuple[Column, ...]) -> str:
    """A half with its columns called c0, c1, ... and of the types of the first half."""
    listed = ", ".join(
        f"{coerce(Typed(f'_n.{name(own.sql)}', own.type), column.type).sql} AS {column.sql}"
        for own, column in zip(found.columns, columns, strict=True)
    )
    return f"SELECT {listed} FROM ({found.sql}) AS _n"  # noqa: S608 -- writing SQL is this module's work


def _rounds(anchor: str, step: str, table: str, columns: tuple[Column, ...]) -> str:
    own = re.compile(rf"\b{table}\b")
    if not own.search(step):
        return f"({anchor}) UNION ALL ({step})"
    names = [f"{table}_{number}" for number in range(MAX_RECURSION + 2)]
    rounds = [f"{names[0]} AS MATERIALIZED ({anchor})"]
    for before, after in itertools.pairwise(names):
        rounds.append(f"{after} AS MATERIALIZED ({own.sub(before, step)})")
    together = " UNION ALL ".join(f"SELECT * FROM {each}" for each in names[:-1])  # noqa: S608 -- writing SQL is this module's work
    message = text(
        f"Recursion depth limit exceeded ({MAX_RECURSION}). Use 'max_recursion_depth' "
        "session property to modify the limit."
    )
    failure = guard("_c.n = 0", "false", "NOT_SUPPORTED", message)
    nothing = ", ".join("NULL" for _ in columns)
    check = f"SELECT {nothing} FROM (SELECT count(*) AS n FROM {names[-1]}) AS _c WHERE {failure}"  # noqa: S608 -- writing SQL is this module's work
    return f"WITH {', '.join(rounds)} {together} UNION ALL {check}"
