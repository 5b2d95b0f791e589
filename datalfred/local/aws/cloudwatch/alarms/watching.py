"""Looks at an alarm's metrics and says what its state should be.

A period slides: it ends at the last full minute (ten seconds for periods below a minute), whatever
its length. The unfinished period counts only where it breaches and stays breached whatever comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from datalfred.local.aws.cloudwatch.alarms.evaluation import (
    MORE_POINTS,
    Point,
    Verdict,
    evaluate,
    stays_breached,
)
from datalfred.local.aws.cloudwatch.alarms.model import METRIC, Alarm
from datalfred.local.aws.cloudwatch.alarms.reasons import reason_data, reason_of
from datalfred.local.aws.cloudwatch.metrics.queries import evaluated, value_of
from datalfred.local.aws.cloudwatch.metrics.statistics import percentile_of, statistic
from datalfred.local.aws.cloudwatch.metrics.store import MetricStore, in_periods, metric_of

_MINUTE, _FINE = 60, 10
_ENOUGH = 10
"""Samples in the smaller part of a percentile, below which its count is low."""
_WHOLE, _HALF = 100.0, 50.0


@dataclass(frozen=True)
class Finding:
    """The state that an alarm should have, and why."""

    state: str
    reason: str
    data: str


def step_of(alarm: Alarm) -> int:
    """How often an alarm is evaluated, in seconds."""
    fine = alarm.kind == METRIC and alarm.period < _MINUTE
    return _FINE if fine else _MINUTE


def look(store: MetricStore, alarm: Alarm, now: datetime) -> Finding | None:
    """What the metrics say of an alarm; None to leave it as it is.

    Raises:
        FaultError: its expression cannot be evaluated.
    """
    step = step_of(alarm)
    end = int(now.timestamp()) // step * step
    if stays_breached(alarm):
        points = _points(store, alarm, end + step)
        verdict = evaluate(alarm, points)
        if verdict.state == "ALARM" and points[-1] is not None and not verdict.filled_as:
            return _finding(alarm, verdict, "ALARM", now)
    verdict = evaluate(alarm, _points(store, alarm, end))
    if verdict.state is None or _too_few(store, alarm, end):
        return None
    return _finding(alarm, verdict, verdict.state, now)


def _finding(alarm: Alarm, verdict: Verdict, state: str, now: datetime) -> Finding:
    data = reason_data(alarm, verdict.points, now)
    return Finding(state, reason_of(alarm, verdict, state), data)


def _starts(alarm: Alarm, end: int) -> list[float]:
    count, period = alarm.get("EvaluationPeriods") + MORE_POINTS, alarm.period
    return [float(end - period * number) for number in range(count, 0, -1)]


def _points(store: MetricStore, alarm: Alarm, end: int) -> list[Point | None]:
    starts = _starts(alarm, end)
    if "Metrics" not in alarm.settings:
        return _points_of_metric(store, alarm, starts)
    queries = alarm.queries()
    evaluation = evaluated(store, queries, {alarm.period: starts})
    shown = next(query for query in queries if query["ReturnData"])
    (series,) = value_of(evaluation, shown) or (None,)
    values = series.points if series else {}
    return [Point(at, values[at]) if at in values else None for at in starts]


def _points_of_metric(
    store: MetricStore, alarm: Alarm, starts: Sequence[float]
) -> list[Point | None]:
    compute = statistic(alarm.statistic)
    samples = store.between(
        metric_of(alarm.settings), starts[0], starts[-1] + alarm.period, alarm.get("Unit", "")
    )
    points: list[Point | None] = []
    for at, group in zip(starts, in_periods(samples, starts, alarm.period), strict=True):
        value = compute(group)
        count = sum(sample.count for sample in group)
        points.append(None if value is None else Point(at, value, count))
    return points


def _too_few(store: MetricStore, alarm: Alarm, end: int) -> bool:
    """Whether a percentile has too few samples to say anything, and is to be ignored then."""
    percent = percentile_of(alarm.statistic)
    if percent is None or alarm.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    rare = (_WHOLE - percent if percent >= _HALF else percent) / _WHOLE
    start = end - alarm.period * alarm.get("EvaluationPeriods")
    samples = store.between(metric_of(alarm.settings), start, end, alarm.get("Unit", ""))
    return rare > 0 and sum(sample.count for sample in samples) < _ENOUGH / rare
