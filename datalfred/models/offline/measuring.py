"""Finds the number that is asked for where a question does not name it."""

# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

from datalfred.models.offline.draft import Draft, Measured, Mention
from datalfred.models.offline.ir import (
    Dimension,
    Metric,
)
from datalfred.models.offline.row_shape import ABOUT_WORDS
from datalfred.models.offline.scope import plain_name
from datalfred.models.offline.spans import Kind
from datalfred.models.offline.text import words_in
from datalfred.models.offline.vocabulary import EVENT_WORDS


def subject_of_having(draft: Draft) -> None:
    """As in "customers with more than 5 orders": the customers are the groups."""
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


def group_what_is_ranked(draft: Draft) -> None:
    """What is ranked is grouped by: "the most popular channel", "top customers"."""
    if draft.when and draft.rank and draft.rank.about in ("time", "time_first"):
        return
    if draft.groups and draft.rank:
        _group_what_follows_rank(draft)
    asked = draft.rank is not None or (draft.asked_which and draft.measured and draft.bare)
    if draft.groups or not asked:
        return
    if draft.bare:
        named = [Dimension(b.ref, name=plain_name(b.ref.column.name)) for b in draft.bare]
        draft.groups, draft.bare = named, []
        return
    _group_ranked_table(draft)


def _group_ranked_table(draft: Draft) -> None:
    base = draft.scope.base.id
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


def _rate_of_flag(draft: Draft) -> None:
    """As in "which source converts best": the share of those that did."""
    flags = [c for c in draft.conditions if c.operator == "true"]
    asked = draft.rank and draft.rank.about == "best" and not draft.measured and not draft.ratio
    if asked and draft.groups and len(flags) == 1 and len(draft.conditions) == 1:
        draft.ratio = "rate"


def measure_something(draft: Draft) -> None:
    """Finds the number where none was named."""
    _rate_of_flag(draft)
    if draft.having_on and not draft.measured:
        _add(draft, draft.having_on)
    if draft.measured:
        _drop_verbs(draft)
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


_VERBS = set(words_in("pay pays paid spend spent cost costs earn earned make made bring sold sell"))


def _drop_verbs(draft: Draft) -> None:
    """In "how many products were sold" and "what did we pay for shipping" the verb adds nothing."""
    said = [m for m in draft.measured if m.index < len(draft.spans)]
    verbs = [m for m in said if draft.spans[m.index].text.lower() in _VERBS | EVENT_WORDS]
    if not verbs or len(verbs) == len(said) or any(s.kind is Kind.AND for s in draft.spans):
        return
    draft.measured = [m for m in draft.measured if m not in verbs]
    base = draft.scope.base.id
    draft.mentions += [Mention(m.index, base) for m in verbs if m.metric.table == base]


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
    """As in "when was the last order": the latest moment."""
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
        quantities = list(scope.numbers_like(ABOUT_WORDS["sold"]))
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
