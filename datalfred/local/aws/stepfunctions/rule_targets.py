"""Targets of EventBridge's rules that moto does not deliver to: functions, topics, state machines.

moto raises ``NotImplementedError`` for them and lets a disabled rule match; here each is called
through the front door, on the functions and state machines that run in this process.
"""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.message import Request, Response


class RuleTargets:
    """Stands before moto's EventBridge, and mends its rules at the first request."""

    def __init__(self, client: Callable[..., Any]) -> None:
        """Makes it.

        Args:
            client: makes a boto3 client that enters the front door.
        """
        self._deliver: dict[str, Callable[[str, str, str], Any]] = {
            "lambda": lambda region, arn, event: client("lambda", region=region).invoke(
                FunctionName=arn, InvocationType="Event", Payload=event
            ),
            "sns": lambda region, arn, event: client("sns", region=region).publish(
                TopicArn=arn, Message=event
            ),
            "states": lambda region, arn, event: client(
                "stepfunctions", region=region
            ).start_execution(stateMachineArn=arn, input=event),
        }
        self._lock = threading.Lock()
        self._mended = False

    def handle(self, request: Request) -> Response | None:
        """Sees to it that rules deliver; answers nothing."""
        if request.caller.service == "events":
            with self._lock:
                if not self._mended:
                    self._mend()
                    self._mended = True
        return None

    def _mend(self) -> None:
        from moto.events.models import Rule

        stock = getattr(Rule, "stock_send_to_targets", Rule.send_to_targets)

        def send(rule: Any, event: Any, transform_input: bool = True) -> None:  # noqa: FBT001, FBT002 -- moto's signature
            if rule.state == "ENABLED" and rule.event_pattern.matches_event(event):
                for target in list(rule.targets):
                    self._send(rule, stock, event, target, transform_input)

        patched: Any = Rule
        patched.stock_send_to_targets = stock  # for a later stack in this process
        patched.send_to_targets = send

    def _send(self, rule: Any, stock: Any, event: Any, target: Any, transform: object) -> None:
        deliver = self._deliver.get(target["Arn"].split(":")[2])
        if deliver is None:
            only = _With(rule, [target])
            stock(only, event, transform)
            return
        body = _transformed(event, target) if transform else _on_the_wire(event)
        deliver(
            rule.region_name, target["Arn"], body if isinstance(body, str) else json.dumps(body)
        )


class _With:
    """A rule with other targets."""

    def __init__(self, rule: Any, targets: list[Any]) -> None:
        self._rule = rule
        self.targets = targets

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rule, name)


def _transformed(event: Any, target: Any) -> Any:
    from moto.events.utils import EventTemplateParser

    wire: Any = _on_the_wire(event)
    if "Input" in target:
        return target["Input"]
    transformer = target.get("InputTransformer")
    if transformer is None:
        return wire
    whole: Any = {**event, "time": wire["time"]}
    return EventTemplateParser.parse(
        transformer.get("InputTemplate"), transformer.get("InputPathsMap", {}), whole
    )


def _on_the_wire(event: Any) -> dict[str, Any]:
    """The event as a target gets it: a time in ISO 8601, and nothing of moto's own."""
    wire = {name: value for name, value in event.items() if name != "ingestion-time"}
    moment = datetime.fromtimestamp(float(event["time"]), UTC)
    return {**wire, "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}
