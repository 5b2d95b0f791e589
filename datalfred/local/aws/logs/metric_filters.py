"""Metric filters: log events become data points of metrics.

Source: *Creating metrics from log events using filters* in the user guide of CloudWatch Logs, and
PutMetricFilter in its API reference. A data point has the time of its event; a default value is
given for each minute in which events were ingested and none matched. The past that the demo lake
writes straight into the store is not filtered.
"""

import json
import logging
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datalfred.local.aws.cloudwatch.metrics.intake import UNITS
from datalfred.local.aws.events.clock import Clock, Pulse, system_clock
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.patterns import Pattern, PatternError, compile_pattern
from datalfred.local.aws.logs.patterns.structured import selector_of
from datalfred.local.aws.logs.store import all_groups, group_named, invalid
from datalfred.local.aws.logs.writes import answer_of, put_events
from datalfred.local.aws.message import Request, Response

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    from moto.logs.models import LogGroup

_TARGET = "Logs_20140328"
_MINUTE = 60
_MOST_FILTERS = 100
_MOST_DIMENSIONS = 3
_MOST_TESTED = 50
_LISTED = 50
_BATCH = 1000
"""Data points in a request of PutMetricData."""

PutMetricData = Callable[[str, str, Sequence[Mapping[str, Any]]], object]
"""Puts data points: region, namespace, data."""

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class MetricFilter:
    """One metric filter.

    Attributes:
        settings: as it was put, and as DescribeMetricFilters shows it.
        pattern: its compiled pattern.
        transformation: its only metric transformation.
    """

    settings: Mapping[str, Any]
    pattern: Pattern
    transformation: Mapping[str, Any]

    def datum(self, message: str, at: float) -> dict[str, Any] | None:
        """The data point of a message that matches; None when it has no number to give."""
        read = _Reader(self.pattern, message)
        value = read.number(self.transformation["metricValue"])
        dimensions = {
            name: read.text(source)
            for name, source in self.transformation.get("dimensions", {}).items()
        }
        if value is None or not all(dimensions.values()):
            return None
        found = [{"Name": name, "Value": text} for name, text in dimensions.items()]
        return self.made(value, at, found)

    def made(self, value: float, at: float, dimensions: Sequence[Any] = ()) -> dict[str, Any]:
        """A data point of the metric."""
        return {
            "MetricName": self.transformation["metricName"],
            "Timestamp": datetime.fromtimestamp(at, UTC),
            "Value": value,
            "Unit": self.transformation.get("unit", "None"),
            "Dimensions": list(dimensions),
        }


class _Reader:
    """The values of one message: what the pattern names, and for JSON every selector."""

    def __init__(self, pattern: Pattern, message: str) -> None:
        self._named = pattern.extracted(message)
        self._message = message

    def text(self, source: str) -> str:
        """The text of ``$.field`` or ``$name``; empty when there is none."""
        if source in self._named:
            return self._named[source]
        if not source.startswith("$."):
            return ""
        try:
            document = json.loads(self._message)
        except ValueError:
            return ""
        for value in selector_of(source).values(document):
            if isinstance(value, str | int | float):
                return value if isinstance(value, str) else json.dumps(value)
        return ""

    def number(self, source: str) -> float | None:
        """The number of a constant, ``$.field`` or ``$name``; None when there is none."""
        return _number(self.text(source) if source.startswith("$") else source)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass
class _Minute:
    """The filters with default values that saw events in one minute: whether any matched."""

    matched: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    filters: dict[tuple[str, str, str], MetricFilter] = field(default_factory=dict)


