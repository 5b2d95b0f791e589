"""An alarm, its state and its history."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datalfred.local.aws.cloudwatch.metrics.store import Metric, metric_of
from datalfred.local.aws.message import ACCOUNT

STATES = ("OK", "ALARM", "INSUFFICIENT_DATA")
METRIC, COMPOSITE = "MetricAlarm", "CompositeAlarm"

HISTORY_KEPT = 1000
"""Items of one alarm; the oldest are forgotten."""


@dataclass(frozen=True)
class State:
    """One state of an alarm.

    Attributes:
        value: one of :data:`STATES`.
        reason: in CloudWatch's words.
        data: the same as JSON; empty when there is none.
        at: when it was entered, or its reason changed.
    """

    value: str
    reason: str
    data: str
    at: datetime


@dataclass
class Alarm:
    """One alarm.

    Attributes:
        kind: ``MetricAlarm`` or ``CompositeAlarm``.
        settings: what was put, by the names of the API; with its defaults.
        region: where it is.
        state: the one that it is in.
        configured: when its settings changed last.
        transitioned: when its state's value changed last.
        history: its latest items, oldest first, as DescribeAlarmHistory shows them.
        tags: by key.
    """

    kind: str
    settings: dict[str, Any]
    region: str
    state: State
    configured: datetime
    transitioned: datetime
    history: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=HISTORY_KEPT))
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name, unique among the alarms of a region."""
        return str(self.settings["AlarmName"])

    @property
    def arn(self) -> str:
        """The ARN."""
        return f"arn:aws:cloudwatch:{self.region}:{ACCOUNT}:alarm:{self.name}"

    def get(self, name: str, default: Any = None) -> Any:
        """A setting."""
        return self.settings.get(name, default)

    def actions(self, state: str) -> list[str]:
        """The ARNs that a state calls."""
        return list(self.settings.get(_ACTIONS[state], ()))

    def queries(self) -> list[dict[str, Any]]:
        """What a metric alarm watches, as metric data queries; ids are unique."""
        if "Metrics" in self.settings:
            return list(self.settings["Metrics"])
        dimensions = self.get("Dimensions", [])
        metric = {
            "Namespace": self.get("Namespace"),
            "MetricName": self.get("MetricName"),
            "Dimensions": dimensions,
        }
        stat = {"Metric": metric, "Period": self.get("Period"), "Stat": self.statistic}
        if self.get("Unit"):
            stat["Unit"] = self.get("Unit")
        return [{"Id": "m1", "MetricStat": stat, "ReturnData": True}]

    @property
    def statistic(self) -> str:
        """The name of a single metric's statistic; empty for expressions and composite alarms."""
        return str(self.get("Statistic") or self.get("ExtendedStatistic") or "")

    @property
    def period(self) -> int:
        """Seconds."""
        periods = [q["MetricStat"]["Period"] for q in self.queries() if "MetricStat" in q]
        return int(max(periods, default=60))

    def watches(self) -> set[Metric]:
        """The metrics whose data can change its state."""
        if self.kind == COMPOSITE:
            return set()
        queries = self.queries()
        return {metric_of(q["MetricStat"]["Metric"]) for q in queries if "MetricStat" in q}

    def described(self) -> dict[str, Any]:
        """As DescribeAlarms shows it."""
        return {
            **{name: value for name, value in self.settings.items() if name != "Tags"},
            "AlarmArn": self.arn,
            "AlarmConfigurationUpdatedTimestamp": self.configured,
            "StateValue": self.state.value,
            "StateReason": self.state.reason,
            "StateReasonData": self.state.data or None,
            "StateUpdatedTimestamp": self.state.at,
            "StateTransitionedTimestamp": self.transitioned,
        }

    def remember(self, kind: str, summary: str, data: Mapping[str, Any], at: datetime) -> None:
        """Adds an item to the history.

        Args:
            kind: ``ConfigurationUpdate``, ``StateUpdate`` or ``Action``.
            summary: one sentence.
            data: what is kept as JSON.
            at: when.
        """
        self.history.append(
            {
                "AlarmName": self.name,
                "AlarmType": self.kind,
                "Timestamp": at,
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data, separators=(",", ":"), default=stamp),
            }
        )


_ACTIONS = {
    "OK": "OKActions",
    "ALARM": "AlarmActions",
    "INSUFFICIENT_DATA": "InsufficientDataActions",
}


def stamp(at: datetime) -> str:
    """A time as alarms write it: ``2026-11-20T10:00:00.000+0000``."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"
