"""Carries out what a change of state calls for, through the front door."""

import json
import logging
from collections.abc import Callable
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.messages import (
    Change,
    bus_entry,
    lambda_event,
    notification,
    subject,
)
from datalfred.local.aws.cloudwatch.alarms.model import stamp
from datalfred.local.aws.events.clock import Clock

logger = logging.getLogger(__name__)

Client = Callable[[str, str], Any]
"""A boto3 client of a service in a region, that calls on behalf of CloudWatch."""


class Actions:
    """Tells topics, functions and the default bus; failures are kept in the alarm's history."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def carry_out(self, change: Change) -> None:
        """Tells everybody of a change."""
        self._tell_bus(change)
        if change.alarm.get("ActionsEnabled"):
            for arn in change.alarm.actions(change.after.value):
                self._act(change, arn)

    def _act(self, change: Change, arn: str) -> None:
        problem = ""
        try:
            if arn.split(":")[2] == "sns":
                self._publish(change, arn)
            else:
                self._invoke(change, arn)
        except Exception as failure:  # noqa: BLE001 -- whatever a target answers belongs into the history
            problem = str(failure)
            logger.warning(
                "alarm=<%s>, action=<%s>, problem=<%s> | an action failed",
                change.alarm.name,
                arn,
                problem,
            )
        data = {
            "actionState": "Failed" if problem else "Succeeded",
            "stateUpdateTimestamp": int(change.after.at.timestamp() * 1000),
            "notificationResource": arn,
            "publishedMessage": notification(change),
        }
        if problem:
            summary = f"Failed to execute action {arn}. Received error: {json.dumps(problem)}"
            data["error"] = problem
        else:
            summary = f"Successfully executed action {arn}"
        change.alarm.remember("Action", summary, data, self._clock())

    def _publish(self, change: Change, arn: str) -> None:
        self._client("sns", arn.split(":")[3]).publish(
            TopicArn=arn, Subject=subject(change), Message=notification(change)
        )

    def _invoke(self, change: Change, arn: str) -> None:
        self._client("lambda", arn.split(":")[3]).invoke(
            FunctionName=arn,
            InvocationType="Event",
            Payload=json.dumps(lambda_event(change)).encode(),
        )

    def _tell_bus(self, change: Change) -> None:
        try:
            self._client("events", change.alarm.region).put_events(Entries=[bus_entry(change)])
        except Exception as failure:  # noqa: BLE001 -- the alarm has changed, whatever the bus says
            at = stamp(change.after.at)
            logger.warning(
                "alarm=<%s>, at=<%s>, problem=<%s> | no event", change.alarm.name, at, failure
            )
