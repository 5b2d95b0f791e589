"""Finds tables by words: names, comments, columns, synonyms, measures, declared values.

Every word of the question counts once for a table, by the best thing that it names there; a table
that more of the words name stands before one that few name well. The values of personal columns
are never looked at.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from datalfred.lake.calls import each
from datalfred.lake.catalog import glue, semantics
from datalfred.lake.catalog.describe import columns_of, glue_text
from datalfred.lake.catalog.models import ColumnDescription, TableHit, WordMatch
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import likeness, meant, singular, words_of

_WEIGHTS = {
    "table": 10.0,
    "synonym": 8.0,
    "measure": 7.0,
    "column": 5.0,
    "value": 5.0,
    "comment": 2.0,
}
_COLUMN_SYNONYM = 4.5
_COVERAGE = 10.0
"""For the share of the words that name something in the table."""
_NOTHING = TableSemantics()


@dataclass(frozen=True)
class _Term:
    """Something that a word can name: all of ``words`` must be in the question."""

    words: tuple[str, ...]
    kind: str
    name: str
    weight: float


def search_tables(text: str = "", database: str = "") -> list[TableHit]:
    """The tables that the words name, best first; all of them, by name, when there are no words.

    Args:
        text: words of a question.
        database: only this one; empty for all that may be read.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    names = [database.lower()] if database else [str(one["Name"]) for one in glue.databases()]
    typed = meant(text)
    hits = [hit for hits in each(partial(_hits, typed), names) for hit in hits]
    found = [hit for hit in hits if hit.matches] if typed else hits
    return sorted(found, key=lambda hit: (-hit.score, hit.database, hit.name))


def _hits(typed: list[str], database: str) -> list[TableHit]:
    known = semantics.of_database(database).tables
    return [_hit(database, entry, known, typed) for entry in glue.tables(database)]


def _hit(
    database: str, entry: glue.Entry, known: dict[str, TableSemantics], typed: list[str]
) -> TableHit:
    name = str(entry["Name"]).lower()
    declared = known.get(name, _NOTHING)
    columns = columns_of(entry, declared)
    terms = list(_terms(database, entry, declared, columns)) if typed else []
    found = {word: best for word in typed if (best := _best(word, typed, terms)) is not None}
    share = len(found) / len(typed) if typed else 0.0
    score = sum(points for points, _ in found.values()) + _COVERAGE * share
    return TableHit(
        database=database,
        name=name,
        description=glue_text(entry, "Description"),
        columns=tuple(column.name for column in columns),
        matches=tuple(
            WordMatch(word=word, kind=term.kind, name=term.name)
            for word, (_, term) in found.items()
        ),
        score=round(score, 2),
    )


def _best(word: str, typed: list[str], terms: Iterable[_Term]) -> tuple[float, _Term] | None:
    """The best thing that ``word`` names, with its points."""
    question = {singular(one) for one in typed}
    best: tuple[float, _Term] | None = None
    for term in terms:
        alike = max(likeness(singular(word), known) for known in term.words)
        if not alike or not _is_whole(term, question):
            continue
        points = term.weight * alike * len(term.words) ** 0.5
        if best is None or points > best[0]:
            best = points, term
    return best


def _is_whole(term: _Term, question: Iterable[str]) -> bool:
    """Whether the question has every word of the term; one of a name's words is enough."""
    if term.kind in {"table", "column", "comment"}:
        return True
    return all(any(likeness(typed, known) for typed in question) for known in term.words)


def _terms(
    database: str,
    entry: glue.Entry,
    declared: TableSemantics,
    columns: Iterable[ColumnDescription],
) -> Iterator[_Term]:
    name = str(entry["Name"]).lower()
    yield from _named("table", name, name)
    yield from _synonyms(name, declared.synonyms, _WEIGHTS["synonym"])
    for measure, meaning in declared.measures.items():
        yield from _whole("measure", measure, (measure, *meaning.synonyms), _WEIGHTS["measure"])
    for column in columns:
        yield from _named("column", column.name, column.name)
        yield from _synonyms(column.name, column.synonyms, _COLUMN_SYNONYM)
        yield from _commented(column.name, column.comment)
        for value in column.values:
            said = f"{column.name}={value.value}"
            words = (value.value, *value.synonyms)
            yield from _whole("value", said, words, _WEIGHTS["value"])
    yield from _commented(name, glue_text(entry, "Description"))
    yield from _commented(name, database)


def _named(kind: str, name: str, text: str) -> Iterator[_Term]:
    """A name as a whole, and each of its words at half its weight when it has several."""
    words = words_of(text)
    for word in words:
        weight = _WEIGHTS[kind] if len(words) == 1 else _WEIGHTS[kind] / 2
        yield _Term((word,), kind, name, weight)


def _synonyms(name: str, synonyms: Iterable[str], weight: float) -> Iterator[_Term]:
    yield from _whole("synonym", name, synonyms, weight)


def _whole(kind: str, name: str, phrases: Iterable[str], weight: float) -> Iterator[_Term]:
    for phrase in phrases:
        if words := words_of(phrase):
            yield _Term(tuple(words), kind, name, weight)


def _commented(name: str, comment: str) -> Iterator[_Term]:
    for word in set(meant(comment)):
        yield _Term((singular(word),), "comment", name, _WEIGHTS["comment"])
