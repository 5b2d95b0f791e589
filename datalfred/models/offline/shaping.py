"""Turns a draft into a query: what kind of answer is wanted, and what was left open.

Here the defaults are decided (a bare "revenue" is summed, "orders per month" are counted), shares
and comparisons find their two sides, and what does not fit together becomes a problem.
"""

from dataclasses import replace

from datalfred.models.offline.aggregating import aggregate_query
from datalfred.models.offline.catalog_view import Column
from datalfred.models.offline.draft import Bare, Draft
from datalfred.models.offline.ir import (
    Condition,
    Dimension,
    Query,
)
from datalfred.models.offline.measuring import (
    group_what_is_ranked,
    measure_something,
    subject_of_having,
)
from datalfred.models.offline.periods import needs_time, time_ref_of, times_of, weekday_conditions
from datalfred.models.offline.row_shape import row_query, wants_rows
from datalfred.models.offline.scope import plain_name
from datalfred.models.offline.spans import Kind
from datalfred.models.offline.vocabulary import CHATTER


def shape(draft: Draft) -> Query | None:
    """The query of a draft; None (and a problem noted) when there is none in it."""
    _settle_loose_ends(draft)
    subject_of_having(draft)
    rows = wants_rows(draft)
    if not rows:
        group_what_is_ranked(draft)
        measure_something(draft)
        _settle_bare(draft)
    conditions = (*draft.conditions, *weekday_conditions(draft))
    times, compare = times_of(draft)
    time_ref = time_ref_of(draft, needed=bool(times) or needs_time(draft))
    query = Query(
        draft.scope.base,
        conditions=tuple(conditions),
        times=times,
        time_ref=time_ref,
        notes=tuple(draft.notes),
        now=draft.scope.catalog.now,
    )
    if rows:
        return row_query(draft, query)
    if not draft.measured:
        if draft.bare:
            return _values(draft, query)
        draft.problem("no number or list was recognised in it", 12.0)
        return None
    query = aggregate_query(draft, query)
    _check_groups(draft, query)
    if draft.ratio:
        query = _share(draft, query)
    if compare:
        query = replace(query, shape="compare", order=None, limit=None)
    return query


def _check_groups(draft: Draft, query: Query) -> None:
    """Rows counted by their own key are always one."""
    key = draft.scope.key_of(query.base.id)
    counted = query.metrics and query.metrics[0].aggregate == "count" and not query.having
    if key and counted and any(g.ref and g.ref.same == key.same for g in query.groups):
        draft.problem(f"every row of {query.base.name} is counted once")
    split = {g.ref.same for g in query.groups if g.ref}
    for metric in query.metrics:
        if metric.aggregate == "count_distinct" and metric.ref and metric.ref.same in split:
            draft.problem(f"every {metric.name} would be counted once")


def _settle_loose_ends(draft: Draft) -> None:
    """Modifiers that found nothing to modify are words that were not understood."""
    for span in draft.spans:
        if span.kind is Kind.NOT and draft.negating:
            draft.negating = False
            draft.fail(span)
        if span.kind is Kind.NONE and draft.nulling == "none":
            draft.nulling = ""
            draft.fail(span)
    if draft.aggregate in ("avg", "min", "max", "median", "stddev") or draft.aggregate[:1] == "p":
        open_metric = next((m for m in draft.measured if m.metric.aggregate == ""), None)
        if open_metric:
            open_metric.metric = replace(open_metric.metric, aggregate=draft.aggregate)
            draft.aggregate = ""
        elif _averages_what_was_counted(draft):
            draft.outer, draft.aggregate = draft.aggregate, ""
        elif draft.outer != draft.aggregate:
            draft.fail(draft.spans[draft.aggregate_at])


def _averages_what_was_counted(draft: Draft) -> bool:
    """As in "orders per day on average"."""
    if not draft.measured and draft.aggregate == "avg" and draft.about_base:
        return any(g.grain and not g.ref for g in draft.groups)  # "average orders per day"
    counted = draft.measured and draft.measured[0].metric.aggregate in (
        "count",
        "count_distinct",
        "measure",
    )
    return bool(counted) and any(
        g.grain or g.key or (g.ref is not None and g.ref.column.is_key) for g in draft.groups
    )


