"""Numbers in a question: comparisons, quoted values, the number of a thing."""

from dataclasses import replace

from datalfred.models.offline.draft import Draft, Mention
from datalfred.models.offline.ir import ColumnRef, Condition, Metric
from datalfred.models.offline.linking import Candidate
from datalfred.models.offline.reading_metrics import measured_by
from datalfred.models.offline.reading_steps import keep, keep_value, next_span, previous_span
from datalfred.models.offline.row_shape import ABOUT_WORDS
from datalfred.models.offline.scope import converted, is_length, is_year, single_column
from datalfred.models.offline.spans import Comparison, Kind, Span

_FIRST_YEAR = 1000
"""What is below is an age, not a year."""


def read_comparison(draft: Draft, index: int, span: Span) -> None:
    """Finds what a comparison compares: the number beside it, or the likeliest one."""
    comparison: Comparison = span.value
    target = (
        _times_over(draft, index)
        or _compared_after(draft, index)
        or _compared_before(draft, index, comparison)
    )
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
    if draft.groups and draft.relative_at > draft.group_at >= 0:  # "by country where revenue ..."
        draft.problem("it is not clear whether single rows or whole groups are compared")
    _restrict(draft, index, span, target, comparison)


def _times_over(draft: Draft, index: int) -> Metric | None:
    """As in "more than 3 times": how many rows there are of each."""
    following = draft.spans[index + 1] if index + 1 < len(draft.spans) else None
    if following is None or following.text.lower() != "times" or not draft.about_base:
        return None
    draft.done = index + 2
    return draft.scope.count(draft.scope.base.id)


def _is_measured_before(draft: Draft, index: int) -> bool:
    """As in "refunds over 200 EUR": single refunds, or their sum?"""
    before = previous_span(draft, index)
    at = draft.spans.index(before) if before else -1
    return bool(draft.measured) and draft.measured[-1].index == at and not draft.about_base


def _restrict(draft: Draft, index: int, span: Span, ref: ColumnRef, comparison: Comparison) -> None:
    numbers = [converted(n, comparison.unit, ref.column) for n in comparison.numbers]
    years = is_year(ref.column)
    if any(n is None or (years and n < _FIRST_YEAR) for n in numbers):  # "older than 40"
        draft.fail(span)
        return
    negated, draft.negating = draft.negating, False
    keep(
        draft,
        Condition(ref, comparison.operator, tuple(numbers), negated, words=span.text, index=index),
    )


def _compared_before(draft: Draft, index: int, comparison: Comparison) -> ColumnRef | Metric | None:
    """The number that was named just before: "amount over 100"."""
    before = previous_span(draft, index)
    at = draft.spans.index(before) if before else -1
    if draft.measured and draft.measured[-1].index == at:
        metric = draft.measured[-1].metric
        if metric.ref and not metric.aggregate:
            draft.measured.pop()
            return metric.ref
        single = single_column(metric.measure, draft.scope.base) if metric.measure else None
        counted = len(draft.measured) > 1 or draft.relative_at > draft.measured[0].index
        if single and (counted or draft.about_base) and _relative(draft, at):
            if draft.groups:
                draft.problem("it is not clear whether single rows or whole groups are compared")
            draft.measured.pop()
            return ColumnRef(draft.scope.base.id, single)
        if metric.measure and not comparison.unit:
            return metric
    if draft.bare and draft.bare[-1].index == at and draft.bare[-1].ref.column.kind == "number":
        return draft.bare.pop().ref
    return None


def _relative(draft: Draft, at: int) -> bool:
    """Whether "whose" or "where" leads to a number: it is one of each row."""
    return any(
        s.kind is Kind.THAT and s.text.lower().split()[0] in ("whose", "where", "with", "that")
        for s in draft.spans[max(0, at - 2) : at]
    )


def _compared_after(draft: Draft, index: int) -> ColumnRef | Metric | None:
    """The number that is named just after: "more than 5 orders", "over 50 pages"."""
    following = next_span(draft, index)
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
        return measured_by(candidate)
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
    if comparison.about and not comparison.unit:
        options = list(draft.scope.numbers_like(ABOUT_WORDS[comparison.about]))[:1]
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


def read_quoted(draft: Draft, index: int, span: Span) -> None:
    """A quoted string is a value of the column named before it."""
    candidates = [c for c in draft.scope.near(span.value or ()) if c.kind == "value"]
    if draft.bare and draft.bare[-1].index >= index - 3:
        ref = draft.bare.pop().ref
        keep_value(draft, ref, span.text, index, span.text)
    elif candidates and candidates[0].column:
        best = candidates[0]
        keep_value(draft, ColumnRef(best.table, candidates[0].column), best.value, index, span.text)
    else:
        draft.fail(span)


def _names_rows(draft: Draft, span: Span) -> bool:
    """Whether a span is the base table, in the plural."""
    if span.kind is not Kind.ENTITY or not span.text.lower().endswith("s"):
        return False
    best = draft.scope.near(span.value)[:1]
    return bool(best) and best[0].kind == "table" and best[0].table == draft.scope.base.id


def read_number(draft: Draft, index: int, span: Span) -> None:
    """``order 1001`` and ``birth year 1990``; any other lone number is not understood."""
    number = span.value
    following = draft.spans[index + 1] if index + 1 < len(draft.spans) else None
    if following and isinstance(number, int) and number > 0 and _names_rows(draft, following):
        draft.limit, draft.listing = number, True  # "5 customers"
        return
    before = previous_span(draft, index)
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
    if ref is None and number is not None and before and before.kind is Kind.AND:
        last = draft.conditions[-1] if draft.conditions else None
        if last and last.ref and last.operator == "in" and last.ref.column.kind == "number":
            wider = replace(last, values=(*last.values, number), last=index)
            draft.conditions[-1] = wider  # "a rating of 1 or 2"
            return
    if ref is None or number is None:
        draft.fail(span)
        return
    value: object = number if ref.column.kind == "number" else span.text
    negated, draft.negating = draft.negating, False
    keep(
        draft,
        Condition(
            ref, "in", (value,), negated, words=f"{ref.column.name} {span.text}", index=index
        ),
    )
