"""Which tables may be read: the allow-lists of the function that reads.

Each Lambda function has its own environment, so each action group has its own lists. The grammar
stands with the settings (``databases``, ``tables``). Two rules keep it safe: what is refused by any
pattern is refused, whatever allows it; and a catalog other than Athena's, or the
``information_schema`` that lists every table, is opened by its full name alone, never by a ``*``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from datalfred.errors import RefusedError

ATHENA_CATALOG = "awsdatacatalog"
INFORMATION_SCHEMA = "information_schema"

_SEARCH = "Name tables of these: {}. list_databases and search_tables name what may be read."


@dataclass(frozen=True)
class _Pattern:
    """``[!][catalog.]database.table``, each part a name in which ``*`` stands for any text."""

    denies: bool
    catalog: str
    database: str
    table: str

    def fits(self, catalog: str, database: str, table: str) -> bool:
        return (
            self.catalog == catalog
            and self.fits_database(database)
            and bool(_regex(self.table).fullmatch(table))
        )

    def fits_database(self, database: str) -> bool:
        if database == INFORMATION_SCHEMA and not self.denies:
            return self.database == database
        return bool(_regex(self.database).fullmatch(database))


def _regex(glob: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in glob.split("*")), re.DOTALL)


def _pattern(text: str) -> _Pattern:
    denies, name = text.startswith("!"), text.removeprefix("!").lower()
    head, table = name.rsplit(".", 1)
    catalog, _, database = head.rpartition(".")
    return _Pattern(denies, catalog or ATHENA_CATALOG, database, table)


class Access:
    """The tables that may be read.

    Args:
        databases: the only databases of Athena's catalog that may be read; empty means all.
        tables: patterns as ``settings.tables`` describes them; empty means all.
    """

    def __init__(self, databases: Iterable[str] = (), tables: Iterable[str] = ()) -> None:
        self._databases = frozenset(name.lower() for name in databases)
        patterns = [_pattern(text) for text in tables]
        self._allows = [each for each in patterns if not each.denies]
        self._denies = [each for each in patterns if each.denies]
        self._catalogs = {ATHENA_CATALOG, *(each.catalog for each in self._allows)}

    @property
    def restricted(self) -> bool:
        """Whether there is anything that may not be read."""
        return bool(self._databases or self._allows or self._denies)

    def may_read(self, database: str, table: str, catalog: str = ATHENA_CATALOG) -> bool:
        """Whether a table may be read; names in any case."""
        name = (catalog.lower(), database.lower(), table.lower())
        if not self.may_enter(database, catalog):
            return False
        if any(each.fits(*_base(name)) or each.fits(*name) for each in self._denies):
            return False
        return not self._allows or any(each.fits(*_base(name)) for each in self._allows)

    def may_enter(self, database: str, catalog: str = ATHENA_CATALOG) -> bool:
        """Whether any table of a database may be read."""
        database, catalog = database.lower(), catalog.lower()
        if any(
            each.catalog == catalog and each.table == "*" and each.fits_database(database)
            for each in self._denies
        ):
            return False
        if catalog != ATHENA_CATALOG:
            return any(e.catalog == catalog and e.fits_database(database) for e in self._allows)
        if self._databases and database not in self._databases:
            return False
        if not self._allows:
            return database != INFORMATION_SCHEMA or not self.restricted or bool(self._databases)
        ours = [each for each in self._allows if each.catalog == catalog]
        return any(each.fits_database(database) for each in ours)

    def may_list(self, database: str, catalog: str = ATHENA_CATALOG) -> bool:
        """Whether every table of a database may be read, so that their names may be listed."""
        if not self.may_enter(database, catalog):
            return False
        name = (catalog.lower(), database.lower())
        if any(each.catalog == name[0] and each.fits_database(name[1]) for each in self._denies):
            return False
        return not self._allows or any(each.fits(*name, "*") for each in self._allows)

    def check_table(self, database: str, table: str, catalog: str, where: str) -> None:
        """Refuses a table that may not be read, saying what and where."""
        self.check_database(database, catalog, where)
        if not self.may_read(database, table, catalog):
            raise RefusedError(
                f"The table {f'{database}.{table}'!r} may not be read ({where}).", hint=self._hint()
            )

    def check_database(self, database: str, catalog: str, where: str) -> None:
        """Refuses a catalog or database of which nothing may be read."""
        if catalog not in self._catalogs:
            raise RefusedError(
                f"The catalog {catalog!r} may not be read ({where}).",
                hint="Name tables as database.table, of the AwsDataCatalog that Athena reads.",
            )
        if not self.may_enter(database, catalog):
            raise RefusedError(
                f"The database {database!r} may not be read ({where}).", hint=self._hint()
            )

    def check_list(self, database: str, catalog: str, where: str) -> None:
        """Refuses to list the tables of a database of which some may not be read."""
        self.check_database(database, catalog, where)
        if not self.may_list(database, catalog):
            raise RefusedError(
                f"Not all tables of {database!r} may be read, so they are not listed ({where}).",
                hint="search_tables lists those that may.",
            )

    def _hint(self) -> str:
        allowed = [f"{name}.*" for name in sorted(self._databases)]
        allowed = [_said(each) for each in self._allows] or allowed
        denied = [f"not {_said(each)}" for each in self._denies]
        return _SEARCH.format(", ".join([*(allowed or ["all"]), *denied]))


def _base(name: tuple[str, str, str]) -> tuple[str, str, str]:
    """The table whose metadata ``orders$partitions`` is."""
    catalog, database, table = name
    return catalog, database, table.partition("$")[0]


def _said(pattern: _Pattern) -> str:
    catalog = "" if pattern.catalog == ATHENA_CATALOG else f"{pattern.catalog}."
    return f"{catalog}{pattern.database}.{pattern.table}"
