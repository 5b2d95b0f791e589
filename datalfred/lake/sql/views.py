"""Views and links, opened: what stands behind a name is what the query reads.

A view may read only what the query itself might read, allow-list or not: never a federated
catalog, a function of somebody's own or a second statement. Athena keeps a view's SQL in the
catalog, as base64 of JSON inside a comment. A resource link is a name for a table of another
database; a federated table is one for a table of another system.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalfred.errors import CorrectableError, NotFoundError, RefusedError
from datalfred.lake.access import ATHENA_CATALOG, Access
from datalfred.lake.calls import each
from datalfred.lake.catalog import glue
from datalfred.lake.sql.checked import Checked, TableName
from datalfred.lake.sql.guard import check

MAX_DEPTH = 8
MAX_TABLES = 200
"""Names that are looked up for one statement, those of its views among them."""

_PRESTO_VIEW = re.compile(r"/\* Presto View: (?P<encoded>[A-Za-z0-9+/=\s]+) \*/")


@dataclass(frozen=True)
class Opened:
    """What stands behind a statement.

    Attributes:
        tables: the statement's own, and those of every view behind it.
        trees: the syntax trees of those views, the deepest first.
    """

    tables: frozenset[TableName]
    trees: tuple[Any, ...]


def open_views(
    checked: Checked, *, databases: Sequence[str] = (), tables: Sequence[str] = ()
) -> Opened:
    """Opens the views that a statement reads, and the views that they read.

    Args:
        checked: a statement that the guard let through.
        databases: the only databases that may be read; empty means all.
        tables: patterns of the tables that may be read, as the guard takes them.

    Raises:
        RefusedError: a view reads what may not be read, reads itself, or cannot be opened.
    """
    opener = _Opener(databases, tables)
    opened: set[TableName] = set()
    inside: dict[TableName, Checked] = {}
    level = set(checked.tables)
    for _ in range(MAX_DEPTH):
        new = sorted(level - opened)
        opened |= level
        if len(opened) > MAX_TABLES:
            raise RefusedError(
                f"This query reads more than {MAX_TABLES} tables, those of its views counted.",
                hint="Ask in parts.",
            )
        found = zip(new, each(opener.inside, new), strict=True)
        views = {name: view for name, view in found if view is not None}
        if not views:
            _check_circles(inside)
            return Opened(frozenset(opened), tuple(view.tree for view in reversed(inside.values())))
        inside |= views
        level = {name for view in views.values() for name in view.tables}
    _check_circles(inside)
    raise RefusedError(
        f"The views of this query stand on more than {MAX_DEPTH} levels.",
        hint="Name the tables behind them.",
    )


def _check_circles(inside: Mapping[TableName, Checked]) -> None:
    """Refuses views that read themselves: takes away, again and again, what reads no view left."""
    left = dict(inside)
    while ready := [name for name, view in left.items() if not left.keys() & set(view.tables)]:
        for name in ready:
            del left[name]
    if left:
        names = " and ".join(str(name) for name in sorted(left))
        raise RefusedError(f"The view {names} reads itself, through whatever it reads.")


class _Opener:
    """Looks behind names, under the lists of whoever reads."""

    def __init__(self, databases: Sequence[str], tables: Sequence[str]) -> None:
        self._lists = {"databases": databases, "tables": tables}
        self._access = Access(databases, tables)

    def inside(self, name: TableName) -> Checked | None:
        """The statement of a view; None for a table, and for what the catalog does not know."""
        if name.catalog != ATHENA_CATALOG:
            return None
        try:
            entry = glue.table(name.database, name.name.partition("$")[0])
        except NotFoundError:
            return None
        self._check_place(name, entry)
        if not _is_view(entry):
            return None
        try:
            sql, database = definition(entry)
            return check(sql, database=database, **self._lists)
        except CorrectableError as error:
            problem = f"The view {name} may not be read: {error}"
            raise RefusedError(problem, hint=error.hint) from error
        except ValueError as error:
            raise RefusedError(
                f"The view {name} may not be read: {error}", hint="Name the tables behind it."
            ) from error

    def _check_place(self, name: TableName, entry: glue.Entry) -> None:
        """Refuses a name whose table lies where the lists, or Athena's own catalog, do not reach.

        A table of another account is opened by the link's own name: that is what sharing means.
        """
        if entry.get("FederatedTable"):
            raise RefusedError(
                f"{name} is a table of another system, which may not be read from here.",
                hint="Tables of the lake may: list_databases and search_tables name them.",
            )
        target = entry.get("TargetTable") or entry
        database = str(target.get("DatabaseName") or name.database)
        table = str(target.get("Name") or name.name)
        account = entry.get("CatalogId")
        if (database.lower(), table.lower()) == (name.database, name.name.partition("$")[0]):
            return
        if target.get("CatalogId") in {None, account}:
            self._access.check_table(
                database.lower(), table.lower(), ATHENA_CATALOG, f"to which {name} is a link"
            )


def _is_view(entry: glue.Entry) -> bool:
    return (
        str(entry.get("TableType", "")).upper() == "VIRTUAL_VIEW"
        or bool(entry.get("ViewDefinition"))
        or "Presto View:" in str(entry.get("ViewOriginalText") or "")
    )


def definition(entry: glue.Entry) -> tuple[str, str]:
    """A view's SQL, and the database that it runs in.

    Raises:
        ValueError: the catalog holds no SQL in Athena's form.
    """
    found = _PRESTO_VIEW.fullmatch(str(entry.get("ViewOriginalText") or "").strip())
    if found is None:
        raise ValueError("its SQL is not kept in Athena's form.")
    try:
        view = json.loads(base64.b64decode(found["encoded"]))
        sql, catalog = str(view["originalSql"]), str(view.get("catalog") or ATHENA_CATALOG)
        database = str(view.get("schema") or entry.get("DatabaseName") or "")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError("its SQL is not kept in Athena's form.") from error
    if catalog.lower() != ATHENA_CATALOG:
        raise ValueError(f"it runs in the catalog {catalog!r}.")
    return sql, database
