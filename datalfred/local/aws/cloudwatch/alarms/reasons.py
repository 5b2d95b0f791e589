"""The words and the JSON in which CloudWatch gives the reason of a state.

Source: samples in *Alarm events and EventBridge* and in DescribeAlarmHistory. The newest data point
is named first; ``recentDatapoints`` begins with the oldest.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from datalfred.local.aws.cloudwatch.alarms.evaluation import Point, Verdict, breaches
from datalfred.local.aws.cloudwatch.alarms.intake import COMPARISONS
from datalfred.local.aws.cloudwatch.alarms.model import Alarm, stamp

UNCHECKED = "Unchecked: Initial alarm creation"
_FILLED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}


def reason_of(alarm: Alarm, verdict: Verdict, state: str) -> str:
    """Why an alarm is in ``state``, as one sentence."""
    periods = alarm.get("EvaluationPeriods")
    if state == "INSUFFICIENT_DATA":
        was = "was" if periods == 1 else "were"
        return f"Insufficient Data: {_counted(periods, 'datapoint')} {was} unknown."
    filled = ""
    if verdict.filled_as:
        was = "was" if verdict.missing == 1 else "were"
        missing = _counted(verdict.missing, "missing datapoint")
        filled = f" and {missing} {was} treated as [{_FILLED[verdict.filled_as]}]"
    if not verdict.points:
        received = _counted(periods, "period")
        return f"Threshold Crossed: no datapoints were received for {received}{filled}."
    return f"Threshold Crossed: {_crossed(alarm, verdict, state)}{filled}{_least(alarm, state)}."


def _crossed(alarm: Alarm, verdict: Verdict, state: str) -> str:
    """Which points were, or were not, on the wrong side."""
    shown = [point for point in verdict.points if _speaks_for(alarm, point, state)]
    shown = shown or list(verdict.points)
    values = ", ".join(f"{point.value} ({_day(point.at)})" for point in reversed(shown))
    was = ("was" if len(shown) == 1 else "were") + ("" if state == "ALARM" else " not")
    words = COMPARISONS[alarm.get("ComparisonOperator")]
    counted = _counted(len(shown), "datapoint")
    if alarm.get("DatapointsToAlarm"):
        last = _counted(alarm.get("EvaluationPeriods"), "datapoint", plural=True)
        counted = f"{len(shown)} out of the last {last}"
    return f"{counted} [{values}] {was} {words} the threshold ({float(alarm.get('Threshold'))})"


def _speaks_for(alarm: Alarm, point: Point, state: str) -> bool:
    return breaches(alarm, point.value) == (state == "ALARM")


def _least(alarm: Alarm, state: str) -> str:
    """How many data points that transition takes, of an alarm with M out of N."""
    wanted, periods = alarm.get("DatapointsToAlarm"), alarm.get("EvaluationPeriods")
    if not wanted:
        return ""
    least = wanted if state == "ALARM" else periods - wanted + 1
    way = "OK -> ALARM" if state == "ALARM" else "ALARM -> OK"
    return f" (minimum {_counted(least, 'datapoint')} for {way} transition)"


def _counted(number: int, what: str, *, plural: bool = False) -> str:
    return f"{number} {what}{'' if number == 1 and not plural else 's'}"


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%d/%m/%y %H:%M:%S")


def reason_data(alarm: Alarm, points: Sequence[Point], now: datetime) -> str:
    """The same as JSON."""
    data: dict[str, object] = {"version": "1.0", "queryDate": stamp(now)}
    if points:
        data["startDate"] = _stamped(points[0].at)
    if alarm.get("Unit"):
        data["unit"] = alarm.get("Unit")
    if alarm.statistic:
        data["statistic"] = alarm.statistic
    data |= {
        "period": alarm.period,
        "recentDatapoints": [point.value for point in points],
        "threshold": float(alarm.get("Threshold")),
        "evaluatedDatapoints": [_evaluated(point) for point in reversed(points)],
    }
    return json.dumps(data, separators=(",", ":"))


def _evaluated(point: Point) -> dict[str, object]:
    found: dict[str, object] = {"timestamp": _stamped(point.at)}
    if point.count is not None:
        found["sampleCount"] = point.count
    return {**found, "value": point.value}


def _stamped(at: float) -> str:
    return stamp(datetime.fromtimestamp(at, UTC))
