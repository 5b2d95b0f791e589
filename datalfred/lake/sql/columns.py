"""Which columns one mention of a table reads, by the text of the query around it."""

from collections.abc import Iterator

from sqlglot import exp


def columns_read(mention: exp.Table, known: frozenset[str]) -> frozenset[str]:
    """The columns of the table that the query names, or may name.

    What a table gives is seen in the SELECT that it stands in, and in that one's subqueries.
    A name that another table may mean as well counts: rather too many than too few.

    Args:
        mention: where the query reads the table.
        known: the columns of the table, in lower case.
    """
    query = mention.find_ancestor(exp.Select)
    if query is None or _takes_all(query, mention):
        return known
    alias = mention.alias_or_name.lower()
    others = {table.alias_or_name.lower() for table in query.find_all(exp.Table, exp.Subquery)}
    named: set[str] = set()
    for column in query.find_all(exp.Column):
        named.update(_of(column, alias, others))
    for join in query.find_all(exp.Join):
        named.update(identifier.name.lower() for identifier in join.args.get("using") or ())
    return known & named


def _takes_all(query: exp.Select, mention: exp.Table) -> bool:
    if any(join.args.get("method") for join in query.find_all(exp.Join)):
        return True  # NATURAL compares whatever both have
    if query.find(exp.MatchRecognize, exp.Pivot) is not None:
        return True
    grouped = not isinstance(mention.parent, exp.From | exp.Join)
    own = {"", mention.alias_or_name.lower(), mention.name.lower()}
    return any(
        each.is_star and (grouped or not isinstance(each, exp.Column) or each.table.lower() in own)
        for each in query.expressions
        if isinstance(each, exp.Star | exp.Column)
    )


def _of(column: exp.Column, alias: str, others: set[str]) -> Iterator[str]:
    """The names in ``a.b.c`` that may be a column of the table: it may name a field of a row."""
    parts = [part.name.lower() for part in column.parts]
    first = parts[0]
    if first in others and alias not in parts[:-1] and len(parts) > 1:
        yield first  # a column may be called as another table is
        return
    yield from parts
