"""ListMetrics and GetMetricStatistics.

Source of limits and wording: both operations in the API reference of CloudWatch.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from datalfred.local.aws.cloudwatch.metrics.statistics import (
    SIMPLE,
    Statistic,
    StatisticError,
    statistic,
)
from datalfred.local.aws.cloudwatch.metrics.store import (
    Metric,
    MetricStore,
    Sample,
    in_periods,
    metric_of,
)
from datalfred.local.aws.cloudwatch.pages import page_of
from datalfred.local.aws.faults import FaultError

Parameters = Mapping[str, Any]

_MINUTE = 60
_FINE = {1, 5, 10, 20, 30}
"""Periods below a minute, in seconds, that metrics of high resolution have."""
_MOST_POINTS = 1440
_LISTED = 500
_RECENT = timedelta(hours=3)
_LISTED_FOR = timedelta(weeks=2)


def checked_period(period: int, code: str = "InvalidParameterValue") -> int:
    """``period`` in seconds.

    Raises:
        FaultError: CloudWatch has no such period.
    """
    if period not in _FINE and (period < _MINUTE or period % _MINUTE):
        raise FaultError(code, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    return period


def checked_statistic(name: str, code: str = "InvalidParameterValue") -> Statistic:
    """The statistic of that name.

    Raises:
        FaultError: there is none.
    """
    try:
        return statistic(name)
    except StatisticError as problem:
        raise FaultError(
            code, f"The value {name} for parameter Stat is not supported: {problem}."
        ) from None


def first_period(start: datetime, period: int) -> int:
    """When the first period of a request begins, in seconds since 1970.

    The start time is rounded down to the minute, below a minute to a multiple of the period; all
    periods follow from there. Source: GetMetricData and GetMetricStatistics, ``StartTime``.
    """
    step = min(period, _MINUTE)
    return int(start.timestamp()) // step * step


def list_metrics(store: MetricStore, parameters: Parameters, now: datetime) -> dict[str, Any]:
    """The metrics that pass all filters, 500 a page.

    A dimension without a value fits any value; a metric may have more dimensions than are asked
    for. Metrics without data for two weeks are not listed.

    Raises:
        FaultError: a parameter may not be so.
    """
    recently = parameters.get("RecentlyActive")
    if recently not in {None, "PT3H"}:
        raise FaultError("InvalidParameterValue", "The parameter RecentlyActive must be PT3H.")
    if parameters.get("IncludeLinkedAccounts") or parameters.get("OwningAccount"):
        raise FaultError("InvalidParameterValue", "There is only one account here.")
    oldest = (now - (_RECENT if recently else _LISTED_FOR)).timestamp()
    found = [
        metric.listed()
        for metric, written in store.metrics()
        if written >= oldest and _is_asked_for(metric, parameters)
    ]
    page, token = page_of(found, parameters, _LISTED)
    return {"Metrics": page, "NextToken": token}


def _is_asked_for(metric: Metric, parameters: Parameters) -> bool:
    dimensions = dict(metric.dimensions)
    return (
        parameters.get("Namespace") in {None, metric.namespace}
        and parameters.get("MetricName") in {None, metric.name}
        and all(
            asked["Name"] in dimensions and asked.get("Value") in {None, dimensions[asked["Name"]]}
            for asked in parameters.get("Dimensions", ())
        )
    )


def get_metric_statistics(store: MetricStore, parameters: Parameters) -> dict[str, Any]:
    """The statistics of a metric for each period that has data; unsorted on AWS, by time here.

    Raises:
        FaultError: a parameter may not be so.
    """
    period = checked_period(parameters["Period"])
    first, end = _span(parameters, period)
    simple, extended = _statistics(parameters)
    metric = metric_of(parameters)
    points: list[dict[str, Any]] = []
    samples = store.between(metric, first, end, parameters.get("Unit", ""))
    starts = range(first, end, period)
    for start, group in zip(starts, in_periods(samples, starts, period), strict=True):
        for unit in sorted({sample.unit for sample in group}):
            of_unit = [sample for sample in group if sample.unit == unit]
            point = _datapoint(of_unit, simple, extended)
            if point:
                points.append(
                    {"Timestamp": datetime.fromtimestamp(start, UTC), "Unit": unit, **point}
                )
    return {"Label": metric.name, "Datapoints": points}


def _datapoint(
    samples: Sequence[Sample], simple: Sequence[str], extended: Sequence[str]
) -> dict[str, Any]:
    point: dict[str, Any] = {name: statistic(name)(samples) for name in simple}
    values = {name: statistic(name)(samples) for name in extended}
    known = {name: value for name, value in values.items() if value is not None}
    return {**point, **({"ExtendedStatistics": known} if known else {})}


def _statistics(parameters: Parameters) -> tuple[list[str], list[str]]:
    simple = list(parameters.get("Statistics", ()))
    extended = list(parameters.get("ExtendedStatistics", ()))
    if not simple and not extended:
        raise FaultError(
            "MissingParameter", "Must specify either Statistics or ExtendedStatistics."
        )
    for name in simple:
        if name not in SIMPLE:
            raise FaultError(
                "InvalidParameterValue",
                f"The parameter Statistics must be one of {', '.join(SIMPLE)}, not {name}.",
            )
    for name in extended:
        checked_statistic(name)
    return simple, extended


def _span(parameters: Parameters, period: int) -> tuple[int, int]:
    start, end = parameters["StartTime"], parameters["EndTime"]
    if start >= end:
        raise FaultError(
            "InvalidParameterValue",
            "The parameter StartTime must be less than the parameter EndTime.",
        )
    first = first_period(start, period)
    last = math.ceil(end.timestamp())
    points = math.ceil((last - first) / period)
    if points > _MOST_POINTS:
        raise FaultError(
            "InvalidParameterCombination",
            f"You have requested up to {points:,} datapoints, which exceeds the limit of"
            f" {_MOST_POINTS:,}. You may reduce the datapoints requested by increasing Period, or"
            " decreasing the time range.",
        )
    return first, last
