"""What an alarm tells others when its state changes: SNS, Lambda and EventBridge.

Source: *Alarm actions*, *Invoke a Lambda function from an alarm* and *Alarm events and EventBridge*
in the user guide of CloudWatch.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.model import COMPOSITE, Alarm, State, stamp
from datalfred.local.aws.message import ACCOUNT

_LONGEST_SUBJECT = 100


@dataclass(frozen=True)
class Change:
    """A change of an alarm's state, as it was when it happened.

    Attributes:
        alarm: whose.
        before: the state that it was in.
        after: the one that it is in.
        children: of a composite alarm: ARN, state and time of the alarms that its rule names.
    """

    alarm: Alarm
    before: State
    after: State
    children: tuple[tuple[str, State], ...] = ()


@cache
def region_name(region: str) -> str:
    """The name of a region as alarms write it, such as ``EU (Ireland)``; its code if unknown."""
    import botocore.session

    for partition in botocore.session.Session().get_data("endpoints")["partitions"]:
        if region in partition["regions"]:
            described = str(partition["regions"][region]["description"])
            return described.replace("Europe (", "EU (")
    return region


def subject(change: Change) -> str:
    """The subject of a notification."""
    where = region_name(change.alarm.region)
    return f'{change.after.value}: "{change.alarm.name}" in {where}'[:_LONGEST_SUBJECT]


def notification(change: Change) -> str:
    """The message that a topic gets, as JSON."""
    alarm = change.alarm
    message: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured),
        "NewStateValue": change.after.value,
        "NewStateReason": change.after.reason,
        "StateChangeTime": stamp(change.after.at),
        "Region": region_name(alarm.region),
        "AlarmArn": alarm.arn,
        "OldStateValue": change.before.value,
        "OKActions": alarm.actions("OK"),
        "AlarmActions": alarm.actions("ALARM"),
        "InsufficientDataActions": alarm.actions("INSUFFICIENT_DATA"),
    }
    if alarm.kind == COMPOSITE:
        message["AlarmRule"] = alarm.get("AlarmRule")
        message["TriggeringChildren"] = [
            {"Arn": arn, "State": {"Value": state.value, "Timestamp": stamp(state.at)}}
            for arn, state in change.children
        ]
    else:
        message["Trigger"] = _trigger(alarm)
    return json.dumps(message)


def _trigger(alarm: Alarm) -> dict[str, Any]:
    common = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        "DatapointsToAlarm": alarm.get("DatapointsToAlarm"),
        "ComparisonOperator": alarm.get("ComparisonOperator"),
        "Threshold": float(alarm.get("Threshold")),
        "TreatMissingData": alarm.get("TreatMissingData"),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
    common = {name: value for name, value in common.items() if value is not None}
    if alarm.get("Metrics"):
        return {**common, "Metrics": [_lower_dimensions(query) for query in alarm.get("Metrics")]}
    kind = "Statistic" if alarm.get("Statistic") else "ExtendedStatistic"
    shown = alarm.statistic.upper() if kind == "Statistic" else alarm.statistic
    return {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        "StatisticType": kind,
        kind: shown,
        "Unit": alarm.get("Unit"),
        "Dimensions": _pairs(alarm.get("Dimensions", ())),
        **common,
    }


def _pairs(dimensions: Any) -> list[dict[str, str]]:
    return [{"value": one["Value"], "name": one["Name"]} for one in dimensions]


def _lower_dimensions(query: Mapping[str, Any]) -> dict[str, Any]:
    if "MetricStat" not in query:
        return dict(query)
    stat = query["MetricStat"]
    metric = {**stat["Metric"], "Dimensions": _pairs(stat["Metric"].get("Dimensions", ()))}
    return {**query, "MetricStat": {**stat, "Metric": metric}}


def lambda_event(change: Change) -> dict[str, Any]:
    """The event that a function gets."""
    alarm = change.alarm
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": ACCOUNT,
        "time": stamp(change.after.at),
        "region": alarm.region,
        "alarmData": _detail(change),
    }


def bus_entry(change: Change) -> dict[str, Any]:
    """The event that the default bus gets, as an entry of PutEvents."""
    return {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Time": change.after.at,
        "Resources": [change.alarm.arn],
        "Detail": json.dumps(_detail(change)),
    }


def _detail(change: Change) -> dict[str, Any]:
    return {
        "alarmName": change.alarm.name,
        "state": _state(change.after),
        "previousState": _state(change.before),
        "configuration": _configuration(change.alarm),
    }


def _state(state: State) -> dict[str, str]:
    shown = {"value": state.value, "reason": state.reason, "timestamp": stamp(state.at)}
    return {**shown, "reasonData": state.data} if state.data else shown


def _configuration(alarm: Alarm) -> dict[str, Any]:
    described = alarm.get("AlarmDescription")
    configuration: dict[str, Any] = {"description": described} if described else {}
    if alarm.kind == COMPOSITE:
        return {"alarmRule": alarm.get("AlarmRule"), **configuration}
    return {**configuration, "metrics": [_query(query) for query in alarm.queries()]}


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"id": query["Id"], "returnData": query.get("ReturnData", True)}
    if "Expression" in query:
        shown["expression"] = query["Expression"]
    if "Label" in query:
        shown["label"] = query["Label"]
    if "MetricStat" in query:
        stat = query["MetricStat"]
        dimensions = {d["Name"]: d["Value"] for d in stat["Metric"].get("Dimensions", ())}
        metric = {
            "namespace": stat["Metric"]["Namespace"],
            "name": stat["Metric"]["MetricName"],
            "dimensions": dimensions,
        }
        shown["metricStat"] = {"metric": metric, "period": stat["Period"], "stat": stat["Stat"]}
        if stat.get("Unit"):
            shown["metricStat"]["unit"] = stat["Unit"]
    return shown
