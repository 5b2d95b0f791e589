"""PutLogEvents: which batches CloudWatch takes, and which events of them.

Source: PutLogEvents and RejectedLogEventsInfo in the API reference of CloudWatch Logs.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.logs.store import group_named, invalid
from datalfred.local.aws.message import ACCOUNT

_HOUR = 3_600_000
_OLDEST = 14 * 24 * _HOUR
_NEWEST = 2 * _HOUR
_LONGEST_SPAN = 24 * _HOUR
_MOST_BYTES = 1_048_576
_MOST_EVENTS = 10_000
_OVERHEAD = 26
"""Bytes that each event counts beside its message."""

_OLD = ("tooOldLogEventEndIndex", "expiredLogEventEndIndex")

LogEvent = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What became of a batch.

    Attributes:
        token: the next sequence token, which nobody needs any more.
        rejected: as ``rejectedLogEventsInfo``; empty when all events were kept.
        kept: the events that were kept.
    """

    token: str
    rejected: Mapping[str, int]
    kept: Sequence[LogEvent]


def put_events(region: str, parameters: Mapping[str, Any]) -> Written:
    """Adds a batch of events to a log stream, without those that are too old or too new.

    Raises:
        FaultError: the batch as a whole is refused, or its group or stream does not exist.
    """
    from moto.logs.models import logs_backends

    group = group_named(region, parameters["logGroupName"])
    events: Sequence[LogEvent] = parameters["logEvents"]
    if parameters["logStreamName"] not in group.streams:
        raise FaultError("ResourceNotFoundException", "The specified log stream does not exist.")
    _check(events)
    rejected = _rejected(events, getattr(group, "retention_in_days", None))
    old, expired = (rejected.get(name, 0) for name in _OLD)
    first = max(old, expired)
    kept = events[first : rejected.get("tooNewLogEventStartIndex", len(events))]
    if kept and kept[-1]["timestamp"] - kept[0]["timestamp"] > _LONGEST_SPAN:
        raise invalid(
            "The batch of log events in a single PutLogEvents request cannot span more than"
            " 24 hours."
        )
    token, _ = logs_backends[ACCOUNT][region].put_log_events(
        group.name, parameters["logStreamName"], list(kept)
    )
    return Written(token, rejected, kept)


def put_log_events(region: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Answers PutLogEvents.

    Raises:
        FaultError: the batch is refused, or its group or stream does not exist.
    """
    return answer_of(put_events(region, parameters))


def answer_of(written: Written) -> dict[str, Any]:
    """The answer of PutLogEvents for a batch."""
    answer: dict[str, Any] = {"nextSequenceToken": written.token}
    return answer | ({"rejectedLogEventsInfo": written.rejected} if written.rejected else {})


def _check(events: Sequence[LogEvent]) -> None:
    """Refuses what fails a batch as a whole."""
    times = [event["timestamp"] for event in events]
    if not 1 <= len(events) <= _MOST_EVENTS:
        raise invalid(f"A batch has from 1 to {_MOST_EVENTS} log events.")
    if times != sorted(times):
        raise invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if not all(event["message"] for event in events):
        raise invalid("The message of a log event must not be empty.")
    size = sum(len(e["message"].encode(errors="replace")) + _OVERHEAD for e in events)
    if size > _MOST_BYTES:
        raise invalid(f"Upload too large: {size} bytes exceeds limit of {_MOST_BYTES}")


def _rejected(events: Sequence[LogEvent], retention: str | int | None) -> dict[str, int]:
    """How many events at the beginning are too old, and where those begin that are too new."""
    now = int(time.time() * 1000)
    times = [event["timestamp"] for event in events]
    found = {}
    if old := sum(at < now - _OLDEST for at in times):
        found["tooOldLogEventEndIndex"] = old
    if retention and (gone := sum(at < now - int(retention) * 24 * _HOUR for at in times)):
        found["expiredLogEventEndIndex"] = gone
    if new := sum(at > now + _NEWEST for at in times):
        found["tooNewLogEventStartIndex"] = len(times) - new
    return found
