"""Turns a draft into a query: what kind of answer is wanted, and what was left open.

Here the defaults are decided (a bare "revenue" is summed, "orders per month" are counted), shares
and comparisons find their two sides, and what does not fit together becomes a problem.
"""

from dataclasses import replace
from datetime import timedelta

from datalfred.models.offline.catalog_view import Column
from datalfred.models.offline.draft import Draft, Measured
from datalfred.models.offline.grammar import Kind, Rank
from datalfred.models.offline.ir import (
    ColumnRef,
    Condition,
    Dimension,
    Having,
    Metric,
    Order,
    Query,
)
from datalfred.models.offline.scope import Scope, default_aggregate, plain_name, single_column
from datalfred.models.offline.time_ranges import TimeRange, step
from datalfred.models.offline.vocabulary import CHATTER

DEFAULT_ROWS = 10
MANY_ROWS = 100
_ABOUT_WORDS = {
    "price": ("price", "cost", "amount", "fee", "fare", "rate"),
    "duration": ("duration", "seconds", "minutes", "hours", "days", "length", "time", "stay"),
    "weight": ("weight",),
    "height": ("height",),
    "age": ("age",),
    "pay": ("salary", "wage", "pay"),
    "sold": ("quantity", "units", "sold"),
}


def shape(draft: Draft) -> Query | None:
    """The query of a draft; None (and a problem noted) when there is none in it."""
    _settle_loose_ends(draft)
    _subject_of_having(draft)
    rows = _wants_rows(draft)
    if not rows:
        _group_what_is_ranked(draft)
        _measure_something(draft)
        _settle_bare(draft)
    conditions = (*draft.conditions, *_weekday_conditions(draft))
    times, compare = _times(draft)
    time_ref = _time_ref(draft, needed=bool(times) or _needs_time(draft))
    query = Query(
        draft.scope.base,
        conditions=tuple(conditions),
        times=times,
        time_ref=time_ref,
        notes=tuple(draft.notes),
    )
    if rows:
        return _rows(draft, query)
    if not draft.measured:
        return _values(draft, query) if draft.bare else _nothing(draft)
    query = _aggregate(draft, query)
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


def _nothing(draft: Draft) -> None:
    draft.problem("no number or list was recognised in it", 12.0)


def _settle_loose_ends(draft: Draft) -> None:
    """Modifiers that found nothing to modify are words that were not understood."""
    for span in draft.spans:
        if span.kind is Kind.NOT and draft.negating:
            draft.negating = False
            draft.fail(span)
        if span.kind in (Kind.NONE,) and draft.nulling == "none":
            draft.nulling = ""
            draft.fail(span)
    if draft.aggregate in ("avg", "min", "max", "median", "stddev") or draft.aggregate[:1] == "p":
        open_metric = next((m for m in draft.measured if m.metric.aggregate == ""), None)
        if open_metric:
            open_metric.metric = replace(open_metric.metric, aggregate=draft.aggregate)
            draft.aggregate = ""
        elif draft.outer != draft.aggregate:
            draft.fail(draft.spans[draft.aggregate_at])


# --- rows ------------------------------------------------------------------------------------


def _wants_rows(draft: Draft) -> bool:
    """Whether rows of the base are wanted, not a number about them."""
    if draft.having or draft.ratio or draft.versus or draft.trend is not None or draft.grains:
        return False
    if draft.aggregate or draft.outer or draft.groups:
        return False
    if _by_key(draft) and not any(m.metric.aggregate for m in draft.measured):
        return True
    if _ranks_rows(draft):
        return True
    plain = not draft.measured and not draft.bare and draft.about_base and not draft.when
    first_is_base = bool(draft.mentions) and draft.mentions[0].table == draft.scope.base.id
    bounded = bool(draft.times or draft.conditions)
    return (
        plain
        and first_is_base
        and (draft.listing or draft.asked_which or not bounded)
        and not _counts(draft)
    )


def _counts(draft: Draft) -> bool:
    return draft.rank is not None and draft.rank.about in ("", "count", "best")


