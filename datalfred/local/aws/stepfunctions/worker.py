"""What runs an attempt at an execution: its first one, or a redrive.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import threading
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.evaluation_details import EvaluationDetails
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from datalfred.local.aws.compute.origin import Origin
from datalfred.local.aws.stepfunctions.environment import (
    Chain,
    ExecutionEnvironment,
    History,
    closed_with,
)
from datalfred.local.aws.stepfunctions.marks import Mark
from datalfred.local.aws.stepfunctions.programs import parsed

_GRACE_SECONDS = 5.0
_LAST_WORDS_SECONDS = 0.2
"""How long a program has to end by itself; a function that still runs ends without it."""


class Worker(ExecutionWorker):
    """Runs the program of an execution (which has workers), from its start or where it stood."""

    env: ExecutionEnvironment

    def __init__(
        self,
        execution: Any,
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
        self._over = threading.Event()
        last = before.env.event_history_context.last_published_event_id if before else 0
        self._chain = Chain(last)
        self.env = self._environment(before.env if before else None, mark)

    def start(self) -> None:
        """Runs in a thread of its own."""
        threading.Thread(target=self._execution_logic, daemon=True).start()

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """Stops its states where they are."""
        self._begun.wait(_GRACE_SECONDS)  # before its first state there is nothing to stop
        self._interrupt()
        self.env.set_stop(stop_date=stop_date, cause=cause, error=error)
        self._over.set()

    def _interrupt(self) -> None:
        """Wakes whatever waits for a callback; from now on only the last event is recorded."""
        self._chain.expect_last_words()
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
        env = ExecutionEnvironment(
            aws_execution_details=self._evaluation_details.aws_execution_details,
            execution_type=self._evaluation_details.state_machine_details.typ,
            context=context,
            event_history_context=self._chain,
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
        """Runs the program in a thread, because it may be stopped or take too long.

        The interpreter's own way does not wait for the last event of a program that timed out, and
        waits for whatever function still runs when it was stopped.
        """
        timeout = program.timeout_seconds.timeout_seconds if program.timeout_seconds else None
        self.env.next_state_name = program.start_at.start_at_name
        self._begun.set()
        thread = threading.Thread(
            target=self._run, args=(program,), name=self._execution.name, daemon=True
        )
        thread.start()
        if not self._over.wait(timeout):
            self._interrupt()
            self.env.set_timed_out()
        thread.join(_LAST_WORDS_SECONDS)
        self._say_last_words()

    def _run(self, program: Program) -> None:
        program.eval(self.env)
        self._over.set()

    def _say_last_words(self) -> None:
        """The last event of a program that was stopped or timed out and could not say it."""
        state = self.env.program_state()
        if isinstance(state, ProgramStopped):
            self.env.event_history_context.source_event_id = 0
            details: dict[str, Any] = {"error": state.error, "cause": state.cause}
            event = {"executionAbortedEventDetails": details}
            self._add(HistoryEventType.ExecutionAborted, event)
        elif isinstance(state, ProgramTimedOut):
            self._add(HistoryEventType.ExecutionTimedOut, {"executionTimedOutEventDetails": {}})


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
