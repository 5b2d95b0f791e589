"""A statement on its way to Athena: checked, its views opened, its personal columns known."""

from dataclasses import dataclass

from datalfred import settings
from datalfred.lake.catalog import semantics
from datalfred.lake.sql.checked import Checked
from datalfred.lake.sql.guard import check
from datalfred.lake.sql.personal import personal_outputs
from datalfred.lake.sql.views import open_views


@dataclass(frozen=True)
class Prepared:
    """What may run, and what of its result nobody may see.

    Attributes:
        checked: the statement.
        database: the one that it runs in; empty for none.
        masked: names of result columns, in lower case, that hold personal values.
        personal: whether a table that it reads has personal columns, shown or not.
    """

    checked: Checked
    database: str
    masked: frozenset[str]
    personal: bool = False


def prepare(sql: str, database: str = "") -> Prepared:
    """Lets a read through, as the settings allow.

    Args:
        sql: one statement of Athena SQL.
        database: the database of tables that are named without one.

    Raises:
        RefusedError: the statement, or a view behind it, may not run.
        InvalidInputError: it is no statement.
    """
    current = settings.load()
    databases, tables = current.databases, current.tables
    checked = check(sql, database=database, databases=databases, tables=tables)
    if checked.tree is None:
        return Prepared(checked, database, frozenset())
    opened = open_views(checked, databases=databases, tables=tables)
    masked = semantics.personal_columns((each.database, each.name) for each in opened.tables)
    personal = bool(masked)
    for tree in (*opened.trees, checked.tree):
        masked = personal_outputs(tree, masked)
    return Prepared(checked, database, masked, personal)
