"""GetLogRecord and GetLogGroupFields: the fields of one event, and those that events have."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.insights.documents import document_of
from datalfred.local.aws.logs.store import (
    StoredEvent,
    all_groups,
    events_between,
    group_named,
    invalid,
)
from datalfred.local.aws.message import ACCOUNT

_MINUTE = 60_000
_RECENT = 15 * _MINUTE
_AROUND = 8 * _MINUTE
_SYSTEM = ("@ingestionTime", "@log", "@logStream", "@message", "@timestamp")

Parameters = Mapping[str, Any]


def get_log_record(region: str, parameters: Parameters) -> dict[str, Any]:
    """All fields of the event that an ``@ptr`` of a query's results points to.

    Raises:
        FaultError: it points to nothing.
    """
    pointer = str(parameters["logRecordPointer"])
    for group in all_groups(region).values():
        for event in events_between(group, None, None):
            if f"{event.number:056d}" == pointer:
                return {"logRecord": _record(group.name, event)}
    raise FaultError("ResourceNotFoundException", "The specified log record does not exist.")


def _record(group: str, event: StoredEvent) -> dict[str, str]:
    own = {
        "@timestamp": str(event.at),
        "@ingestionTime": str(event.ingested),
        "@message": event.message,
        "@logStream": event.stream,
        "@log": f"{ACCOUNT}:{group}",
        "@ptr": f"{event.number:056d}",
    }
    return dict(_fields(event.message)) | own


def _fields(message: str) -> Iterator[tuple[str, str]]:
    """The fields that Insights discovers in a message."""
    document = document_of(message)
    if document is None:
        return
    try:
        yield from _flat("", json.loads(document))
    except (ValueError, RecursionError):
        return


def _flat(path: str, node: object) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict | list):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for step, child in pairs:
            name = f"@{step}" if not path and str(step).startswith("@") else str(step)
            yield from _flat(f"{path}.{name}" if path else name, child)
    elif node is not None:
        yield path, str(int(node)) if isinstance(node, bool) else str(node)


def get_log_group_fields(region: str, parameters: Parameters) -> dict[str, Any]:
    """The fields of recent events, or of those around a time, and how many per cent have each.

    Raises:
        FaultError: the group does not exist, or is named in no way or in two.
    """
    named = [parameters[n] for n in ("logGroupName", "logGroupIdentifier") if n in parameters]
    if len(named) != 1:
        raise invalid("Give either logGroupName or logGroupIdentifier.")
    group, now = group_named(region, named[0]), int(time.time() * 1000)
    start, end = now - _RECENT, now
    if "time" in parameters:
        centre = int(parameters["time"]) * 1000
        start, end = centre - _AROUND, centre + _AROUND
    events = list(events_between(group, start, end))
    counts: Counter[str] = Counter()
    for event in events:
        counts.update({*_SYSTEM, *(name for name, _ in _fields(event.message))})
    return {
        "logGroupFields": [
            {"name": name, "percent": 100 * count // len(events)}
            for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        ]
    }
