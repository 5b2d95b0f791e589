"""An execution: how it runs, ends and is redriven.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.api import (
    ExecutionStatus,
    HistoryEventType,
    StateMachineType,
)
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.evaluation_details import EvaluationDetails
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramState,
    ProgramStopped,
)
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution as InterpretedExecution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from datalfred.local.aws.compute.origin import PRESENT, Clock, Origin
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.stepfunctions.environment import (
    Chain,
    ExecutionEnvironment,
    History,
    closed_with,
)
from datalfred.local.aws.stepfunctions.marks import Mark

_GRACE_SECONDS = 5.0
_reading = threading.Lock()
_REDRIVABLE = {"FAILED", "TIMED_OUT", "ABORTED"}
_REDRIVABLE_DAYS = timedelta(days=14)
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
    """

    exec_worker: "Worker | None"
    output: Any

    def __init__(self, clock: Clock, **given: Any) -> None:
        super().__init__(**given)
        self.clock = clock
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.finished = threading.Event()
        self._history = History(clock)
        self._lock = threading.RLock()
        self._mark = Mark()
        self._tokens: OrderedDict[str, tuple[datetime, datetime]] = OrderedDict()

    @property
    def is_standard(self) -> bool:
        """Whether its state machine is of type STANDARD."""
        machine: Any = self.state_machine
        return str(machine.type) == StateMachineType.STANDARD.value

    def start(self) -> None:
        """Runs it in a thread."""
        self._run(Mark())

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
        self.finished.set()

    def why_not_redrivable(self) -> str:
        """AWS's reason why it cannot be redriven; empty if it can.

        Source: ``redriveStatusReason`` of DescribeExecution.
        """
        if not self.is_standard:
            return "Execution of an EXPRESS state machine cannot be redriven"
        if self.status not in _REDRIVABLE:
            return f"Execution is {self.status} and cannot be redriven"
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
            mark = self._mark.for_redrive(error=self.error)
            self.clock = clock
            self.redrive_count += 1
            self.redrive_date = moment = clock.now()
            if token:
                self._tokens[token] = (moment, moment)
            self.stop_date = self.error = self.cause = None
            self.finished.clear()
            self._history.clock, self._history.closing = clock, False
            self._run(mark)
            return moment

    def _known_token(self, token: str, now: datetime) -> datetime | None:
        while len(self._tokens) > _TOKENS_KEPT:
            self._tokens.popitem(last=False)
        used, answer = self._tokens.get(token, (None, None))
        return answer if used is not None and now - used <= _TOKEN_LIFE else None

    def _run(self, mark: Mark) -> None:
        self._mark = mark
        self.exec_worker = Worker(self, mark, self._history, self.exec_worker)
        self.exec_status = ExecutionStatus.RUNNING
        self.exec_worker.start()


