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

from datalfred.lake.calls import each
from datalfred.lake.catalog import documents, glue
from datalfred.lake.catalog.documents import Document, Shelf
from datalfred.lake.catalog.models import TableHit, WordMatch
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import fold, likeness, meant, phrase_of, singular, words_of

_TABLE, _SYNONYM, _MEASURE, _COLUMN, _VALUE, _COMMENT = 10.0, 8.0, 7.0, 5.0, 5.0, 2.0
_COLUMN_SYNONYM = 4.5
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


@dataclass(frozen=True, slots=True)
class _Term:
    """Something that a word can name; where ``whole``, all words must be in the question."""

    words: tuple[str, ...]
    kind: str
    name: str
    weight: float
    whole: bool = False


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


def search_tables(text: str = "", database: str = "") -> list[TableHit]:
    """The tables that the words name, best first; all of them, by name, when there are no words.

    Args:
        text: words of a question.
        database: only this one; empty for all that may be read.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    names = [database.lower()] if database else [str(one["Name"]) for one in glue.databases()]
    shelves = each(documents.of_database, names)
    typed = meant(text)
    if not typed:
        hits = [_hit(document) for shelf in shelves for document in shelf.documents]
    else:
        hits = _found(text, typed, shelves)
    return sorted(hits, key=lambda hit: (-hit.score, hit.database, hit.name))


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
                known.update(_parts(column))
            for term in _declared_terms(document, shelf.meaning(document)):
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
        terms = [
            term
            for term in _terms(question, document, shelf.meaning(document))
            if question.known.intersection(term.words)
        ]
        found = {
            word: best
            for word, known in question.meanings.items()
            if (best := _best(known, question.known, terms)) is not None
        }
        if found:
            yield _scored(question, document, found)


def _scored(
    question: _Question, document: Document, found: Mapping[str, tuple[float, str, _Term]]
) -> TableHit:
    score = sum(points for points, _, _ in found.values())
    covered = sum(
        _OF_A_COMMENT if term.weight == _COMMENT else 1.0 for _, _, term in found.values()
    )
    score += _COVERAGE * covered / len(question.meanings)
    if f"{document.database}.{document.name}" in question.names:
        score += _BY_FULL_NAME
    elif "_" in document.name and document.name in question.names:
        score += _BY_NAME
    matches = tuple(
        WordMatch(
            word=word,
            kind=term.kind,
            name=term.name,
            meant="" if known == singular(word) else known,
        )
        for word, (_, known, term) in found.items()
    )
    return _hit(document).model_copy(update={"matches": matches, "score": round(score, 2)})


def _hit(document: Document) -> TableHit:
    return TableHit(
        database=document.database,
        name=document.name,
        description=document.description,
        columns=document.columns,
    )


def _best(
    known: Mapping[str, float], asked: frozenset[str], terms: Iterable[_Term]
) -> tuple[float, str, _Term] | None:
    """The best thing that a word names: its points, the word as the catalog knows it, the term."""
    best: tuple[float, str, _Term] | None = None
    for term in terms:
        if term.whole and not asked.issuperset(term.words):
            continue
        alike, word = max(((known.get(one, 0.0), one) for one in term.words), default=(0.0, ""))
        points = term.weight * alike * len(term.words) ** 0.5
        if points and (best is None or points > best[0]):
            best = points, word, term
    return best


def _terms(question: _Question, document: Document, declared: TableSemantics) -> Iterator[_Term]:
    """What the table has to offer, as far as the question may want it."""
    yield from _declared_terms(document, declared)
    for column in document.columns:
        if not question.known.isdisjoint(_parts(column)):
            yield from _named("column", column, _COLUMN)
    if not any(word in document.said for word in question.known):
        return
    for column, comment in zip(document.columns, document.comments, strict=True):
        if comment:
            yield from _commented(column, comment)
    yield from _commented(document.name, document.description)
    yield from _commented(document.name, document.database)


def _declared_terms(document: Document, declared: TableSemantics) -> Iterator[_Term]:
    """The name of the table, and all that the semantic layer and its properties say of it."""
    yield from _named("table", document.name, _TABLE)
    yield from _phrases("synonym", document.name, declared.synonyms, _SYNONYM)
    for measure, meaning in declared.measures.items():
        yield from _phrases("measure", measure, (measure, *meaning.synonyms), _MEASURE)
    for column, described in declared.columns.items():
        yield from _phrases("synonym", column, described.synonyms, _COLUMN_SYNONYM)
        if not described.personal:
            for value, words in described.values.items():
                yield from _phrases("value", f"{column}={value}", (value, *words), _VALUE)
    for key, values in document.projected.items():
        if not declared.column(key).personal:
            for value in values:
                yield from _phrases("value", f"{key}={value}", (value,), _VALUE)


def _parts(name: str) -> tuple[str, ...]:
    """The words of a name, and the name written as one word when it has several."""
    words = words_of(name)
    return (*words, "".join(words)) if len(words) > 1 else words


def _named(kind: str, name: str, weight: float) -> Iterator[_Term]:
    """A name as a whole, and each of its words at half its weight when it has several."""
    words = words_of(name)
    for word in words:
        yield _Term((word,), kind, name, weight if len(words) == 1 else weight / 2)
    if len(words) > 1:
        yield _Term(("".join(words),), kind, name, weight)


def _phrases(kind: str, name: str, phrases: Iterable[str], weight: float) -> Iterator[_Term]:
    """Phrases by the words that tell; ``how many orders`` is less than ``orders`` alone."""
    for phrase in phrases:
        if words := phrase_of(phrase):
            share = len(words) / len(words_of(phrase))
            yield _Term(words, kind, name, weight * share, whole=True)


def _commented(name: str, comment: str) -> Iterator[_Term]:
    for word in set(meant(comment)):
        yield _Term((singular(word),), "comment", name, _COMMENT)
