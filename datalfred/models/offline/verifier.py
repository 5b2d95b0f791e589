"""The last look before a query runs: did every word that matters leave a trace in it?

Wrong answers come from dropped constraints: a "not" without a negation, a "top 3" without an
order, a number that is nowhere. What is found here makes the model say that it cannot answer.
"""

from collections.abc import Iterator

from datalfred.models.offline.ir import Condition, Query
from datalfred.models.offline.planner import Plan, is_named
from datalfred.models.offline.scope import is_year
from datalfred.models.offline.spans import Kind, Span
from datalfred.models.offline.sql_text import can_filter
from datalfred.models.offline.text import words_of

_COMPARED = {"<", "<=", ">", ">=", "=", "<>", "between"}
_SHOWN_AGGREGATES = {
    "avg": "an average",
    "median": "a median",
    "min": "a minimum",
    "max": "a maximum",
    "stddev": "a deviation",
}


def doubts(found: Plan) -> list[str]:
    """Why the plan may not be what was asked, as sentences; empty when it may run."""
    unread = [f'I do not know what "{word}" means here' for word in found.unread]
    if found.query is None:
        return unread + (found.problems or ["I recognised no table, number or list in it"])
    unchecked = [*found.draft.unresolved, *found.draft.excused]
    spans = [s for s in found.draft.spans if s not in unchecked]
    said = list(
        dict.fromkeys([*unread, *found.problems, *_missing(spans, found.draft.spans, found.query)])
    )
    said += _unused(found)
    elsewhere = all(m.table and m.table != found.query.base.id for m in found.query.metrics)
    guessed = not is_named(found.draft) and elsewhere and len(_tables(found.query)) < _BRIDGED
    if not said and guessed:
        said.append(f"nothing in the question names {found.query.base.id}")
    if not said and found.rivals:
        names = ", ".join([found.query.base.id, *found.rivals[:3]])
        said.append(f"it could be about more than one table ({names})")
    return said


_BRIDGED = 3
"""Tables of a query that excuse a base that no word names: it links the two that were named."""


def _tables(query: Query) -> set[str]:
    refs = [r for g in query.groups for r in (g.ref, g.key)]
    refs += [c.ref for c in _all(query)] + [m.ref for m in query.metrics] + [*query.select]
    counted = {m.table for m in query.metrics if m.table}
    return (
        {r.table for r in refs if r}
        | {c.child for c in query.conditions if c.child}
        | counted
        | {query.base.id}
    )


def _unused(found: Plan) -> list[str]:
    """Of a ranking, the tables that were named and of which nothing is in the query."""
    query, draft = found.query, found.draft
    if query is None or not query.groups or not draft.rank:
        return []
    refs = [r for g in query.groups for r in (g.ref, g.key)]
    refs += [c.ref for c in _all(query)] + [m.ref for m in query.metrics]
    used = {r.table for r in refs if r} | {c.child for c in query.conditions} | {query.base.id}
    keys = {r.same for r in refs if r}
    return [
        f"{m.table} is named, and nothing of it is in the query"
        for m in draft.mentions
        if m.table not in used
        and getattr(draft.scope.key_of(m.table), "same", None) not in keys
        and _is_by_name(draft.spans[m.index], m.table)
    ]


def _is_by_name(span: Span, table: str) -> bool:
    """Whether a word names a table, and not only means something like it: "brought in"."""
    named = span.value if span.kind is Kind.ENTITY else ()
    return any(c.table == table and c.penalty < _BY_MEANING for c in named)


_BY_MEANING = 0.9
"""Penalty from which on a word only means the same as a name."""


def _missing(spans: list[Span], all_spans: list[Span], query: Query) -> Iterator[str]:
    checks = {
        Kind.TIME: _time,
        Kind.GRAIN: _grain,
        Kind.RANK: _rank,
        Kind.LIMIT: lambda _s, q: q.limit is not None,
        Kind.GROUP: lambda _s, q: bool(q.groups or q.order or q.outer),
        Kind.RATIO: lambda _s, q: q.share,
        Kind.VERSUS: lambda _s, q: q.shape == "compare" or bool(q.groups),
        Kind.SHIFT: lambda _s, q: q.shape == "compare",
        Kind.NOT: lambda _s, q: any(
            c.negated or c.operator in ("true", "null", "zero") for c in _all(q)
        ),
        Kind.DAYS: lambda _s, q: any(c.operator == "day" for c in _all(q)),
        Kind.RUNNING: lambda _s, q: q.running,
        Kind.SPLIT: lambda _s, q: bool(q.groups),
        Kind.TREND: lambda _s, q: any(g.grain for g in q.groups),
        Kind.DISTINCT: _distinct,
        Kind.AGGREGATE: _aggregate,
        Kind.UNIT: _unit,
    }
    for span in spans:
        check = checks.get(span.kind)
        if check and not check(span, query):
            yield f'"{span.text}" found no place in the query'
    compared = sum(span.kind is Kind.COMPARE for span in spans)
    kept = sum(c.operator in _COMPARED for c in _all(query)) + (query.having is not None)
    if compared > kept:
        yield "a comparison with a number found no place in the query"
    yield from _joined(spans, all_spans, query)
    yield from _unsound(query)
    yield from _unlicensed(spans, query)