def _by_key(draft: Draft) -> bool:
    """ "order 1001": one row is meant."""
    key = draft.scope.key_of(draft.scope.base.id)
    return key is not None and any(
        c.ref and c.ref.same == key.same and c.operator == "in" and not c.negated
        for c in draft.conditions
    )


def _ranks_rows(draft: Draft) -> bool:
    """ "the 5 latest orders", "the longest session", "the order with the highest amount"."""
    rank = draft.rank
    if rank is None or not draft.about_base or draft.when or rank.about == "sort":
        return False
    others = [
        m for m in draft.mentions if m.table != draft.scope.base.id and m.index > draft.rank_at
    ]
    if draft.measured:
        # A number is named: rows only where the table itself is what is asked for.
        metric = draft.measured[-1]
        table_first = draft.mentions[0].index < metric.index and (
            draft.mentions[0].index < draft.rank_at or rank.limit is not None or draft.listing
        )
        open_number = metric.metric.aggregate == "" and metric.metric.ref is not None
        owner = draft.mentions[0].index == metric.index - 1 and not rank.limit
        return open_number and table_first and not owner and not draft.bare
    if rank.about in ("", "count", "best", "sold"):
        return False
    after = [m for m in draft.mentions if m.index > draft.rank_at]
    return (
        bool(after)
        and after[0].table == draft.scope.base.id
        and (not others or others[0].index > after[0].index)
    )


def _rows(draft: Draft, query: Query) -> Query | None:
    order = _row_order(draft)
    if draft.rank and order is None:
        draft.problem(f"it is not clear by what to rank the rows of {draft.scope.base.name}")
    picked = [b.ref for b in draft.bare] + [m.metric.ref for m in draft.measured if m.metric.ref]
    limit = draft.limit or (draft.rank.limit if draft.rank else None)
    if limit is None and draft.asked_which and not draft.rank:
        limit = MANY_ROWS
    if limit is None:
        limit = 1 if draft.rank and not _plural_subject(draft) else DEFAULT_ROWS
    select = tuple(picked) if picked and not draft.rank else ()
    return replace(query, shape="rows", order=order, limit=limit, select=select)


def _plural_subject(draft: Draft) -> bool:
    texts = [
        draft.spans[m.index].text.lower() for m in draft.mentions if m.table == draft.scope.base.id
    ]
    return bool(texts) and texts[0].endswith("s")


def _row_order(draft: Draft) -> Order | None:
    scope = draft.scope
    time = draft.time_ref or scope.time_of(scope.base.id)
    rank = draft.rank
    if rank is None:
        fallback = time or scope.key_of(scope.base.id)
        partition = next((c for c in scope.base.columns if c.partition_key), None)
        if fallback is None and partition:
            fallback = ColumnRef(scope.base.id, partition)
        return Order(descending=time is not None, ref=fallback) if fallback else None
    if draft.measured:
        return Order(rank.descending, draft.measured[-1].metric.ref)
    ref = _attribute(draft, rank)
    return Order(rank.descending, ref) if ref else None


def _attribute(draft: Draft, rank: Rank) -> ColumnRef | None:
    """The column that "longest", "latest" or "most expensive" speaks of."""
    scope = draft.scope
    if rank.about in ("time", "time_first"):
        return draft.time_ref or scope.time_of(scope.base.id)
    if rank.about == "size":
        amounts = scope.amounts()
        return (
            amounts[0]
            if amounts and (len(amounts) == 1 or scope.money_measure() or _money_first(amounts))
            else None
        )
    found = list(scope.numbers_like(_ABOUT_WORDS.get(rank.about, ())))
    return found[0] if found else None


def _money_first(amounts: list[ColumnRef]) -> bool:
    return amounts[0].column.name.lower() in ("amount", "total", "total_amount", "value", "revenue")


# --- what is measured ------------------------------------------------------------------------


