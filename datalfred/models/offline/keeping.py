"""Whether a follow-up still says all that was said before: a dropped filter is a wrong answer."""

from collections.abc import Container, Iterator, Sequence

from datalfred.models.offline.ir import Query
from datalfred.models.offline.spans import Kind, Span

_REGROUPS = {Kind.GROUP, Kind.GRAIN, Kind.WHICH, Kind.RATIO, Kind.TREND, Kind.WHO, Kind.SPLIT}
_REMEASURES = {Kind.AGGREGATE, Kind.RATIO, Kind.VERSUS, Kind.LIST, Kind.WHICH, Kind.WHEN}


def lost(
    before: Query, after: Query, fresh: Sequence[Span], reached: Container[str] = ()
) -> Iterator[str]:
    """What of the earlier question is no longer in the new query, though no new word replaced it.

    Args:
        before: the query of the talk so far.
        after: the query with the new words in it.
        fresh: the new words.
        reached: tables that the new query could still filter by.
    """
    yield from _conditions(before, after, reached)
    if before.limit and before.groups and after.shape != before.shape:
        yield "it is not clear whether only the rows of before are meant"
    if before.times and not after.times:
        yield "it is not clear whether the period of before still holds"
    kinds = {span.kind for span in fresh}
    if not kinds & _REGROUPS and after.shape == "aggregate":
        yield from _groups(before, after)
    measures_again = kinds & _REMEASURES or _names_number(fresh)
    if not measures_again and before.shape == after.shape:
        measured = {m.name for m in after.metrics}
        for metric in before.metrics:
            if metric.name not in measured:
                yield f"it is not clear whether {metric.name} is still asked for"


def _conditions(before: Query, after: Query, reached: Container[str]) -> Iterator[str]:
    same = {c.ref.same for c in (*after.conditions, *after.numerator) if c.ref}
    same |= {g.ref.same for g in after.groups if g.ref}
    kept = {c.ref.column.name for c in (*after.conditions, *after.numerator) if c.ref}
    kept |= {c.child for c in after.conditions if c.child}
    kept |= {g.ref.column.name for g in after.groups if g.ref}
    for condition in (*before.conditions, *before.numerator):
        name = condition.ref.column.name if condition.ref else condition.child
        moved = condition.ref and condition.ref.same not in same
        if name not in kept or (moved and condition.ref and condition.ref.table in reached):
            yield f'it is not clear whether "{condition.words or name}" still holds'


def _groups(before: Query, after: Query) -> Iterator[str]:
    grouped = {g.ref.column.name if g.ref else g.grain for g in after.groups}
    for group in before.groups:
        if (group.ref.column.name if group.ref else group.grain) not in grouped:
            yield f"it is not clear whether the split by {group.name} still holds"


def _names_number(fresh: Sequence[Span]) -> bool:
    """Whether the new words name something to count or sum."""
    return any(
        c.kind in ("table", "measure") or (c.column is not None and c.column.kind == "number")
        for s in fresh
        if s.kind is Kind.ENTITY
        for c in s.value[:2]
    )