_LICENCES = {
    Kind.GROUP, Kind.GRAIN, Kind.TREND, Kind.RATIO, Kind.WHICH, Kind.RANK, Kind.WHO, Kind.WHERE,
    Kind.VERSUS, Kind.RUNNING, Kind.SPLIT, Kind.DISTINCT, Kind.COMPARE, Kind.LIMIT, Kind.LIST,
}  # fmt: skip
"""What asks for more than one number; without any of it there is nothing to group by."""


_MEANS = ("avg", "median", "min", "max", "stddev")


def _years_summed(all_spans: list[Span], query: Query) -> Iterator[str]:
    """An age is no year of birth, though a team may call the column so."""
    named = " ".join(s.text.lower() for s in all_spans if s.kind is Kind.ENTITY)
    said = "year" in named or "birth" in named or "born" in named
    for group in query.groups:
        if group.ref and is_year(group.ref.column) and not said:
            yield f"{group.name} holds years, and no year was asked for"
    for metric in query.metrics:
        years = metric.ref is not None and is_year(metric.ref.column)
        if (
            years
            and metric.aggregate in ("avg", "sum", "median", "stddev", "min", "max")
            and not said
        ):
            yield f"{metric.name} holds years, and no year was asked for"


def _counts_in_vain(all_spans: list[Span], query: Query) -> bool:
    """Whether "how many" was asked, and there is a mean where the count should be."""
    asked = {s.value for s in all_spans if s.kind is Kind.AGGREGATE}
    if "count" not in asked or asked & set(_MEANS) or query.outer or query.share:
        return False
    return bool(query.metrics) and all(
        m.aggregate in _MEANS or (m.measure is not None and "avg(" in m.measure.expression.lower())
        for m in query.metrics
    )


_LISTS = {Kind.LIST, Kind.WHICH, Kind.DISTINCT, Kind.LIMIT, Kind.WHO, Kind.WHERE, Kind.WHEN}


def _unlicensed(all_spans: list[Span], query: Query) -> Iterator[str]:
    """What is in the query without a word of the question."""
    bounded = bool(query.conditions or query.times)
    if query.shape == "values" and bounded and not any(s.kind in _LISTS for s in all_spans):
        yield f"nothing in the question asks for a list of {query.select[0].column.name}"
    times = [r.column.name for r in query.select if r.column.is_time]
    if query.shape == "values" and times and not any(s.kind is Kind.LIST for s in all_spans):
        yield f"nothing in the question asks for a list of {times[0]}"
    yield from _years_summed(all_spans, query)
    if _counts_in_vain(all_spans, query):
        yield "it is not clear what is to be counted"
    if query.groups and not any(s.kind in _LICENCES for s in all_spans):
        names = ", ".join(g.name or g.grain for g in query.groups)
        yield f"nothing in the question asks to split by {names}"


def _joined(spans: list[Span], all_spans: list[Span], query: Query) -> Iterator[str]:
    """An "or" between two columns is no "and"; two numbers need a word that joins them."""
    joints = [s for s in spans if s.kind is Kind.AND]
    for span in joints:
        if {"or", "either", "nor"} & set(span.text.lower().split()):
            at = all_spans.index(span)
            before = [c for c in _all(query) if c.index < at and c.ref]
            after = [c for c in _all(query) if c.index > at and c.ref]
            spanned = any(c.index < at <= c.last for c in before)
            if before and after and not spanned and not any(c.negated for c in before):
                yield 'I cannot join conditions on different columns by "or"'
                return
    things = [s for s in spans if s.kind is Kind.WHICH and s.text.lower().startswith("which")]
    if things and query.shape == "aggregate" and not query.groups:
        yield f'"{things[0].text}" asks for a thing, and a number was found'
    if len(query.metrics) > 1 and not joints:
        yield "it is not clear which of two numbers is asked for"


