"""Finds tables by words: names, comments, columns, synonyms, measures, declared values.

Every word of the question counts once for a table, by the best thing that it names there; a table
that more of the words name stands before one that few name well. A word that names nothing is taken
for the known words that are nearest to it (see :mod:`.words`), and the match says so. The values of
personal columns are never looked at.
"""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, overload

from datalfred.lake.calls import Gaps, each
from datalfred.lake.catalog import documents, glue
from datalfred.lake.catalog.documents import Document, Shelf
from datalfred.lake.catalog.models import TableHit, WordMatch
from datalfred.lake.catalog.terms import Offers, Term, words_offered
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


class _Match(NamedTuple):
    """The word of a search, what it named, and the known word that it was taken for."""

    word: str
    term: Term
    meant: str


class _Scored(NamedTuple):
    """A table that was found, before it is spelled out."""

    score: float
    document: Document
    matches: Sequence[_Match] = ()


class Ranking(Sequence[TableHit]):
    """The tables that were found, best first; each is spelled out when it is looked at.

    Attributes:
        seconds_old: how long ago the oldest part of the catalog was read; 0 when just now.
    """

    def __init__(self, found: Sequence[_Scored], seconds_old: int) -> None:
        self._found = sorted(found, key=_rank)
        self.seconds_old = seconds_old

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, at: int) -> TableHit: ...
    @overload
    def __getitem__(self, at: slice) -> list[TableHit]: ...
    def __getitem__(self, at: int | slice) -> TableHit | list[TableHit]:
        if isinstance(at, slice):
            return [_hit(found) for found in self._found[at]]
        return _hit(self._found[at])


def search_tables(text: str = "", database: str = "", gaps: Gaps | None = None) -> Ranking:
    """The tables that the words name, best first; all of them, by name, when there are no words.

    Where a catalog that was kept has none, it is read anew before nothing is said to be found.

    Args:
        text: words of a question.
        database: only this one; empty for all that may be read.
        gaps: takes the databases that refused to be read, when all are searched.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    gaps = Gaps() if gaps is None else gaps
    began = time.monotonic()
    shelves = _shelves(database.lower(), gaps)
    found = _found(text, shelves)
    if not found and _oldest(shelves, began) < began:
        documents.forget()
        shelves = _shelves(database.lower(), gaps)
        found = _found(text, shelves)
    return Ranking(found, round(began - _oldest(shelves, began)))


def _oldest(shelves: Sequence[Shelf], present: float) -> float:
    return min((present, *(shelf.read_at for shelf in shelves)))


def _shelves(database: str, gaps: Gaps) -> list[Shelf]:
    shelves = [documents.of_database(database)] if database else _all_shelves(gaps)
    documents.keep(shelves)
    return shelves


def _all_shelves(gaps: Gaps) -> list[Shelf]:
    def shelf(name: str) -> Shelf | None:
        return gaps.attempt(f"the catalog of {name}", lambda: documents.of_database(name))

    found = each(shelf, [str(one["Name"]) for one in glue.databases()])
    return [one for one in found if one is not None]


def _found(text: str, shelves: Sequence[Shelf]) -> list[_Scored]:
    """The tables that the words name as they stand; then also by what the others probably mean."""
    typed = meant(text)
    if not typed:
        return [_Scored(0.0, document) for shelf in shelves for document in shelf.documents]
    names = frozenset(_NAME.findall(fold(text)))
    meanings: Meanings = {word: {singular(word): 1.0} for word in typed}
    found = _search(_Question(names, meanings), shelves)
    explained = {match.word for one in found for match in one.matches}
    unknown = [word for word in typed if word not in explained]
    if not unknown:
        return found
    vocabulary = _vocabulary(shelves)
    guessed = {word: _guesses(word, typed, vocabulary) for word in unknown}
    if any(guessed.values()):
        found = _search(_Question(names, {**meanings, **guessed}), shelves)
    return found


def _search(question: _Question, shelves: Sequence[Shelf]) -> list[_Scored]:
    offers = Offers(question.known)
    return [
        _scored(question, document, offered)
        for shelf in shelves
        for document in shelf.documents
        if (offered := offers.of(document, shelf.meaning(document)))
    ]


def _vocabulary(shelves: Sequence[Shelf]) -> set[str]:
    return {
        word
        for shelf in shelves
        for word in words_offered(shelf.documents, map(shelf.meaning, shelf.documents))
    }


def _guesses(word: str, typed: Sequence[str], vocabulary: set[str]) -> dict[str, float]:
    """The known words that one which names nothing probably means: the nearest to it."""
    one = singular(word)
    for first, second in pairwise(typed):
        joined = f"{singular(first)}{singular(second)}"
        if word in {first, second} and joined in vocabulary:
            return {joined: 1.0}
    alike = {known: likeness(one, known) for known in vocabulary if known != one}
    best = max(alike.values(), default=0.0)
    return {known: like for known, like in alike.items() if like and like >= best - _AS_NEAR}


def _scored(question: _Question, document: Document, offered: Mapping[str, Term]) -> _Scored:
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
        matches.append(_Match(word, term, "" if one == singular(word) else one))
    score += _COVERAGE * covered / len(question.meanings) + _bonus(question, document)
    return _Scored(round(score, 2), document, matches)


def _bonus(question: _Question, document: Document) -> float:
    if f"{document.database}.{document.name}" in question.names:
        return _BY_FULL_NAME
    return _BY_NAME if "_" in document.name and document.name in question.names else 0.0


def _rank(found: _Scored) -> tuple[float, str, str]:
    return -found.score, found.document.database, found.document.name


def _hit(found: _Scored) -> TableHit:
    document = found.document
    return TableHit(
        database=document.database,
        name=document.name,
        description=document.description,
        columns=document.columns,
        matches=tuple(
            WordMatch(
                word=match.word, kind=match.term.kind, name=match.term.name, meant=match.meant
            )
            for match in found.matches
        ),
        score=found.score,
    )
