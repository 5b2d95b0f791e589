"""Questions that want rows: which rows, in which order, how many."""

from dataclasses import replace

from datalfred.models.offline.draft import Draft
from datalfred.models.offline.ir import (
    ColumnRef,
    Order,
    Query,
)
from datalfred.models.offline.scope import is_money
from datalfred.models.offline.spans import Rank

DEFAULT_ROWS = 10


MANY_ROWS = 100


ABOUT_WORDS = {
    "price": ("price", "cost", "amount", "fee", "fare", "rate"),
    "duration": ("duration", "seconds", "minutes", "hours", "days", "length", "time", "stay"),
    "weight": ("weight",),
    "height": ("height",),
    "age": ("age",),
    "pay": ("salary", "wage", "pay"),
    "sold": ("quantity", "units", "sold"),
}


_COMPARED = {"<", "<=", ">", ">=", "between"}


def wants_rows(draft: Draft) -> bool:
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
    """As in "order 1001": one row is meant."""
    key = draft.scope.key_of(draft.scope.base.id)
    return key is not None and any(
        c.ref and c.ref.same == key.same and c.operator == "in" and not c.negated
        for c in draft.conditions
    )


def _ranks_rows(draft: Draft) -> bool:
    """As in "the 5 latest orders", "the longest session", "the order with the highest amount"."""
    rank = draft.rank
    if rank is None or not draft.about_base or draft.when or rank.about.startswith("sort"):
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


def row_query(draft: Draft, query: Query) -> Query | None:
    """The query of rows: which, in which order, how many."""
    order = _row_order(draft)
    if draft.rank and order is None:
        draft.problem(f"it is not clear by what to rank the rows of {draft.scope.base.name}")
    picked = [b.ref for b in draft.bare] + [m.metric.ref for m in draft.measured if m.metric.ref]
    limit = draft.limit or (draft.rank.limit if draft.rank else None)
    if limit is None and draft.asked_which and not draft.rank:
        limit = MANY_ROWS
    if limit is None:
        one = draft.rank and not draft.rank.about.startswith("sort") and not _plural_subject(draft)
        limit = 1 if one else DEFAULT_ROWS
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
    about = rank.about.removeprefix("sort").strip("_")
    if rank.about == "sort":
        compared = [c.ref for c in draft.conditions if c.ref and c.operator in _COMPARED]
        return compared[0] if len(compared) == 1 else None
    if about in ("time", "time_first"):
        return draft.time_ref or scope.time_of(scope.base.id)
    if rank.about == "size":
        amounts = [a for a in scope.amounts() if is_money(a.column)]
        plain = len(amounts) == 1 or scope.money_measure() or (amounts and _money_first(amounts))
        return amounts[0] if amounts and plain else None
    found = list(scope.numbers_like(ABOUT_WORDS.get(about, ())))
    return found[0] if found else None


def _money_first(amounts: list[ColumnRef]) -> bool:
    return amounts[0].column.name.lower() in ("amount", "total", "total_amount", "value", "revenue")
