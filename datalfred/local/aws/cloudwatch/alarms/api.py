"""The operations on alarms."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.book import AlarmBook
from datalfred.local.aws.cloudwatch.alarms.intake import (
    checked_state,
    common_settings,
    metric_settings,
)
from datalfred.local.aws.cloudwatch.alarms.messages import Change
from datalfred.local.aws.cloudwatch.alarms.model import COMPOSITE, METRIC, Alarm
from datalfred.local.aws.cloudwatch.metrics.queries import refused
from datalfred.local.aws.cloudwatch.metrics.store import metric_of
from datalfred.local.aws.cloudwatch.pages import page_of
from datalfred.local.aws.faults import FaultError

Parameters = Mapping[str, Any]
Answer = tuple[dict[str, Any], list[Change]]
"""What an operation answers, and the changes of state that others are to be told of."""

_DEFAULT_PAGE, _MOST = 50, 100
_KINDS = (METRIC, COMPOSITE)
_ITEM_TYPES = {"ConfigurationUpdate", "StateUpdate", "Action"}
_SUPPRESSION = (
    "ActionsSuppressor",
    "ActionsSuppressorWaitPeriod",
    "ActionsSuppressorExtensionPeriod",
)
_SAME_METRIC = ("Statistic", "ExtendedStatistic", "Period", "Unit")


def put_metric_alarm(book: AlarmBook, parameters: Parameters) -> Answer:
    """Creates or changes a metric alarm."""
    book.put(METRIC, metric_settings(parameters))
    return {}, []


def put_composite_alarm(book: AlarmBook, parameters: Parameters) -> Answer:
    """Creates or changes a composite alarm."""
    for name in (*_SUPPRESSION, "ActionConfiguration"):
        if name in parameters:
            raise refused(f"{name} is not emulated here.")
    settings = common_settings(parameters) | {"AlarmRule": parameters["AlarmRule"]}
    book.put(COMPOSITE, {name: value for name, value in settings.items() if value is not None})
    return {}, []


def delete_alarms(book: AlarmBook, parameters: Parameters) -> Answer:
    """Deletes up to 100 alarms, of which one may be composite."""
    names = parameters["AlarmNames"]
    composite = sum(alarm.kind == COMPOSITE for alarm in map(book.find, names) if alarm)
    if len(names) > _MOST or composite > 1:
        raise refused("A request deletes up to 100 alarms, no more than one of them composite.")
    book.delete(names)
    return {}, []


def set_alarm_state(book: AlarmBook, parameters: Parameters) -> Answer:
    """Puts an alarm into a state until its next evaluation."""
    data = parameters.get("StateReasonData", "")
    if data:
        try:
            json.loads(data)
        except ValueError:
            raise FaultError("InvalidFormat", "StateReasonData is no JSON.") from None
    value = checked_state(parameters["StateValue"])
    return {}, book.set_state(parameters["AlarmName"], value, parameters["StateReason"], data)


def enable_alarm_actions(book: AlarmBook, parameters: Parameters) -> Answer:
    """Lets alarms act again."""
    return _switch(book, parameters, enabled=True)


def disable_alarm_actions(book: AlarmBook, parameters: Parameters) -> Answer:
    """Keeps alarms from acting; they still change their state."""
    return _switch(book, parameters, enabled=False)


def _switch(book: AlarmBook, parameters: Parameters, *, enabled: bool) -> Answer:
    # Names that do not exist are passed over, as on AWS.
    for name in parameters["AlarmNames"]:
        alarm = book.find(name)
        if alarm is not None:
            book.switch(alarm, enabled=enabled)
    return {}, []


def describe_alarms(book: AlarmBook, parameters: Parameters) -> Answer:
    """The alarms that pass all filters, by name, in pages."""
    size = parameters.get("MaxRecords", _DEFAULT_PAGE)
    if not 1 <= size <= _MOST:
        raise refused(f"MaxRecords must be from 1 to {_MOST}.")
    names, prefix = parameters.get("AlarmNames"), parameters.get("AlarmNamePrefix", "")
    if names and prefix:
        raise refused("AlarmNames and AlarmNamePrefix are mutually exclusive.")
    related = _related(book, parameters)
    wants = _filter(parameters)
    found = [alarm for alarm in (book.alarms() if related is None else related) if wants(alarm)]
    page, token = page_of(found, parameters, size)
    answer: dict[str, Any] = {
        f"{kind}s": [alarm.described() for alarm in page if alarm.kind == kind] for kind in _KINDS
    }
    return {**answer, "NextToken": token}, []


def _related(book: AlarmBook, parameters: Parameters) -> list[Alarm] | None:
    children, parents = (
        parameters.get(one) for one in ("ChildrenOfAlarmName", "ParentsOfAlarmName")
    )
    if children and parents:
        raise refused("ChildrenOfAlarmName and ParentsOfAlarmName are mutually exclusive.")
    if children:
        return book.children_of(book.named(children).name)
    return book.parents_of(book.named(parents).name) if parents else None


def _filter(parameters: Parameters) -> Callable[[Alarm], bool]:
    names, prefix = parameters.get("AlarmNames"), parameters.get("AlarmNamePrefix", "")
    related = "ChildrenOfAlarmName" in parameters or "ParentsOfAlarmName" in parameters
    # Without a type CloudWatch lists metric alarms only.
    kinds = parameters.get("AlarmTypes") or (_KINDS if related else [METRIC])
    state, action = parameters.get("StateValue"), parameters.get("ActionPrefix", "")
    if state is not None:
        checked_state(state)

    def wants(alarm: Alarm) -> bool:
        actions = [
            arn for one in ("OK", "ALARM", "INSUFFICIENT_DATA") for arn in alarm.actions(one)
        ]
        return (
            alarm.kind in kinds
            and (not names or alarm.name in names)
            and alarm.name.startswith(prefix)
            and state in {None, alarm.state.value}
            and (not action or any(arn.startswith(action) for arn in actions))
        )

    return wants


def describe_alarms_for_metric(book: AlarmBook, parameters: Parameters) -> Answer:
    """The alarms on exactly one metric; expressions are not looked into."""
    metric = metric_of(parameters)
    found = [
        alarm.described()
        for alarm in book.alarms()
        if alarm.kind == METRIC
        and "Metrics" not in alarm.settings
        and metric_of(alarm.settings) == metric
        and all(parameters.get(name) in {None, alarm.get(name)} for name in _SAME_METRIC)
    ]
    return {"MetricAlarms": found}, []


def describe_alarm_history(book: AlarmBook, parameters: Parameters) -> Answer:
    """What happened to alarms, newest first unless asked otherwise; also to deleted ones."""
    size, kind = parameters.get("MaxRecords", _MOST), parameters.get("HistoryItemType")
    order = parameters.get("ScanBy", "TimestampDescending")
    if not 1 <= size <= _MOST:
        raise refused(f"MaxRecords must be from 1 to {_MOST}.")
    if kind not in {None, *_ITEM_TYPES} or order not in {
        "TimestampDescending",
        "TimestampAscending",
    }:
        raise refused("HistoryItemType or ScanBy is not valid.")
    kinds = parameters.get("AlarmTypes") or [METRIC]
    items = [*book.departed, *(item for alarm in book.alarms() for item in list(alarm.history))]
    found = [
        item
        for item in items
        if parameters.get("AlarmName") in {None, item["AlarmName"]}
        and kind in {None, item["HistoryItemType"]}
        and (item["AlarmType"] in kinds or "AlarmName" in parameters)
        and parameters.get("StartDate", item["Timestamp"]) <= item["Timestamp"]
        and item["Timestamp"] <= parameters.get("EndDate", item["Timestamp"])
    ]
    # Items of one moment stay in the order in which they happened.
    found.sort(key=lambda item: item["Timestamp"])
    if order == "TimestampDescending":
        found.reverse()
    page, token = page_of(found, parameters, size)
    return {"AlarmHistoryItems": page, "NextToken": token}, []


def list_tags(book: AlarmBook, parameters: Parameters) -> Answer:
    """The tags of an alarm."""
    tags = _tagged(book, parameters).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}, []


def tag_resource(book: AlarmBook, parameters: Parameters) -> Answer:
    """Adds tags to an alarm."""
    added = {tag["Key"]: tag["Value"] for tag in parameters["Tags"]}
    _tagged(book, parameters).tags.update(added)
    return {}, []


def untag_resource(book: AlarmBook, parameters: Parameters) -> Answer:
    """Takes tags from an alarm."""
    alarm = _tagged(book, parameters)
    for key in parameters["TagKeys"]:
        alarm.tags.pop(key, None)
    return {}, []


def _tagged(book: AlarmBook, parameters: Parameters) -> Alarm:
    arn = parameters["ResourceARN"]
    found = book.find(arn) if ":alarm:" in arn else None
    if found is None:
        raise FaultError("ResourceNotFoundException", f"There is no {arn}.", 404)
    return found


OPERATIONS: dict[str, Callable[[AlarmBook, Parameters], Answer]] = {
    "PutMetricAlarm": put_metric_alarm,
    "PutCompositeAlarm": put_composite_alarm,
    "DeleteAlarms": delete_alarms,
    "SetAlarmState": set_alarm_state,
    "EnableAlarmActions": enable_alarm_actions,
    "DisableAlarmActions": disable_alarm_actions,
    "DescribeAlarms": describe_alarms,
    "DescribeAlarmsForMetric": describe_alarms_for_metric,
    "DescribeAlarmHistory": describe_alarm_history,
    "ListTagsForResource": list_tags,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
}
