"""EventBridge: moto keeps buses, rules and targets; events are matched and delivered here."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.events.clock import Clock, Pulse, system_clock
from datalfred.local.aws.events.delivery import Clients, Delivery
from datalfred.local.aws.events.inputs import InputError, check_input
from datalfred.local.aws.events.patterns import (
    Matches,
    PatternError,
    compile_pattern,
    read_json,
)
from datalfred.local.aws.events.schedules import Next, ScheduleError, next_after
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.events.models import EventBus, Rule

logger = logging.getLogger(__name__)

_TARGET = "AWSEvents"
_JSON = {"content-type": "application/x-amz-json-1.1"}
_NOT_HERE = {"CreateArchive", "StartReplay", "PutPartnerEvents", "CreateEndpoint"}
_MOST_ENTRIES = 10
_LARGEST = 256 * 1024
_EVENT_FIELDS = ("id", "detail-type", "source", "account", "time", "region", "resources")
_TARGET_GAPS = (
    "KinesisParameters", "EcsParameters", "RunCommandParameters", "BatchParameters",
    "HttpParameters", "RedshiftDataParameters", "SageMakerPipelineParameters",
    "AppSyncParameters",
)  # fmt: skip

Place = tuple[str, str]
"""Where a scheduled rule is: region and name; it is always on the default bus."""


class EventsService:
    """Answers what moto gets wrong: patterns, targets, events and schedules."""

    def __init__(self, clients: Clients, clock: Clock = system_clock) -> None:
        """An EventBridge without rules.

        Args:
            clients: makes the clients that call targets.
            clock: tells the time.
        """
        self._clock = clock
        self._delivery = Delivery(clients)
        self._lock = threading.Lock()
        self._schedules: dict[Place, tuple[Next, datetime]] = {}
        self._pulse = Pulse("schedules", clock, self.next_due, self.fire_due)
        self._answers: dict[str, Callable[[Request, dict[str, Any]], dict[str, Any] | None]] = {
            "PutEvents": self._put_events,
            "TestEventPattern": self._test_event_pattern,
            "PutRule": self._put_rule,
            "EnableRule": self._reschedule,
            "PutTargets": self._put_targets,
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to an operation of ours; None for what moto does.

        Raises:
            FaultError: the request is wrong.
        """
        service, name = request.target
        if service != _TARGET:
            return None
        if name in _NOT_HERE:
            return not_implemented(request, f"EventBridge.{name}")
        if name not in self._answers:
            return None
        answer = self._answers[name](request, json.loads(request.body or b"{}"))
        return None if answer is None else Response(200, _JSON, json.dumps(answer).encode())

    def close(self) -> None:
        """Ends the schedules."""
        self._pulse.close()

    def next_due(self) -> float | None:
        """When the next scheduled rule fires, in seconds since 1970; None without one."""
        with self._lock:
            return min((at.timestamp() for _, at in self._schedules.values()), default=None)

    def fire_due(self) -> None:
        """Fires every scheduled rule that is due; once, however late it is."""
        now = self._clock()
        with self._lock:
            due = [(place, at) for place, (_, at) in self._schedules.items() if at <= now]
            for place, _ in due:
                following, _ = self._schedules[place]
                self._plan(place, following, now)
        for (region, name), at in due:
            rule = _buses(region)["default"].rules.get(name)
            if rule is None or not rule.scheduled_expression:
                with self._lock:
                    self._schedules.pop((region, name), None)
            elif rule.state != "DISABLED":
                event = _event(region, "aws.events", "Scheduled Event", at) | {
                    "resources": [rule.arn]
                }
                self._send(rule, event)

    def _plan(self, place: Place, following: Next, after: datetime) -> None:
        at = following(after)
        if at is None:
            self._schedules.pop(place, None)
        else:
            self._schedules[place] = following, at

    def _put_rule(self, request: Request, asked: dict[str, Any]) -> None:
        if "EventPattern" in asked:
            _checked_pattern(asked["EventPattern"])
        expression = asked.get("ScheduleExpression", "")
        place = request.caller.region, asked.get("Name", "")
        now = self._clock()
        if not expression:
            with self._lock:
                self._schedules.pop(place, None)
            return
        try:
            following = next_after(expression, now)
        except ScheduleError:
            raise FaultError(
                "ValidationException", "Parameter ScheduleExpression is not valid."
            ) from None
        with self._lock:
            self._plan(place, following, now)
        self._pulse.wake()

    def _reschedule(self, request: Request, asked: dict[str, Any]) -> None:
        """A rate counts from when its rule was enabled."""
        region, name = request.caller.region, asked.get("Name", "")
        rule = _buses(region)["default"].rules.get(name)
        if rule is not None and rule.scheduled_expression and rule.state == "DISABLED":
            now = self._clock()
            with self._lock:
                self._plan((region, name), next_after(rule.scheduled_expression, now), now)
            self._pulse.wake()

    def _put_targets(self, _request: Request, asked: dict[str, Any]) -> None:
        for target in asked.get("Targets", ()):
            arn = target.get("Arn", "")
            gaps = [name for name in _TARGET_GAPS if name in target]
            if not self._delivery.knows(arn) or gaps:
                raise FaultError(
                    "ValidationException",
                    f"Targets such as {arn} are not emulated here: only SQS, SNS, Lambda, Step"
                    " Functions state machines, log groups and event buses are.",
                )
            if ":states:" in arn and not target.get("RoleArn"):
                raise FaultError("ValidationException", f"RoleArn is required for target {arn}.")
            try:
                check_input(target)
            except InputError as problem:
                raise FaultError("ValidationException", str(problem)) from None

    def _test_event_pattern(self, _request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        matches = _checked_pattern(asked.get("EventPattern", ""))
        try:
            event = read_json(asked.get("Event", ""))
            missing = [name for name in _EVENT_FIELDS if name not in event]
        except (ValueError, TypeError):
            raise FaultError("ValidationException", "Parameter Event is not valid.") from None
        if missing or not isinstance(event, dict):
            raise FaultError(
                "ValidationException", f"Parameter Event is not valid. Missing: {missing}."
            )
        return {"Result": matches(event)}

    def _put_events(self, request: Request, asked: dict[str, Any]) -> dict[str, Any]:
        entries = asked.get("Entries", [])
        if not 0 < len(entries) <= _MOST_ENTRIES:
            raise FaultError(
                "ValidationException",
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint:"
                f" Member must have length from 1 to {_MOST_ENTRIES}",
            )
        if len(request.body) > _LARGEST + 4096 * len(entries):
            raise FaultError(
                "ValidationException", "Total size of the entries in the request is over the limit."
            )
        results = [self._put_event(request, entry) for entry in entries]
        return {
            "FailedEntryCount": sum("ErrorCode" in result for result in results),
            "Entries": results,
        }

    def _put_event(self, request: Request, entry: Mapping[str, Any]) -> dict[str, Any]:
        problem = _problem_of(entry, by_a_service=bool(request.via))
        if problem is not None:
            return problem
        region = request.caller.region
        bus = _bus_named(region, entry.get("EventBusName") or "default")
        given = entry.get("Time")
        at = self._clock() if given is None else _moment(given)
        event = _event(region, entry["Source"], entry["DetailType"], at) | {
            "resources": entry.get("Resources", []),
            "detail": json.loads(entry["Detail"]),
        }
        # Numbers are compared as they were written.
        seen = event | {"detail": read_json(entry["Detail"])}
        for rule in list(bus.rules.values()):
            pattern = rule.event_pattern.dump()
            # A scheduled rule without a pattern fits no event.
            if rule.state != "DISABLED" and pattern and _checked_pattern(pattern)(seen):
                self._send(rule, event)
        return {"EventId": event["id"]}

    def _send(self, rule: "Rule", event: Mapping[str, Any]) -> None:
        for target in list(rule.targets):
            self._delivery.deliver(target, event, rule.arn)


def _problem_of(entry: Mapping[str, Any], *, by_a_service: bool) -> dict[str, Any] | None:
    """Why an event is not taken."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return {
                "ErrorCode": "InvalidArgument",
                "ErrorMessage": f"Parameter {name} is not valid. Reason: {name} is a required"
                " argument.",
            }
    if entry["Source"].startswith("aws.") and not by_a_service:
        logger.warning("source=<%s> | only a service may be the source", entry["Source"])
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    return None


@lru_cache(maxsize=512)
def _checked_pattern(text: str) -> Matches:
    try:
        return compile_pattern(text)
    except PatternError as problem:
        raise FaultError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {problem}"
        ) from None


def _event(region: str, source: str, kind: str, at: datetime) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": region,
        "resources": [],
        "detail": {},
    }


def _moment(given: Any) -> datetime:
    if isinstance(given, int | float):
        return datetime.fromtimestamp(given, UTC)
    return datetime.fromisoformat(given)


def _buses(region: str) -> "dict[str, EventBus]":
    from moto.events.models import events_backends

    return events_backends[ACCOUNT][region].event_buses


def _bus_named(region: str, name: str) -> "EventBus":
    bare = name.rpartition("/")[2]
    found = _buses(region).get(bare)
    if found is None:
        raise FaultError("ResourceNotFoundException", f"Event bus {bare} does not exist.")
    return found