class Worker(ExecutionWorker):
    """Runs an execution's program, from its start or from where a redrive goes on."""

    env: ExecutionEnvironment

    def __init__(
        self,
        execution: Execution,
        mark: Mark,
        history: History,
        before: "Worker | None",
    ) -> None:
        super().__init__(
            evaluation_details=EvaluationDetails(
                aws_execution_details=execution._get_start_aws_execution_details(),  # noqa: SLF001 -- moto's own way
                execution_details=execution.get_start_execution_details(),
                state_machine_details=execution.get_start_state_machine_details(),
            ),
            exec_comm=execution._get_start_execution_worker_comm(),  # noqa: SLF001 -- as above
            cloud_watch_logging_session=None,
            activity_store=execution._activity_store,  # noqa: SLF001 -- as above
        )
        self._execution = execution
        self._redriven = execution.redrive_count > 0
        self._history = history
        self._begun = threading.Event()
        self.env = self._environment(before.env if before else None, mark)

    def start(self) -> None:
        """Runs in a thread of its own."""
        threading.Thread(target=self._execution_logic, daemon=True).start()

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """Stops its states where they are."""
        self._begun.wait(_GRACE_SECONDS)  # before its first state there is nothing to stop
        self._interrupt()
        self.env.set_stop(stop_date=stop_date, cause=cause, error=error)

    def _interrupt(self) -> None:
        """Wakes whatever waits for a callback; from now on only the last event is recorded."""
        self._history.closing = True
        for endpoint in list(self.env.callback_pool_manager._pool.values()):  # noqa: SLF001 -- it has no list of them
            endpoint.interrupt_all()

    def _execution_logic(self) -> None:
        program = parsed(self._execution.state_machine.definition)
        self._announce()
        self._evaluate(program)
        closed_with(self.env)
        self._execution.conclude(self.env.program_state(), self.env.states.get_input())

    def _environment(self, before: ExecutionEnvironment | None, mark: Mark) -> ExecutionEnvironment:
        execution = self._execution
        context: Any = {
            "Execution": {
                "Id": execution.exec_arn,
                "Input": execution.input_data,
                "Name": execution.name,
                "RoleArn": execution.role_arn,
                "StartTime": _iso(execution.start_date),
                "RedriveCount": execution.redrive_count,
            },
            "StateMachine": {
                "Id": execution.state_machine.arn,
                "Name": execution.state_machine.name,
            },
        }
        if execution.redrive_date is not None:
            context["Execution"]["RedriveTime"] = _iso(execution.redrive_date)
        last = before.event_history_context.last_published_event_id if before else 0
        env = ExecutionEnvironment(
            aws_execution_details=self._evaluation_details.aws_execution_details,
            execution_type=self._evaluation_details.state_machine_details.typ,
            context=context,
            event_history_context=Chain(last),
            cloud_watch_logging_session=None,
            activity_store=self._activity_store,
        )
        env.event_manager = self._history
        if before is not None:
            env.map_run_record_pool_manager = before.map_run_record_pool_manager
        env.mark, env.execution = mark, execution
        env.origin = Origin(execution.exec_arn, execution.redrive_count + 1, execution.clock)
        return env

    def _announce(self) -> None:
        """The first event: ExecutionStarted, or ExecutionRedriven of a redrive."""
        if not self._redriven:
            details = {
                "executionStartedEventDetails": {
                    "input": to_json_str(self._execution.input_data),
                    "inputDetails": {"truncated": False},
                    "roleArn": self._execution.role_arn,
                }
            }
            self._add(HistoryEventType.ExecutionStarted, details, source=False)
        else:
            count = {"redriveCount": self._execution.redrive_count}
            self._add(HistoryEventType.ExecutionRedriven, {"executionRedrivenEventDetails": count})

    def _add(self, kind: HistoryEventType, details: dict[str, Any], *, source: bool = True) -> None:
        self._history.add_event(
            self.env.event_history_context, kind, details, update_source_event_id=source
        )

    def _evaluate(self, program: Program) -> None:
        """Runs the program in a thread, because a state machine may have a timeout.

        The interpreter's own way does not wait for the last event of a program that timed out.
        """
        timeout = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
        self.env.next_state_name = program.start_at.start_at_name
        self._begun.set()
        thread = threading.Thread(
            target=program.eval, args=(self.env,), name=self._execution.name, daemon=True
        )
        thread.start()
        thread.join(timeout)
        if thread.is_alive():
            self._interrupt()
            self.env.set_timed_out()
            thread.join(_GRACE_SECONDS)


def parsed(definition: str) -> Program:
    """The program of a definition.

    Reading one takes tens of milliseconds, so that executions share it. Only a distributed map
    keeps something of its execution in its program, and is read anew.
    """
    return _read(definition) if "DISTRIBUTED" in definition else _shared(definition)


@lru_cache(maxsize=128)
def _shared(definition: str) -> Program:
    return _read(definition)


def _read(definition: str) -> Program:
    with _reading:  # the parser's tables are shared, and it locks nothing
        return _read_alone(definition)


def _read_alone(definition: str) -> Program:
    program: Any = AmazonStateLanguageParser.parse(definition)[0]
    return program  # type: ignore[no-any-return]  # its base class, says the parser


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
