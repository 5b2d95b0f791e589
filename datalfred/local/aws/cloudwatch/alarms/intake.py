"""PutMetricAlarm: what an alarm may be.

Source: PutMetricAlarm in the API reference of CloudWatch.
"""

from collections.abc import Mapping
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.model import STATES
from datalfred.local.aws.cloudwatch.metrics.queries import checked_queries, refused
from datalfred.local.aws.cloudwatch.metrics.reading import checked_period, checked_statistic
from datalfred.local.aws.cloudwatch.metrics.statistics import SIMPLE, percentile_of
from datalfred.local.aws.faults import FaultError

COMPARISONS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
"""The comparisons with one threshold, and their words."""

_BANDS = {
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
}
_MISSING = {"breaching", "notBreaching", "ignore", "missing"}
_LOW_COUNTS = {"evaluate", "ignore"}
_SINGLE = (
    "MetricName",
    "Namespace",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Period",
    "Unit",
)
_NOT_HERE = (
    "ThresholdMetricId", "EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria",
    "EvaluationInterval", "ActionConfiguration",
)  # fmt: skip
_MOST_ACTIONS = 5
_MOST_METRICS = 10
_DAY, _WEEK = 86_400, 604_800
_HOUR = 3600
_FINE = {10, 20, 30}
_LONGEST_NAME = 255
_CODE = "ValidationError"


def metric_settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a metric alarm, with its defaults.

    Raises:
        FaultError: the alarm may not be so.
    """
    _check_presence(parameters)
    settings = common_settings(parameters)
    for name in ("EvaluationPeriods", "Threshold", "ComparisonOperator"):
        settings[name] = parameters[name]
    if parameters["ComparisonOperator"] not in COMPARISONS:
        raise refused(f"ComparisonOperator must be one of {', '.join(COMPARISONS)}.")
    periods = parameters["EvaluationPeriods"]
    settings["DatapointsToAlarm"] = parameters.get("DatapointsToAlarm")
    if periods < 1 or not 1 <= (settings["DatapointsToAlarm"] or periods) <= periods:
        raise refused("DatapointsToAlarm must be from 1 to EvaluationPeriods.")
    settings["TreatMissingData"] = parameters.get("TreatMissingData", "missing")
    if settings["TreatMissingData"] not in _MISSING:
        raise refused(f"TreatMissingData must be one of {', '.join(sorted(_MISSING))}.")
    settings |= _expressions(parameters) if "Metrics" in parameters else _single(parameters)
    return {name: value for name, value in settings.items() if value is not None}


def common_settings(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that all alarms have.

    Raises:
        FaultError: the name or an action may not be so.
    """
    name = parameters["AlarmName"]
    if not 0 < len(name) <= _LONGEST_NAME:
        raise refused("AlarmName must have 1 to 255 characters.")
    settings = {
        "AlarmName": name,
        "AlarmDescription": parameters.get("AlarmDescription"),
        "ActionsEnabled": parameters.get("ActionsEnabled", True),
        "Tags": {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", ())},
    }
    for actions in ("OKActions", "AlarmActions", "InsufficientDataActions"):
        settings[actions] = parameters.get(actions, [])
        if len(settings[actions]) > _MOST_ACTIONS:
            raise refused(f"{actions} must not have more than {_MOST_ACTIONS} members.")
        for arn in settings[actions]:
            _check_action(arn)
    return settings


def checked_state(value: str) -> str:
    """A state's value.

    Raises:
        FaultError: there is no such state.
    """
    if value not in STATES:
        raise refused(f"StateValue must be one of {', '.join(STATES)}.")
    return value


def _check_action(arn: str) -> None:
    service = arn.split(":")[2] if arn.startswith("arn:") and arn.count(":") >= 5 else ""  # noqa: PLR2004 -- the colons of an ARN
    if not service:
        raise refused(f"Invalid arn syntax: {arn}")
    if service not in {"sns", "lambda"}:
        raise refused(
            f"Alarm actions of {service} are not emulated here, only sns and lambda: {arn}"
        )


def _check_presence(parameters: Mapping[str, Any]) -> None:
    for name in _NOT_HERE:
        if name in parameters:
            raise refused(f"{name} is not emulated here.")
    if parameters.get("ComparisonOperator") in _BANDS:
        raise refused("Alarms on anomaly detection bands are not emulated here.")
    for name in ("EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if name not in parameters:
            raise FaultError("MissingParameter", f"The parameter {name} is required.")


def _single(parameters: Mapping[str, Any]) -> dict[str, Any]:
    for name in ("MetricName", "Namespace", "Period"):
        if name not in parameters:
            raise FaultError("MissingParameter", f"The parameter {name} is required.")
    simple, extended = parameters.get("Statistic"), parameters.get("ExtendedStatistic")
    if (simple is None) == (extended is None):
        raise FaultError(
            "InvalidParameterCombination", "Give either Statistic or ExtendedStatistic."
        )
    if simple is not None and simple not in SIMPLE:
        raise refused(f"Statistic must be one of {', '.join(SIMPLE)}.")
    if extended is not None:
        checked_statistic(extended, _CODE)
    low = parameters.get("EvaluateLowSampleCountPercentile")
    if low is not None and (low not in _LOW_COUNTS or percentile_of(extended or "") is None):
        raise refused("EvaluateLowSampleCountPercentile is evaluate or ignore, of a percentile.")
    _check_length(parameters["Period"], parameters["EvaluationPeriods"])
    settings = {name: parameters.get(name) for name in _SINGLE}
    return settings | {
        "Dimensions": parameters.get("Dimensions", []),
        "EvaluateLowSampleCountPercentile": low,
    }


def _expressions(parameters: Mapping[str, Any]) -> dict[str, Any]:
    if any(name in parameters for name in _SINGLE):
        raise FaultError(
            "InvalidParameterCombination", "Metrics excludes the settings of one metric."
        )
    queries = [
        {**query, "ReturnData": query.get("ReturnData", True)} for query in parameters["Metrics"]
    ]
    checked_queries(queries, most=_MOST_METRICS * 2)
    if sum(query["ReturnData"] for query in queries) != 1:
        raise refused("Exactly one element of the metrics list should return data.")
    periods = {query["MetricStat"]["Period"] for query in queries if "MetricStat" in query}
    if len(periods) > 1:
        raise refused("The metrics of an alarm must have the same period.")
    if not periods:
        raise refused("At least one element of the metrics list must have MetricStat.")
    _check_length(periods.pop(), parameters["EvaluationPeriods"])
    return {"Metrics": queries}


def _check_length(period: int, evaluations: int) -> None:
    checked_period(period, _CODE)
    if period < min(60, *_FINE) or (period < 60 and period not in _FINE):  # noqa: PLR2004 -- a minute
        raise refused("The period of an alarm must be 10, 20, 30 or a multiple of 60.")
    most = _WEEK if period >= _HOUR else _DAY
    if period * evaluations > most:
        raise refused(
            "Metrics cannot be checked across more than a day"
            f" (EvaluationPeriods * Period must be <= {most})."
        )
