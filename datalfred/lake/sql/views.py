"""Views, opened: a view may read only what the query itself might read.

Athena keeps a view's SQL in the catalog, as base64 of JSON inside a comment.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datalfred.errors import CorrectableError, NotFoundError, RefusedError
from datalfred.lake.catalog import glue
from datalfred.lake.sql.checked import Checked, TableName
from datalfred.lake.sql.guard import check

MAX_DEPTH = 8

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


def open_views(checked: Checked, *, databases: Sequence[str]) -> Opened:
    """Opens the views that a statement reads, and the views that they read.

    Args:
        checked: a statement that the guard let through.
        databases: the only databases that may be read; empty means all.

    Raises:
        RefusedError: a view reads what may not be read, or cannot be opened.
    """
    opened: set[TableName] = set()
    trees: list[Any] = []
    level = set(checked.tables)
    for _ in range(MAX_DEPTH):
        inner = [_inside(name, databases) for name in sorted(level - opened)]
        opened |= level
        views = [view for view in inner if view is not None]
        if not views:
            return Opened(frozenset(opened), tuple(reversed(trees)))
        trees += [view.tree for view in views]
        level = {name for view in views for name in view.tables}
    raise RefusedError(f"The views of this query stand on more than {MAX_DEPTH} levels.")


def _inside(name: TableName, databases: Sequence[str]) -> Checked | None:
    """The statement of a view; None for whatever is no view."""
    try:
        entry = glue.table(name.database, name.name.partition("$")[0])
    except NotFoundError:
        return None
    if glue.format_of(entry) != "view":
        return None
    try:
        sql, database = definition(entry)
        return check(sql, database=database, databases=databases)
    except (CorrectableError, ValueError) as error:
        raise RefusedError(f"The view {name} may not be read: {error}") from error


def definition(entry: glue.Entry) -> tuple[str, str]:
    """A view's SQL, and the database that it runs in.

    Raises:
        ValueError: the catalog holds no SQL in Athena's form.
    """
    found = _PRESTO_VIEW.search(str(entry.get("ViewOriginalText") or ""))
    if found is None:
        raise ValueError("its SQL is not kept in Athena's form.")
    view = json.loads(base64.b64decode(found["encoded"]))
    return str(view["originalSql"]), str(view.get("schema") or entry.get("DatabaseName") or "")