def _subject_of_having(draft: Draft) -> None:
    """ "customers with more than 5 orders": the customers are the groups."""
    if draft.having and draft.groups and draft.aggregate == "count":
        draft.outer, draft.aggregate = "count", ""
    if not draft.having or draft.groups:
        return
    base = draft.scope.base.id
    counted = next((m for m in draft.measured if m.metric.aggregate == "count_distinct"), None)
    if counted is not None:
        owner = counted.metric.table
        dimension = _dimension_of(draft, counted.metric, owner)
        draft.measured.remove(counted)
        draft.outer = "count"
    else:
        subject = next((m.table for m in draft.mentions if m.table != base), "")
        dimension = draft.scope.dimension(subject) if subject else None
        if dimension is None and draft.bare:
            ref = draft.bare.pop(0).ref
            dimension = Dimension(ref, name=plain_name(ref.column.name))
        if draft.aggregate == "count":
            draft.outer, draft.aggregate = "count", ""
    if dimension is None:
        draft.problem("it is not clear whose number is compared")
        return
    draft.groups.append(dimension)


def _dimension_of(draft: Draft, metric: Metric, owner: str) -> Dimension | None:
    if metric.ref and metric.ref.same != getattr(draft.scope.key_of(owner), "same", None):
        return Dimension(metric.ref, name=metric.name)
    return draft.scope.dimension(owner)


def _group_what_is_ranked(draft: Draft) -> None:
    """ "the most popular channel", "best month", "top customers": what is ranked is grouped by."""
    if draft.when and draft.rank and draft.rank.about in ("time", "time_first"):
        return
    if draft.groups and draft.rank:
        _group_what_follows_rank(draft)
    if draft.groups or (draft.rank is None and not draft.asked_which):
        return
    if draft.rank is None and not draft.measured:
        return
    if draft.rank is None and draft.asked_which and not draft.bare:
        return
    base = draft.scope.base.id
    if draft.bare:
        for bare in draft.bare:
            draft.groups.append(Dimension(bare.ref, name=plain_name(bare.ref.column.name)))
        draft.bare = []
        return
    ranked = next((m for m in draft.mentions if m.table != base), None)
    if ranked is None or any(m.metric.table == ranked.table for m in draft.measured):
        return
    dimension = draft.scope.dimension(ranked.table)
    if dimension:
        draft.groups.append(dimension)


def _group_what_follows_rank(draft: Draft) -> None:
    """In "top 3 products per country" the products are ranked, within each country."""
    base, near = draft.scope.base.id, range(draft.rank_at + 1, draft.rank_at + 3)
    for bare in [b for b in draft.bare if b.index in near]:
        draft.bare.remove(bare)
        draft.groups.insert(0, Dimension(bare.ref, name=plain_name(bare.ref.column.name)))
        return
    for mention in draft.mentions:
        dimension = draft.scope.dimension(mention.table) if mention.table != base else None
        known = [g.ref.same for g in draft.groups if g.ref]
        if (
            mention.index in near
            and dimension
            and dimension.ref
            and dimension.ref.same not in known
        ):
            draft.groups.insert(0, dimension)
            return


def _measure_something(draft: Draft) -> None:
    """Finds the number where none was named."""
    if draft.having_on and not draft.measured:
        _add(draft, draft.having_on)
    if draft.measured:
        _count_what_stands_beside(draft)
        return
    if draft.when:
        _measure_when(draft)
        return
    metric = _ranked_metric(draft) if draft.rank else None
    if metric is None and draft.aggregate == "how_much" and not draft.about_base and not draft.bare:
        metric = _money(draft)
    if metric is None and not (draft.rank and draft.rank.about not in ("count", "", "best")):
        metric = _counted(draft)
    if metric:
        _add(draft, metric)


def _count_what_stands_beside(draft: Draft) -> None:
    """In "orders and revenue by country" the orders are counted."""
    base = draft.scope.base.id
    for mention in draft.mentions:
        if mention.table != base or any(m.index == mention.index for m in draft.measured):
            continue
        for measured in draft.measured:
            low, high = sorted((mention.index, measured.index))
            between = draft.spans[low + 1 : high] if high < len(draft.spans) else []
            if any(s.kind is Kind.AND for s in between) and all(
                s.kind in (Kind.AND, Kind.CHATTER) for s in between
            ):
                metric = draft.scope.count(base)
                at = draft.measured.index(measured) + (0 if mention.index < measured.index else 1)
                if metric:
                    draft.measured.insert(at, Measured(mention.index, metric))
                return


