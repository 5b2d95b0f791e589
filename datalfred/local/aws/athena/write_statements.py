"""What a statement that writes says, once it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True)
class Name:
    """A table as the statement calls it; ``schema`` is empty for the query's own database."""

    schema: str
    table: str

    def within(self, database: str) -> tuple[str, str]:
        """Database and table."""
        return self.schema or database, self.table


@dataclass(frozen=True)
class CreateTableAs:
    """``CREATE TABLE ... AS``; ``query`` keeps its place in the statement, for error positions."""

    name: Name
    query: str
    properties: Mapping[str, object] = field(default_factory=dict)
    comment: str = ""
    lenient: bool = False
    with_data: bool = True


@dataclass(frozen=True)
class Insert:
    """``INSERT INTO``; without ``columns`` all of the table."""

    name: Name
    query: str
    columns: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Unload:
    """``UNLOAD (...) TO '...'``."""

    query: str
    location: str
    properties: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CreateView:
    """``CREATE VIEW``; ``sql`` is the query as it stands in the statement."""

    name: Name
    query: str
    sql: str
    replace: bool = False


@dataclass(frozen=True)
class Drop:
    """``DROP TABLE`` or ``DROP VIEW``."""

    name: Name
    view: bool = False
    lenient: bool = False


@dataclass(frozen=True)
class CreateDatabase:
    """``CREATE DATABASE``."""

    name: str
    lenient: bool = False
    comment: str = ""
    location: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DropDatabase:
    """``DROP DATABASE``."""

    name: str
    lenient: bool = False
    cascade: bool = False


@dataclass(frozen=True)
class Declared:
    """A column of a table that is declared: Hive's type as it was written."""

    name: str
    type: str
    comment: str = ""


@dataclass(frozen=True)
class CreateExternalTable:
    """Hive's ``CREATE EXTERNAL TABLE``.

    Attributes:
        name: of the table.
        columns: in the files.
        keys: the partition keys.
        comment: of the table.
        serde: the class that reads rows; empty where the format says it.
        serde_properties: its parameters.
        stored: ``PARQUET``, ``TEXTFILE`` and so on; empty where the formats are given.
        formats: classes of input and output format, where they are given.
        location: where the files are.
        properties: of the table.
        external: whether the word EXTERNAL stands there.
        lenient: IF NOT EXISTS.
    """

    name: Name
    columns: tuple[Declared, ...]
    keys: tuple[Declared, ...] = ()
    comment: str = ""
    serde: str = ""
    serde_properties: Mapping[str, str] = field(default_factory=dict)
    stored: str = ""
    formats: tuple[str, str] | None = None
    location: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    external: bool = True
    lenient: bool = False


@dataclass(frozen=True)
class NamedPartition:
    """``PARTITION (key = value, ...)`` with its location, if it says one."""

    values: Mapping[str, str]
    location: str = ""


@dataclass(frozen=True)
class AddPartitions:
    """``ALTER TABLE ... ADD PARTITION``."""

    name: Name
    partitions: tuple[NamedPartition, ...]
    lenient: bool = False


@dataclass(frozen=True)
class DropPartitions:
    """``ALTER TABLE ... DROP PARTITION``."""

    name: Name
    partitions: tuple[NamedPartition, ...]
    lenient: bool = False


@dataclass(frozen=True)
class Repair:
    """``MSCK REPAIR TABLE``."""

    name: Name


@dataclass(frozen=True)
class Refused:
    """A statement that reads well and that Athena, or this one, does not run on such a table."""

    message: str
    substatement: str
    code: str = "NOT_SUPPORTED"


Write: TypeAlias = (
    CreateTableAs
    | Insert
    | Unload
    | CreateView
    | Drop
    | CreateDatabase
    | DropDatabase
    | CreateExternalTable
    | AddPartitions
    | DropPartitions
    | Repair
    | Refused
)
Query: TypeAlias = CreateTableAs | Insert | Unload
"""Those that write rows."""
