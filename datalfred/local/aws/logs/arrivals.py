"""What functions wrote comes into CloudWatch Logs: when that is asked, or a filter waits for it."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.events.clock import Clock, Pulse
from datalfred.local.aws.lambda_logs import FunctionLog, FunctionLogs
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from moto.logs.models import LogGroup

Watch = Callable[[str, "LogGroup", Sequence[dict[str, Any]]], object]
"""Shows metric filters what came into a log group: region, group, events."""


class Arrivals:
    """Stands before the services that answer for CloudWatch Logs, and answers nothing itself."""

    def __init__(
        self,
        logs: FunctionLogs,
        watch: Watch,
        awaited: Callable[[], bool],
        load: Callable[[], object],
        clock: Clock,
    ) -> None:
        """Takes in nothing yet.

        Args:
            logs: what functions wrote.
            watch: shows metric filters what came.
            awaited: whether there are metric filters.
            load: loads moto, which begins without any log group.
            clock: tells the time.
        """
        self._logs = logs
        self._watch = watch
        self._load = load
        self._lock = threading.Lock()
        self._pulse = Pulse(
            "function logs", clock, lambda: 0.0 if len(logs) and awaited() else None, self.take_in
        )
        logs.noticed = self._pulse.wake

    def handle(self, request: Request) -> Response | None:
        """None: another service answers, and finds what functions wrote until now."""
        if request.caller.service == "logs" and len(self._logs):
            self.take_in()
        return None

    def close(self) -> None:
        """Takes nothing in any more by itself."""
        self._pulse.close()

    def take_in(self) -> None:
        """Writes what functions wrote into their log groups, which are created as needed."""
        self._load()
        with self._lock:  # whoever asks meanwhile waits until all of it is there
            came = [(log.region, *_written(log)) for log in self._logs.take()]
        for region, group, events in came:
            self._watch(region, group, events)


def _written(log: FunctionLog) -> tuple["LogGroup", list[dict[str, Any]]]:
    from moto.logs.models import logs_backends

    backend = logs_backends[ACCOUNT][log.region]
    if log.group not in backend.groups:
        backend.create_log_group(log.group, {})
    backend.ensure_log_stream(log.group, log.stream)
    # Threads of one function note their lines as they come to it.
    events = [{"timestamp": at, "message": line} for at, line in sorted(log.lines, key=_moment)]
    backend.put_log_events(log.group, log.stream, events)
    return backend.groups[log.group], events


def _moment(line: tuple[int, str]) -> int:
    return line[0]
