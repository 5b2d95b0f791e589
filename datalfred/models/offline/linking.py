"""Which words of a question name which table, column, value or measure of the catalog.

A candidate carries a penalty: 0 for a name or declared synonym said as it is, more for a part of a
name, a thesaurus word or a misspelling. What is reachable from the base table of a plan, and how
far it is, is added there.
"""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from datalfred.models.offline import thesaurus
from datalfred.models.offline.catalog_view import Catalog, Column, Measure, Table
from datalfred.models.offline.text import stem, words_in, words_of
from datalfred.models.offline.vocabulary import CHATTER

Stems = tuple[str, ...]
LONGEST_NAME = 5


@dataclass(frozen=True)
class Candidate:
    """One thing that some words may name.

    Attributes:
        kind: ``table``, ``column``, ``measure``, ``value`` or ``flag`` (a boolean said as an
            adjective).
        table: ``database.table`` it belongs to.
        column: for columns, values and flags.
        measure: for measures.
        value: for values; for a flag ``true`` or ``false``.
        penalty: how far the words are from its name.
        form: the words as the catalog has them, to prefer an exact hit.
    """

    kind: str
    table: str
    column: Column | None = None
    measure: Measure | None = None
    value: str = ""
    penalty: float = 0.0
    form: str = ""


_SUFFIXES = set(
    words_in(
        """
    at on date time ts timestamp id seconds minutes hours days ms eur usd gbp km kg pct
    percent flag ind dt datetime utc amount code name m
        """
    )
)
_FLAG_PREFIXES = {"is", "has", "was", "did", "can", "flag", "had"}


@dataclass
class Lexicon:
    """Everything that the described tables name, by the stems of its words."""

    entries: dict[Stems, list[Candidate]] = field(default_factory=lambda: defaultdict(list))
    words: set[str] = field(default_factory=set)

    def add(self, words: Iterable[str], candidate: Candidate, penalty: float = 0.0) -> None:
        """Enters one way to name a candidate; a nearer way to name it stays."""
        said = tuple(w.lower() for w in words if w)
        while len(said) > 1 and said[-1] in _TRAILING:
            said = said[:-1]
        if not said or len(said) > LONGEST_NAME:
            return
        form = " ".join(said)
        same = self.entries[tuple(stem(w) for w in said)]
        if any(_same_thing(candidate, form, other) and other.penalty <= penalty for other in same):
            return
        c = candidate
        same.append(Candidate(c.kind, c.table, c.column, c.measure, c.value, penalty, form))
        self.words.update(w for w in said if w.isalpha() and len(w) > 2)

    def include(self, other: "Lexicon") -> None:
        """Adds all of another lexicon."""
        for stems, entries in other.entries.items():
            self.entries[stems].extend(entries)
        self.words |= other.words


_TRAILING = {"at", "on", "in", "of", "to", "by", "for", "with"}


def _same_thing(candidate: Candidate, form: str, other: Candidate) -> bool:
    return (
        other.form == form
        and other.kind == candidate.kind
        and other.column is candidate.column
        and other.measure is candidate.measure
        and other.value == candidate.value
    )


def lexicon_of(catalog: Catalog, found: Mapping[str, Sequence[tuple[str, str, str]]]) -> Lexicon:
    """The lexicon of all described tables.

    Args:
        catalog: the tables.
        found: values that a look into the data confirmed: words -> (table, column, value).
    """
    lexicon = Lexicon()
    for table in catalog.tables.values():
        lexicon.include(_lexicon_of(table))
    for words, places in found.items():
        for identity, column_name, value in places:
            owner = catalog.get(identity)
            column = owner.column(column_name) if owner else None
            if column:
                lexicon.add(words.split(" "), Candidate("value", identity, column, value=value))
    return lexicon


@lru_cache(maxsize=128)
def _lexicon_of(table: Table) -> Lexicon:
    """One table's lexicon: the same description always gives the same one."""
    lexicon = Lexicon()
    _enter_table(lexicon, table)
    return lexicon


def _enter_table(lexicon: Lexicon, table: Table) -> None:
    this = Candidate("table", table.id)
    words = thesaurus.expand(table.name)
    plain = [w for w in words if stem(w) != "" and w not in _TABLE_DECORATION]
    lexicon.add(words, this)
    lexicon.add((table.name,), this)
    lexicon.add((table.id,), this)
    lexicon.add(plain, this)
    if len(plain) > 1:
        lexicon.add(plain[-1:], this, 0.6)
    for synonym in table.synonyms:
        lexicon.add(words_of(synonym), this, 0.1)
        for word in words_of(synonym) if len(words_of(synonym)) > 1 else ():
            lexicon.add((word,), this, 0.8)
    for measure in table.measures:
        _enter_measure(lexicon, Candidate("measure", table.id, measure=measure), measure)
    for column in table.columns:
        _enter_column(lexicon, table, column, plain)


