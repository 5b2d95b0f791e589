"""Which columns of a result hold what the semantic layer declares as personal.

A column is personal when any column that it is made of is, by name, through aliases, subqueries
and common table expressions. Names are compared without their tables: too much is masked rather
than too little. Counting people reveals none of them, so counts are not personal.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

_COUNTS = (exp.Count, exp.CountIf, exp.ApproxDistinct)


def personal_outputs(tree: exp.Expr, personal: Iterable[str]) -> frozenset[str]:
    """The names of result columns to mask, in lower case.

    Args:
        tree: the query that the guard let through.
        personal: the declared personal columns of its tables.
    """
    known = {name.lower() for name in personal}
    before = -1
    while known and before != len(known):
        before = len(known)
        for query in tree.find_all(exp.Select, exp.SetOperation):
            known.update(_outputs(query, known))
    return frozenset(known)


def _outputs(query: exp.Expr, known: set[str]) -> Iterator[str]:
    """The output names of a query that are made of ``known`` ones, under every name they get."""
    names = [_name(number, projection) for number, projection in enumerate(_projections(query))]
    for branch in _branches(query):
        for number, projection in enumerate(_projections(branch)):
            if _reads(projection, known) and number < len(names):
                yield names[number]
                yield from _renamed(query, number)


def _projections(query: exp.Expr) -> Sequence[exp.Expr]:
    first = query
    while isinstance(first, (exp.SetOperation, exp.Subquery)):
        first = first.this
    return first.expressions if isinstance(first, exp.Select) else ()


def _branches(query: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(query, exp.SetOperation):
        yield from _branches(query.this)
        yield from _branches(query.expression)
    elif isinstance(query, exp.Subquery):
        yield from _branches(query.this)
    else:
        yield query


def _name(number: int, projection: exp.Expr) -> str:
    """What Athena calls the column: unnamed ones are ``_col0``, ``_col1``, by position."""
    named = isinstance(projection, (exp.Alias, exp.Column, exp.Dot))
    return projection.alias_or_name.lower() if named else f"_col{number}"


def _renamed(query: exp.Expr, number: int) -> Iterator[str]:
    """The name that ``WITH a (x, y) AS (...)`` or ``(...) AS a (x, y)`` gives to the column."""
    around = query.parent
    alias = around.args.get("alias") if isinstance(around, (exp.CTE, exp.Subquery)) else None
    columns = alias.args.get("columns") or [] if isinstance(alias, exp.TableAlias) else []
    if number < len(columns):
        yield columns[number].name.lower()


def _reads(node: exp.Expr, known: set[str]) -> bool:
    if isinstance(node, _COUNTS):
        return False
    if isinstance(node, (exp.Column, exp.Dot)) and node.name.lower() in known:
        return True
    return any(_reads(child, known) for child in node.iter_expressions())
