"""Reads a question with everything that is known of the catalog, and with what was asked before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from datalfred.models.offline import probe
from datalfred.models.offline.catalog_view import Catalog
from datalfred.models.offline.follow_up import leans, merge
from datalfred.models.offline.linking import Lexicon, correct, lexicon_of
from datalfred.models.offline.planner import Plan, best, readings
from datalfred.models.offline.rules import GRAMMAR_WORDS
from datalfred.models.offline.spans import Span
from datalfred.models.offline.text import clean, stem, tokenize
from datalfred.models.offline.turn import Work
from datalfred.models.offline.verifier import doubts
from datalfred.models.offline.vocabulary import CHATTER

ESTIMATE = re.compile(
    r"\b(?:how much (?:would|will|does|do|is) (?:it|this|that|the query|a "
    r"query)?\s*(?:cost|scan|read)(?: me| us)?(?: to)?|"
    r"what (?:would|will|does) (?:it|this|that) cost(?: to)?|(?:what is |what's )?(?:the "
    r")?cost of (?:running|the query|querying|this query)|"
    r"(?:please )?estimate(?: the)?(?: cost| price)?(?: of| for)?|how expensive (?:would|"
    r"is|will) (?:it|this|the query)(?: be)?(?: to)?|dry run(?: of| for)?|"
    r"how many bytes (?:would|will) .*? (?:scan|read)|without running(?: it)?|price of running)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reading:
    """The question as it was understood, with the words that were corrected."""

    plan: Plan | None
    spans: list[Span]
    corrections: list[tuple[str, str]]


def read_question(work: Work) -> Reading:
    """Plans the question; where it leans on earlier ones, together with them."""
    catalog = work.catalog
    lexicon = lexicon_of(catalog, probe.found(work.talk))
    variants, notes = _variants(catalog, lexicon, work.question)
    alone, spans = best(catalog, variants)
    leaning = leans(work.question)
    if not work.earlier or (not leaning and _stands_alone(alone)):
        return Reading(alone, spans, notes)
    before = _earlier_spans(catalog, lexicon, work.earlier)
    if before is None:
        return Reading(alone, spans, notes)
    together, merged = best(catalog, [merge(before, v) for v in variants])
    if together and (not doubts(together) or not alone or doubts(alone)):
        return Reading(together, merged, notes)
    return Reading(alone, spans, notes)


def _stands_alone(found: Plan | None) -> bool:
    """Whether a question names what it counts or sums itself."""
    if found is None or found.query is None or doubts(found):
        return False
    draft = found.draft
    return draft.about_base or any(m.index < len(draft.spans) for m in draft.measured)


def _earlier_spans(catalog: Catalog, lexicon: Lexicon, earlier: Sequence[str]) -> list[Span] | None:
    """What the talk was about before this question."""
    state: list[Span] | None = None
    for question in earlier:
        variants, _ = _variants(catalog, lexicon, question)
        alone, spans = best(catalog, variants)
        fits = alone is not None and not doubts(alone)
        if fits and (state is None or (not leans(question) and _stands_alone(alone))):
            state = spans
        elif state is not None:
            together, merged = best(catalog, [merge(state, v) for v in variants])
            if together and not doubts(together):
                state = merged
    return state


def _variants(
    catalog: Catalog, lexicon: Lexicon, question: str
) -> tuple[list[list[Span]], list[tuple[str, str]]]:
    plain = ESTIMATE.sub(" ", question) or question
    known = lexicon.words | GRAMMAR_WORDS
    stems = {stem(w) for w in known | CHATTER}
    fixed, notes = correct(tokenize(clean(plain)), known, stems)
    return readings(catalog, lexicon, fixed), notes
