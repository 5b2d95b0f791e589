"""The alarms of one region: they are put, change their state, and are forgotten."""

import json
import logging
import threading
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.messages import Change
from datalfred.local.aws.cloudwatch.alarms.model import (
    COMPOSITE,
    METRIC,
    Alarm,
    State,
    stamp,
)
from datalfred.local.aws.cloudwatch.alarms.reasons import UNCHECKED
from datalfred.local.aws.cloudwatch.alarms.rules import Rule, RuleError, parse_rule
from datalfred.local.aws.cloudwatch.alarms.watching import look, step_of
from datalfred.local.aws.cloudwatch.metrics.queries import refused
from datalfred.local.aws.cloudwatch.metrics.store import Metric, MetricStore
from datalfred.local.aws.events.clock import Clock
from datalfred.local.aws.faults import FaultError

logger = logging.getLogger(__name__)

MOST_ALARMS = 5000
_DEPARTED_KEPT = 1000


class AlarmBook:
    """The alarms of a region, by name.

    Every method that can change a state returns the changes; who called tells others of them, once
    nothing is locked.

    Attributes:
        region: where they are.
        departed: history of alarms that were deleted, oldest first.
    """

    def __init__(self, region: str, store: MetricStore, clock: Clock) -> None:
        self.region = region
        self.departed: deque[dict[str, Any]] = deque(maxlen=_DEPARTED_KEPT)
        self._store = store
        self._clock = clock
        self._lock = threading.RLock()
        self._alarms: dict[str, Alarm] = {}
        self._rules: dict[str, Rule] = {}
        self._evaluated: dict[str, float] = {}

    def alarms(self) -> list[Alarm]:
        """All of them, by name."""
        with self._lock:
            return [self._alarms[name] for name in sorted(self._alarms)]

    def find(self, name: str) -> Alarm | None:
        """The alarm of that name or ARN."""
        bare = name.partition(":alarm:")[2] if name.startswith("arn:") else name
        return self._alarms.get(bare)

    def named(self, name: str) -> Alarm:
        """The alarm of that name.

        Raises:
            FaultError: there is none.
        """
        found = self._alarms.get(name)
        if found is None:
            raise FaultError("ResourceNotFound", f"Alarm {name} does not exist.", 404)
        return found

    def put(self, kind: str, settings: dict[str, Any]) -> None:
        """Creates an alarm, which has no data yet, or changes one, which keeps its state.

        Raises:
            FaultError: its name is one of another kind, its rule cannot be read, or there are too
                many.
        """
        now = self._clock()
        with self._lock:
            rule = self._checked_rule(settings) if kind == COMPOSITE else None
            known = self._alarms.get(settings["AlarmName"])
            if known is not None and known.kind != kind:
                raise refused(f"An alarm of another type has the name {known.name}.")
            if known is None and len(self._alarms) >= MOST_ALARMS:
                raise FaultError("LimitExceeded", f"There may be {MOST_ALARMS} alarms in a region.")
            tags = settings.pop("Tags", {})
            if known is None:
                state = State("INSUFFICIENT_DATA", UNCHECKED, "", now)
                alarm = Alarm(kind, settings, self.region, state, now, now, tags=tags)
                self._alarms[alarm.name] = alarm
                self._evaluated[alarm.name] = now.timestamp()
            else:
                alarm = known
                alarm.settings, alarm.configured = settings, now
            if rule is not None:
                self._rules[alarm.name] = rule
            _remember_settings(alarm, "updated" if known else "created", now)

    def switch(self, alarm: Alarm, *, enabled: bool) -> None:
        """Lets an alarm act, or keeps it from acting."""
        with self._lock:
            if alarm.get("ActionsEnabled") != enabled:
                now = self._clock()
                alarm.settings = {**alarm.settings, "ActionsEnabled": enabled}
                alarm.configured = now
                _remember_settings(alarm, "updated", now)

    def _checked_rule(self, settings: dict[str, Any]) -> Rule:
        try:
            rule = parse_rule(settings["AlarmRule"])
        except RuleError as problem:
            raise refused(f"Failed to parse AlarmRule: {problem}.") from None
        unknown = [name for name in rule.alarms if self.find(name) is None]
        if unknown:
            raise refused(
                f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm"
                " rule do not exist."
            )
        if self._leads_to(rule, settings["AlarmName"]):
            raise refused("Could not save the composite alarm as its rule would depend on itself.")
        return rule

    def _leads_to(self, rule: Rule, name: str) -> bool:
        found = [alarm for one in rule.alarms if (alarm := self.find(one)) is not None]
        return any(
            alarm.name == name
            or (alarm.name in self._rules and self._leads_to(self._rules[alarm.name], name))
            for alarm in found
        )

    def delete(self, names: Iterable[str]) -> None:
        """Deletes alarms; all of them or none.

        Raises:
            FaultError: one of them does not exist.
        """
        now = self._clock()
        with self._lock:
            for alarm in [self.named(name) for name in names]:
                if self._alarms.pop(alarm.name, None) is None:
                    continue  # named twice
                self._rules.pop(alarm.name, None)
                self._evaluated.pop(alarm.name, None)
                _remember_settings(alarm, "deleted", now)
                self.departed.extend(alarm.history)

    def set_state(self, name: str, value: str, reason: str, data: str) -> list[Change]:
        """Puts an alarm into a state by hand, until its next evaluation.

        Raises:
            FaultError: it does not exist.
        """
        with self._lock:
            state = State(value, reason, data, self._clock())
            return self._enter(self.named(name), state)

    def next_due(self) -> float | None:
        """When the next alarm is evaluated, in seconds since 1970; None without alarms."""
        with self._lock:
            return min((self._due(alarm) for alarm in self._alarms.values()), default=None)

    def _due(self, alarm: Alarm) -> float:
        step = step_of(alarm)
        return (self._evaluated[alarm.name] // step + 1) * step

    def evaluate_due(self) -> list[Change]:
        """Evaluates every alarm that is due; composite ones follow their children."""
        now = self._clock()
        with self._lock:
            due = [a for a in self._alarms.values() if self._due(a) <= now.timestamp()]
            changes = [c for a in due if a.kind == METRIC for c in self._evaluate(a, now)]
            for alarm in due:
                if alarm.kind == COMPOSITE:
                    self._evaluated[alarm.name] = now.timestamp()
                    changes += self._follow(alarm, None, now)
            return changes

    def data_arrived(self, metrics: Iterable[Metric]) -> list[Change]:
        """Evaluates the alarms that watch one of ``metrics``."""
        written, now = set(metrics), self._clock()
        with self._lock:
            alarms = [a for a in self._alarms.values() if not written.isdisjoint(a.watches())]
            return [change for alarm in alarms for change in self._evaluate(alarm, now)]

    def _evaluate(self, alarm: Alarm, now: datetime) -> list[Change]:
        self._evaluated[alarm.name] = now.timestamp()
        try:
            finding = look(self._store, alarm, now)
        except FaultError as problem:
            logger.warning("alarm=<%s>, problem=<%s> | not evaluated", alarm.name, problem)
            return []
        if finding is None:
            return []
        if finding.state == alarm.state.value:
            return []
        return self._enter(alarm, State(finding.state, finding.reason, finding.data, now))

    def _enter(self, alarm: Alarm, state: State) -> list[Change]:
        """Puts an alarm into a state; its parents follow."""
        before, alarm.state = alarm.state, state
        if before.value == state.value:
            return []
        alarm.transitioned = state.at
        data = {"version": "1.0", "oldState": _shown(before), "newState": _shown(state)}
        summary = f"Alarm updated from {before.value} to {state.value}"
        alarm.remember("StateUpdate", summary, data, state.at)
        changes = [Change(alarm, before, state, self._children(alarm))]
        for name, rule in list(self._rules.items()):
            if any(self.find(child) is alarm for child in rule.alarms):
                changes += self._follow(self._alarms[name], alarm, state.at)
        return changes

    def _follow(self, composite: Alarm, child: Alarm | None, now: datetime) -> list[Change]:
        """Evaluates the rule of a composite alarm."""
        holds = self._rules[composite.name].holds(self._state_of)
        value = "ALARM" if holds else "OK"
        if value == composite.state.value:
            return []
        children = self._children(composite)
        child = child or next(
            (a for a in map(self.find, self._rules[composite.name].alarms) if a), None
        )
        reason = f"The rule {composite.get('AlarmRule')} is {'TRUE' if holds else 'FALSE'}"
        if child is not None:
            moment = f"{child.state.at:%A %d %B, %Y %H:%M:%S} UTC"
            reason = f"{child.arn} transitioned to {child.state.value} at {moment}"
        triggering = [
            {"arn": arn, "state": {"value": state.value, "timestamp": stamp(state.at)}}
            for arn, state in children
        ]
        data = json.dumps({"triggeringAlarms": triggering}, separators=(",", ":"))
        return self._enter(composite, State(value, reason, data, now))

    def _state_of(self, name: str) -> str:
        found = self.find(name)
        return found.state.value if found else ""

    def _children(self, alarm: Alarm) -> tuple[tuple[str, State], ...]:
        named = self._rules[alarm.name].alarms if alarm.name in self._rules else ()
        found = [child for name in named if (child := self.find(name)) is not None]
        return tuple((child.arn, child.state) for child in found)

    def children_of(self, name: str) -> list[Alarm]:
        """The alarms that the rule of a composite alarm names."""
        named = self._rules[name].alarms if name in self._rules else ()
        return [child for one in named if (child := self.find(one)) is not None]

    def parents_of(self, name: str) -> list[Alarm]:
        """The composite alarms whose rules name an alarm."""
        wanted = self.find(name)
        return [
            self._alarms[parent]
            for parent, rule in self._rules.items()
            if any(self.find(child) is wanted for child in rule.alarms)
        ]


def _remember_settings(alarm: Alarm, did: str, now: datetime) -> None:
    """Adds to the history what was ``created``, ``updated`` or ``deleted``."""
    data = {"version": "1.0", "type": did.title()[:-1], f"{did}Alarm": alarm.described()}
    alarm.remember("ConfigurationUpdate", f'Alarm "{alarm.name}" {did}', data, now)


def _shown(state: State) -> dict[str, Any]:
    shown: dict[str, Any] = {"stateValue": state.value, "stateReason": state.reason}
    if state.data:
        try:
            shown["stateReasonData"] = json.loads(state.data)
        except ValueError:
            shown["stateReasonData"] = state.data
    return shown