def _add(draft: Draft, metric: Metric) -> None:
    draft.measured.append(Measured(len(draft.spans), metric))
    draft.aggregate = ""


def _measure_when(draft: Draft) -> None:
    """ "when was the last order": the latest moment."""
    dated = [b for b in draft.bare if b.ref.column.is_time]
    draft.bare = [b for b in draft.bare if b not in dated]
    time = dated[0].ref if dated else draft.time_ref or draft.scope.time_of(draft.scope.base.id)
    if not time or not draft.rank or draft.rank.about not in ("time", "time_first"):
        draft.problem("it is not clear which moment is asked for")
        return
    aggregate = "max" if draft.rank.descending and draft.rank.about == "time" else "min"
    _add(draft, Metric(aggregate, time, table=time.table, name=plain_name(time.column.name)))
    draft.rank = None


def _ranked_metric(draft: Draft) -> Metric | None:
    """By what "best", "most popular" or "best-selling" ranks."""
    scope, rank = draft.scope, draft.rank
    if rank is None or not draft.groups:
        return None
    if rank.about == "sold":
        quantities = list(scope.numbers_like(_ABOUT_WORDS["sold"]))
        measure = next(
            (
                m
                for m in scope.base.measures
                if {"units", "quantity"} & set(m.name.lower().replace("_", " ").split())
            ),
            None,
        )
        if measure:
            return Metric(
                "measure", None, measure, scope.base.id, plain_name(measure.name), measure.unit
            )
        if quantities:
            column = quantities[0].column
            return Metric(
                "sum",
                quantities[0],
                table=scope.base.id,
                name=plain_name(column.name),
                unit=column.unit,
            )
    if rank.about == "count" or (rank.about == "" and draft.about_base):
        return scope.count(scope.base.id)
    if rank.about in ("best", "sold", "size"):
        if rank.about == "best" and draft.about_base and not scope.money_measure():
            return scope.count(scope.base.id)
        return _money(draft)
    return None


def _money(draft: Draft) -> Metric | None:
    measure = draft.scope.money_measure()
    if measure is None:
        return None
    draft.cost += 1.0
    draft.notes.append(f"ranked by {measure.name}")
    return Metric(
        "measure", None, measure, draft.scope.base.id, plain_name(measure.name), measure.unit
    )


def _counted(draft: Draft) -> Metric | None:
    """Counts rows of the base where a count is asked, or where nothing else can be meant."""
    scope = draft.scope
    asked = draft.aggregate in ("count", "count_distinct", "sum", "how_much") or bool(draft.ratio)
    told = bool(
        draft.groups or draft.conditions or draft.times or draft.versus or draft.trend is not None
    )
    if draft.bare and not draft.groups and not asked:
        return None
    if not draft.about_base and not (asked and draft.conditions):
        return None
    if not asked and not told:
        return None
    if not draft.about_base:
        draft.cost += 0.5
    if draft.aggregate == "how_much" and not draft.about_base:
        return None
    return scope.count(scope.base.id)


def _settle_bare(draft: Draft) -> None:
    """A column that was only named is grouped by where there is a number, else it is listed."""
    if not draft.measured:
        return
    for bare in draft.bare:
        if bare.ref.column.is_time and draft.spans[bare.index].text.lower() in CHATTER:
            continue
        if bare.ref.column.is_key or bare.ref.column.kind in ("timestamp", "date"):
            draft.fail(draft.spans[bare.index])
            continue
        draft.cost += 0.4
        draft.groups.append(Dimension(bare.ref, name=plain_name(bare.ref.column.name)))
    draft.bare = []


def _values(draft: Draft, query: Query) -> Query:
    refs = tuple(b.ref for b in draft.bare)
    return replace(query, shape="values", select=refs, limit=draft.limit)


