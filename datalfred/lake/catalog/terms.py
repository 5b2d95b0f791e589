"""What a table offers to a search: each thing that a word can name, and how much it weighs."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from datalfred.lake.catalog.documents import NOTHING, Document
from datalfred.lake.catalog.semantics import TableSemantics
from datalfred.lake.catalog.words import phrase_of, words_of

COMMENT = 2.0
_TABLE, _SYNONYM, _MEASURE, _COLUMN, _VALUE = 10.0, 8.0, 7.0, 5.0, 5.0
_COLUMN_SYNONYM = 4.5


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a word can name; where ``whole``, all words must be in the question.

    Attributes:
        points: what it is worth to name it; a phrase is worth more than a word.
    """

    words: tuple[str, ...]
    kind: str
    name: str
    weight: float
    whole: bool = False
    points: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", self.weight * math.sqrt(len(self.words)))


class Offers:
    """What tables offer to the known words of one question; like-named columns offer the same."""

    def __init__(self, known: frozenset[str]) -> None:
        self._known = known
        self._columns: dict[str, tuple[tuple[str, Term], ...]] = {}

    def of(self, document: Document, declared: TableSemantics) -> Mapping[str, Term]:
        """The best that each of the known words names in a table, comments last of all."""
        best: dict[str, Term] = {}
        for term in self._declared(document, declared):
            for word in self._known.intersection(term.words):
                _better(best, word, term)
        for column in document.columns:
            for word, term in self._of_column(column):
                _better(best, word, term)
        for word in self._known.difference(best):
            if _root(word) in document.said and (name := _commented(word, document)):
                best[word] = Term((word,), "comment", name, COMMENT)
        return best

    def _declared(self, document: Document, declared: TableSemantics) -> Iterator[Term]:
        plain = declared is NOTHING and not document.projected
        if plain and self._known.isdisjoint(parts_of(document.name)):
            return
        for term in declared_terms(document, declared):
            if not self._known.isdisjoint(term.words) and (
                not term.whole or self._known.issuperset(term.words)
            ):
                yield term

    def _of_column(self, column: str) -> tuple[tuple[str, Term], ...]:
        found = self._columns.get(column)
        if found is None:
            named = _named("column", column, _COLUMN)  # each of one word
            found = tuple((term.words[0], term) for term in named if term.words[0] in self._known)
            self._columns[column] = found
        return found


def _better(best: dict[str, Term], word: str, term: Term) -> None:
    if word not in best or term.points > best[word].points:
        best[word] = term


def _commented(word: str, document: Document) -> str:
    """The column or table in whose comment the word stands; empty when it stands in none."""
    of_table = f"{document.database} {document.description}"
    if word in phrase_of(of_table):
        return document.name
    root = _root(word)
    for column, comment in zip(document.columns, document.comments, strict=True):
        if root in comment and word in phrase_of(comment):
            return column
    return ""


def words_offered(documents: Iterable[Document], meanings: Iterable[TableSemantics]) -> set[str]:
    """The words of names and of what is declared; those of comments are too many to guess at."""
    known: set[str] = set()
    for document, declared in zip(documents, meanings, strict=True):
        for column in document.columns:
            known.update(parts_of(column))
        for term in declared_terms(document, declared):
            known.update(term.words)
    return known


def declared_terms(document: Document, declared: TableSemantics) -> Iterator[Term]:
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


@lru_cache(maxsize=65_536)
def parts_of(name: str) -> tuple[str, ...]:
    """The words of a name, and the name written as one word when it has several."""
    words = words_of(name)
    return (*words, "".join(words)) if len(words) > 1 else words


def _named(kind: str, name: str, weight: float) -> Iterator[Term]:
    """A name as a whole, and each of its words at half its weight when it has several."""
    words = words_of(name)
    for word in words:
        yield Term((word,), kind, name, weight if len(words) == 1 else weight / 2)
    if len(words) > 1:
        yield Term(("".join(words),), kind, name, weight)


def _phrases(kind: str, name: str, phrases: Iterable[str], weight: float) -> Iterator[Term]:
    """Phrases by the words that tell; ``how many orders`` is less than ``orders`` alone."""
    for phrase in phrases:
        if words := phrase_of(phrase):
            share = len(words) / len(words_of(phrase))
            yield Term(words, kind, name, weight * share, whole=True)


def _root(word: str) -> str:
    """What a singular and its plural have in common at least."""
    return word.removesuffix("y")
