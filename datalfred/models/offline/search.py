"""What to look for in the catalog, and which of the found tables are worth a description."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from datalfred.models.offline import thesaurus
from datalfred.models.offline.catalog_view import Catalog, Hit, Table
from datalfred.models.offline.grammar import read_spans
from datalfred.models.offline.spans import Kind
from datalfred.models.offline.text import Token, nearest, stem, stems_of, words_in, words_of
from datalfred.models.offline.vocabulary import CHATTER

MOST_TABLES = 5
"""Tables described at first; a question is rarely about more, and each description is a call."""
MOST_DESCRIBED = 12
_FUNCTION_WORDS = set(
    words_in(
        """
how many much what which who when where show list by per each every for all of the in
than more less most least number count total sum average avg mean maximum minimum median
top bottom best worst highest lowest first last over under above below between and or
not no with without vs versus compare compared share percent percentage proportion
fraction distinct unique different day week month quarter year days weeks months
quarters years daily weekly monthly trend growth broken down split grouped largest
biggest smallest only it that those them latest newest recent eur usd euro euros dollars
instead about same again
"""
    )
)


def content_words(tokens: Sequence[Token]) -> list[str]:
    """The words that may name something: neither chatter nor grammar nor times."""
    spans = read_spans(tokens, _ANY_DAY, _nothing, _nothing, lambda _text: None)
    words: list[str] = []
    for span in spans:
        if span.kind in (Kind.TIME, Kind.SHIFT):
            continue
        for token in tokens[span.start : span.end]:
            useful = token.kind in ("word", "name", "quoted")
            if useful and token.norm not in CHATTER | _FUNCTION_WORDS:
                words.append(token.text if token.kind == "quoted" else token.norm)
    return list(dict.fromkeys(words))


def search_text(tokens: Sequence[Token]) -> str:
    """All words that could be part of a name, also those that are grammar elsewhere."""
    words = [
        t.norm if t.kind != "quoted" else t.text
        for t in tokens
        if t.kind in ("word", "name", "quoted")
    ]
    return " ".join(dict.fromkeys(w for w in words if w not in CHATTER))[:800]


def _nothing(_index: int, _taken: Sequence[bool]) -> None:
    return None


_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def coverage(hit: Hit, words: Sequence[str]) -> dict[str, float]:
    """Which words a table explains, and how well: 1 for its name, less for what is in it."""
    covered: dict[str, float] = {}
    said = {stem(m[0].lower()): _KINDS.get(m[1], 0.5) for m in hit.matches}
    names = set(stems_of(hit.name)) | {stem(w) for w in thesaurus.expand(hit.name)}
    columns = {stem(w) for c in hit.columns for w in (*words_of(c), *thesaurus.expand(c))}
    for word in words:
        if word in (hit.id, hit.name):
            covered[word] = 1.2
            continue
        for part in stems_of(word) or (word,):
            score = max(_local(part, names, columns), said.get(part, 0.0))
            if score:
                covered[word] = max(covered.get(word, 0.0), score)
    return covered


_KINDS = {
    "table": 1.0,
    "synonym": 0.95,
    "measure": 0.95,
    "value": 0.8,
    "column": 0.75,
    "comment": 0.4,
}


def _local(word: str, names: set[str], columns: set[str]) -> float:
    if word in names:
        return 1.0
    if word in columns:
        return 0.75
    meant = set(thesaurus.alternatives(word))
    if meant & names:
        return 0.6
    if meant & columns:
        return 0.45
    if nearest(word, sorted(names)):
        return 0.5
    return 0.4 if nearest(word, sorted(columns)) else 0.0


def unexplained(hits: Sequence[Hit], words: Sequence[str]) -> list[str]:
    """Words that no found table explains."""
    seen = {w for hit in hits for w in coverage(hit, words)}
    return [w for w in words if w not in seen]


def choose(hits: Sequence[Hit], words: Sequence[str], most: int = MOST_TABLES) -> list[Hit]:
    """The tables to describe: each word's best explainers, few in number."""
    scored = [(hit, coverage(hit, words)) for hit in hits]
    chosen: list[Hit] = []
    total = sorted(scored, key=lambda x: (-sum(x[1].values()), -x[0].score, x[0].id))
    for hit, covered in total[:2]:
        if covered:
            chosen.append(hit)
    for word in words:
        best = max((c.get(word, 0.0) for _, c in scored), default=0.0)
        for hit, covered in total:
            if (
                best
                and covered.get(word, 0.0) >= best - 0.05
                and hit not in chosen
                and len(chosen) < most
            ):
                chosen.append(hit)
    return chosen[:most]


def missing_targets(catalog: Catalog, asked: set[str]) -> list[str]:
    """Tables that described ones refer to, and that nobody described yet."""
    targets: dict[str, None] = {}
    for table in catalog.tables.values():
        for join in table.joins:
            if join.target not in asked:
                targets[join.target] = None
    return list(targets)


def likely_children(
    catalog: Catalog, hits: Sequence[Hit], asked: set[str], words: Sequence[str]
) -> list[str]:
    """Found tables that hold the key of a described one: perhaps what is counted of it."""
    keys = {t.key.name for t in catalog.tables.values() if t.key and t.key.name != "id"}
    keys |= {f"{t.singular}_id" for t in catalog.tables.values()}
    found = [h for h in hits if h.id not in asked and keys & set(h.columns)]
    return [h.id for h in sorted(found, key=lambda h: -sum(coverage(h, words).values()))]


def likely_targets(catalog: Catalog, hits: Sequence[Hit], asked: set[str]) -> list[str]:
    """Without declared joins: tables that a key column of a described one is named after."""
    wanted = {
        stem(words_of(c.name)[-2])
        for table in catalog.tables.values()
        if not table.joins
        for c in table.columns
        if c.is_key and len(words_of(c.name)) > 1
    }
    return [h.id for h in hits if h.id not in asked and _singular(h) in wanted]


def _singular(hit: Hit) -> str:
    return Table(hit.database, hit.name).singular


def named_in(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Tables whose name stands in a text: ``db.table``, the name, or its words."""
    lowered = f" {re.sub(r'[^0-9a-z_.]+', ' ', text.lower())} "
    full = [h for h in hits if f" {h.id.lower()} " in lowered or f" {h.id.lower()}. " in lowered]
    if full:
        return full
    exact = [h for h in hits if f" {h.name.lower()} " in lowered]
    if exact:
        return exact
    stems = f" {' '.join(stem(w) for w in words_of(text))} "
    spoken = [h for h in hits if f" {' '.join(stems_of(h.name))} " in stems]
    longest = max((len(words_of(h.name)) for h in spoken), default=0)
    return [h for h in spoken if len(words_of(h.name)) == longest]