# --- times -----------------------------------------------------------------------------------


def _weekday_conditions(draft: Draft) -> list[Condition]:
    time = draft.time_ref or draft.scope.time_of(draft.scope.base.id)
    found = [
        Condition(time, "day", days, words="days of the week", index=at) for at, days in draft.days
    ]
    if found and time is None:
        draft.problem(f"{draft.scope.base.name} has no time column")
        return []
    return found


def _needs_time(draft: Draft) -> bool:
    return any(g.grain and g.ref is None for g in draft.groups) or draft.trend is not None


def _time_ref(draft: Draft, *, needed: bool) -> ColumnRef | None:
    child = next((c.child for c in draft.conditions if c.child), "")
    if child and draft.time_ref is None:
        table = draft.scope.table(child)
        return ColumnRef(child, table.time) if table.time else None
    found = draft.time_ref or draft.scope.time_of(draft.scope.base.id)
    if needed and found is None:
        dated = [c.name for c in draft.scope.base.columns if c.is_time]
        why = f"it could be any of {', '.join(dated)}" if dated else "it has no time column"
        draft.problem(f"which time of {draft.scope.base.name} is meant is not clear: {why}")
    return found


def _times(draft: Draft) -> tuple[tuple[TimeRange, ...], bool]:
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
    if _compares_groups(draft):
        return ()
    than = next((at for at, word in draft.versus if word in ("than", "compare")), None)
    if than is not None and than < draft.times[0][0]:
        return (only, _following(only))
    if any(word == "growth" for _, word in draft.versus) and not draft.grains:
        return (only.before(), only)
    return ()


def _following(only: TimeRange) -> TimeRange:
    """ "more than last month": this month, which comes after it."""
    if only.unit in ("day", "week", "month", "quarter", "year") and only.start and only.end:
        if step(only.start, only.unit, 1) == only.end:
            return only.shifted(only.unit, 1)
        length = only.end - only.start
        return replace(only, start=only.end, end=only.end + length)
    return only


def _compares_groups(draft: Draft) -> bool:
    """ "France vs Germany", "compare channels": two groups of one result."""
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
    """ "since March and before June": both must hold."""
    if len(ranges) < 2:
        return ranges
    starts = [r.start for r in ranges if r.start]
    ends = [r.end for r in ranges if r.end]
    return [TimeRange(max(starts, default=None), min(ends, default=None))]


# --- aggregates ------------------------------------------------------------------------------


def _aggregate(draft: Draft, query: Query) -> Query:
    metrics = tuple(_settled(draft, m.metric) for m in draft.measured)
    groups = tuple(draft.groups)
    query = replace(query, metrics=_unique(metrics), groups=groups, running=draft.running)
    if draft.having:
        query = replace(query, having=Having(draft.having.operator, draft.having.numbers))
    if draft.trend:
        query = replace(query, trend=draft.trend)
    if _averages_rows(draft, query):
        draft.outer = "avg"
    if draft.outer:
        query = _nested(draft, query)
    return _ordered(draft, query)


def _averages_rows(draft: Draft, query: Query) -> bool:
    """ "revenue per order" is a mean over orders, not a list of all orders."""
    key = draft.scope.key_of(query.base.id)
    only = len(query.groups) == 1 and query.groups[0].ref
    plain = not draft.outer and not draft.rank and not draft.having and not draft.listing
    return bool(plain and key and only and only.same == key.same and len(query.metrics) == 1)


def _settled(draft: Draft, metric: Metric) -> Metric:
    """Decides the aggregate of a column that was named without one."""
    if metric.aggregate or metric.ref is None:
        return metric
    rank = draft.rank
    if (
        rank
        and not draft.groups
        and rank.about != "sort"
        and rank.about in ("", "size", "best", "price", "duration")
    ):
        return replace(metric, aggregate="max" if rank.descending else "min")
    chosen = default_aggregate(metric.ref.column)
    if chosen == "avg":
        draft.notes.append(f"averaged {metric.ref.column.name}")
        draft.cost += 0.3
    return replace(metric, aggregate=chosen)