class MetricFilters:
    """Answers the operations on metric filters, and watches what is logged."""

    def __init__(self, put: PutMetricData, clock: Clock = system_clock) -> None:
        """No filters.

        Args:
            put: puts data points.
            clock: tells the time.
        """
        self._put = put
        self._clock = clock
        self._lock = threading.Lock()
        # Filters go with their group: one that is made again under the same name has none.
        self._filters: WeakKeyDictionary[LogGroup, dict[str, MetricFilter]] = WeakKeyDictionary()
        self._minutes: dict[int, _Minute] = {}
        self._pulse = Pulse("metric filters", clock, self.next_due, self.flush_due)
        self._operations: dict[str, Callable[[str, Parameters], dict[str, Any] | None]] = {
            "PutMetricFilter": self._put_filter,
            "DescribeMetricFilters": self._describe,
            "DeleteMetricFilter": self._delete,
            "TestMetricFilter": lambda _region, asked: _tested(asked),
            "PutLogEvents": self._put_log_events,
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to an operation of ours; None for all others.

        Raises:
            FaultError: the request is wrong.
        """
        service, name = request.target
        if service != _TARGET or name not in self._operations:
            return None
        asked = json.loads(request.body or b"{}")
        answer = self._operations[name](request.caller.region, asked)
        headers = {"content-type": "application/x-amz-json-1.1"}
        return None if answer is None else Response(200, headers, json.dumps(answer).encode())

    def any(self) -> bool:
        """Whether there are metric filters."""
        with self._lock:
            return any(self._filters.values())

    def count(self, group: "LogGroup") -> int:
        """How many filters a log group has."""
        return len(self._of(group))

    def close(self) -> None:
        """Ends the reports of default values."""
        self._pulse.close()

    def next_due(self) -> float | None:
        """When the next minute with default values ends; None without one."""
        with self._lock:
            return min((minute + _MINUTE for minute in self._minutes), default=None)

    def flush_due(self) -> None:
        """Reports the default values of the minutes that have ended."""
        now = self._clock().timestamp()
        with self._lock:
            over = [minute for minute in self._minutes if minute + _MINUTE <= now]
            ended = [(minute, self._minutes.pop(minute)) for minute in over]
        for at, minute in ended:
            for place, one in minute.filters.items():
                if not minute.matched[place]:
                    datum = one.made(float(one.transformation["defaultValue"]), at)
                    self._emit(place[0], one, [datum])

    def _put_filter(self, region: str, asked: Parameters) -> dict[str, Any]:
        group = group_named(region, asked["logGroupName"])
        pattern = _compiled(asked["filterPattern"])
        transformation = _checked_transformation(asked)
        with self._lock:
            filters = self._filters.setdefault(group, {})
            name = asked["filterName"]
            if name not in filters and len(filters) >= _MOST_FILTERS:
                raise FaultError("LimitExceededException", "Resource limit exceeded.")
            settings = {
                "filterName": name,
                "filterPattern": asked["filterPattern"],
                "metricTransformations": [transformation],
                "creationTime": int(self._clock().timestamp() * 1000),
                "logGroupName": group.name,
            }
            filters[name] = MetricFilter(settings, pattern, transformation)
        return {}

    def _describe(self, region: str, asked: Parameters) -> dict[str, Any]:
        name = asked.get("logGroupName")
        groups = [group_named(region, name)] if name else list(all_groups(region).values())
        if ("metricName" in asked) != ("metricNamespace" in asked):
            raise invalid("metricName and metricNamespace must be given together.")
        found = [one.settings for group in groups for one in self._of(group) if _fits(one, asked)]
        found.sort(key=lambda one: (one["filterName"], one["logGroupName"]))
        token = asked.get("nextToken", "0")
        if not token.isdigit():
            raise invalid("The specified nextToken is invalid.")
        first, size = int(token), int(asked.get("limit", _LISTED))
        more = {"nextToken": str(first + size)} if first + size < len(found) else {}
        return {"metricFilters": found[first : first + size], **more}

    def _delete(self, region: str, asked: Parameters) -> dict[str, Any]:
        group = group_named(region, asked["logGroupName"])
        with self._lock:
            if self._filters.get(group, {}).pop(asked["filterName"], None) is None:
                raise FaultError(
                    "ResourceNotFoundException", "The specified metric filter does not exist."
                )
        return {}

    def _of(self, group: "LogGroup") -> list[MetricFilter]:
        with self._lock:
            return list(self._filters.get(group, {}).values())

    def _put_log_events(self, region: str, asked: Parameters) -> dict[str, Any] | None:
        """Puts events into a group that has filters, and their data points; None without any."""
        group = all_groups(region).get(asked.get("logGroupName", ""))
        if group is None or not self._of(group):
            return None
        written = put_events(region, asked)
        self.watch(region, group, written.kept)
        return answer_of(written)

    def watch(self, region: str, group: "LogGroup", events: Sequence[Mapping[str, Any]]) -> None:
        """Puts the data points of events that came into a group."""
        for one in self._of(group):
            self._watch(region, one, events)

    def _watch(self, region: str, one: MetricFilter, events: Sequence[Mapping[str, Any]]) -> None:
        matching = [event for event in events if one.pattern(event["message"])]
        if events and "defaultValue" in one.transformation:
            self._note(region, one, matched=bool(matching))
        made = (one.datum(event["message"], event["timestamp"] / 1000) for event in matching)
        data = [datum for datum in made if datum is not None]
        for first in range(0, len(data), _BATCH):
            self._emit(region, one, data[first : first + _BATCH])

    def _emit(self, region: str, one: MetricFilter, data: Sequence[Mapping[str, Any]]) -> None:
        try:
            self._put(region, one.transformation["metricNamespace"], data)
        except Exception as problem:  # noqa: BLE001 -- the events are kept, whatever becomes of the metric
            name = one.settings["filterName"]
            logger.warning("filter=<%s>, problem=<%s> | no data point", name, problem)

    def _note(self, region: str, one: MetricFilter, *, matched: bool) -> None:
        """Remembers that a filter saw events in this minute."""
        at = int(self._clock().timestamp()) // _MINUTE * _MINUTE
        place = region, one.settings["logGroupName"], one.settings["filterName"]
        with self._lock:
            minute = self._minutes.setdefault(at, _Minute())
            minute.filters[place] = one
            minute.matched[place] = minute.matched.get(place, False) or matched
        self._pulse.wake()


def _fits(one: MetricFilter, asked: Parameters) -> bool:
    return one.settings["filterName"].startswith(asked.get("filterNamePrefix", "")) and all(
        asked.get(name) in {None, one.transformation[name]}
        for name in ("metricName", "metricNamespace")
    )


def _compiled(text: str) -> Pattern:
    try:
        return compile_pattern(text)
    except PatternError as problem:
        raise invalid(f"Invalid filter pattern: {problem}") from None


def _checked_transformation(asked: Parameters) -> dict[str, Any]:
    """The only transformation of a filter.

    Raises:
        FaultError: it may not be so.
    """
    given = asked.get("metricTransformations", [])
    if len(given) != 1:
        raise invalid("A metric filter must have exactly one metric transformation.")
    found: dict[str, Any] = dict(given[0])
    for problem in _problems(found, asked["filterPattern"].strip()):
        raise invalid(problem)
    return found


def _problems(found: Mapping[str, Any], pattern: str) -> Iterator[str]:
    value, dimensions = str(found["metricValue"]), found.get("dimensions", {})
    for source in (value, *dimensions.values()):
        if source.startswith("$"):
            yield from _problems_of_source(source, pattern[:1])
    if not value.startswith("$") and _number(value) is None:
        yield "Invalid metric transformation: metricValue must be a number or a field."
    if len(dimensions) > _MOST_DIMENSIONS:
        yield f"A metric transformation must not have more than {_MOST_DIMENSIONS} dimensions."
    if not all(source.startswith("$") for source in dimensions.values()):
        yield "The value of a dimension must be a field of the filter pattern."
    if dimensions and "defaultValue" in found:
        yield "Invalid metric transformation: dimensions and default value are mutually exclusive."
    if found.get("unit", "None") not in UNITS:
        yield f"{found['unit']} is no unit."


def _problems_of_source(source: str, kind: str) -> Iterator[str]:
    if kind not in {"{", "["}:
        yield f"{source} needs a JSON or a space-delimited filter pattern."
    elif kind == "{":
        try:
            selector_of(source)
        except PatternError as problem:
            yield f"{source} is no selector: {problem}."


def _tested(asked: Parameters) -> dict[str, Any]:
    """Which of some messages a pattern matches, and what it extracts of them."""
    pattern, messages = _compiled(asked["filterPattern"]), asked["logEventMessages"]
    if not 1 <= len(messages) <= _MOST_TESTED:
        raise invalid(f"logEventMessages must have 1 to {_MOST_TESTED} members.")
    return {
        "matches": [
            {
                "eventNumber": number,
                "eventMessage": message,
                "extractedValues": pattern.extracted(message),
            }
            for number, message in enumerate(messages, 1)
            if pattern(message)
        ]
    }
