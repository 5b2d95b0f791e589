"""Which columns of a result hold what the semantic layer declares as personal.

A column is personal when any column that it is made of is: through aliases, joins, expressions,
unions, subqueries and common table expressions (see :mod:`datalfred.lake.sql.lineage`). Counting
people reveals none of them, so counts are not personal.
"""

from collections.abc import Iterable

from sqlglot import exp

from datalfred.lake.sql.lineage import columns_of


def personal_outputs(tree: exp.Expr, personal: Iterable[str]) -> frozenset[str]:
    """The names of result columns to mask, in lower case; :func:`.masking.hides` reads them.

    The declared names are among them, whatever the query makes of them: a result that shows a
    column of such a name is trusted no further than its name. Hence the names found in a view can
    be handed on as the personal columns of what reads the view.

    Args:
        tree: the query that the guard let through.
        personal: the declared personal columns of its tables.
    """
    declared = frozenset(name.lower() for name in personal)
    if not declared:
        return declared
    return declared.union(*(column.personal_names for column in columns_of(tree, declared)))
