"""Settles aggregates, averages over groups, order and limits."""

from dataclasses import replace

from datalfred.models.offline.draft import Draft
from datalfred.models.offline.ir import (
    ColumnRef,
    Condition,
    Dimension,
    Having,
    Metric,
    Order,
    Query,
)
from datalfred.models.offline.row_shape import ABOUT_WORDS, DEFAULT_ROWS
from datalfred.models.offline.scope import default_aggregate, single_column
from datalfred.models.offline.spans import Kind, Rank


def aggregate_query(draft: Draft, query: Query) -> Query:
    """Adds metrics, groups, order and limits to a query."""
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
    """As in "revenue per order" is a mean over orders, not a list of all orders."""
    key = draft.scope.key_of(query.base.id)
    keyed = key and any(g.ref and g.ref.same == key.same for g in query.groups)
    plain = not draft.outer and not draft.rank and not draft.having and not draft.listing
    return bool(plain and keyed and len(query.metrics) == 1)


def _settled(draft: Draft, metric: Metric) -> Metric:
    """Decides the aggregate of a column that was named without one."""
    if metric.aggregate or metric.ref is None:
        return metric
    rank = draft.rank
    if rank and not draft.groups and rank.about in ("", "size", "best", *ABOUT_WORDS):
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
    inner = [g for g in query.groups if (g.grain and g.ref is None) or g.key or _is_entity(g)]
    outer = [g for g in query.groups if g not in inner]
    if not inner:
        return _unnested(draft, query)
    return replace(query, groups=(*outer, *inner), outer=draft.outer, outer_groups=len(outer))


def _is_entity(dimension: Dimension) -> bool:
    return dimension.ref is not None and dimension.ref.column.is_key


def _unnested(draft: Draft, query: Query) -> Query:
    """As in "average revenue": of the column that the declared sum adds up, row by row."""
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
        limit = _group_limit(draft, rank)
        named = _with_names(draft, query) if limit else query
        return replace(named, order=Order(rank.descending), limit=limit)
    if all(not g.grain for g in query.groups):
        return replace(query, order=Order(descending=True), limit=draft.limit)
    return replace(query, limit=draft.limit)


def _with_names(draft: Draft, query: Query) -> Query:
    """As in "which coupon": rows without one are not meant."""
    asked = [
        g.ref
        for g in query.groups
        if g.ref and not g.key and not g.grain and g.ref.column.kind == "text"
    ]
    if draft.ratio:
        return query
    told = {c.ref.same for c in query.conditions if c.ref}
    missing = tuple(Condition(r, "null", negated=True) for r in asked if r.same not in told)
    return replace(query, conditions=(*query.conditions, *missing))


def _group_limit(draft: Draft, rank: Rank) -> int | None:
    if rank.limit or draft.limit:
        return rank.limit or draft.limit
    if rank.about.startswith("sort"):
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
