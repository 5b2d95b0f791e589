"""Reads a question with everything that is known of the catalog, and with what was asked before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from datalfred.models.offline import probe
from datalfred.models.offline.catalog_view import Catalog
from datalfred.models.offline.follow_up import is_fragment, leans, merge
from datalfred.models.offline.keeping import lost
from datalfred.models.offline.linking import Lexicon, lexicon_of
from datalfred.models.offline.planner import Plan, best, readings, unread_names
from datalfred.models.offline.rules import GRAMMAR_WORDS
from datalfred.models.offline.spans import Span
from datalfred.models.offline.spelling import correct
from datalfred.models.offline.text import clean, stem, tokenize
from datalfred.models.offline.turn import Work
from datalfred.models.offline.verifier import doubts
from datalfred.models.offline.vocabulary import CHATTER, EVENT_WORDS

ESTIMATE = re.compile(
    r"\b(?:how much (?:would|will|does|do|is) (?:it|this|that|the query|a "
    r"query)?\s*(?:cost|scan|read)(?: me| us)?(?: to)?|"
    r"what (?:would|will|does) (?:it|this|that) cost(?: to)?|(?:what is |what's )?(?:the "
    r")?cost of (?:running|the query|querying|this query)|"
    r"(?:please )?estimate(?: the)?(?: cost| price)?(?: of| for)?|how expensive (?:would|"
    r"is|will) (?:it|this|the query)(?: be)?(?: to)?|dry run(?: of| for)?|"
    r"how many bytes (?:would|will|does|do) .*? (?:scan|read|process)|without running(?: it)?|"
    r"price of running)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """The question as it was understood, with the words that were corrected."""

    plan: Plan | None
    spans: list[Span]
    corrections: list[tuple[str, str]]
    unknown: tuple[str, ...] = ()
    """Names in the questions that this one leans on that nothing in the catalog is called."""


_IN_ALL = re.compile(
    r"\b(?:do|did) (?:we|you) have\b.*\b(?:in total|overall|altogether|in all)\b", re.IGNORECASE
)


def read_question(work: Work) -> Reading:
    """Plans the question; where it leans on earlier ones, together with them."""
    catalog = work.catalog
    lexicon = lexicon_of(catalog, probe.found(work.talk))
    variants, notes = _variants(catalog, lexicon, work.question)
    alone, spans = best(catalog, variants)
    leaning = leans(work.question) and not (_stands_alone(alone) and _IN_ALL.search(work.question))
    if not work.earlier or (not leaning and _stands_alone(alone)):
        return Reading(alone, spans, notes)
    unknown = _unknown_before(catalog, lexicon, work.earlier)
    before, said = _earlier_spans(catalog, lexicon, work.earlier)
    if before is None:
        return Reading(alone, spans, notes, unknown)
    together, merged = _merged(catalog, before, variants, said)
    if together and (not doubts(together) or not alone or doubts(alone)):
        return Reading(together, merged, notes, unknown)
    if alone and is_fragment(work.question):
        alone.draft.problem("it is not clear what of the earlier question still holds")
    return Reading(alone, spans, notes, unknown)


def _unknown_before(catalog: Catalog, lexicon: Lexicon, earlier: Sequence[str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for question in earlier[-3:]:
        variants, _ = _variants(catalog, lexicon, question)
        found |= dict.fromkeys(n.lower() for n in unread_names(variants[0]))
    return tuple(found)


def settled(work: Work) -> Reading:
    """The reading once nothing more can be looked up.

    A verb such as "shipped" may be a value of a column; where no value is called so, it only says
    what happens to every row of the table.
    """
    reading = read_question(work)
    if reading.plan is None or not doubts(reading.plan):
        return reading
    unread = {w.lower() for w in reading.plan.unread}
    if not unread or not unread <= EVENT_WORDS:
        return reading
    words = re.split(r"(\W+)", work.question)
    plainer = "".join("" if w.lower() in unread else w for w in words)
    other = read_question(replace(work, question=plainer))
    return other if other.plan and not doubts(other.plan) else reading


def _merged(
    catalog: Catalog, before: list[Span], variants: Sequence[list[Span]], said: Plan | None
) -> tuple[Plan | None, list[Span]]:
    """The plan of old and new words; what it drops of the old ones is a problem of it."""
    merges = [merge(before, v) for v in variants]
    together, merged = best(catalog, merges)
    if together and together.query and said and said.query:
        fresh = variants[merges.index(merged)] if merged in merges else variants[0]
        for sentence in lost(said.query, together.query, fresh, together.draft.scope.paths):
            together.draft.problem(sentence)
    return together, merged


def _stands_alone(found: Plan | None) -> bool:
    """Whether a question names what it counts or sums itself."""
    if found is None or found.query is None or doubts(found):
        return False
    draft = found.draft
    return draft.about_base or any(m.index < len(draft.spans) for m in draft.measured)


def _earlier_spans(
    catalog: Catalog, lexicon: Lexicon, earlier: Sequence[str]
) -> tuple[list[Span] | None, Plan | None]:
    """What the talk was about before this question, and its plan."""
    state: list[Span] | None = None
    said: Plan | None = None
    for question in earlier:
        variants, _ = _variants(catalog, lexicon, question)
        alone, spans = best(catalog, variants)
        fits = alone is not None and not doubts(alone)
        if fits and (state is None or (not leans(question) and _stands_alone(alone))):
            state, said = spans, alone
        elif state is not None:
            together, merged = _merged(catalog, state, variants, said)
            if together and not doubts(together):
                state, said = merged, together
    return state, said


def _variants(
    catalog: Catalog, lexicon: Lexicon, question: str
) -> tuple[list[list[Span]], list[tuple[str, str]]]:
    plain = ESTIMATE.sub(" ", question) or question
    known = lexicon.words | GRAMMAR_WORDS
    stems = {stem(w) for w in known | CHATTER}
    fixed, notes = correct(tokenize(clean(plain)), known, stems)
    return readings(catalog, lexicon, fixed), notes
