"""An execution: how it runs, ends and is redriven.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from moto.stepfunctions.parser.api import ExecutionStatus, StateMachineType
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramState,
    ProgramStopped,
)
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution as InterpretedExecution

from datalfred.local.aws.compute.origin import PRESENT, Clock
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.stepfunctions.environment import History
from datalfred.local.aws.stepfunctions.execution_log import ExecutionLog
from datalfred.local.aws.stepfunctions.links import connected
from datalfred.local.aws.stepfunctions.marks import Mark
from datalfred.local.aws.stepfunctions.worker import Worker

_GRACE_SECONDS = 5.0
_REDRIVABLE = {"FAILED", "TIMED_OUT", "ABORTED"}
_REDRIVABLE_DAYS = timedelta(days=14)
_LONGEST = timedelta(days=365)
_MOST_EVENTS = 24_999
_TOKENS_KEPT = 10
_TOKEN_LIFE = timedelta(minutes=15)


class Execution(InterpretedExecution):
    """One execution on a clock of its own.

    Attributes:
        clock: tells its time.
        redrive_count: how often it was redriven.
        redrive_date: when last; None if never.
        finished: set when it is not running.
        map_runs: those that it started, in order (:mod:`~.map_run`, which knows executions).
        map_run: the one that started it; None for an execution of its own.
    """

    exec_worker: Worker | None
    output: Any

    def __init__(self, clock: Clock, map_run: Any = None, **given: Any) -> None:
        super().__init__(**given)
        self.clock = clock
        self.map_run = map_run
        self.map_runs: list[Any] = []
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.finished = threading.Event()
        self._history = self._new_history()
        self._lock = threading.RLock()
        self._mark = Mark()
        self._tokens: OrderedDict[str, tuple[datetime, datetime]] = OrderedDict()

    def _new_history(self) -> History:
        machine: Any = self.state_machine
        logging = getattr(machine, "loggingConfiguration", None) or {}
        if logging.get("level", "OFF") == "OFF":
            return History(self.clock)
        log = ExecutionLog(connected().logs, logging, self.exec_arn, self.clock)
        return History(self.clock, log)

    @property
    def is_standard(self) -> bool:
        """Whether its state machine is of type STANDARD."""
        machine: Any = self.state_machine
        return str(machine.type) == StateMachineType.STANDARD.value

    def start(self) -> None:
        """Runs it in a thread."""
        self._run(Mark())()

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """Aborts it and returns when it is over."""
        if self.exec_worker is not None and not self.finished.is_set():
            self.exec_worker.stop(stop_date=stop_date, cause=cause, error=error)
            self.finished.wait(_GRACE_SECONDS)

    def history(self) -> list[dict[str, Any]]:
        """Its events, oldest first."""
        return [dict(event) for event in self.to_history_output()["events"]]

    def conclude(self, state: ProgramState, output: Any) -> None:
        """Takes over how its program ended."""
        with self._lock:
            self.stop_date = self.clock.now()
            if isinstance(state, ProgramEnded):
                self.output = to_json_str(output, separators=(",", ":"))
                status = ExecutionStatus.SUCCEEDED
            elif isinstance(state, ProgramError):
                details = state.error or {}
                self.error, self.cause = details.get("error"), details.get("cause")
                status = ExecutionStatus.FAILED
            elif isinstance(state, ProgramStopped):
                self.error, self.cause = state.error, state.cause
                status = ExecutionStatus.ABORTED
            else:
                self.error = "States.Timeout"
                status = ExecutionStatus.TIMED_OUT
            self.exec_status = status
            tell = connected().changes.note(self)
            self.finished.set()
        tell()

    def redrive_status(self) -> tuple[str, str]:
        """``redriveStatus`` and, if it is NOT_REDRIVABLE, its reason."""
        reason = self.why_not_redrivable()
        if reason:
            return "NOT_REDRIVABLE", reason
        return ("REDRIVABLE_BY_MAP_RUN" if self.map_run else "REDRIVABLE"), ""

    def why_not_redrivable(self) -> str:
        """AWS's reason why it cannot be redriven; empty if it can.

        Source: ``redriveStatusReason`` of DescribeExecution.
        """
        if not self.is_standard and self.map_run is None:
            return "Execution of an EXPRESS state machine cannot be redriven"
        if self.status not in _REDRIVABLE:
            return f"Execution is {self.status} and cannot be redriven"
        if PRESENT.now() - self.start_date > _LONGEST:
            return "Execution has exceeded the max execution time"
        if len(self.history()) >= _MOST_EVENTS:
            return "Execution history event limit exceeded"
        if self.stop_date is not None and PRESENT.now() - self.stop_date > _REDRIVABLE_DAYS:
            return "Execution redrivable period exceeded"
        return ""

    def redrive(self, token: str, clock: Clock) -> datetime:
        """Goes on where it failed, with the same definition and input.

        Args:
            token: of the client; the same one within 15 minutes changes nothing.
            clock: tells the time from here on.

        Returns:
            When it was redriven.

        Raises:
            FaultError: ``ExecutionNotRedrivable``, with AWS's reason.
        """
        with self._lock:
            known = self._known_token(token, clock.now())
            if known is not None:
                return known
            reason = self.why_not_redrivable()
            if reason:
                raise FaultError("ExecutionNotRedrivable", reason)
            self.redrive_date = moment = clock.now()
            if token:
                self._tokens[token] = (moment, moment)
            tell = self._attempt_again(clock)
        tell()
        return moment

    def restart(self, clock: Clock) -> None:
        """Runs it from its start under the same name: how a Map Run redrives EXPRESS children."""
        with self._lock:
            self.clock, self.exec_worker = clock, None
            self._history = self._new_history()
            self._begin_anew()
            self._run(Mark())

    def _begin_anew(self) -> None:
        self.stop_date = self.error = self.cause = None
        self.finished.clear()

    def _attempt_again(self, clock: Clock) -> Callable[[], object]:
        mark = self._mark.for_redrive(error=self.error)
        self.clock = clock
        self.redrive_count += 1
        self._begin_anew()
        self._history.clock = clock
        return self._run(mark)

    def _known_token(self, token: str, now: datetime) -> datetime | None:
        while len(self._tokens) > _TOKENS_KEPT:
            self._tokens.popitem(last=False)
        used, answer = self._tokens.get(token, (None, None))
        return answer if used is not None and now - used <= _TOKEN_LIFE else None

    def _run(self, mark: Mark) -> Callable[[], object]:
        self._mark = mark
        self.exec_worker = Worker(self, mark, self._history, self.exec_worker)
        self.exec_status = ExecutionStatus.RUNNING
        tell = connected().changes.note(self)
        self.exec_worker.start()
        return tell
