"""What a call of CloudWatch or CloudWatch Logs asks for.

What is about a log group is judged on ``log-group:<name>:log-stream:<stream>``, with nothing in the
stream's place where a call names none: that is why a policy must end in ``:*``.

Sources, of https://docs.aws.amazon.com/service-authorization/latest/reference/:
list_amazoncloudwatchlogs.html and list_amazoncloudwatch.html.
"""

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, passed, unknown
from datalfred.local.aws.iam.evaluation import Ask

_LOGS_WITHOUT_RESOURCE = {
    "CancelExportTask", "DeleteQueryDefinition", "DescribeDestinations", "DescribeExportTasks",
    "DescribeQueries", "DescribeQueryDefinitions", "GetLogRecord", "GetQueryResults",
    "PutQueryDefinition", "StopQuery",
}  # fmt: skip
_GROUP_NAMES = ("logGroupName", "logGroupIdentifier", "logGroupNamePrefix")
_SEVERAL_GROUPS = ("logGroupNames", "logGroupIdentifiers")
_STREAM_NAMES = ("logStreamName", "logStreamNamePrefix")
_STREAMS = {"CreateLogStream", "DeleteLogStream", "GetLogEvents", "PutLogEvents"}
_LISTS_OF_GROUPS = {"DescribeLogGroups", "ListLogGroups", "DescribeMetricFilters"}

_METRICS = {
    "GetMetricData", "GetMetricStatistics", "GetMetricWidgetImage", "ListMetrics", "PutMetricData",
    "DescribeAlarmsForMetric", "ListDashboards", "DescribeAnomalyDetectors",
}  # fmt: skip
_ONE_ALARM = {
    "DescribeAlarmHistory", "PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState",
}  # fmt: skip
_SEVERAL_ALARMS = {
    "DeleteAlarms", "DescribeAlarms", "DisableAlarmActions", "EnableAlarmActions",
}  # fmt: skip


def asks_of_logs(called: Called) -> Asks:
    """The asks of one call of CloudWatch Logs."""
    operation, action = called.operation, f"logs:{called.operation}"
    if operation in _LOGS_WITHOUT_RESOURCE:
        return [everything(action)]
    groups = [called.text(name) for name in _GROUP_NAMES]
    groups += [each for name in _SEVERAL_GROUPS for each in called.texts(name)]
    if not any(groups) and operation not in _LISTS_OF_GROUPS:
        return [unknown(action)]
    stream = called.text(*_STREAM_NAMES) if operation in _STREAMS else ""
    named = [group for group in groups if group] or [""]
    asked = [Ask(action, arn) for group in named for arn in _group(called, group, stream)]
    return [*asked, *passed(called, called.input.get("roleArn"), "logs")]


def _group(called: Called, group: str, stream: str) -> list[str]:
    """The ARN of a group by name or ARN; one of elsewhere is judged as its name is here, too."""
    arn = group.removesuffix(":*")
    name = arn.split(":", 6)[6] if arn.count(":") > 5 and arn.startswith("arn:") else arn  # noqa: PLR2004 -- parts before a group's name
    here = called.arn("logs", f"log-group:{name}:log-stream:{stream}")
    return list(dict.fromkeys([here, *([f"{arn}:log-stream:{stream}"] if name != arn else [])]))


def asks_of_cloudwatch(called: Called) -> Asks:
    """The asks of one call of CloudWatch; it signs as ``monitoring``."""
    operation, action = called.operation, f"cloudwatch:{called.operation}"
    if operation in _METRICS:
        return [everything(action)]
    if operation in _ONE_ALARM:
        return [Ask(action, _alarm(called, called.text("AlarmName") or "*"))]
    if operation in _SEVERAL_ALARMS:
        return [Ask(action, _alarm(called, name)) for name in called.texts("AlarmNames") or ["*"]]
    if arn := called.text("ResourceARN"):
        return [Ask(action, arn)]
    return [unknown(action)]


def _alarm(called: Called, name: str) -> str:
    return called.arn("cloudwatch", f"alarm:{name}")
