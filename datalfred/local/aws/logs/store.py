"""The log groups and events that moto keeps, as plain values."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT

if TYPE_CHECKING:
    from moto.logs.models import LogGroup

_MISSING = "The specified log group does not exist."


class StoredEvent(NamedTuple):
    """One log event; times are milliseconds since the epoch. Sorts by time, then by arrival."""

    at: int
    number: int
    ingested: int
    stream: str
    message: str

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the events of its group."""
        return self.at, self.number


def invalid(message: str) -> FaultError:
    """The fault of a parameter that may not be so."""
    return FaultError("InvalidParameterException", message)


def all_groups(region: str) -> "dict[str, LogGroup]":
    """The log groups of a region by name, as a copy."""
    from moto.logs.models import logs_backends

    return dict(logs_backends[ACCOUNT][region].groups)


def group_named(region: str, identifier: str) -> "LogGroup":
    """The log group of a name or an ARN.

    Raises:
        FaultError: there is none.
    """
    name = identifier
    if identifier.startswith("arn:"):
        name = identifier.partition(":log-group:")[2].removesuffix(":*")
    found = all_groups(region).get(name)
    if found is None:
        raise FaultError("ResourceNotFoundException", _MISSING)
    return found


def events_between(
    group: "LogGroup", start: int | None, end: int | None, streams: Sequence[str] | None = None
) -> Iterator[StoredEvent]:
    """The events of a group with a time from ``start`` to ``end``, both included; unsorted."""
    kept: dict[str, Any] = dict(group.streams)
    for name, stream in kept.items():
        if streams is not None and name not in streams:
            continue
        for event in list(stream.events):
            if (start is None or event.timestamp >= start) and (
                end is None or event.timestamp <= end
            ):
                yield StoredEvent(
                    event.timestamp, event.event_id, event.ingestion_time, name, event.message
                )
