"""Corrects moto's alarms before the first request reaches them.

CloudWatch speaks three protocols (query, JSON and CBOR), so moto's own classes are corrected and
its serialiser is kept, where other services are answered in front of moto.
"""

import threading
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.message import Request, Response

if TYPE_CHECKING:
    from moto.cloudwatch.models import Alarm
    from moto.cloudwatch.responses import CloudWatchResponse
    from moto.core.responses import ActionResult

_SIGNING_NAME = "monitoring"
_DEFAULT_PAGE, _MOST = 50, 100
_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")

_correcting = threading.Lock()


class AlarmsService:
    """Never answers itself: it makes sure that moto answers right."""

    def handle(self, request: Request) -> Response | None:
        """None, once moto is corrected."""
        if request.caller.service == _SIGNING_NAME:
            with _correcting:
                _correct_moto()
        return None


def _correct_moto() -> None:
    from moto.cloudwatch.models import CloudWatchBackend
    from moto.cloudwatch.responses import CloudWatchResponse

    if vars(CloudWatchResponse).get("describe_alarms") is _describe_alarms:
        return
    original = CloudWatchBackend.put_metric_alarm

    def put_metric_alarm(backend: CloudWatchBackend, **parameters: Any) -> "Alarm":
        before = backend.alarms.get(parameters["name"])
        alarm = original(backend, **parameters)
        _keep_state(alarm, before)
        return alarm

    for owner, name, correct in (
        (CloudWatchResponse, "describe_alarms", _describe_alarms),
        (CloudWatchBackend, "put_metric_alarm", put_metric_alarm),
    ):
        setattr(owner, name, correct)


def _keep_state(alarm: "Alarm", before: "Alarm | None") -> None:
    """A new alarm has no data yet; a changed one keeps its state.

    Source: CloudWatch API, PutMetricAlarm.
    """
    if before is None:
        alarm.state_value = "INSUFFICIENT_DATA"
        return
    for name in _STATE:
        setattr(alarm, name, getattr(before, name))


def _describe_alarms(response: "CloudWatchResponse") -> "ActionResult":
    """The alarms that pass all filters, by name, in pages."""
    from moto.core.responses import ActionResult

    asked = _Asked(response)
    alarms = [alarm for alarm in response.cloudwatch_backend.alarms.values() if asked.wants(alarm)]
    alarms.sort(key=lambda alarm: alarm.name)
    page = alarms[asked.first : asked.first + asked.size]
    # moto makes no composite alarms, so there are none to list.
    answer: dict[str, Any] = {"MetricAlarms": page, "CompositeAlarms": []}
    if asked.first + asked.size < len(alarms):
        answer["NextToken"] = str(asked.first + asked.size)
    return ActionResult(answer)


def _refusal(code: str, message: str) -> Exception:
    """An error that moto writes in the caller's protocol."""
    from moto.cloudwatch.exceptions import CloudWatchException

    refusal = CloudWatchException(message)
    refusal.code = code
    return refusal


class _Asked:
    """The parameters of DescribeAlarms."""

    def __init__(self, response: "CloudWatchResponse") -> None:
        get = response._get_param  # noqa: SLF001 -- moto's own way to read a parameter
        self._names = get("AlarmNames") or []
        self._prefix = get("AlarmNamePrefix") or ""
        self._state = get("StateValue")
        self._action = get("ActionPrefix") or ""
        # Without a type CloudWatch lists metric alarms only.
        self._types = get("AlarmTypes") or ["MetricAlarm"]
        self.size = int(get("MaxRecords") or _DEFAULT_PAGE)
        token = get("NextToken") or "0"
        if not 1 <= self.size <= _MOST:
            raise _refusal("ValidationError", f"MaxRecords must be from 1 to {_MOST}.")
        if self._names and self._prefix:
            problem = "AlarmNames and AlarmNamePrefix are mutually exclusive."
            raise _refusal("ValidationError", problem)
        if not token.isdigit():
            raise _refusal("InvalidNextToken", "The next token is not one of this listing.")
        self.first = int(token)

    def wants(self, alarm: "Alarm") -> bool:
        """Whether the alarm passes every filter."""
        actions = [
            *(alarm.alarm_actions or []),
            *alarm.ok_actions,
            *alarm.insufficient_data_actions,
        ]
        return (
            "MetricAlarm" in self._types
            and (not self._names or alarm.name in self._names)
            and alarm.name.startswith(self._prefix)
            and self._state in {None, alarm.state_value}
            and (not self._action or any(a.startswith(self._action) for a in actions))
        )
