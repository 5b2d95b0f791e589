"""The catalog in the size of a result: all databases, and tables that are cut to fit."""

from functools import partial

from datalfred.lake.calls import Gaps, each
from datalfred.lake.catalog import glue
from datalfred.lake.catalog.models import (
    ColumnDescription,
    DatabaseSummary,
    TableDescription,
    TableHit,
)
from datalfred.lake.paging import LIST_BYTES, fitting

_COLUMNS_OF_A_HIT = 20
_TEXT_OF_A_HIT = 160
_SHORT_COMMENT = 60
_SENTENCE = 200
_NO_LIKELY_JOINS = "Likely joins are left out, for the table is wide."


def databases(gaps: Gaps) -> list[DatabaseSummary]:
    """The databases that may be read, each with the number of its tables.

    Args:
        gaps: takes the databases whose tables may not be counted.
    """
    return each(partial(_summary, gaps), glue.databases())


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

    First comments are cut, then values, comments and synonyms go. Names and types stay, and those
    of the last columns go only where there are hundreds: the gaps say so.
    """
    if _fits(table):
        return table
    cut = tuple(
        column.model_copy(update={"comment": column.comment[:_SHORT_COMMENT]})
        for column in table.columns
    )
    if _fits(shorter := table.model_copy(update={"columns": cut})):
        return shorter
    bare = tuple(_bare(column) for column in cut)
    left = (_NO_LIKELY_JOINS,) if table.likely_joins else ()
    update = {"columns": bare, "likely_joins": (), "gaps": (*table.gaps, *left)}
    if _fits(shorter := table.model_copy(update=update)):
        return shorter
    rest = len(shorter.model_copy(update={"columns": ()}).model_dump_json().encode())
    shown = fitting(bare, max(LIST_BYTES - rest - _SENTENCE, 0))
    gap = f"Only {len(shown):,} of {len(bare):,} columns are shown; information_schema has all."
    return shorter.model_copy(update={"columns": shown, "gaps": (*shorter.gaps, gap)})


def _fits(table: TableDescription) -> bool:
    return len(table.model_dump_json().encode()) <= LIST_BYTES


def _bare(column: ColumnDescription) -> ColumnDescription:
    update = {"comment": "", "values": (), "synonyms": (), "fields": ()}
    return column.model_copy(update=update)


def _summary(gaps: Gaps, entry: glue.Entry) -> DatabaseSummary:
    name = str(entry["Name"])
    return DatabaseSummary(
        name=name,
        description=str(entry.get("Description") or "")[:_TEXT_OF_A_HIT],
        tables=gaps.attempt(
            f"glue:GetTables on {name}", lambda: sum(1 for _ in glue.each_table(name))
        ),
    )
