"""What the operations on the catalog return, and the parameters that they share."""

from typing import Annotated

from datalfred.bedrock.resolver import parameter
from datalfred.definitions.result import Result
from datalfred.lake.catalog.models import (
    DatabaseSummary,
    PartitionSummary,
    TableDescription,
    TableHit,
)

Database = Annotated[
    str,
    parameter("Name of a database, as list_databases returns it.", min_length=1, max_length=255),
]
Table = Annotated[
    str,
    parameter(
        "Name of a table without its database, as search_tables returns it.",
        min_length=1,
        max_length=255,
    ),
]
Page = Annotated[int, parameter("Number of the page, 1 or more. Default 1.", ge=1)]


class Databases(Result):
    """Every database that may be read."""

    databases: tuple[DatabaseSummary, ...]
    total: int
    gaps: tuple[str, ...] = ()


class FoundTables(Result):
    """One page of tables, best first."""

    tables: tuple[TableHit, ...]
    total: int
    page: int
    pages: int
    gaps: tuple[str, ...] = ()


class DescribedTable(Result):
    """One table."""

    table: TableDescription


class Partitions(Result):
    """One page of partitions, newest first."""

    partitions: tuple[PartitionSummary, ...]
    total: int
    page: int
    pages: int
    gaps: tuple[str, ...] = ()