_TABLE_DECORATION = set(
    words_in(
        """
    fact dim fct tbl stg raw src vw view table mart prod v1 v2 t
        """
    )
)


def _enter_measure(lexicon: Lexicon, entry: Candidate, measure: Measure) -> None:
    words = words_of(measure.name)
    lexicon.add(words, entry)
    lexicon.add((measure.name,), entry)
    for synonym in measure.synonyms:
        said = words_of(synonym)
        if said[:2] not in (("number", "of"), ("how", "many"), ("count", "of")):
            lexicon.add(said, entry, 0.1)
    counted = measure.expression.lower().startswith("count")
    if len(words) > 1 and not counted:
        lexicon.add(words[-1:], entry, 0.7)


def _enter_column(lexicon: Lexicon, table: Table, column: Column, owner: Sequence[str]) -> None:
    entry = Candidate("column", table.id, column)
    for words, penalty in _names_of(table, column, owner):
        lexicon.add(words, entry, penalty)
    for synonym in column.synonyms:
        lexicon.add(words_of(synonym), entry, 0.1)
    lexicon.add((column.name,), entry)
    if column.kind == "boolean":
        _enter_flag(lexicon, table, column)
    kind = "flag" if column.kind == "boolean" else "value"
    for value in column.values:
        said = Candidate(kind, table.id, column, value=value.value)
        if kind == "value":
            lexicon.add(words_of(value.value), said)
            lexicon.add((value.value,), said)
        for synonym in value.synonyms:
            lexicon.add(words_of(synonym), said, 0.1)
    if column.comment and not column.synonyms and not table.measures:
        _enter_comment(lexicon, entry, column.comment)


def _names_of(
    table: Table, column: Column, owner: Sequence[str]
) -> Iterator[tuple[Sequence[str], float]]:
    words = thesaurus.expand(column.name) or (column.name,)
    yield words, 0.0
    yield words_of(column.name), 0.0
    singular = owner[-1:] if owner else ()
    if stem(words[0]) == table.singular and len(words) > 1:
        yield words[1:], 0.3 if words[1:] != ("id",) else 1.0
    else:
        yield (*singular, *words), 0.0
    if "birth" in words:
        yield ("born",), 0.1
    if column.is_key:
        return
    short = tuple(w for w in words if w not in _SUFFIXES) or words
    if short != words:
        yield short, 0.2
        yield (*singular, *short), 0.3
    yield from _parts_of(table, words)


def _parts_of(table: Table, words: Sequence[str]) -> Iterator[tuple[Sequence[str], float]]:
    """Some of a name's words name it too, if less surely."""
    for size in range(2, len(words)):
        yield words[:size], 0.5
        yield words[-size:], 0.4
    for word in words if len(words) > 1 else ():
        if len(word) > 3 and word not in _SUFFIXES and stem(word) != table.singular:
            yield (word,), 0.8
        elif word in ("amount", "name", "minutes", "hours", "days"):
            yield (word,), 0.9


def _enter_flag(lexicon: Lexicon, table: Table, column: Column) -> None:
    words = [w for w in thesaurus.expand(column.name) if w not in _FLAG_PREFIXES]
    true, false = (Candidate("flag", table.id, column, value=v) for v in ("true", "false"))
    for size in range(1, len(words) + 1):
        lexicon.add(words[-size:], true, 0.0 if size == len(words) else 0.6)
        if size < len(words):
            lexicon.add(words[:size], true, 0.7)
    if len(words) == 1:
        for prefix in ("in", "un", "non", "dis", "im"):
            lexicon.add((prefix + words[0],), false, 0.1)
    for synonym in column.synonyms:
        lexicon.add(words_of(synonym), true, 0.1)


def _enter_comment(lexicon: Lexicon, entry: Candidate, comment: str) -> None:
    words = [w for w in words_of(comment)[:8] if w not in CHATTER and len(w) > 2][:4]
    for index, word in enumerate(words):
        lexicon.add(words[index : index + 2], entry, 1.2)
        lexicon.add((word,), entry, 1.5 + index * 0.1)
