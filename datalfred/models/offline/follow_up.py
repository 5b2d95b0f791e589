"""Questions that lean on earlier ones: "and last month?", "only France", "top 3 instead".

The supervisor sends them on with the earlier questions attached (:func:`wrap`); the analyst reads
those again (:func:`unwrap`) and lets the new words replace what they speak of (:func:`merge`).
"""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Sequence
from dataclasses import replace

from datalfred.models.offline.spans import Kind, Span

_MARK = "(Earlier questions, oldest first: "
_KEPT = 6
_LEADS = re.compile(
    r"\s*(?:(?:ok|okay|and|but|so|now|then|also|hm+|great|thanks|cool|nice)[\s,]+)*"
    r"(?:and|or|but|what about|how about|what of|only|just|same|instead|also|now|then|for|"
    r"in|by|per|without|with|"
    r"excluding|except|including|since|not|what if|and what|how so|which of (?:them|those|"
    r"these)|of (?:those|these|them|which)|"
    r"on|from|split|broken|break|group|as a|top \d+ (?:instead|only)|make (?:it|that)|limit)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|that|those|them|these|this one|that one|the same|same (?:thing|question|for|"
    r"but|query|numbers?)|instead|again|"
    r"of which|this table|that table|the table|its|their|there|above|previous (?:question|"
    r"query|answer|result)|last (?:query|result|question))\b",
    re.IGNORECASE,
)
_OFFSET = 1_000
"""Added to the places of the newer words, so that none of them neighbours an older one."""


def wrap(question: str, earlier: Sequence[str]) -> str:
    """A question with what it may lean on, as one self-contained text."""
    kept = [re.sub(r"\s+", " ", e.replace('"', "'")).strip()[:300] for e in earlier[-_KEPT:]]
    return (
        f"{question} {_MARK}{'; '.join(f'{chr(34)}{e}{chr(34)}' for e in kept)})"
        if kept
        else question
    )


def unwrap(content: str) -> tuple[str, list[str]]:
    """The question, and the earlier ones that were attached."""
    head, mark, tail = content.partition(_MARK)
    if not mark:
        return content, []
    return head.strip(), re.findall(r'"([^"]*)"', tail)


def leans(question: str) -> bool:
    """Whether the words themselves point at something said before."""
    return bool(_LEADS.match(question) or _POINTS_BACK.search(question))


_FRAGMENT = re.compile(
    r"^\s*(?:(?:ok|okay|so|hm+|great|cool|nice)[\s,]+)*(?:and|or|but|what about|how about|what of|"
    r"same|instead|only|just|what if)\b|\binstead\W*$|\b(?:for|of|from|in) (?:those|these|them|"
    r"that|it)\W*$|\b(?:they|their|them|those|these)\b|"
    r"\b(?:was|is|were|are|does|did) (?:that|it|those|they)\W*$|\bsame for\b",
    re.IGNORECASE,
)


def is_fragment(question: str) -> bool:
    """Whether the words surely go on with what was said before: "and ...", "... instead"."""
    return bool(_FRAGMENT.search(question))


def points_back(question: str) -> bool:
    """Whether "it", "that" or "again" stands in it."""
    return bool(_POINTS_BACK.search(question))


_SUBJECT = {Kind.AGGREGATE, Kind.LIST, Kind.WHICH, Kind.WHEN, Kind.DISTINCT}
_SUBJECT_KINDS = {"table", "measure"}


def merge(old: Sequence[Span], new: Sequence[Span]) -> list[Span]:
    """The old question with the new words in place of those that they replace."""
    kept = [s for s in old if s.kind is not Kind.CHATTER]
    fresh = [replace(s, start=s.start + _OFFSET, end=s.end + _OFFSET) for s in _without_leads(new)]
    kept, fresh = _with_shifted_time(kept, fresh)
    kept = _without_replaced_times(kept, fresh)
    kept = _without_replaced_values(kept, fresh)
    if _groups(fresh):
        kept = [s for s in kept if s not in _group_region(kept)]
    kept, fresh = _with_rank(kept, fresh)
    kept, fresh = _with_subject(kept, fresh)
    highest = max((s.end for s in [*kept, *fresh]), default=0)
    return [*kept, *(replace(s, start=s.start + highest, end=s.end + highest) for s in fresh)]


def _without_leads(spans: Sequence[Span]) -> list[Span]:
    """Without "and", "what about", "instead", "only" and the like."""
    found = [s for s in spans if s.kind not in (Kind.CHATTER, Kind.LIST)]
    found = [s for s in found if not (s.kind is Kind.UNKNOWN and s.text.lower() in _POINTERS)]
    while found and found[0].kind in (Kind.AND, Kind.WHICH, Kind.THAT):
        found = found[1:]
    return found


_POINTERS = {
    "only",
    "instead",
    "about",
    "same",
    "again",
    "those",
    "that",
    "it",
    "but",
    "split",
    "grouped",
    "group",
}


def _values(span: Span) -> set[tuple[str, str]]:
    if span.kind is not Kind.ENTITY:
        return set()
    return {
        (c.table, c.column.name)
        for c in span.value
        if c.kind in ("value", "flag") and c.column and c.penalty < 0.9
    }