def _settle_bare(draft: Draft) -> None:
    """A column that was only named is grouped by where there is a number, else it is listed."""
    if not draft.measured:
        return
    for bare in draft.bare:
        if _leads_to_condition(draft, bare) or _is_all(draft, bare):
            continue
        if bare.ref.column.is_time and draft.spans[bare.index].text.lower() in CHATTER:
            continue
        if bare.ref.column.is_key or bare.ref.column.kind in ("timestamp", "date"):
            draft.fail(draft.spans[bare.index])
            continue
        if not _is_asked_for(draft, bare):
            draft.fail(draft.spans[bare.index])
            continue
        draft.cost += 0.4
        draft.groups.append(Dimension(bare.ref, name=plain_name(bare.ref.column.name)))
    draft.bare = []


def _is_all(draft: Draft, bare: Bare) -> bool:
    """As in "across all channels": no split, no filter."""
    before = draft.spans[bare.index - 1].text.lower().split() if bare.index else []
    return before[:2] in (["across", "all"], ["over", "all"], ["for", "all"])


def _leads_to_condition(draft: Draft, bare: Bare) -> bool:
    """As in "whose segment has a rate above 5": the column joins to what is compared."""
    joins = [j for path in draft.scope.paths.values() for j in path]
    targets = {j.target for j in joins if bare.ref.column.name in [here for here, _ in j.columns]}
    return any(
        c.ref and c.ref.table in targets and bare.index < c.index <= bare.index + 4
        for c in draft.conditions
    )


def _is_asked_for(draft: Draft, bare: Bare) -> bool:
    """Whether a word beside a bare column asks to split by it, or to show it."""
    if draft.asked_which or draft.listing or draft.versus or draft.distinct:
        return True
    if draft.rank or draft.trend is not None:
        return True
    beside = draft.spans[max(0, bare.index - 2) : bare.index + 3]
    return any(s.kind in (Kind.GROUP, Kind.SPLIT, Kind.GRAIN, Kind.AND) for s in beside)


def _values(draft: Draft, query: Query) -> Query:
    refs = tuple(b.ref for b in draft.bare)
    return replace(query, shape="values", select=refs, limit=draft.limit)


def _share(draft: Draft, query: Query) -> Query:
    """Which conditions make the part, and which bound the whole."""
    conditions = [c for c in query.conditions if c.operator != "day"]
    part = _part_of(draft, conditions)
    if not part and not query.groups:
        draft.problem("it is not clear what share is asked for: of what, and which part of it")
    counted = query.metrics[0].measure
    if counted and not part and counted.expression.lower().startswith("count"):
        draft.problem(f"{counted.name} is a part already: of what is not clear")
    if draft.ratio == "rate" and not part:
        draft.problem("no such rate is known")
    whole = tuple(c for c in query.conditions if c not in part)
    return replace(query, share=True, conditions=whole, numerator=tuple(part))


def _part_of(draft: Draft, conditions: list[Condition]) -> list[Condition]:
    if len(conditions) <= 1:
        return conditions
    if draft.relative_at > draft.ratio_at:
        after = [c for c in conditions if c.index > draft.relative_at]
        if after:
            return after
    plain = [c for c in conditions if not _is_placed(draft, c)]
    if len(plain) == 1:
        return plain
    nearest = min(conditions, key=lambda c: abs(c.index - draft.ratio_at))
    return [nearest]


def _is_placed(draft: Draft, condition: Condition) -> bool:
    """As in "in Belgium": it bounds the whole, and the verb after it makes the part."""
    before = draft.spans[condition.index - 1] if condition.index else None
    return before is not None and before.text.lower() in ("in", "from", "for", "at", "on", "within")


def known_columns(columns: list[Column]) -> list[str]:
    """Names of columns, for sentences."""
    return [c.name for c in columns]
