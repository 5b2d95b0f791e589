"""Names that a statement gives to relations and columns."""

from dataclasses import replace

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.context import (
    Context,
    Selected,
)
from datalfred.local.aws.athena.translate.scope import Column, Relation
from datalfred.local.aws.athena.translate.typed import Typed, Use

Made = tuple[str, Relation, frozenset[Use], list[Typed]]


def aliases(node: exp.Expr) -> tuple[tuple[str, ...], list[str]]:
    """The names that ``AS t(a, b)`` gives: to the relation, and to its columns."""
    alias = node.args.get("alias")
    if alias is None:
        return (), []
    called = (alias.name.lower(),) if alias.this else ()
    return called, [column.name.lower() for column in alias.args.get("columns") or ()]


def renamed(
    context: Context, node: exp.Expr, columns: tuple[Column, ...], new_names: list[str]
) -> tuple[Column, ...]:
    """The columns under the names of an alias list, which must name all of them.

    Raises:
        StatementError: MISMATCHED_COLUMN_ALIASES.
    """
    if not new_names:
        return columns
    visible = [column for column in columns if not column.hidden]
    if len(new_names) != len(visible):
        raise StatementError(
            "MISMATCHED_COLUMN_ALIASES",
            f"Column alias list has {len(new_names)} entries but '{node.alias_or_name}' has "
            f"{len(visible)} columns available",
            at=context.at(node),
        )
    return tuple(
        replace(column, name=called) for column, called in zip(visible, new_names, strict=True)
    )


def derived(context: Context, node: exp.Expr, found: Selected, word: str = "") -> Made:
    """A query as a relation."""
    names, new_names = aliases(node)
    alias = context.fresh("r")
    columns = renamed(context, node, found.columns, new_names)
    relation = Relation(alias, names, columns)
    return f"{word}({found.sql}) AS {alias}", relation, found.uses, list(found.outer)