def _columns(span: Span) -> set[tuple[str, str]]:
    """The columns that a name in front of a value may be: "cancel reason ill"."""
    if span.kind is not Kind.ENTITY:
        return set()
    return {(c.table, c.column.name) for c in span.value if c.kind == "column" and c.column}


def _with_shifted_time(kept: list[Span], fresh: list[Span]) -> tuple[list[Span], list[Span]]:
    """As in "and the day before?" moves the old time; "compared to the day before" compares."""
    shifts = [s for s in fresh if s.kind is Kind.SHIFT and not _COMPARES.match(s.text)]
    times = [s for s in kept if s.kind is Kind.TIME]
    if len(shifts) != 1 or len(times) != 1 or any(s.kind is Kind.VERSUS for s in fresh):
        return kept, fresh
    found = times[0].value
    named = found.range
    moved = named.shifted("year", -1) if shifts[0].value == "year" else named.before()
    swapped = replace(times[0], value=replace(found, range=moved, ends=()))
    return [swapped if s is times[0] else s for s in kept], [s for s in fresh if s is not shifts[0]]


_COMPARES = re.compile(
    r"(?:than|vs|versus|against|to|with|as|year (?:over|on)|yoy)\b", re.IGNORECASE
)


def _without_replaced_times(kept: list[Span], fresh: list[Span]) -> list[Span]:
    timed = any(s.kind in (Kind.TIME, Kind.DAYS) for s in fresh)
    compared = any(s.kind in (Kind.VERSUS, Kind.SHIFT) for s in fresh)
    if not timed or compared:
        return kept
    return [s for s in kept if s.kind not in (Kind.TIME, Kind.DAYS, Kind.SHIFT, Kind.VERSUS)]


def _without_replaced_values(kept: list[Span], fresh: list[Span]) -> list[Span]:
    replaced = set().union(*(_values(s) for s in fresh)) if fresh else set()
    result: list[Span] = []
    for span in kept:
        if _values(span) & replaced:
            while result and (
                result[-1].kind in (Kind.NOT, Kind.AND, Kind.NONE, Kind.SOME, Kind.THAT)
                or _columns(result[-1]) & replaced
            ):
                result.pop()
            continue
        result.append(span)
    return result


def _groups(spans: Sequence[Span]) -> bool:
    return any(s.kind in (Kind.GROUP, Kind.GRAIN) for s in spans)


def _group_region(spans: Sequence[Span]) -> list[Span]:
    region: list[Span] = []
    inside = open_ = False  # a group word or an "and" opens the place of a name
    for span in spans:
        starts = span.kind in (Kind.GROUP, Kind.GRAIN)
        inside = starts or (
            inside and (span.kind is Kind.AND or (span.kind is Kind.ENTITY and open_))
        )
        if inside:
            region.append(span)
        open_ = inside and span.kind in (Kind.GROUP, Kind.AND)
    return region


def _with_rank(kept: list[Span], fresh: list[Span]) -> tuple[list[Span], list[Span]]:
    """A new "top 3" stands where the old "top 5" stood."""
    ranks = [s for s in fresh if s.kind in (Kind.RANK, Kind.LIMIT)]
    old = [i for i, s in enumerate(kept) if s.kind in (Kind.RANK, Kind.LIMIT)]
    if not ranks or not old:
        return kept, fresh
    place = kept[old[0]]
    swapped = replace(ranks[0], start=place.start, end=place.end)
    rest = [s for i, s in enumerate(kept) if i not in old[1:]]
    rest[rest.index(place)] = swapped
    return rest, [s for s in fresh if s not in ranks]


def _names_subject(span: Span) -> bool:
    if span.kind is not Kind.ENTITY or _values(span):
        return False
    return any(
        c.kind in _SUBJECT_KINDS or (c.column and c.column.kind == "number" and not c.column.is_key)
        for c in span.value[:3]
    )


def _is_narrowed(span: Span, fresh: Sequence[Span]) -> bool:
    """In "what about business customers" the customers only say whose value it is."""
    if span.value[0].kind != "table":
        return False
    beside = [s for s in fresh if s.end == span.start or s.start == span.end]
    return any(table == span.value[0].table for s in beside for table, _ in _values(s))


def _with_subject(kept: list[Span], fresh: list[Span]) -> tuple[list[Span], list[Span]]:
    """A new thing to count or sum takes the place of the old one."""
    grouped = _group_region(fresh)
    asked = [s for s in fresh if s.kind is Kind.AGGREGATE]
    subjects = [
        s
        for s in fresh
        if _names_subject(s) and s not in grouped and (asked or not _is_narrowed(s, fresh))
    ]
    if not subjects and not asked:
        return kept, fresh
    region = _group_region(kept)
    if asked:
        kept = [s for s in kept if s.kind not in _SUBJECT]
    if subjects:
        numbers = not any(c.kind == "table" for s in subjects for c in s.value[:1])
        kept = [
            s
            for s in kept
            if s in region or not _names_subject(s) or (numbers and s.value[0].kind == "table")
        ]
        if numbers:
            kept = [s for s in kept if s.kind not in _SUBJECT]
    moved = [s for s in fresh if s in subjects or s in asked]
    return kept, [*moved, *(s for s in fresh if s not in moved)] if not region else fresh
