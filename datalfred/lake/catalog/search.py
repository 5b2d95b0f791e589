"""Finds tables by words: names, comments, columns, synonyms, measures, declared values.

Every word of the question counts once for a table, by the best thing that it names there; a table
that more of the words name stands before one that few name well. A word that names nothing is taken
for the known words that are nearest to it (see :mod:`.words`), and the match says so. The values of
personal columns are never looked at.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from datalfred.lake.calls import Gaps, each
from datalfred.lake.catalog import documents, glue
from datalfred.lake.catalog.documents import Document, Shelf
from datalfred.lake.catalog.models import TableHit, WordMatch
from datalfred.lake.catalog.terms import Term, declared_terms, offers, parts_of
from datalfred.lake.catalog.words import fold, likeness, meant, singular

_COVERAGE = 10.0
"""For the share of the words that name something in the table, a comment's word counting less."""
_OF_A_COMMENT = 0.4
_BY_NAME = 10.0
"""For a table of several words whose name stands in the question as it is."""
_BY_FULL_NAME = 20.0
_AS_NEAR = 0.06
"""Known words within so much likeness of the nearest are all meant."""
_NAME = re.compile(r"\w+(?:\.\w+)?")

Meanings = Mapping[str, Mapping[str, float]]
"""Each word of a question: the known words that it may mean, with their likeness."""


@dataclass(frozen=True)
class _Question:
    """What is searched for.

    Attributes:
        names: the names as they were typed, in lower case, those with a database among them.
        meanings: what the words may mean.
    """

    names: frozenset[str]
    meanings: Meanings

    @cached_property
    def known(self) -> frozenset[str]:
        """Every known word that some word may mean."""
        return frozenset(known for found in self.meanings.values() for known in found)


def search_tables(text: str = "", database: str = "", gaps: Gaps | None = None) -> list[TableHit]:
    """The tables that the words name, best first; all of them, by name, when there are no words.

    Args:
        text: words of a question.
        database: only this one; empty for all that may be read.
        gaps: takes the databases that refused to be read, when all are searched.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    shelves = _shelves(database.lower(), Gaps() if gaps is None else gaps)
    typed = meant(text)
    if not typed:
        hits = [_hit(document) for shelf in shelves for document in shelf.documents]
    else:
        hits = _found(text, typed, shelves)
    return sorted(hits, key=lambda hit: (-hit.score, hit.database, hit.name))


def _shelves(database: str, gaps: Gaps) -> list[Shelf]:
    if database:
        return [documents.of_database(database)]

    def shelf(name: str) -> Shelf | None:
        return gaps.attempt(f"the catalog of {name}", lambda: documents.of_database(name))

    found = each(shelf, [str(one["Name"]) for one in glue.databases()])
    return [one for one in found if one is not None]


def _found(text: str, typed: Sequence[str], shelves: Sequence[Shelf]) -> list[TableHit]:
    """The tables that the words name as they stand; then also by what the others probably mean."""
    vocabulary = _vocabulary(shelves)
    names = frozenset(_NAME.findall(fold(text)))
    meanings: Meanings = {word: {singular(word): 1.0} for word in typed}
    hits = _search(_Question(names, meanings), shelves)
    explained = {match.word for hit in hits for match in hit.matches}
    unknown = [word for word in typed if word not in explained]
    guessed = {word: _guesses(word, typed, vocabulary) for word in unknown}
    if any(guessed.values()):
        hits = _search(_Question(names, {**meanings, **guessed}), shelves)
    return hits


def _search(question: _Question, shelves: Iterable[Shelf]) -> list[TableHit]:
    return [hit for shelf in shelves for hit in _hits(question, shelf)]


def _vocabulary(shelves: Iterable[Shelf]) -> frozenset[str]:
    """The words of names and of what is declared; those of comments are too many to guess at."""
    known: set[str] = set()
    for shelf in shelves:
        for document in shelf.documents:
            for column in document.columns:
                known.update(parts_of(column))
            for term in declared_terms(document, shelf.meaning(document)):
                known.update(term.words)
    return frozenset(known)


def _guesses(word: str, typed: Sequence[str], vocabulary: frozenset[str]) -> dict[str, float]:
    """The known words that one which names nothing probably means: the nearest to it."""
    one = singular(word)
    for first, second in pairwise(typed):
        joined = f"{singular(first)}{singular(second)}"
        if word in {first, second} and joined in vocabulary:
            return {joined: 1.0}
    alike = {known: likeness(one, known) for known in vocabulary if known != one}
    best = max(alike.values(), default=0.0)
    return {known: like for known, like in alike.items() if like and like >= best - _AS_NEAR}


def _hits(question: _Question, shelf: Shelf) -> Iterator[TableHit]:
    for document in shelf.documents:
        offered = offers(question.known, document, shelf.meaning(document))
        if offered:
            yield _scored(question, document, offered)


def _scored(question: _Question, document: Document, offered: Mapping[str, Term]) -> TableHit:
    score = covered = 0.0
    matches = []
    for word, meanings in question.meanings.items():
        named = [
            (offered[one].points * like, one) for one, like in meanings.items() if one in offered
        ]
        if not named:
            continue
        points, one = max(named)
        term = offered[one]
        score += points
        covered += _OF_A_COMMENT if term.kind == "comment" else 1.0
        taken = "" if one == singular(word) else one
        matches.append(WordMatch(word=word, kind=term.kind, name=term.name, meant=taken))
    score += _COVERAGE * covered / len(question.meanings) + _bonus(question, document)
    return _hit(document, tuple(matches), round(score, 2))


def _bonus(question: _Question, document: Document) -> float:
    if f"{document.database}.{document.name}" in question.names:
        return _BY_FULL_NAME
    return _BY_NAME if "_" in document.name and document.name in question.names else 0.0


def _hit(document: Document, matches: tuple[WordMatch, ...] = (), score: float = 0.0) -> TableHit:
    return TableHit(
        database=document.database,
        name=document.name,
        description=document.description,
        columns=document.columns,
        matches=matches,
        score=score,
    )
