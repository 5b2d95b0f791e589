"""The runs that happened: when they began and ended, how, and what they wrote to their logs."""

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.compute.origin import PRESENT, current
from datalfred.local.aws.compute.workload import Outcome, WorkloadRun, Workloads

_NAMESPACE = uuid.UUID("5b0b42e4-8f2c-5f0e-9f43-6d1a7d0c2b11")


@dataclass
class Run:
    """One task, step or job run.

    Attributes:
        id: 32 hexadecimal digits; the same in every process for the same run of an execution.
        name: what ran.
        arguments: what its caller passed.
        created_at: when it was asked for.
        started_at: when it began to work.
        stopped_at: when it ends; in the future while it works.
        outcome: how it ends.
        stopped_because: the words of whoever stopped it before its end; None otherwise.
    """

    id: str
    name: str
    arguments: Mapping[str, str]
    created_at: datetime
    started_at: datetime
    stopped_at: datetime
    outcome: Outcome
    stopped_because: str | None = None

    def ended(self) -> bool:
        """Whether it is over, for whoever asks now."""
        return current().clock.now() >= self.stopped_at

    def stop(self, reason: str) -> None:
        """Ends it now; what is over already stays as it is."""
        if not self.ended():
            self.stopped_at = current().clock.now()
            self.stopped_because = reason


class Ledger:
    """All runs of one kind. Safe for threads."""

    def __init__(
        self, kind: str, workloads: Workloads, client: Callable[[str], Any], startup: float = 0.0
    ) -> None:
        """Makes an empty ledger.

        Args:
            kind: as in :class:`WorkloadRun`.
            workloads: decide how runs end.
            client: makes a boto3 client of a service; for the logs.
            startup: seconds between being asked for and working, in the past.
        """
        self._kind = kind
        self._workloads = workloads
        self._logs = LogStore(client)
        self._startup = startup
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}

    def begin(self, name: str, arguments: Mapping[str, str]) -> Run:
        """Runs ``name``. Today it is over at once; in the past it takes its outcome's seconds."""
        origin = current()
        outcome = self._outcome(WorkloadRun(self._kind, name, origin.attempt, dict(arguments)))
        created = origin.clock.now()
        started = created + timedelta(seconds=origin.clock.takes(self._startup))
        stopped = started + timedelta(seconds=origin.clock.takes(outcome.seconds))
        origin.clock.expect(stopped)
        identity = self._identity(name, arguments)
        return Run(identity, name, arguments, created, started, stopped, outcome)

    def _outcome(self, run: WorkloadRun) -> Outcome:
        workload = self._workloads.get((run.kind, run.name))
        return workload(run) if workload else Outcome(log_lines=(f"INFO {run.name} finished",))

    def _identity(self, name: str, arguments: Mapping[str, str]) -> str:
        origin = current()
        if not origin.execution_arn and origin.clock.is_present():
            return uuid.uuid4().hex
        cause = origin.execution_arn or origin.clock.now().isoformat()
        key = json.dumps([self._kind, name, cause, sorted(arguments.items())])
        with self._lock:
            count = self._counts[key] = self._counts.get(key, 0) + 1
        return uuid.uuid5(_NAMESPACE, f"{key} {count}").hex

    def write(self, run: Run, group: str, stream: str, lines: Sequence[str]) -> None:
        """Logs ``lines`` evenly over the time of ``run``, up to now."""
        now = PRESENT.now()
        written = [
            (at, line)
            for at, line in zip(_moments(run, len(lines)), lines, strict=True)
            if at <= now
        ]
        if written:
            self._logs.write(group, stream, written)


def _moments(run: Run, count: int) -> Iterable[datetime]:
    """``count`` moments of a run: its first line when it starts, its last when it stops."""
    step = (run.stopped_at - run.started_at) / max(count - 1, 1)
    return (run.started_at + number * step for number in range(count))
