"""The event that EventBridge gets whenever the status of a standard execution changes.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html,
"Step Functions Execution Status Change".
"""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.message import ACCOUNT
from datalfred.local.aws.meter import COUNT, MILLISECONDS, Measurement, Meter
from datalfred.local.aws.stepfunctions import views

if TYPE_CHECKING:
    from datalfred.local.aws.stepfunctions.execution import Execution

_EVENTS = "moto.events.models"
_MOST_BYTES = 248 * 1024
_ENDS = {
    "SUCCEEDED": "Succeeded",
    "FAILED": "Failed",
    "TIMED_OUT": "TimedOut",
    "ABORTED": "Aborted",
}
_NULLS = ("stopDate", "input", "output", "inputDetails", "outputDetails", "error", "cause")
_REDRIVE_NULLS = ("redriveDate", "redriveStatusReason")
_MACHINE_NULLS = ("stateMachineVersionArn", "stateMachineAliasArn")


class StatusChanges:
    """Tells the default event bus of status changes, through the front door."""

    def __init__(self, client: Callable[..., Any], meter: Meter) -> None:
        """Makes a teller.

        Args:
            client: makes a boto3 client that enters the front door.
            meter: takes the metrics of executions.
        """
        self._client = client
        self._meter = meter

    def note(self, execution: "Execution") -> Callable[[], object]:
        """Notes the execution's status as it is now; tells of it when the result is called.

        Whoever listens may ask for the execution, so that nobody calls with it locked.
        """
        if execution.map_run is None:
            self._meter.record(measured(execution))
        if not execution.is_standard or execution.map_run is not None or not _rules(execution):
            return lambda: None
        entry = {
            "Source": "aws.states",
            "DetailType": "Step Functions Execution Status Change",
            "Time": execution.stop_date or execution.redrive_date or execution.start_date,
            "Resources": [execution.exec_arn],
            "Detail": json.dumps(detail(execution), default=_milliseconds),
        }
        # Only a service may name a source of AWS.
        events = self._client("events", None, "states", region=execution.region_name)
        return lambda: events.put_events(Entries=[entry])


def measured(execution: "Execution") -> Measurement:
    """The metrics of an execution that has just begun, was redriven, or has just ended.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html.
    """
    machine: Any = execution.state_machine
    moment = execution.stop_date or execution.redrive_date or execution.start_date
    values: list[tuple[str, float, str]]
    if execution.stop_date is None:
        began = "ExecutionsRedriven" if execution.redrive_count else "ExecutionsStarted"
        values = [(began, 1.0, COUNT)]
    else:
        status = str(execution.status)
        values = [
            (f"Executions{name}", float(status == ended), COUNT) for ended, name in _ENDS.items()
        ]
        # The service emits it once more at the end, so that its count of samples is two.
        values.append(("ExecutionsStarted", 0.0, COUNT))
        if execution.redrive_count:
            values.append((f"RedrivenExecutions{_ENDS[status]}", 1.0, COUNT))
        lasted = (execution.stop_date - execution.start_date).total_seconds()
        values.append(("ExecutionTime", lasted * 1000, MILLISECONDS))
    return Measurement(
        execution.region_name,
        "AWS/States",
        ("StateMachineArn", machine.arn),
        moment.timestamp(),
        tuple(values),
        in_account=True,
    )


def detail(execution: "Execution") -> dict[str, Any]:
    """What the event says of the execution; input and output only up to 248 KiB together."""
    told: dict[str, Any] = dict.fromkeys((*_NULLS, *_REDRIVE_NULLS, *_MACHINE_NULLS))
    told |= views.described(execution, with_data=True)
    size = len(str(told["input"] or "").encode()) + len(str(told["output"] or "").encode())
    if size > _MOST_BYTES:
        for name in ("input", "output"):
            told[name] = None
            if told[f"{name}Details"]:
                told[f"{name}Details"] = {"included": False}
    return told


def _rules(execution: "Execution") -> bool:
    """Whether the default bus has rules; nobody has made one before EventBridge was loaded."""
    events = sys.modules.get(_EVENTS)
    if events is None:
        return False
    backend = events.events_backends[ACCOUNT][execution.region_name]
    return bool(backend.describe_event_bus("default").rules)


def _milliseconds(value: object) -> int:
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    raise TypeError(f"A {type(value).__name__} has no form in JSON.")
