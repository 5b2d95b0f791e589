"""Names in a question: what each table, column, value or measure is there for."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

from dataclasses import replace

from datalfred.models.offline.catalog_view import Column
from datalfred.models.offline.draft import Bare, Draft, Measured, Mention
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension
from datalfred.models.offline.linking import Candidate
from datalfred.models.offline.reading_metrics import as_metric, as_metric_of
from datalfred.models.offline.reading_steps import keep, keep_value, next_span, previous_span
from datalfred.models.offline.scope import is_money, is_year, mentions, plain_name
from datalfred.models.offline.spans import Kind, Span
from datalfred.models.offline.vocabulary import CHATTER


def read_entity(draft: Draft, index: int, span: Span) -> None:
    """Gives a name its role: to split by, to be missing, to be measured, or plain."""
    if _is_idle(draft, span):
        return
    candidates = _narrowed(draft, index, draft.scope.near(span.value))
    if _missing_rows(draft, index, span) or (candidates and _dated(draft, index, span, candidates)):
        return
    if not candidates:
        if not counts_rows(draft, index, span):
            draft.fail(span)
        return
    if _is_repeated(draft, index, candidates) or _qualifies_next(draft, index, candidates):
        return
    for role in (_as_dimension, _as_null, as_metric):
        if role(draft, index, span, candidates):
            return
    _as_plain(draft, index, span, candidates)


def _is_repeated(draft: Draft, index: int, candidates: list[Candidate]) -> bool:
    """Whether the word before said the same: "private insurance", "opted in to marketing"."""
    best = candidates[0]
    named = best.kind == "column" and best.column is not None
    if named and best.column and _is_said_already(draft, index, ColumnRef(best.table, best.column)):
        return True
    return any(c.kind in ("flag", "column") and _repeats_flag(draft, index, c) for c in candidates)


def counts_rows(draft: Draft, index: int, span: Span) -> bool:
    """As in "ticket volume": how many of what was named just before."""
    said = span.text.lower() in ("volume", "volumes") and not draft.aggregate
    if not said or not draft.mentions or draft.mentions[-1].index != index - 1:
        return False
    draft.aggregate, draft.aggregate_at = "count", index
    return True


def _is_idle(draft: Draft, span: Span) -> bool:
    """As in "placed" dates an order at most, which its table says too."""
    best: Candidate = span.value[0]
    timed = best.kind == "column" and best.column is not None and best.column.is_time
    return timed and span.text.lower() in CHATTER and not draft.when


def _narrowed(draft: Draft, index: int, candidates: list[Candidate]) -> list[Candidate]:
    """As in "customer city" and "city of the customer" name the city of that table."""
    owners = _owners(draft, index)
    own = [c for c in candidates if c.kind in ("column", "flag", "value") and c.table in owners]
    if own and (own[0].penalty <= candidates[0].penalty + 1.0):
        return own
    return candidates


def _owners(draft: Draft, index: int) -> set[str]:
    owners: set[str] = set()
    here = draft.spans[index]
    if (
        draft.mentions
        and draft.mentions[-1].index == index - 1
        and draft.spans[index - 1].end == here.start
    ):
        owners.add(draft.mentions[-1].table)
    if index + 2 < len(draft.spans) and draft.spans[index + 1].text.lower() == "of":
        following = next_span(draft, index)
        if following and following[1].kind is Kind.ENTITY:
            near = draft.scope.near(following[1].value)
            owners |= {c.table for c in near[:1] if c.kind == "table"}
    return owners


def _repeats_flag(draft: Draft, index: int, candidate: Candidate) -> bool:
    """In "opted in to marketing" the second word is of the flag that the first one named."""
    last = draft.conditions[-1] if draft.conditions else None
    if last is None or last.ref is None or last.operator != "true" or candidate.column is None:
        return False
    before = previous_span(draft, index)
    near = before is not None and draft.spans.index(before) == last.index
    return near and last.ref.same == (candidate.table, candidate.column.name)


def _qualifies_next(draft: Draft, index: int, candidates: list[Candidate]) -> bool:
    """In "customer city" or "order value" the table only says whose column comes next."""
    best = candidates[0]
    if best.kind != "table" or index + 1 >= len(draft.spans):
        return False
    if draft.aggregate in ("count", "count_distinct"):
        return False
    following = draft.spans[index + 1]
    if following.kind is not Kind.ENTITY or following.start != draft.spans[index].end:
        return False
    near = draft.scope.near(following.value)
    if any(c.table == best.table and c.kind in ("column", "measure") for c in near[:4]):
        draft.mentions.append(Mention(index, best.table))
        return True
    return False


def _missing_rows(draft: Draft, index: int, span: Span) -> bool:
    """As in "customers without orders": no row there refers to this one."""
    wanted = draft.nulling or ("none" if draft.negating else "")
    if not wanted or any(c.table in draft.scope.paths and c.penalty < 0.9 for c in span.value):
        return False
    child = next((c for c in span.value if c.table in draft.scope.children), None)
    if not child:
        return False
    negated = (wanted == "none") != (bool(draft.nulling) and draft.negating)
    draft.nulling, draft.negating = "", False
    draft.cost += child.penalty + (0.0 if negated else 0.5)
    keep(draft, Condition(None, "exists", (), negated, span.text, child.table, index))
    return True


def _dated(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> bool:
    """As in "closed last week": the word before a time names the column that the time is of."""
    following = next_span(draft, index)
    if not following or following[1].kind not in (Kind.TIME, Kind.DAYS):
        return False
    said = span.text.lower()
    if following[1].kind is Kind.TIME and _in_years(draft, index, following, candidates[0]):
        return True
    for candidate in candidates:
        column = candidate.column
        if candidate.kind == "column" and column and column.is_time and candidate.form == said:
            draft.time_ref = ColumnRef(candidate.table, column)
            draft.cost += min(candidate.penalty, 0.2)
            return True
    return False


def _in_years(draft: Draft, index: int, following: tuple[int, Span], best: Candidate) -> bool:
    """As in "born before 1980": the years of a column that holds years."""
    named = following[1].value.range
    if best.kind != "column" or best.column is None or not is_year(best.column):
        return False
    if named.unit != "year":
        return False
    ref = ColumnRef(best.table, best.column)
    for operator, moment in ((">=", named.start), ("<", named.end)):
        if moment:
            words = following[1].text
            keep(draft, Condition(ref, operator, (moment.year,), words=words, index=index))
    draft.excused.append(following[1])
    draft.done = following[0] + 1
    return True


_BY_GUESS = 1.3
"""Penalty from which on a table is named by a word that only means the same: "money" is no sale."""


def _as_dimension(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> bool:
    if not draft.grouping or (draft.grouping == "which" and draft.aggregate):
        return False
    if (
        draft.aggregate
        and draft.aggregate_at > draft.group_at >= 0
        and candidates[0].kind != "value"
    ):
        return False  # "by average score"
    usable = [
        c for c in candidates if c.kind != "value" and (c.kind != "table" or c.penalty < _BY_GUESS)
    ]
    if not usable:
        draft.excused.append(draft.spans[draft.group_at])  # "opened by VIP customers"
        return False
    best = min(
        usable, key=lambda c: c.penalty + (0.5 if c.kind == "measure" and not draft.rank else 0.0)
    )
    draft.cost += best.penalty
    if _orders_by(draft, best):
        return as_metric_of(draft, index, best)
    if best.kind == "table":
        return _group_by_table(draft, index, span, best)
    if best.column is None:
        return as_metric_of(draft, index, best)
    if draft.grouping == "which":
        draft.bare.append(Bare(index, ColumnRef(best.table, best.column)))
    else:
        grain = "day" if best.column.kind == "timestamp" else ""
        ref = ColumnRef(best.table, best.column)
        draft.groups.append(Dimension(ref, grain, plain_name(best.column.name)))
    return True


def _orders_by(draft: Draft, best: Candidate) -> bool:
    """In "top 5 products by revenue" the revenue orders; it is nothing to group by."""
    if best.kind == "measure":
        return True
    numeric = best.column is not None and best.kind == "column" and best.column.kind == "number"
    if not numeric or (best.column and best.column.is_key):
        return False
    return draft.grouping == "which" or (not draft.measured and not draft.aggregate)


def _group_by_table(draft: Draft, index: int, span: Span, best: Candidate) -> bool:
    draft.mentions.append(Mention(index, best.table))
    if best.table == draft.scope.base.id and draft.grouping == "which":
        return True
    if draft.grouping == "which":
        return True
    if draft.rank and not draft.measured and best.table == draft.scope.base.id:
        metric = draft.scope.count(best.table)  # "top countries by orders"
        if metric:
            draft.measured.append(Measured(index, metric))
        return True
    dimension = draft.scope.dimension(best.table)
    if dimension:
        draft.groups.append(dimension)
    else:
        draft.fail(span)
    return True


def _as_null(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> bool:
    """As in "without coupon", "with a coupon"."""
    if not draft.nulling:
        return False
    word, draft.nulling = draft.nulling, ""
    best = _nullable(draft, candidates)
    if best.kind == "value":
        draft.negating = draft.negating or word == "none"
        return False
    following = next_span(draft, index)
    told = following and following[1].kind in (
        Kind.COMPARE,
        Kind.QUOTED,
        Kind.NUMBER,
        Kind.RANK,
        Kind.NOT,
    )
    if best.kind == "flag" and best.column:
        draft.cost += best.penalty
        value = (best.value == "true") != ((word == "none") != draft.negating)
        draft.negating = False
        ref = ColumnRef(best.table, best.column)
        keep(draft, Condition(ref, "true", (value,), words=span.text, index=index))
        return True
    if (
        best.kind != "column"
        or best.column is None
        or told
        or (best.column.kind == "number" and word == "some")
    ):
        if word == "none" and best.kind != "column":
            draft.fail(span)
        return False
    if word == "some" and following and is_value_of(draft, following[1], best.column):
        return False
    draft.cost += best.penalty
    negated = (word == "some") != draft.negating
    draft.negating = False
    ref = ColumnRef(best.table, best.column)
    money = best.column.kind == "number" and is_money(best.column)
    operator = "zero" if money else "null"
    if money and word == "none" and any(_is_sum(m) for m in draft.measured):
        draft.problem(f"it is not clear whether {best.column.name} is to be zero or taken off")
    keep(draft, Condition(ref, operator, (), negated, span.text, index=index))
    return True


def _is_sum(measured: Measured) -> bool:
    """Whether a number is money itself: "revenue without shipping" may mean two things."""
    metric = measured.metric
    return bool(metric.measure or (metric.ref and is_money(metric.ref.column)))


def _nullable(draft: Draft, candidates: list[Candidate]) -> Candidate:
    """Of a measure over one column, that column: "without a satisfaction score"."""
    best = candidates[0]
    if best.kind != "measure" or best.measure is None:
        return best
    column = next((c for c in candidates if c.kind == "column"), None)
    if column:
        return column
    read = [c for c in draft.scope.base.columns if mentions(best.measure, c.name)]
    return replace(best, kind="column", column=read[0], measure=None) if len(read) == 1 else best


def is_value_of(draft: Draft, span: Span, column: Column) -> bool:
    """Whether a span is a declared value of a column."""
    return span.kind is Kind.ENTITY and any(
        c.kind == "value" and c.column == column for c in draft.scope.near(span.value)
    )


def _as_plain(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> None:
    best = _plain_choice(draft, candidates)
    draft.cost += best.penalty
    if best.kind == "table":
        draft.mentions.append(Mention(index, best.table))
    elif best.kind == "measure" and _is_deed(draft, index, span):
        draft.fail(span)
    elif best.kind == "measure":
        as_metric_of(draft, index, best)
    elif best.column is None:
        draft.fail(span)
    elif best.kind == "value":
        keep_value(draft, ColumnRef(best.table, best.column), best.value, index, span.text)
    elif best.kind == "flag":
        value = (best.value == "true") != draft.negating
        draft.negating = False
        ref = ColumnRef(best.table, best.column)
        keep(draft, Condition(ref, "true", (value,), words=span.text, index=index))
    else:
        _as_column(draft, index, span, best, ColumnRef(best.table, best.column))


def _is_deed(draft: Draft, index: int, span: Span) -> bool:
    """As in "sessions that bounced": some of the rows, not the bounce rate."""
    before = draft.spans[index - 1] if index else None
    relative = before is not None and before.kind in (Kind.THAT, Kind.WHO)
    return relative and span.text.lower().endswith("ed")


def _as_column(draft: Draft, index: int, span: Span, best: Candidate, ref: ColumnRef) -> None:
    """A column by its name alone."""
    column = ref.column
    if _is_said_already(draft, index, ref):
        return
    before = previous_span(draft, index)
    if column.is_time and before and before.kind is Kind.GRAIN and not before.value.adjective:
        draft.time_ref = ref  # "by month of the delivery date"
    elif column.is_time and draft.negating and column != draft.scope.base.time:
        draft.negating = False
        keep(draft, Condition(ref, "null", words=span.text, index=index))
    elif column.is_time and span.text.lower().endswith("ed") and not draft.when:
        draft.mentions.append(Mention(index, best.table))
    elif column.kind != "number" or column.is_key or is_year(column):
        draft.bare.append(Bare(index, ref))
    elif not as_metric_of(draft, index, best):
        following = next_span(draft, index)
        if following and following[1].kind is Kind.COMPARE:
            draft.bare.append(Bare(index, ref))  # a number of a table that the base refers to
        else:
            draft.fail(span)


def _is_said_already(draft: Draft, index: int, ref: ColumnRef) -> bool:
    """In "private insurance" the value has named its column."""
    last = draft.conditions[-1] if draft.conditions else None
    before = previous_span(draft, index)
    at = draft.spans.index(before) if before else -1
    return (
        last is not None and last.ref is not None and last.ref.same == ref.same and last.index == at
    )


_BY_SYNONYM = 0.1
"""Penalty from which on a candidate was named by a synonym."""


def _plain_choice(draft: Draft, candidates: list[Candidate]) -> Candidate:
    """A word that names the base as well as one of its columns speaks of the base's rows."""
    best = candidates[0]
    if best.kind != "column" or best.column is None:
        return best
    if best.column.kind == "number" and best.table != draft.scope.base.id:
        inner = [
            c
            for c in candidates
            if c.table == draft.scope.base.id and c.penalty <= best.penalty + 1
        ]
        return inner[0] if inner else best
    own = [c for c in candidates if c.kind == "table" and c.table == draft.scope.base.id]
    if own and draft.listing and best.penalty < _BY_SYNONYM <= own[0].penalty:
        return best  # "list all campaigns"
    return own[0] if own and own[0].penalty <= best.penalty + 0.2 else best
