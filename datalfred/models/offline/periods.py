"""The times of a question: kept, merged, or compared."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from dataclasses import replace
from datetime import timedelta

from datalfred.models.offline.draft import Draft
from datalfred.models.offline.ir import (
    ColumnRef,
    Condition,
    Dimension,
)
from datalfred.models.offline.scope import plain_name
from datalfred.models.offline.time_span import TimeRange, step


def weekday_conditions(draft: Draft) -> list[Condition]:
    """Keeps "on weekends" and "on Mondays" as conditions on the time."""
    time = draft.time_ref or draft.scope.time_of(draft.scope.base.id)
    found = [
        Condition(time, "day", days, words="days of the week", index=at) for at, days in draft.days
    ]
    if found and time is None:
        draft.problem(f"{draft.scope.base.name} has no time column")
        return []
    return found


def needs_time(draft: Draft) -> bool:
    """Whether a column of time is needed to group by."""
    return any(g.grain and g.ref is None for g in draft.groups) or draft.trend is not None


def time_ref_of(draft: Draft, *, needed: bool) -> ColumnRef | None:
    """The column that the times of the question are of."""
    missing = next((c for c in draft.conditions if c.child), None)
    child = missing.child if missing else ""
    if missing and draft.time_ref is None:
        table = draft.scope.table(child)
        early = any(at < missing.index for at, _ in draft.times)
        if early and draft.scope.base.time and table.time:
            names = f"{draft.scope.base.name} or of {table.name}"
            draft.problem(f"it is not clear whether the period is of {names}")
        if table.time:
            return ColumnRef(child, table.time)
    found = draft.time_ref or draft.scope.time_of(draft.scope.base.id)
    if needed and found is None:
        dated = [c.name for c in draft.scope.base.columns if c.is_time]
        why = f"it could be any of {', '.join(dated)}" if dated else "it has no time column"
        draft.problem(f"which time of {draft.scope.base.name} is meant is not clear: {why}")
    return found


def times_of(draft: Draft) -> tuple[tuple[TimeRange, ...], bool]:
    """The ranges to keep, and whether the two are to be compared."""
    ranges = [found.range for _, found in draft.times]
    pair = () if draft.trend else _compared_times(draft, ranges)
    if pair:
        return pair, True
    if draft.shift or (draft.versus and not draft.trend and not _compares_groups(draft)):
        if not (draft.versus and draft.grains and draft.versus[0][1] == "growth"):
            draft.problem("it is not clear what to compare with what")
        else:
            draft.trend = draft.grains[-1].unit
    if draft.trend:
        _group_by_time(draft, draft.trend)
    elif draft.trend == "" and not draft.grains:
        _group_by_time(draft, _fitting_grain(ranges))
    return tuple(_merged(ranges)), False


def _group_by_time(draft: Draft, unit: str) -> None:
    if all(g.grain != unit for g in draft.groups):
        draft.groups.insert(0, Dimension(grain=unit, name=unit))


def _fitting_grain(ranges: list[TimeRange]) -> str:
    days = ranges[0].days if ranges else None
    return "month" if days is None or days > 120 else "week" if days > 31 else "day"


def _compared_times(draft: Draft, ranges: list[TimeRange]) -> tuple[TimeRange, ...]:
    """Earlier and later range of a comparison; empty when none is asked."""
    if not draft.versus and not draft.shift:
        return ()
    if len(ranges) == 2:
        return tuple(sorted(ranges, key=lambda r: (r.start is None, r.start)))
    if len(ranges) != 1:
        return ()
    only, ends = ranges[0], draft.times[0][1].ends
    if ends and draft.versus and not draft.shift:
        return ends
    if draft.shift:
        return (only.shifted("year", -1) if draft.shift == "year" else only.before(), only)
    return () if _compares_groups(draft) else _with_neighbour(draft, only)


def _with_neighbour(draft: Draft, only: TimeRange) -> tuple[TimeRange, ...]:
    """A single range and the one beside it: "more than last month", "growth last month"."""
    than = next((at for at, word in draft.versus if word in ("than", "compare")), None)
    if than is not None and than < draft.times[0][0]:
        return (only, _following(only))
    if any(word == "growth" for _, word in draft.versus) and not draft.grains:
        return (only.before(), only)
    return ()


def _following(only: TimeRange) -> TimeRange:
    """As in "more than last month": this month, which comes after it."""
    if only.unit in ("day", "week", "month", "quarter", "year") and only.start and only.end:
        if step(only.start, only.unit, 1) == only.end:
            return only.shifted(only.unit, 1)
        length = only.end - only.start
        return replace(only, start=only.end, end=only.end + length)
    return only


def _compares_groups(draft: Draft) -> bool:
    """As in "France vs Germany", "compare channels": two groups of one result."""
    for condition in draft.conditions:
        if (
            condition.ref
            and condition.operator == "in"
            and len(condition.values) > 1
            and not condition.negated
        ):
            if all(g.ref is None or g.ref.same != condition.ref.same for g in draft.groups):
                draft.groups.append(
                    Dimension(condition.ref, name=plain_name(condition.ref.column.name))
                )
            return True
    return any(g.ref is not None for g in draft.groups) and len(draft.times) < 2


def _merged(ranges: list[TimeRange]) -> list[TimeRange]:
    """Neighbouring ranges become one: March and April."""
    if any(r.start is None or r.end is None for r in ranges):
        return _crossed(ranges)
    ranges = [r for r in ranges if not any(_inside(other, r) for other in ranges)]
    merged: list[TimeRange] = []
    for one in sorted(ranges, key=lambda r: r.start.timestamp() if r.start else 0.0):
        last = merged[-1] if merged else None
        if (
            last
            and last.end
            and one.start
            and one.end
            and one.start - last.end < timedelta(seconds=1)
        ):
            merged[-1] = replace(last, end=max(one.end, last.end))
        else:
            merged.append(one)
    return merged


def _inside(one: TimeRange, other: TimeRange) -> bool:
    """Whether one range lies within another: January, in "2025, in January"."""
    if one == other or not (one.start and one.end and other.start and other.end):
        return False
    return other.start <= one.start and one.end <= other.end


def _crossed(ranges: list[TimeRange]) -> list[TimeRange]:
    """As in "since March and before June": both must hold."""
    if len(ranges) < 2:
        return ranges
    starts = [r.start for r in ranges if r.start]
    ends = [r.end for r in ranges if r.end]
    return [TimeRange(max(starts, default=None), min(ends, default=None))]
