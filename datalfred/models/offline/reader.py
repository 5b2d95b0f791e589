"""Reads the spans of a question over one base table into a draft, word by word.

Every handler either uses its span or reports it as unresolved; nothing is dropped silently.
"""

from collections.abc import Callable
from dataclasses import replace

from datalfred.models.offline.draft import Draft, Mention
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension
from datalfred.models.offline.reading_names import counts_rows, is_value_of, read_entity
from datalfred.models.offline.reading_numbers import read_comparison, read_number, read_quoted
from datalfred.models.offline.reading_steps import keep, next_span, previous_span
from datalfred.models.offline.scope import Scope
from datalfred.models.offline.spans import Grain, Kind, Rank, Span


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
    Kind.GROUP,
    Kind.ENTITY,
    Kind.AND,
    Kind.GRAIN,
    Kind.CHATTER,
    Kind.DISTINCT,
    Kind.WHICH,
    Kind.AGGREGATE,
}


def _unknown(draft: Draft, index: int, span: Span) -> None:
    if not counts_rows(draft, index, span):
        draft.fail(span)


def _skip(_draft: Draft, _index: int, _span: Span) -> None:
    """Chatter means nothing."""


def _time(draft: Draft, index: int, span: Span) -> None:
    draft.times.append((index, span.value))


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
    before = previous_span(draft, index)
    if (
        grain.asked
        and before
        and before.kind is Kind.RANK
        and before.value.about in ("time", "time_first")
    ):
        draft.problem(f'"{before.text} {span.text}" is not clear')
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
    elif asked == "sum" and (draft.measured or draft.aggregate) and not _has_open_metric(draft):
        return  # "..., in total"
    draft.aggregate, draft.aggregate_at = asked, index


def _has_open_metric(draft: Draft) -> bool:
    return any(m.metric.aggregate == "" for m in draft.measured)


def _distinct(draft: Draft, _index: int, _span: Span) -> None:
    draft.distinct = True


def _group(draft: Draft, index: int, span: Span) -> None:
    following = next_span(draft, index)
    if following and following[1].kind is Kind.QUOTED and span.text.lower() == "by":
        draft.excused.append(span)  # "carried by 'Blue Arrow'"
        return
    if following and following[1].kind is Kind.COMPARE and span.text.lower() == "by":
        draft.excused.append(span)  # "delayed by more than an hour"
        return
    if following is None or following[1].kind not in _GROUPABLE:
        draft.fail(span)
        return
    if span.text.lower() == "by" and _is_agent(draft, index, following):
        draft.excused.append(span)
        return
    draft.grouping, draft.group_at = span.value, index


def _is_agent(draft: Draft, index: int, found: tuple[int, Span]) -> bool:
    """As in "generated by customers from Milan": who did it, not what to split by."""
    at, following = found
    before = draft.spans[index - 1].text.lower().split() if index else []
    did = bool(before) and (before[-1].endswith("ed") or before[-1] in ("made", "bought", "sent"))
    plural = following.kind is Kind.ENTITY and following.text.lower().endswith("s")
    named = plural and draft.scope.near(following.value)[:1]
    if not named or named[0].kind != "table":
        return False
    return did or _is_narrowed(draft, at, named[0].table)


_NARROWS = {"of", "from", "in", "who", "that", "on", "with"}


def _is_narrowed(draft: Draft, at: int, table: str) -> bool:
    """As in "by members of the Old Town": some of them, whom a value of theirs tells apart."""
    rest = draft.spans[at + 1 : at + 6]
    if not rest or rest[0].text.lower().split()[0] not in _NARROWS or table == draft.scope.base.id:
        return False
    return any(
        c.kind in ("value", "flag") and c.table == table
        for s in rest
        if s.kind in (Kind.ENTITY, Kind.QUOTED)
        for c in draft.scope.near(s.value or ())[:2]
    )


_GROUPABLE = {
    Kind.ENTITY,
    Kind.GRAIN,
    Kind.DISTINCT,
    Kind.AGGREGATE,
    Kind.RATIO,
    Kind.UNKNOWN,
    Kind.RANK,
    Kind.WHICH,
}


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
    keep(draft, Condition(ref, "null", negated=negated, words=span.text, index=index))


def _and(draft: Draft, index: int, _span: Span) -> None:
    """As in "except Germany and Italy" excludes both."""
    known = draft.last_negated
    following = next_span(draft, index)
    before = previous_span(draft, index)
    if before and draft.spans.index(before) == draft.grouped_at:
        draft.grouping = "by"
    if known and known.ref and following and is_value_of(draft, following[1], known.ref.column):
        draft.negating = True


def _which(draft: Draft, index: int, _span: Span) -> None:
    following = next_span(draft, index, (Kind.DISTINCT,))
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


def _names_table(draft: Draft, index: int) -> bool:
    """Whether what follows "who is the" is a table by its name."""
    found = next_span(draft, index, (Kind.RANK, Kind.WHICH))
    near = draft.scope.near(found[1].value) if found and found[1].kind is Kind.ENTITY else []
    return bool(near) and near[0].kind == "table" and near[0].table != draft.scope.base.id


_PLACES = ("country", "city", "region", "state", "location", "place")


def _who(draft: Draft, _index: int, span: Span) -> None:
    before = previous_span(draft, _index)
    named = draft.mentions or draft.measured or draft.conditions
    if before and before.kind is not Kind.AND and named:  # "customers who opted in"
        draft.excused.append(span)
        _that(draft, _index, span)
        return
    if _names_table(draft, _index):
        draft.grouping, draft.asked_which = "which", True  # "who is the trainer with ..."
        draft.excused.append(span)
        return
    people = [i for i in draft.scope.paths if draft.scope.table(i).singular in _PEOPLE]
    if len(people) > 1:
        names = ", ".join(draft.scope.table(i).name for i in people)
        draft.problem(f'"{span.text}" could be any of {names}')
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


_HANDLERS: dict[Kind, Callable[[Draft, int, Span], None]] = {
    Kind.TIME: _time,
    Kind.SHIFT: _shift,
    Kind.DAYS: _days,
    Kind.GRAIN: _grain,
    Kind.TREND: _trend,
    Kind.SPLIT: _skip,
    Kind.UNIT: _skip,
    Kind.RANK: _rank,
    Kind.LIMIT: _limit,
    Kind.COMPARE: read_comparison,
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
    Kind.ENTITY: read_entity,
    Kind.QUOTED: read_quoted,
    Kind.NUMBER: read_number,
    Kind.CHATTER: _skip,
    Kind.UNKNOWN: _unknown,
}
