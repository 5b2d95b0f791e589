"""The tables of a catalog as a search reads them: small, all of them, and not too often.

A catalog of thousands of tables takes a second to read, so what took long is kept for a while in
the process, for the role that read it. A small catalog is read anew by every search.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from datalfred import settings
from datalfred.lake.catalog import glue, semantics
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import fold

_KEPT_SECONDS = 60.0
_WORTH_KEEPING_SECONDS = 0.3
_MOST_KEPT_COLUMNS = 500_000
"""About a hundred megabytes; what a process reads beyond is not kept."""
_MOST_COMMENT = 500
_NOTHING = TableSemantics()


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
    """The tables of one database, and what the team declares of them."""

    documents: tuple[Document, ...]
    declared: Mapping[str, TableSemantics]

    def meaning(self, document: Document) -> TableSemantics:
        """What is declared of a table; nothing when nothing is."""
        return self.declared.get(document.name, _NOTHING)


@dataclass(frozen=True)
class _Kept:
    read_at: float
    columns: int
    documents: tuple[Document, ...]


_lock = threading.Lock()
_kept: dict[tuple[str, ...], _Kept] = {}


def of_database(database: str) -> Shelf:
    """All tables of a database that may be read.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
        OperatorError: the semantic layer of the database is broken.
    """
    declared = semantics.of_database(database).tables
    key = _key(database)
    with _lock:
        kept = _kept.get(key)
    if kept is not None and time.monotonic() - kept.read_at < _KEPT_SECONDS:
        return Shelf(kept.documents, declared)
    began = time.monotonic()
    documents = tuple(sorted(_read(database), key=lambda one: one.name))
    if time.monotonic() - began > _WORTH_KEEPING_SECONDS:
        _keep(key, documents)
    return Shelf(documents, declared)


def _key(database: str) -> tuple[str, ...]:
    """Whose catalog it is: another role, or another list of tables, sees another one."""
    source = settings.environment()
    known = settings.load()
    names = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN")
    lists = (",".join(known.databases), ",".join(known.tables))
    return (*(source.get(name) or "" for name in names), known.region, *lists, database)


def _keep(key: tuple[str, ...], documents: tuple[Document, ...]) -> None:
    columns = sum(len(document.columns) for document in documents)
    now = time.monotonic()
    with _lock:
        for old in [old for old, one in _kept.items() if now - one.read_at >= _KEPT_SECONDS]:
            del _kept[old]
        if columns + sum(one.columns for one in _kept.values()) <= _MOST_KEPT_COLUMNS:
            _kept[key] = _Kept(now, columns, documents)


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
