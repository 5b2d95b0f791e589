"""How the failed state went in the last execution that succeeded: what is usual there.

A line that complains in every good run is no evidence, however loudly it complains; an image or a
memory that is not the one of the last success is worth a look; so is a tenth of the usual rows.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from datalfred.lake.logs.models import LogEvent
from datalfred.lake.pipelines.history import Event, Failure, History, details, name_of, task_of

_VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|0x[0-9a-f]+|\d+", re.IGNORECASE)
_ENDED_WELL = {"LambdaFunctionSucceeded", "TaskSucceeded"}
_COUNTS = re.compile(r"\w*[Cc]ount|Contents|Items|Messages|Records|Rows")
"""What services call what they counted or listed, such as ``KeyCount`` of S3."""
_NOT_FIGURES = ("status", "code", "time", "date", "cpu", "memory", "duration", "version", "port")


@dataclass(frozen=True)
class Baseline:
    """What was usual.

    Attributes:
        lines: of the log of the good run, without what varies from run to run.
        settings: of the resource in the good run.
        figures: the numbers that states gave, by state and name.
    """

    lines: frozenset[str] = frozenset()
    settings: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)

    def is_usual(self, event: LogEvent) -> bool:
        """Whether the good run wrote this line as well."""
        return bare(event.message) in self.lines


def bare(message: str) -> str:
    """A line without its numbers and ids."""
    return _VARYING.sub("#", message)


def visit(read: History, state: str) -> Failure | None:
    """How a state went that did not fail, in the shape of one that did: its call and its answer.

    Returns:
        None when the state was not entered, or called nothing.
    """
    events = [read.events[number] for number in sorted(read.events)]
    entered = next((e for e in events if _enters(e, state)), None)
    if entered is None:
        return None
    inside = _inside(events, entered, state)
    scheduled = next((e for e in inside if e["type"].endswith("Scheduled")), None)
    if scheduled is None:
        return None
    submitted = next((e for e in reversed(inside) if e["type"] == "TaskSubmitted"), None)
    ended = next((e for e in reversed(inside) if e["type"] in _ENDED_WELL), scheduled)
    return Failure(
        state=state,
        path=(state,),
        error="",
        cause=details(ended).get("output", ""),
        entered_at=entered["timestamp"],
        failed_at=ended["timestamp"],
        **task_of(scheduled, submitted),
    )


def figures(read: History) -> dict[str, float]:
    """How much an execution had to do, by state and name.

    That is the numbers in the results of its functions and how long the lists there are, what other
    services counted, and the items of a Map.
    """
    found: dict[str, float] = {}
    for event in read.events.values():
        if event["type"] == "MapStateStarted":
            found[f"{_state_of(read, event)}: items"] = float(details(event).get("length", 0))
        elif event["type"] in _ENDED_WELL:
            state = _state_of(read, event)
            for name, value in _counted(event):
                found[f"{state}: {name}"] = value
    return found


def _enters(event: Event, state: str) -> bool:
    return str(event["type"]).endswith("StateEntered") and name_of(event) == state


def _inside(events: list[Event], entered: Event, state: str) -> list[Event]:
    """The events on the path of a state, from its beginning to its end."""
    path, inside = {entered["id"]}, []
    for event in events:
        if event.get("previousEventId") not in path:
            continue
        if event["type"].endswith("StateExited") and name_of(event) == state:
            break
        path.add(event["id"])
        inside.append(event)
    return inside


def _state_of(read: History, event: Event) -> str:
    while not event["type"].endswith("StateEntered"):
        before = read.events.get(event.get("previousEventId", 0))
        if before is None:
            return ""
        event = before
    return name_of(event)


def _counted(event: Event) -> Iterator[tuple[str, float]]:
    """The figures in what a task gave; of a service that is no function only what it counted."""
    try:
        value = json.loads(details(event).get("output", ""))
    except ValueError:
        return
    if event["type"] == "LambdaFunctionSucceeded":
        yield from _numbers("", value)
    elif isinstance(value, dict) and "Payload" in value:
        yield from _numbers("", value["Payload"])
    elif isinstance(value, dict):
        for name, given in value.items():
            if _COUNTS.fullmatch(name):
                yield from _numbers(name, given)


def _numbers(path: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _numbers(f"{path}.{name}" if path else name, inner)
    elif isinstance(value, list):
        yield f"{path or 'result'} (entries)", float(len(value))
    elif _is_figure(path, value):
        yield path or "result", float(value)


def _is_figure(path: str, value: Any) -> bool:
    counts = isinstance(value, int | float) and not isinstance(value, bool)
    return counts and not any(word in path.lower() for word in _NOT_FIGURES)
