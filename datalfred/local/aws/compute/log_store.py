"""Where runs and functions write their logs: CloudWatch Logs of the embedded AWS."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.message import ACCOUNT
from datalfred.settings import DEFAULT_REGION

Line = tuple[datetime, str]


class LogStore:
    """Writes lines into streams, and creates groups and streams as they are needed."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """Makes a store.

        Args:
            client: makes a boto3 client that enters the front door.
        """
        self._client = client
        self._lock = threading.Lock()
        self._groups: set[str] = set()

    def write(self, group: str, stream: str, lines: Sequence[Line]) -> None:
        """Writes ``lines`` into a stream of a group; an empty one is no event, as for AWS."""
        logs = self._client("logs")
        with self._lock:
            if group not in self._groups:
                _unless_there(logs, lambda: logs.create_log_group(logGroupName=group))
                self._groups.add(group)
        events = [
            {"timestamp": round(at.timestamp() * 1000), "message": line}
            for at, line in sorted(lines, key=lambda line: line[0])
            if line
        ]
        if not events:
            return
        if current().clock.is_present():
            _unless_there(
                logs, lambda: logs.create_log_stream(logGroupName=group, logStreamName=stream)
            )
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
        else:
            with self._lock:
                _write_straight(group, stream, events)


def _write_straight(group: str, stream: str, events: list[dict[str, Any]]) -> None:
    """Writes into moto's store, past the door: the hundreds of streams of a seeded past."""
    from moto.logs.models import logs_backends

    backend = logs_backends[ACCOUNT][DEFAULT_REGION]
    backend.ensure_log_stream(group, stream)
    backend.put_log_events(group, stream, events)


def _unless_there(logs: Any, create: Callable[[], object]) -> None:
    """Calls ``create``, a call of the client ``logs``; what is there already is fine."""
    try:
        create()
    except logs.exceptions.ResourceAlreadyExistsException:
        return
