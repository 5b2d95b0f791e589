"""The number that an aggregate or a name asks for."""

# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

from datalfred.models.offline.catalog_view import Measure
from datalfred.models.offline.draft import Draft, Measured, Mention
from datalfred.models.offline.ir import ColumnRef, Metric
from datalfred.models.offline.linking import Candidate
from datalfred.models.offline.scope import plain_name
from datalfred.models.offline.spans import Span

_NUMERIC = {"sum", "avg", "min", "max", "median", "stddev", "how_much"}


def as_metric(draft: Draft, index: int, _span: Span, candidates: list[Candidate]) -> bool:
    """The thing that a pending aggregate is about."""
    if not draft.aggregate or draft.aggregate_at < 0:
        return False
    wanted = [c for c in candidates if _measurable(draft, c)]
    if draft.aggregate in ("count", "count_distinct"):
        wanted.sort(key=lambda c: c.penalty + (0.5 if _is_amount(c) else 0.0))
    best = wanted[0] if wanted else None
    if best is None or best.penalty > candidates[0].penalty + 0.5:
        return False
    if candidates[0].kind in ("value", "flag") and candidates[0].penalty <= best.penalty:
        return False
    draft.cost += best.penalty
    return as_metric_of(draft, index, best)


def _is_amount(candidate: Candidate) -> bool:
    """A sum is not what "the number of refunds" counts."""
    return candidate.measure is not None and "count" not in candidate.measure.expression.lower()


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


def as_metric_of(draft: Draft, index: int, best: Candidate) -> bool:
    """Adds what a candidate measures; false when it measures nothing."""
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


def measured_by(best: Candidate) -> Metric | None:
    """The metric of a declared measure."""
    if best.measure is None:
        return None
    name = plain_name(best.measure.name)
    return Metric("measure", None, best.measure, best.table, name, best.measure.unit)


def _aggregated_measure(draft: Draft, best: Candidate, asked: str) -> Metric | None:
    """An average of a declared sum needs something to average over; that is decided later."""
    nests = asked in ("avg", "max", "min", "median") and best.measure
    if nests and best.measure and (asked != "avg" or not _is_mean(best.measure)):
        draft.outer = asked
    return measured_by(best)


def _is_mean(measure: Measure) -> bool:
    """Whether a measure is an average or a rate already."""
    plain = measure.expression.lower()
    return "avg(" in plain or "/" in plain or "percentile" in plain
