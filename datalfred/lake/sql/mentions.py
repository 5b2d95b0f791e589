"""Where a query reads a table, and how often each of these places is read."""

from collections.abc import Iterator

from sqlglot import exp

from datalfred.lake.sql.scopes import is_common_table


class RecursiveReadError(Exception):
    """A table is read within a recursion, so nobody knows how often; never leaves the estimate."""


def mentions(tree: exp.Expr) -> list[tuple[exp.Table, int]]:
    """Every mention of a table of the catalog that is read, and how often Athena reads it there.

    A common table expression is inlined wherever it is named, so what it mentions is read as often.

    Args:
        tree: of a statement that the guard let through, which marks common tables.

    Raises:
        RecursiveReadError: a mention stands in a recursive common table.
    """
    uses = _Uses(tree)
    return [
        (table, times)
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
        and not is_common_table(table)
        and (times := uses.of(table))
    ]


class _Uses:
    """How often the parts of a query are read."""

    def __init__(self, tree: exp.Expr) -> None:
        self._of_common: dict[int, int] = {}
        self._begun: set[int] = set()
        self._named: dict[int, list[exp.Table]] = {}
        for table in tree.find_all(exp.Table):
            common = _resolved(table)
            if common is not None:
                self._named.setdefault(id(common), []).append(table)

    def of(self, node: exp.Expr) -> int:
        """How often Athena reads what stands at a node."""
        common = node.find_ancestor(exp.CTE)
        return 1 if common is None else self._common(common)

    def _common(self, common: exp.CTE) -> int:
        key = id(common)
        if key in self._of_common:
            return self._of_common[key]
        if key in self._begun:
            raise RecursiveReadError("The query reads a table within a recursion.")
        self._begun.add(key)
        self._of_common[key] = sum(self.of(table) for table in self._named.get(key, []))
        return self._of_common[key]


def _resolved(table: exp.Table) -> exp.CTE | None:
    """The common table expression that a name means; None for a table of the catalog."""
    if not is_common_table(table):
        return None
    wanted = table.name.lower()
    return next((common for common in _around(table) if common.alias.lower() == wanted), None)


def _around(node: exp.Expr) -> Iterator[exp.CTE]:
    """The common table expressions of every WITH around a node, the nearest first."""
    child: exp.Expr = node
    while (parent := child.parent) is not None:
        clause = parent if isinstance(parent, exp.With) else parent.args.get("with_")
        if clause is not None:
            yield from clause.expressions
        child = parent
