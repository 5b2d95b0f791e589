"""The tables of a catalog as a search reads them: small, all of them, and not too often.

A catalog of thousands of tables takes a second to read, on AWS several. So a large one is kept in
the process for a minute, for the role that read it, and what is found in it says how old it is. A
small catalog is read anew by every search.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from datalfred import settings
from datalfred.lake.catalog import glue, semantics
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import fold

_KEPT_SECONDS = 60.0
_WORTH_KEEPING_TABLES = 500
_MOST_KEPT_COLUMNS = 500_000
"""About a hundred megabytes; what a process reads beyond is not kept."""
_MOST_COMMENT = 500
NOTHING = TableSemantics()


@dataclass(frozen=True, slots=True)
class Document:
    """One table.

    Attributes:
        database: its database.
        name: its name, in lower case.
        description: its comment, cut.
        columns: the names of its columns in lower case, partition keys last.
        comments: what is said of each column, cut and folded.
        said: all comments and the name of the database, folded, to be searched at once.
        projected: the values that a partition key is declared to have in the table's properties.
    """

    database: str
    name: str
    description: str
    columns: tuple[str, ...]
    comments: tuple[str, ...]
    said: str
    projected: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Shelf:
    """The tables of one database, and what the team declares of them.

    Attributes:
        documents: the tables, by name.
        declared: what is declared of some of them.
        read_at: when they were read, by the monotonic clock.
        database: their database.
    """

    documents: tuple[Document, ...]
    declared: Mapping[str, TableSemantics]
    read_at: float
    database: str

    def meaning(self, document: Document) -> TableSemantics:
        """What is declared of a table; nothing when nothing is."""
        return self.declared.get(document.name, NOTHING)


_lock = threading.Lock()
_kept: dict[tuple[str, ...], Shelf] = {}


def of_database(database: str) -> Shelf:
    """All tables of a database that may be read: kept for a minute, else read.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
        OperatorError: the semantic layer of the database is broken.
    """
    declared = semantics.of_database(database).tables
    with _lock:
        kept = _kept.get(_key(database))
    if kept is not None and time.monotonic() - kept.read_at < _KEPT_SECONDS:
        return kept if kept.declared is declared else replace(kept, declared=declared)
    began = time.monotonic()
    documents = tuple(sorted(_read(database), key=lambda one: one.name))
    return Shelf(documents, declared, began, database)


def keep(shelves: Sequence[Shelf]) -> None:
    """Keeps what was read together, if it is large, as long as there is room."""
    if sum(len(shelf.documents) for shelf in shelves) < _WORTH_KEEPING_TABLES:
        return
    now = time.monotonic()
    with _lock:
        for old in [old for old, one in _kept.items() if now - one.read_at >= _KEPT_SECONDS]:
            del _kept[old]
        room = _MOST_KEPT_COLUMNS - sum(map(_columns, _kept.values()))
        for shelf in shelves:
            key = _key(shelf.database)
            if key not in _kept and (columns := _columns(shelf)) <= room:
                _kept[key] = shelf
                room -= columns


def forget() -> None:
    """Lets the next search read everything anew."""
    with _lock:
        _kept.clear()


def _columns(shelf: Shelf) -> int:
    return sum(len(document.columns) for document in shelf.documents)


def _key(database: str) -> tuple[str, ...]:
    """Whose catalog it is: another role, or another list of tables, sees another one."""
    source = settings.environment()
    known = settings.load()
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN")
    lists = (",".join(known.databases), ",".join(known.tables))
    return (*(source.get(name) or "" for name in names), known.region, *lists, database)


def _read(database: str) -> Iterator[Document]:
    for entry in glue.each_table(database):
        yield _document(database, entry)


def _document(database: str, entry: glue.Entry) -> Document:
    columns = [
        (sys.intern(str(column["Name"]).lower()), _folded(column.get("Comment")))
        for column in glue.columns_of(entry)
    ]
    description = glue.description_of(entry)[:_MOST_COMMENT]
    comments = tuple(comment for _, comment in columns)
    return Document(
        database=database,
        name=str(entry["Name"]).lower(),
        description=description,
        columns=tuple(name for name, _ in columns),
        comments=comments,
        said="\n".join([database, fold(description), *filter(None, comments)]),
        projected=_projected(entry),
    )


def _folded(comment: str | None) -> str:
    return sys.intern(fold(comment[:_MOST_COMMENT])) if comment else ""


def _projected(entry: glue.Entry) -> dict[str, tuple[str, ...]]:
    """The values of keys that are projected from a list.

    Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-supported-types.html
    """
    parameters = entry.get("Parameters") or {}
    if str(parameters.get("projection.enabled", "")).lower() != "true":
        return {}
    listed = {
        key.lower(): parameters.get(f"projection.{key}.values") for key in glue.keys_of(entry)
    }
    return {
        key: tuple(value.strip() for value in str(values).split(","))
        for key, values in listed.items()
        if values
    }
