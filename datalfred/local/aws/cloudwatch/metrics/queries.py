"""Queries of metrics, as GetMetricData and alarms on expressions have them."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.cloudwatch.mathematics import (
    FUNCTIONS,
    Evaluation,
    MathError,
    Series,
    Table,
    parse,
)
from datalfred.local.aws.cloudwatch.metrics.reading import (
    checked_period,
    checked_statistic,
    first_period,
)
from datalfred.local.aws.cloudwatch.metrics.store import MetricStore, in_periods, metric_of
from datalfred.local.aws.cloudwatch.pages import place_of, token_for
from datalfred.local.aws.faults import FaultError

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_MOST_QUERIES = 500
_MOST_POINTS = 100_800
_CODE = "ValidationError"
_ORDERS = {"TimestampAscending": False, "TimestampDescending": True}

Query = Mapping[str, Any]


def refused(message: str) -> FaultError:
    """The refusal of a query."""
    return FaultError(_CODE, message)


def checked_queries(queries: Sequence[Query], most: int = _MOST_QUERIES) -> None:
    """Looks at queries before any is answered.

    Raises:
        FaultError: one of them may not be so, or is of a kind that is not emulated here.
    """
    if not 0 < len(queries) <= most:
        raise refused(f"The number of metric data queries must be from 1 to {most}.")
    seen: set[str] = set()
    for query in queries:
        name = query.get("Id", "")
        if not _ID.fullmatch(name):
            raise refused(f"The value {name} for parameter Id must begin with a lower-case letter.")
        if name in seen:
            raise refused(
                f"The values for parameter Id in MetricDataQueries are not unique: {name}."
            )
        seen.add(name)
        if ("MetricStat" in query) == ("Expression" in query):
            raise refused(f"Query {name} must have either MetricStat or Expression.")
        if "${" in query.get("Label", ""):
            raise refused(f"Dynamic labels are not emulated here, see query {name}.")
        if query.get("AccountId"):
            raise refused("There is only one account here.")
        _check(name, query)


def _check(name: str, query: Query) -> None:
    if "MetricStat" in query:
        checked_statistic(query["MetricStat"]["Stat"], _CODE)
        checked_period(query["MetricStat"]["Period"], _CODE)
        return
    text = query["Expression"].strip()
    if text.upper().startswith("SELECT"):
        raise refused(f"Metrics Insights (SELECT) is not emulated here, see query {name}.")
    if "Period" in query:
        checked_period(query["Period"], _CODE)
    try:
        parse(text)
    except MathError as problem:
        raise refused(f"Error in expression '{name}' [{text}]: {problem}.") from None


def period_of(queries: Sequence[Query]) -> int:
    """The period of expressions without one of their own: the longest of the metrics', in s."""
    periods = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    return max(periods, default=60)


def evaluated(
    store: MetricStore, queries: Sequence[Query], starts: Mapping[int, Sequence[float]]
) -> Evaluation:
    """The queries over some periods.

    Args:
        store: the metrics.
        queries: checked ones.
        starts: by length of a period, when the periods of that length begin.
    """
    metrics = {}
    for query in queries:
        if "MetricStat" in query:
            stat = query["MetricStat"]
            metrics[query["Id"]] = series_of_metric(
                store, stat, starts[stat["Period"]], query.get("Label", "")
            )
    expressions = {q["Id"]: q["Expression"] for q in queries if "Expression" in q}
    period = period_of(queries)
    return Evaluation(metrics, expressions, starts[period], period, FUNCTIONS)


def series_of_metric(
    store: MetricStore, stat: Query, starts: Sequence[float], label: str = ""
) -> Series:
    """The statistic of a metric for each period that has data."""
    metric, period = metric_of(stat["Metric"]), stat["Period"]
    compute = checked_statistic(stat["Stat"], _CODE)
    points = {}
    if starts:
        end = max(starts) + period
        samples = store.between(metric, min(starts), end, stat.get("Unit", ""))
        for start, group in zip(starts, in_periods(samples, starts, period), strict=True):
            value = compute(group)
            if value is not None:
                points[start] = value
    return Series(points, period, label or metric.name)


def value_of(evaluation: Evaluation, query: Query) -> Sequence[Series]:
    """The series that a query gives: one, or for an expression perhaps several.

    Raises:
        FaultError: it cannot be evaluated, or gives a number.
    """
    name, text = query["Id"], query.get("Expression", "")
    try:
        found = evaluation.named(name)
    except MathError as problem:
        raise refused(f"Error in expression '{name}' [{text}]: {problem}.") from None
    label = query.get("Label") or (name if text else "")
    if isinstance(found, Series):
        return [Series(found.points, found.period, label or found.label)]
    if isinstance(found, Table):
        return found.series
    raise refused(f"Error in expression '{name}' [{text}]: it gives a number, not a time series.")


def get_metric_data(store: MetricStore, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The values of several queries, newest first unless asked otherwise.

    A page holds at most ``MaxDatapoints`` points; the series go on from page to page.

    Raises:
        FaultError: a parameter may not be so.
    """
    queries = parameters["MetricDataQueries"]
    checked_queries(queries)
    start, end = parameters["StartTime"], parameters["EndTime"]
    if start >= end:
        raise refused("The parameter StartTime must be less than the parameter EndTime.")
    order = parameters.get("ScanBy", "TimestampDescending")
    size = parameters.get("MaxDatapoints", _MOST_POINTS)
    if order not in _ORDERS or not 0 < size <= _MOST_POINTS:
        raise refused("The parameters ScanBy and MaxDatapoints are not valid.")
    periods = {q["MetricStat"]["Period"] for q in queries if "MetricStat" in q} | {
        period_of(queries)
    }
    starts = {period: _starts(start, end, period) for period in periods}
    evaluation = evaluated(store, queries, starts)
    results = [
        (query["Id"], series)
        for query in queries
        if query.get("ReturnData", True)
        for series in value_of(evaluation, query)
    ]
    return _paged(parameters, results, size, newest_first=_ORDERS[order])


def _starts(start: datetime, end: datetime, period: int) -> Sequence[float]:
    first = first_period(start, period)
    count = math.ceil((end.timestamp() - first) / period)
    if count > _MOST_POINTS:
        raise refused(f"The request asks for more than {_MOST_POINTS:,} data points of one query.")
    return [float(first + number * period) for number in range(count)]


def _paged(
    parameters: Mapping[str, Any],
    results: Sequence[tuple[str, Series]],
    size: int,
    *,
    newest_first: bool,
) -> dict[str, Any]:
    first = place_of(parameters)
    place, shown = 0, []
    for name, series in results:
        points = sorted(series.points.items(), reverse=newest_first)
        low, high = max(first - place, 0), first + size - place
        part = points[low:high] if high > 0 else []
        place += len(points)
        shown.append(
            {
                "Id": name,
                "Label": series.label,
                "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in part],
                "Values": [value for _, value in part],
                "StatusCode": "Complete" if high >= len(points) else "PartialData",
            }
        )
    more = token_for(parameters, first + size) if first + size < place else None
    return {"MetricDataResults": shown, "NextToken": more, "Messages": []}