def _all(query: Query) -> tuple[Condition, ...]:
    return (*query.conditions, *query.numerator)


def _time(_span: Span, query: Query) -> bool:
    return bool(query.times) and query.time_ref is not None


_UNIT_NAMES = {
    "eur": ("eur", "euro", "€"),
    "euro": ("eur", "euro", "€"),
    "usd": ("usd", "dollar", "$"),
    "dollar": ("usd", "dollar", "$"),
    "gbp": ("gbp", "pound", "£"),
    "pound": ("gbp", "pound", "£"),
    "kilo": ("kg", "kilogram", "kilo"),
    "kilogram": ("kg", "kilogram", "kilo"),
    "kilometer": ("km", "kilometer"),
}


def _unit(span: Span, query: Query) -> bool:
    """Whether the number is in the unit that was asked for already."""
    said = str(span.value).rstrip("s")
    wanted = set(_UNIT_NAMES.get(said, (said,)))
    for metric in query.metrics:
        own = [metric.unit, *words_of(metric.ref.column.name if metric.ref else metric.name)]
        own += [metric.ref.column.unit] if metric.ref else []
        if not wanted & {w.lower().rstrip("s") for w in own}:
            return False
    refs = [*query.select, *([query.order.ref] if query.order and query.order.ref else [])]
    shown = {w.rstrip("s") for r in refs for w in (*words_of(r.column.name), r.column.unit)}
    return bool(query.metrics or wanted & shown)


def _grain(span: Span, query: Query) -> bool:
    return query.trend == span.value.unit or any(g.grain == span.value.unit for g in query.groups)


def _rank(_span: Span, query: Query) -> bool:
    return query.order is not None or any(m.aggregate in ("min", "max") for m in query.metrics)


def _distinct(_span: Span, query: Query) -> bool:
    counted = any(m.aggregate == "count_distinct" for m in query.metrics)
    return counted or query.shape == "values" or bool(query.groups)


def _aggregate(span: Span, query: Query) -> bool:
    asked = span.value
    if asked in _SHOWN_AGGREGATES or asked[:1] == "p":
        declared = any(m.measure for m in query.metrics) and asked == "avg" and not query.outer
        return declared or query.outer == asked or any(m.aggregate == asked for m in query.metrics)
    if asked == "count_distinct":
        return any(m.aggregate == "count_distinct" for m in query.metrics) or query.outer == "count"
    return query.shape not in ("rows", "values") or asked == "sum"


def _unsound(query: Query) -> Iterator[str]:
    if query.share and query.numerator and not all(can_filter(m) for m in query.metrics):
        yield f"a part of {query.metrics[0].name} cannot be told from the whole"
    if query.share and len(query.metrics) != 1:
        yield "a share of two numbers at once is not clear"
    if query.shape == "compare" and (
        query.outer or query.having or query.trend or len(query.metrics) != 1
    ):
        yield "two periods can be compared by one plain number only"
    if query.outer and (len(query.metrics) != 1 or query.share):
        yield "an average over groups needs one plain number"
    if (query.trend or query.running) and (
        len(query.metrics) != 1 or query.share or not query.groups
    ):
        yield "a change along time needs one plain number"
    yield from _contradictory(query)
    yield from _tangled(query)


def _contradictory(query: Query) -> Iterator[str]:
    """One column that must be two things at once: a negation was read twice, or not at all."""
    told: dict[tuple[str, str], set[str]] = {}
    for condition in query.conditions:
        if condition.ref and condition.operator in ("in", "true", "null"):
            said = f"{condition.operator} {condition.values}"
            told.setdefault(condition.ref.same, set()).add(
                said if not condition.negated else f"not {condition.operator}"
            )
    for (_, name), things in told.items():
        if len(things) > 1:
            yield f"{name} is said to be two things at once"


def _tangled(query: Query) -> Iterator[str]:
    if query.having and len(query.metrics) != 1:
        yield "it is not clear which number is compared"
    if any(c.child for c in query.conditions) and query.groups and query.shape == "compare":
        yield "this comparison is too tangled"
    if query.now and any(t.start and t.start > query.now for t in query.times):
        yield "the period lies in the future, and I report what the lake holds"
    if (
        query.times
        and not query.groups
        and any(t.start and t.end and t.start >= t.end for t in query.times)
    ):
        yield "the time range is empty"
