"""Brings events to the targets of rules, through the front door.

What fails here fails for good (there is no such target, or its role may not call it), and
EventBridge does not try such a call again: the event goes to the target's dead-letter queue.
"""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from datalfred.local.aws.events.inputs import input_of

logger = logging.getLogger(__name__)


class Clients(Protocol):
    """Makes the clients that call targets."""

    def __call__(self, service: str, region: str, role: str = "") -> Any:
        """A boto3 client, on behalf of a role or of EventBridge itself."""
        ...


Target = Mapping[str, Any]


class Delivery:
    """Calls targets."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._senders: dict[str, Callable[[str, Target, str, Any], None]] = {
            "sqs": self._to_queue,
            "sns": self._to_topic,
            "lambda": self._to_function,
            "states": self._to_state_machine,
            "logs": self._to_log_group,
            "events": self._to_bus,
        }

    def knows(self, arn: str) -> bool:
        """Whether targets of that kind can be called."""
        service = service_of(arn)
        if service == "events":
            return ":event-bus/" in arn
        return service in self._senders and (service != "states" or ":stateMachine:" in arn)

    def deliver(self, target: Target, event: Mapping[str, Any], rule_arn: str) -> None:
        """Calls a target with an event; a failure is logged and goes to its dead-letter queue."""
        arn = target["Arn"]
        try:
            rule = {
                "rule-arn": rule_arn,
                "rule-name": rule_arn.rpartition("/")[2],
                "event.ingestion-time": event["time"],
            }
            text = input_of(target, event, rule)
            self._senders[service_of(arn)](arn, target, text, event)
        except Exception as problem:  # noqa: BLE001 -- whatever a target answers, the event is not lost
            logger.warning(
                "rule=<%s>, target=<%s>, problem=<%s> | not delivered", rule_arn, arn, problem
            )
            self._bury(target, event, rule_arn, problem)

    def _client(self, service: str, arn: str, target: Target) -> Any:
        role = str(target.get("RoleArn", "")).rpartition("/")[2]
        return self._clients(service, arn.split(":")[3], role)

    def _to_queue(self, arn: str, target: Target, text: str, _event: Any) -> None:
        group = target.get("SqsParameters", {}).get("MessageGroupId")
        self._send(self._client("sqs", arn, target), arn, text, group)

    def _send(self, sqs: Any, arn: str, text: str, group: str | None, **more: Any) -> None:
        url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
        grouped = {"MessageGroupId": group} if group else {}
        sqs.send_message(QueueUrl=url, MessageBody=text, **grouped, **more)

    def _to_topic(self, arn: str, target: Target, text: str, _event: Any) -> None:
        self._client("sns", arn, target).publish(TopicArn=arn, Message=text)

    def _to_function(self, arn: str, target: Target, text: str, _event: Any) -> None:
        self._client("lambda", arn, target).invoke(
            FunctionName=arn, InvocationType="Event", Payload=text.encode()
        )

    def _to_state_machine(self, arn: str, target: Target, text: str, _event: Any) -> None:
        self._client("stepfunctions", arn, target).start_execution(stateMachineArn=arn, input=text)

    def _to_log_group(self, arn: str, target: Target, text: str, event: Any) -> None:
        logs = self._client("logs", arn, target)
        group, stream = arn.split(":log-group:")[1].removesuffix(":*"), event["id"]
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        at = round(datetime.now(UTC).timestamp() * 1000)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": text}],
        )

    def _to_bus(self, arn: str, target: Target, _text: str, event: Any) -> None:
        entry = {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event["resources"],
            "Time": datetime.fromisoformat(event["time"]),
            "EventBusName": arn,
        }
        self._client("events", arn, target).put_events(Entries=[entry])

    def _bury(
        self, target: Target, event: Mapping[str, Any], rule_arn: str, problem: Exception
    ) -> None:
        arn = target.get("DeadLetterConfig", {}).get("Arn")
        if not arn:
            return
        response = getattr(problem, "response", {})
        code = response.get("Error", {}).get("Code", type(problem).__name__)
        said = {
            "RULE_ARN": rule_arn,
            "TARGET_ARN": target["Arn"],
            "ERROR_CODE": code,
            "ERROR_MESSAGE": str(problem)[:1024],
        }
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in said.items()
        }
        try:
            sqs = self._clients("sqs", arn.split(":")[3])
            self._send(sqs, arn, json.dumps(event), None, MessageAttributes=attributes)
        except Exception as worse:  # noqa: BLE001 -- there is no further place for the event
            logger.warning("queue=<%s>, problem=<%s> | an event is lost", arn, worse)


def service_of(arn: str) -> str:
    """The service of an ARN; empty when it is none."""
    parts = arn.split(":", 5)
    return parts[2] if parts[0] == "arn" and len(parts) > 5 else ""  # noqa: PLR2004 -- the parts of an ARN
