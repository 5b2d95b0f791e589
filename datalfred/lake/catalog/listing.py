"""The catalog in the size of a result: all databases, and tables that are cut to fit."""

from datalfred.lake.calls import each
from datalfred.lake.catalog import glue
from datalfred.lake.catalog.models import (
    ColumnDescription,
    DatabaseSummary,
    TableDescription,
    TableHit,
)
from datalfred.lake.paging import LIST_BYTES

_COLUMNS_OF_A_HIT = 20
_TEXT_OF_A_HIT = 160
_SHORT_COMMENT = 60


def databases() -> list[DatabaseSummary]:
    """The databases that may be read, each with the number of its tables."""
    return each(_summary, glue.databases())


def shortened(hit: TableHit) -> TableHit:
    """A hit with the first of its columns, so that a page of twenty fits a result."""
    return hit.model_copy(
        update={
            "columns": hit.columns[:_COLUMNS_OF_A_HIT],
            "description": hit.description[:_TEXT_OF_A_HIT],
        }
    )


def fitted(table: TableDescription) -> TableDescription:
    """A wide table with less said of each column, as far as a result needs it.

    First comments are cut, then values, comments and synonyms go; names and types stay.
    """
    if _fits(table):
        return table
    cut = tuple(
        column.model_copy(update={"comment": column.comment[:_SHORT_COMMENT]})
        for column in table.columns
    )
    if _fits(shorter := table.model_copy(update={"columns": cut})):
        return shorter
    return table.model_copy(update={"columns": tuple(_bare(column) for column in cut)})


def _fits(table: TableDescription) -> bool:
    return len(table.model_dump_json().encode()) <= LIST_BYTES


def _bare(column: ColumnDescription) -> ColumnDescription:
    return column.model_copy(update={"comment": "", "values": (), "synonyms": ()})


def _summary(entry: glue.Entry) -> DatabaseSummary:
    name = str(entry["Name"])
    return DatabaseSummary(
        name=name,
        description=str(entry.get("Description") or ""),
        tables=len(glue.tables(name)),
    )
