"""Decides the state of a metric alarm from its latest data points.

Source: *Alarm evaluation* and *Configuring how CloudWatch alarms treat missing data* in the user
guide. CloudWatch looks farther back than the evaluation periods when points are missing; how far it
does not say beyond its examples, which are two points more: so it is here.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.local.aws.cloudwatch.alarms.model import Alarm

MORE_POINTS = 2
"""How many points more than the evaluation periods are looked at."""

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_RISING = {"GreaterThanOrEqualToThreshold", "GreaterThanThreshold"}


@dataclass(frozen=True)
class Point:
    """One data point: when its period began (seconds since 1970), its value, its sample count."""

    at: float
    value: float
    count: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What an evaluation found.

    Attributes:
        state: the new state; None to keep the one that is.
        points: the ones that decided, oldest first.
        missing: how many points had to be filled in.
        filled_as: ``breaching``, ``notBreaching`` or empty.
        breaching: how many points breach the threshold, filled ones included.
    """

    state: str | None
    points: tuple[Point, ...]
    missing: int
    filled_as: str
    breaching: int


def breaches(alarm: Alarm, value: float) -> bool:
    """Whether a value is on the wrong side of the threshold."""
    return _HOLDS[alarm.get("ComparisonOperator")](value, alarm.get("Threshold"))


def stays_breached(alarm: Alarm) -> bool:
    """Whether a breached, unfinished period stays breached whatever data is still to come.

    A maximum or a count cannot fall again, a minimum cannot rise; an average can do both.
    """
    rising = alarm.get("ComparisonOperator") in _RISING
    return alarm.statistic in ({"Maximum", "SampleCount", "Sum"} if rising else {"Minimum"})


def evaluate(alarm: Alarm, points: Sequence[Point | None]) -> Verdict:
    """The state that ``points`` ask for.

    Args:
        alarm: a metric alarm.
        points: the latest periods, oldest first, None where data is missing: as many as the
            evaluation periods and :data:`MORE_POINTS`.
    """
    periods = alarm.get("EvaluationPeriods")
    wanted = alarm.get("DatapointsToAlarm") or periods
    real = [point for point in points if point is not None]
    used = tuple(real[-periods:])
    missing = max(0, periods - len(real))
    breaching = sum(breaches(alarm, point.value) for point in used)
    if missing == 0:
        return Verdict("ALARM" if breaching >= wanted else "OK", used, 0, "", breaching)
    treatment = alarm.get("TreatMissingData")
    if treatment in {"breaching", "notBreaching"}:
        breaching += missing if treatment == "breaching" else 0
        state = "ALARM" if breaching >= wanted else "OK"
        return Verdict(state, used, missing, treatment, breaching)
    return Verdict(_state_without(alarm, points, used, treatment), used, missing, "", breaching)


def _state_without(
    alarm: Alarm, points: Sequence[Point | None], used: Sequence[Point], treatment: str
) -> str | None:
    """The state when missing points stay missing: ``missing`` or ``ignore``."""
    wanted = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods")
    breaching = [point for point in used if breaches(alarm, point.value)]
    if not used:
        return None if treatment == "ignore" else "INSUFFICIENT_DATA"
    if len(breaching) >= wanted:
        return "ALARM"
    if len(breaching) < len(used):
        return "OK"
    # Only breaching points, too few of them: it rings once the oldest is old enough ("premature
    # transitions"), and keeps its state until then.
    age = next(len(points) - place for place, point in enumerate(points) if point is not None)
    return "ALARM" if treatment == "missing" and age >= wanted else None
