"""Which names in a statement are common table expressions, where they stand.

One walk from the root down: a name that climbs to its own WITH at every mention would take the
square of the statement's length, and a statement of hostile text has two thousand mentions.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

_COMMON = "common_table"
"""Key of a table's ``meta``: set on the mentions of common table expressions."""


@dataclass(frozen=True)
class _Scope:
    """The names of one WITH that are visible, and what is visible around it."""

    places: Mapping[str, int]
    """Of each name, the first of its expressions."""
    seen: int
    """How many expressions, from the first on, are visible."""
    around: "_Scope | None"


def walk(tree: exp.Expr) -> Iterator[exp.Expr]:
    """Every node from the root down, mentions of common table expressions marked.

    Visible are those of every enclosing query's WITH; inside a WITH, only the earlier ones, and
    the expression itself when the WITH is recursive.
    """
    left: list[tuple[exp.Expr, _Scope | None]] = [(tree, None)]
    while left:
        node, scope = left.pop()
        if isinstance(node, exp.Table):
            node.meta[_COMMON] = _is_common(node, scope)
        yield node
        clause = node.args.get("with_")
        if isinstance(clause, exp.With):
            left.extend(reversed(list(_children(node, clause, scope))))
        else:
            left.extend([(child, scope) for child in node.iter_expressions(reverse=True)])


def is_common_table(table: exp.Table) -> bool:
    """Whether the name is a common table expression; of a tree that :func:`walk` has walked."""
    return bool(table.meta.get(_COMMON))


def _children(
    node: exp.Expr, clause: exp.With, scope: _Scope | None
) -> Iterator[tuple[exp.Expr, _Scope | None]]:
    known: list[exp.Expr] = clause.expressions
    places: dict[str, int] = {}
    for place, common in enumerate(known):
        places.setdefault(common.alias.lower(), place)
    itself = 1 if clause.recursive else 0
    for place, common in enumerate(known):
        yield common, _Scope(places, place + itself, scope)
    inside = _Scope(places, len(known), scope)
    for child in node.iter_expressions():
        if child is clause:
            others = (each for each in clause.iter_expressions() if not isinstance(each, exp.CTE))
            yield from ((each, scope) for each in others)
        else:
            yield child, inside


def _is_common(table: exp.Table, scope: _Scope | None) -> bool:
    if not isinstance(table.this, exp.Identifier) or len(table.parts) != 1:
        return False
    name = table.name.lower()
    while scope is not None:
        if scope.places.get(name, scope.seen) < scope.seen:
            return True
        scope = scope.around
    return False
