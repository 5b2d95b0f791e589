"""Reads the spans of a question over one base table into a draft, word by word.

Every handler either uses its span or reports it as unresolved; nothing is dropped silently.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from datalfred.models.offline.catalog_view import Column, Measure
from datalfred.models.offline.draft import Bare, Draft, Measured, Mention
from datalfred.models.offline.grammar import Comparison, Grain, Kind, Rank, Span
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension, Metric
from datalfred.models.offline.linking import Candidate
from datalfred.models.offline.scope import Scope, converted, is_length, mentions, plain_name
from datalfred.models.offline.time_ranges import Found
from datalfred.models.offline.vocabulary import CHATTER

_SKIPPED = {Kind.CHATTER, Kind.THAT}
_NUMERIC = {"sum", "avg", "min", "max", "median", "stddev", "how_much"}


def read_draft(scope: Scope, spans: list[Span]) -> Draft:
    """Reads all spans over one base table."""
    draft = Draft(scope, spans)
    for index, span in enumerate(spans):
        if index >= draft.done:
            draft.done = index + 1
            _HANDLERS.get(span.kind, _unknown)(draft, index, span)
            if span.kind not in _KEEPS_GROUPING:
                draft.grouping = ""
            elif span.kind is Kind.ENTITY and draft.grouping:
                draft.grouping, draft.grouped_at = "", index
    return draft


_KEEPS_GROUPING = {
    Kind.GROUP, Kind.ENTITY, Kind.AND, Kind.GRAIN, Kind.CHATTER, Kind.DISTINCT, Kind.WHICH, Kind.AGGREGATE,
}  # fmt: skip


def _unknown(draft: Draft, _index: int, span: Span) -> None:
    draft.fail(span)


def _skip(_draft: Draft, _index: int, _span: Span) -> None:
    """Chatter means nothing."""


def _next(draft: Draft, index: int, skipped: Iterable[Kind] = ()) -> tuple[int, Span] | None:
    """The next span that is not chatter (or of a skipped kind)."""
    over = _SKIPPED | set(skipped)
    for at in range(index + 1, len(draft.spans)):
        if draft.spans[at].kind not in over:
            return at, draft.spans[at]
    return None


def _previous(draft: Draft, index: int) -> Span | None:
    for at in range(index - 1, -1, -1):
        if draft.spans[at].kind not in _SKIPPED:
            return draft.spans[at]
    return None


# --- spans that set something ---------------------------------------------------------------


def _time(draft: Draft, index: int, span: Span) -> None:
    found: Found = span.value
    draft.times.append((index, found))


def _shift(draft: Draft, _index: int, span: Span) -> None:
    draft.shift = span.value


def _days(draft: Draft, index: int, span: Span) -> None:
    draft.days.append((index, span.value))


def _grain(draft: Draft, index: int, span: Span) -> None:
    grain: Grain = span.value
    draft.grains.append(grain)
    if all(d.grain != grain.unit for d in draft.groups):
        draft.groups.append(Dimension(grain=grain.unit, name=grain.unit))
    draft.asked_which = draft.asked_which or grain.asked
    draft.grouping = ""
    if not grain.asked and not grain.adjective:
        draft.grouped_at = index
    if grain.asked and draft.aggregate == "count" and draft.aggregate_at == index - 1:
        draft.outer, draft.aggregate = "count", ""  # "how many days"


def _trend(draft: Draft, _index: int, span: Span) -> None:
    draft.trend = span.value


def _rank(draft: Draft, index: int, span: Span) -> None:
    rank: Rank = span.value
    known = draft.rank
    if known and known.about not in ("", "best"):
        rank = replace(rank, about=known.about, descending=known.descending)
    elif known and rank.about in ("", "best"):
        rank = replace(rank, about=known.about if known.about == "best" else rank.about)
    if known and rank.limit is None:
        rank = replace(rank, limit=known.limit)
    draft.rank, draft.rank_at = rank, index


def _limit(draft: Draft, index: int, span: Span) -> None:
    draft.limit = span.value
    if span.text.lower().startswith(("which", "what")):
        _which(draft, index, span)
    else:
        draft.listing = True


def _aggregate(draft: Draft, index: int, span: Span) -> None:
    asked: str = span.value
    if draft.aggregate in ("avg", "max", "min", "median") and asked in ("count", "sum"):
        draft.outer = draft.aggregate
    elif draft.aggregate == "count" and asked in ("sum", "how_much"):
        return  # "how many in total"
    elif asked == "sum" and (draft.measured or draft.aggregate):
        if not any(m.metric.aggregate == "" for m in draft.measured):
            return  # "..., in total"
    draft.aggregate, draft.aggregate_at = asked, index


def _distinct(draft: Draft, _index: int, _span: Span) -> None:
    draft.distinct = True


def _group(draft: Draft, index: int, span: Span) -> None:
    following = _next(draft, index)
    if following is None or following[1].kind not in _GROUPABLE:
        draft.fail(span)
        return
    draft.grouping, draft.group_at = span.value, index


_GROUPABLE = {
    Kind.ENTITY, Kind.GRAIN, Kind.DISTINCT, Kind.AGGREGATE, Kind.RATIO, Kind.UNKNOWN, Kind.RANK, Kind.WHICH,
}  # fmt: skip


def _ratio(draft: Draft, index: int, span: Span) -> None:
    draft.ratio, draft.ratio_at = span.value, index


def _versus(draft: Draft, index: int, span: Span) -> None:
    draft.versus.append((index, span.value))


def _not(draft: Draft, _index: int, _span: Span) -> None:
    draft.negating = True


def _null(draft: Draft, index: int, span: Span) -> None:
    """``without`` looks ahead; ``is empty`` looks back."""
    word = "none" if span.kind is Kind.NONE else "some"
    if span.value == "before":
        draft.nulling = word
        return
    if not draft.bare:
        draft.fail(span)
        return
    ref = draft.bare.pop().ref
    negated = (word == "some") != draft.negating
    draft.negating = False
    _keep(draft, Condition(ref, "null", negated=negated, words=span.text, index=index))


def _and(draft: Draft, index: int, _span: Span) -> None:
    """ "except Germany and Italy" excludes both."""
    known = draft.last_negated
    following = _next(draft, index)
    before = _previous(draft, index)
    if before and draft.spans.index(before) == draft.grouped_at:
        draft.grouping = "by"
    if known and known.ref and following and _is_value_of(draft, following[1], known.ref.column):
        draft.negating = True


def _which(draft: Draft, index: int, _span: Span) -> None:
    following = _next(draft, index, (Kind.DISTINCT,))
    if following and following[1].kind is Kind.ENTITY:
        draft.grouping, draft.asked_which = "which", True


def _list(draft: Draft, _index: int, _span: Span) -> None:
    draft.listing = True


def _when(draft: Draft, _index: int, _span: Span) -> None:
    draft.when = True


def _that(draft: Draft, index: int, _span: Span) -> None:
    if draft.measured or draft.mentions or draft.bare:
        draft.relative_at = index


def _running(draft: Draft, _index: int, _span: Span) -> None:
    draft.running = True


_PEOPLE = (
    "customer",
    "client",
    "user",
    "member",
    "person",
    "people",
    "patient",
    "employee",
    "staff",
    "driver",
    "student",
)
_PLACES = ("country", "city", "region", "state", "location", "place")


def _who(draft: Draft, _index: int, span: Span) -> None:
    for identity in draft.scope.paths:
        if draft.scope.table(identity).singular in _PEOPLE:
            dimension = draft.scope.dimension(identity)
            if dimension:
                draft.groups.append(dimension)
                draft.mentions.append(Mention(_index, identity))
                draft.asked_which = True
                return
    draft.fail(span)


def _where(draft: Draft, _index: int, span: Span) -> None:
    for word in _PLACES:
        for identity in draft.scope.paths:
            column = draft.scope.table(identity).column(word)
            if column:
                draft.groups.append(Dimension(ColumnRef(identity, column), name=column.name))
                draft.asked_which = True
                return
    draft.fail(span)


# --- numbers and quoted strings --------------------------------------------------------------


def _compare(draft: Draft, index: int, span: Span) -> None:
    comparison: Comparison = span.value
    target = _compared_after(draft, index) or _compared_before(draft, index, comparison)
    if isinstance(target, Metric):
        draft.having, draft.having_on = comparison, target
        return
    if target is None and _is_measured_before(draft, index):
        draft.problem("it is not clear which number is compared")
        return
    if target is None:
        target = _compared_default(draft, comparison)
    if target is None:
        draft.fail(span)
        return
    _restrict(draft, index, span, target, comparison)


def _is_measured_before(draft: Draft, index: int) -> bool:
    """ "refunds over 200 EUR": single refunds, or their sum?"""
    before = _previous(draft, index)
    at = draft.spans.index(before) if before else -1
    return bool(draft.measured) and draft.measured[-1].index == at and not draft.about_base


def _restrict(draft: Draft, index: int, span: Span, ref: ColumnRef, comparison: Comparison) -> None:
    numbers = [converted(n, comparison.unit, ref.column) for n in comparison.numbers]
    if any(n is None for n in numbers):
        draft.fail(span)
        return
    negated, draft.negating = draft.negating, False
    _keep(
        draft,
        Condition(ref, comparison.operator, tuple(numbers), negated, words=span.text, index=index),
    )


def _compared_before(draft: Draft, index: int, comparison: Comparison) -> ColumnRef | Metric | None:
    """The number that was named just before: "amount over 100"."""
    before = _previous(draft, index)
    at = draft.spans.index(before) if before else -1
    if draft.measured and draft.measured[-1].index == at:
        metric = draft.measured[-1].metric
        if metric.ref and not metric.aggregate:
            draft.measured.pop()
            return metric.ref
        if metric.measure and not comparison.unit:
            return metric
    if draft.bare and draft.bare[-1].index == at and draft.bare[-1].ref.column.kind == "number":
        return draft.bare.pop().ref
    return None


def _compared_after(draft: Draft, index: int) -> ColumnRef | Metric | None:
    """The number that is named just after: "more than 5 orders", "over 50 pages"."""
    following = _next(draft, index)
    if not following or following[1].kind is not Kind.ENTITY:
        return None
    at, span = following
    for candidate in draft.scope.near(span.value):
        found = _comparable(draft, candidate)
        if found:
            draft.done = at + 1
            draft.cost += candidate.penalty
            draft.mentions.append(Mention(at, candidate.table))
            return found
    return None


def _comparable(draft: Draft, candidate: Candidate) -> ColumnRef | Metric | None:
    if candidate.kind == "table":
        return (
            draft.scope.count(candidate.table) if candidate.table == draft.scope.base.id else None
        )
    if candidate.kind == "measure" and candidate.measure and candidate.table == draft.scope.base.id:
        return _measure(candidate)
    column = candidate.column
    if candidate.kind == "column" and column and column.kind == "number" and not column.is_key:
        draft.cost += 0.2
        return ColumnRef(candidate.table, column)
    return None


def _compared_default(draft: Draft, comparison: Comparison) -> ColumnRef | None:
    """What "over 500 EUR" or "longer than 10 minutes" speaks of when no column is named."""
    if is_length(comparison.unit) and not draft.scope.amounts(comparison.unit):
        return None
    options = draft.scope.amounts(comparison.unit)
    if not options or (len(options) > 1 and not comparison.unit and not _stands_out(options)):
        return None
    draft.cost += 1.5
    draft.notes.append(f"read {comparison.operator} as a comparison of {options[0].column.name}")
    return options[0]


def _stands_out(options: list[ColumnRef]) -> bool:
    names = [o.column.name.lower() for o in options]
    return names[0] in ("amount", "total", "value", "price", "revenue") or names[0].endswith(
        ("_amount", "_total", "_value", "_price")
    )


def _quoted(draft: Draft, index: int, span: Span) -> None:
    """A quoted string is a value of the column named before it."""
    candidates = [c for c in draft.scope.near(span.value or ()) if c.kind == "value"]
    if draft.bare and draft.bare[-1].index >= index - 3:
        ref = draft.bare.pop().ref
        _keep_value(draft, ref, span.text, index, span.text)
    elif candidates and candidates[0].column:
        best = candidates[0]
        _keep_value(
            draft, ColumnRef(best.table, candidates[0].column), best.value, index, span.text
        )
    else:
        draft.fail(span)


def _number(draft: Draft, index: int, span: Span) -> None:
    """``order 1001`` and ``birth year 1990``; any other lone number is not understood."""
    number = span.value
    before = _previous(draft, index)
    at = draft.spans.index(before) if before else -1
    ref: ColumnRef | None = None
    if draft.bare and draft.bare[-1].index == at:
        ref = draft.bare.pop().ref
    elif (
        draft.measured
        and draft.measured[-1].index == at
        and not draft.measured[-1].metric.aggregate
    ):
        ref = draft.measured.pop().metric.ref
    elif draft.mentions and draft.mentions[-1].index == at:
        ref = draft.scope.key_of(draft.mentions[-1].table)
    if ref is None or number is None:
        draft.fail(span)
        return
    value: object = number if ref.column.kind == "number" else span.text
    negated, draft.negating = draft.negating, False
    _keep(
        draft,
        Condition(
            ref, "in", (value,), negated, words=f"{ref.column.name} {span.text}", index=index
        ),
    )


# --- entities --------------------------------------------------------------------------------


def _entity(draft: Draft, index: int, span: Span) -> None:
    if _is_idle(draft, span):
        return
    candidates = _narrowed(draft, index, draft.scope.near(span.value))
    if _missing_rows(draft, index, span) or (candidates and _dated(draft, index, span, candidates)):
        return
    if not candidates:
        draft.fail(span)
        return
    named = candidates[0].column
    if (
        named
        and candidates[0].kind == "column"
        and _is_said_already(draft, index, ColumnRef(candidates[0].table, named))
    ):
        return
    if _qualifies_next(draft, index, candidates):
        return
    for role in (_as_dimension, _as_null, _as_metric):
        if role(draft, index, span, candidates):
            return
    _as_plain(draft, index, span, candidates)


def _is_idle(draft: Draft, span: Span) -> bool:
    """ "placed" dates an order at most, which its table says too."""
    best: Candidate = span.value[0]
    timed = best.kind == "column" and best.column is not None and best.column.is_time
    return timed and span.text.lower() in CHATTER and not draft.when


def _narrowed(draft: Draft, index: int, candidates: list[Candidate]) -> list[Candidate]:
    """ "customer city" and "city of the customer" name the city of that table."""
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
        following = _next(draft, index)
        if following and following[1].kind is Kind.ENTITY:
            near = draft.scope.near(following[1].value)
            owners |= {c.table for c in near[:1] if c.kind == "table"}
    return owners


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
    """ "customers without orders": no row there refers to this one."""
    wanted = draft.nulling or ("none" if draft.negating else "")
    if not wanted or any(c.table in draft.scope.paths and c.penalty < 0.9 for c in span.value):
        return False
    child = next((c for c in span.value if c.table in draft.scope.children), None)
    if not child:
        return False
    negated = (wanted == "none") != (bool(draft.nulling) and draft.negating)
    draft.nulling, draft.negating = "", False
    draft.cost += child.penalty + (0.0 if negated else 0.5)
    _keep(draft, Condition(None, "exists", (), negated, span.text, child.table, index))
    return True


def _dated(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> bool:
    """ "closed last week": the word before a time names the column that the time is of."""
    following = _next(draft, index)
    if not following or following[1].kind not in (Kind.TIME, Kind.DAYS):
        return False
    said = span.text.lower()
    for candidate in candidates:
        column = candidate.column
        if candidate.kind == "column" and column and column.is_time and candidate.form == said:
            draft.time_ref = ColumnRef(candidate.table, column)
            draft.cost += min(candidate.penalty, 0.2)
            return True
    return False


def _as_dimension(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> bool:
    if not draft.grouping or (draft.grouping == "which" and draft.aggregate):
        return False
    if (
        draft.aggregate
        and draft.aggregate_at > draft.group_at >= 0
        and candidates[0].kind != "value"
    ):
        return False  # "by average score"
    usable = [c for c in candidates if c.kind != "value"]
    if not usable:
        draft.excused.append(draft.spans[draft.group_at])  # "opened by VIP customers"
        return False
    best = min(usable, key=lambda c: c.penalty + (0.5 if c.kind == "measure" else 0.0))
    draft.cost += best.penalty
    if _orders_by(draft, best):
        return _as_metric_of(draft, index, best)
    if best.kind == "table":
        return _group_by_table(draft, index, span, best)
    if best.column is None:
        return _as_metric_of(draft, index, best)
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
    """ "without coupon", "with a coupon"."""
    if not draft.nulling:
        return False
    word, draft.nulling = draft.nulling, ""
    best = _nullable(draft, candidates)
    if best.kind == "value":
        draft.negating = draft.negating or word == "none"
        return False
    following = _next(draft, index)
    told = following and following[1].kind in (Kind.COMPARE, Kind.QUOTED, Kind.NUMBER, Kind.RANK)
    if best.kind == "flag" and best.column:
        draft.cost += best.penalty
        value = (best.value == "true") != ((word == "none") != draft.negating)
        draft.negating = False
        ref = ColumnRef(best.table, best.column)
        _keep(draft, Condition(ref, "true", (value,), words=span.text, index=index))
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
    if word == "some" and following and _is_value_of(draft, following[1], best.column):
        return False
    draft.cost += best.penalty
    negated = (word == "some") != draft.negating
    draft.negating = False
    ref = ColumnRef(best.table, best.column)
    _keep(draft, Condition(ref, "null", (), negated, span.text, index=index))
    return True


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


def _is_value_of(draft: Draft, span: Span, column: Column) -> bool:
    return span.kind is Kind.ENTITY and any(
        c.kind == "value" and c.column == column for c in draft.scope.near(span.value)
    )


def _as_metric(draft: Draft, index: int, _span: Span, candidates: list[Candidate]) -> bool:
    """The thing that a pending aggregate is about."""
    if not draft.aggregate or draft.aggregate_at < 0:
        return False
    wanted = [c for c in candidates if _measurable(draft, c)]
    best = wanted[0] if wanted else None
    if best is None or best.penalty > candidates[0].penalty + 0.5:
        return False
    if candidates[0].kind in ("value", "flag") and candidates[0].penalty <= best.penalty:
        return False
    draft.cost += best.penalty
    return _as_metric_of(draft, index, best)


def _measurable(draft: Draft, candidate: Candidate) -> bool:
    if candidate.kind == "measure":
        return candidate.table == draft.scope.base.id
    if candidate.kind == "table":
        return draft.aggregate in ("count", "count_distinct", "sum", "how_much")
    column = candidate.column
    if candidate.kind != "column" or column is None:
        return False
    if draft.aggregate in ("count", "count_distinct"):
        return not column.is_time
    return column.kind == "number" or (column.is_time and draft.aggregate in ("min", "max"))


def _as_metric_of(draft: Draft, index: int, best: Candidate) -> bool:
    metric = _metric(draft, best)
    if metric is None:
        return False
    draft.measured.append(Measured(index, metric))
    if best.kind == "table":
        draft.mentions.append(Mention(index, best.table))
    draft.aggregate = ""
    return True


def _metric(draft: Draft, best: Candidate) -> Metric | None:
    asked = "count_distinct" if draft.distinct and draft.aggregate == "count" else draft.aggregate
    if best.kind == "measure":
        return _aggregated_measure(draft, best, asked)
    if best.kind == "table":
        return draft.scope.count(best.table)
    if best.column is None:
        return None
    ref = ColumnRef(best.table, best.column)
    name, unit = plain_name(best.column.name), best.column.unit
    if best.table != draft.scope.base.id and asked not in ("count", "count_distinct", "min", "max"):
        return None  # summed over rows that share it, it would count more than once
    if asked in ("count", "count_distinct"):
        if best.column.kind == "number" and not best.column.is_key and asked == "count":
            draft.cost += 0.2  # rows of a table of that name are the nearer reading
            return Metric("sum", ref, table=best.table, name=name, unit=unit)
        return Metric("count_distinct", ref, table=best.table, name=name)
    aggregate = "" if asked == "how_much" else asked
    draft.cost += 0.2  # a declared measure of the same name is the team's own word
    return Metric(aggregate, ref, table=best.table, name=name, unit=unit)


def _measure(best: Candidate) -> Metric | None:
    if best.measure is None:
        return None
    name = plain_name(best.measure.name)
    return Metric("measure", None, best.measure, best.table, name, best.measure.unit)


def _aggregated_measure(draft: Draft, best: Candidate, asked: str) -> Metric | None:
    """An average of a declared sum needs something to average over; that is decided later."""
    if asked in ("avg", "max", "min", "median") and best.measure:
        if asked != "avg" or not _is_mean(best.measure):
            draft.outer = asked
    return _measure(best)


def _is_mean(measure: Measure) -> bool:
    """Whether a measure is an average or a rate already."""
    plain = measure.expression.lower()
    return "avg(" in plain or "/" in plain or "percentile" in plain


def _as_plain(draft: Draft, index: int, span: Span, candidates: list[Candidate]) -> None:
    best = _plain_choice(draft, candidates)
    draft.cost += best.penalty
    if best.kind == "table":
        draft.mentions.append(Mention(index, best.table))
        return
    if best.kind == "measure":
        if best.table == draft.scope.base.id:
            _as_metric_of(draft, index, best)
        else:
            draft.fail(span)
        return
    if best.column is None:
        draft.fail(span)
        return
    ref = ColumnRef(best.table, best.column)
    if best.kind == "column" and _is_said_already(draft, index, ref):
        return
    if best.kind == "value":
        _keep_value(draft, ref, best.value, index, span.text)
    elif (
        best.column.is_time
        and best.kind == "column"
        and draft.negating
        and best.column is not draft.scope.base.time
    ):
        draft.negating = False
        _keep(draft, Condition(ref, "null", words=span.text, index=index))
    elif best.column.is_time and span.text.lower().endswith("ed") and not draft.when:
        draft.mentions.append(Mention(index, best.table))
    elif best.kind == "flag":
        value = (best.value == "true") != draft.negating
        draft.negating = False
        _keep(draft, Condition(ref, "true", (value,), words=span.text, index=index))
    elif best.column.kind == "number" and not best.column.is_key:
        if not _as_metric_of(draft, index, best):
            draft.fail(span)
    else:
        draft.bare.append(Bare(index, ref))


def _is_said_already(draft: Draft, index: int, ref: ColumnRef) -> bool:
    """In "private insurance" the value has named its column."""
    last = draft.conditions[-1] if draft.conditions else None
    before = _previous(draft, index)
    at = draft.spans.index(before) if before else -1
    return (
        last is not None and last.ref is not None and last.ref.same == ref.same and last.index == at
    )


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
    return own[0] if own and own[0].penalty <= best.penalty + 0.2 else best


def _keep_value(draft: Draft, ref: ColumnRef, value: str, index: int, words: str) -> None:
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
            wider = replace(known, values=(*known.values, value), words=f"{known.words}, {words}")
            draft.conditions[at] = wider
            draft.last_negated = wider if negated else None
            return
    condition = Condition(ref, "in", (value,), negated, words, index=index)
    _keep(draft, condition)
    draft.last_negated = condition if negated else None


def _keep(draft: Draft, condition: Condition) -> None:
    if any(_same_condition(condition, known) for known in draft.conditions):
        return
    draft.conditions.append(condition)
    draft.last_negated = None


def _same_condition(one: Condition, other: Condition) -> bool:
    """Whether one word repeats another: "opted in to marketing"."""
    if one.ref is None or other.ref is None:
        return False
    if one.ref.same == other.ref.same and one.operator == other.operator == "true":
        return True
    return (one.ref.same, one.operator, one.values, one.negated) == (
        other.ref.same,
        other.operator,
        other.values,
        other.negated,
    )


_HANDLERS: dict[Kind, Callable[[Draft, int, Span], None]] = {
    Kind.TIME: _time,
    Kind.SHIFT: _shift,
    Kind.DAYS: _days,
    Kind.GRAIN: _grain,
    Kind.TREND: _trend,
    Kind.SPLIT: _skip,
    Kind.RANK: _rank,
    Kind.LIMIT: _limit,
    Kind.COMPARE: _compare,
    Kind.AGGREGATE: _aggregate,
    Kind.DISTINCT: _distinct,
    Kind.GROUP: _group,
    Kind.RATIO: _ratio,
    Kind.VERSUS: _versus,
    Kind.NOT: _not,
    Kind.NONE: _null,
    Kind.SOME: _null,
    Kind.AND: _and,
    Kind.WHICH: _which,
    Kind.LIST: _list,
    Kind.WHEN: _when,
    Kind.WHO: _who,
    Kind.WHERE: _where,
    Kind.THAT: _that,
    Kind.RUNNING: _running,
    Kind.ENTITY: _entity,
    Kind.QUOTED: _quoted,
    Kind.NUMBER: _number,
    Kind.CHATTER: _skip,
    Kind.UNKNOWN: _unknown,
}
