"""What every reader of a span needs: its neighbours, and keeping a condition."""

from collections.abc import Iterable
from dataclasses import replace

from datalfred.models.offline.draft import Draft
from datalfred.models.offline.ir import ColumnRef, Condition
from datalfred.models.offline.spans import Kind, Span

_SKIPPED = {Kind.CHATTER, Kind.THAT}


def next_span(draft: Draft, index: int, skipped: Iterable[Kind] = ()) -> tuple[int, Span] | None:
    """The next span that is not chatter (or of a skipped kind)."""
    over = _SKIPPED | set(skipped)
    for at in range(index + 1, len(draft.spans)):
        if draft.spans[at].kind not in over:
            return at, draft.spans[at]
    return None


def previous_span(draft: Draft, index: int) -> Span | None:
    """The span before, over chatter."""
    for at in range(index - 1, -1, -1):
        span = draft.spans[at]
        said = not (span.kind is Kind.GROUP and span in draft.excused)  # "delayed by more than 5"
        if span.kind not in _SKIPPED and said:
            return span
    return None


def keep_value(draft: Draft, ref: ColumnRef, value: str, index: int, words: str) -> None:
    """Adds a value; "France and Germany" widens the condition that is there."""
    negated, draft.negating = draft.negating, False
    draft.bare = [b for b in draft.bare if b.ref.same != ref.same or b.index < index - 4]
    for at, known in enumerate(draft.conditions):
        if (
            known.ref
            and known.ref.same == ref.same
            and known.operator == "in"
            and known.negated == negated
        ):
            said = f"{known.words}, {words}"
            wider = replace(known, values=(*known.values, value), words=said, last=index)
            draft.conditions[at] = wider
            draft.last_negated = wider if negated else None
            return
    condition = Condition(ref, "in", (value,), negated, words, index=index)
    keep(draft, condition)
    draft.last_negated = condition if negated else None


def keep(draft: Draft, condition: Condition) -> None:
    """Keeps a condition, unless a word said it before."""
    if any(_same_condition(condition, known) for known in draft.conditions):
        return
    draft.conditions.append(condition)
    draft.last_negated = None


def _same_condition(one: Condition, other: Condition) -> bool:
    """Whether one word repeats another: "opted in to marketing"."""
    if one.ref is None or other.ref is None:
        return False
    return (one.ref.same, one.operator, one.values, one.negated) == (
        other.ref.same,
        other.operator,
        other.values,
        other.negated,
    )