def _unique(metrics: tuple[Metric, ...]) -> tuple[Metric, ...]:
    names: dict[str, Metric] = {}
    for metric in _without_twins(metrics):
        name = metric.name
        while name in names and names[name] != metric:
            name = f"{metric.aggregate}_{name}"
        names.setdefault(name, replace(metric, name=name))
    return tuple(names.values())


def _without_twins(metrics: tuple[Metric, ...]) -> list[Metric]:
    """A declared sum and the sum of its column are one number."""
    declared = [m.measure.expression.lower().replace(" ", "") for m in metrics if m.measure]
    return [
        m
        for m in metrics
        if not (m.ref and m.aggregate == "sum" and f"sum({m.ref.column.name.lower()})" in declared)
    ]


def _nested(draft: Draft, query: Query) -> Query:
    """An average of sums or counts is taken over the groups that "per" named."""
    if draft.outer == "count":
        return replace(query, outer="count", outer_groups=0)
    inner = [
        g
        for g in query.groups
        if (g.grain and g.ref is None) or g.key or _is_entity(draft.scope, g)
    ]
    outer = [g for g in query.groups if g not in inner]
    if not inner:
        return _unnested(draft, query)
    return replace(query, groups=(*outer, *inner), outer=draft.outer, outer_groups=len(outer))


def _is_entity(scope: Scope, dimension: Dimension) -> bool:
    return dimension.ref is not None and dimension.ref.column.is_key


def _unnested(draft: Draft, query: Query) -> Query:
    """ "average revenue": of the column that the declared sum adds up, row by row."""
    metric = query.metrics[0]
    column = single_column(metric.measure, draft.scope.base) if metric.measure else None
    if column is None or draft.outer == "avg":
        draft.problem(
            f"an average of {metric.name} needs to know over what: per day, per customer ..."
        )
        return query
    ref = ColumnRef(query.base.id, column)
    plain = replace(metric, aggregate=draft.outer, ref=ref, measure=None)
    return replace(query, metrics=(plain, *query.metrics[1:]))


def _ordered(draft: Draft, query: Query) -> Query:
    rank = draft.rank
    if query.outer == "count" or (query.outer and not query.outer_groups):
        return query
    if not query.groups:
        return query
    if rank:
        return replace(query, order=Order(rank.descending), limit=_group_limit(draft, rank))
    if all(not g.grain for g in query.groups):
        return replace(query, order=Order(descending=True), limit=draft.limit)
    return replace(query, limit=draft.limit)


def _group_limit(draft: Draft, rank: Rank) -> int | None:
    if rank.limit or draft.limit:
        return rank.limit or draft.limit
    if rank.about == "sort":
        return None
    ranked = _ranked_word(draft)
    return DEFAULT_ROWS if ranked.endswith("s") and not ranked.endswith("ss") else 1


def _ranked_word(draft: Draft) -> str:
    """The word for what is ranked: plural asks for several."""
    refs = {g.ref.same for g in draft.groups if g.ref}
    for index, span in enumerate(draft.spans):
        if span.kind is Kind.GRAIN and span.value.asked:
            return span.text.lower()
        if span.kind is not Kind.ENTITY:
            continue
        if any(m.index == index and m.table != draft.scope.base.id for m in draft.mentions):
            return span.text.lower()
        if any(c.column and (c.table, c.column.name) in refs for c in span.value):
            return span.text.lower()
    return ""


# --- shares ----------------------------------------------------------------------------------


def _share(draft: Draft, query: Query) -> Query:
    """Which conditions make the part, and which bound the whole."""
    conditions = [c for c in query.conditions if c.operator != "day"]
    part = _part_of(draft, conditions)
    if not part and not query.groups:
        draft.problem("it is not clear what share is asked for: of what, and which part of it")
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
    nearest = min(conditions, key=lambda c: abs(c.index - draft.ratio_at))
    return [nearest]


def known_columns(columns: list[Column]) -> list[str]:
    """Names of columns, for sentences."""
    return [c.name for c in columns]
