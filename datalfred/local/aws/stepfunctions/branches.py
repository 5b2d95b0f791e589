"""Programs inside a state: the branches of a Parallel, the iterations of an inline Map.

moto's interpreter runs them all anew in whatever attempt, and lets those that run on after a
failure write into the history of a state that has ended. Here each program has its mark
(:mod:`datalfred.local.aws.stepfunctions.marks`), and ends with its state.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import (
    inline_iteration_component,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.iteration_worker import (  # noqa: E501 -- moto's own long name
    IterationWorker,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import (
    Job,
    JobClosed,
    JobPool,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_parallel.branches_decl import (
    BranchesDecl,
)
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.program_state import ProgramEnded, ProgramError

from datalfred.local.aws.stepfunctions.environment import closed_with, mark_of
from datalfred.local.aws.stepfunctions.error_names import error_named
from datalfred.local.aws.stepfunctions.marks import Mark

_MOST_THREADS = 40
"""AWS runs at most 40 iterations of an inline Map at once."""


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts all of this into the interpreter's classes."""
    replace(Program, "eval", run_program)
    replace(CommonStateField, "_eval_body", _marked(CommonStateField._eval_body))  # noqa: SLF001 -- where a state is entered
    replace(BranchesDecl, "_eval_body", run_branches)
    replace(inline_iteration_component.InlineIterationComponent, "_eval_body", run_iterations)
    replace(IterationWorker, "_eval_job", _marked_job(IterationWorker._eval_job))  # noqa: SLF001 -- where an iteration runs


def _marked(enter: Callable[[Any, Environment], None]) -> Callable[[Any, Environment], None]:
    def enter_marked(self: Any, env: Environment) -> None:
        own = env.variable_store._inner_scope  # noqa: SLF001 -- it has no way to ask for them
        mark = mark_of(env)
        mark.enter(self.name, env.states.get_input(), own)
        env.event_history_context.mark = mark  # type: ignore[attr-defined]  # a Chain
        enter(self, env)

    return enter_marked


def run_program(self: Program, env: Environment) -> None:
    """Runs a program in this thread, from its start or, in a redrive, from where it stood."""
    mark = mark_of(env)
    first = self.start_at.start_at_name
    if mark.resumes and mark.state is not None:
        env.states.reset(mark.given)
        env.variable_store._inner_scope.update(mark.variables)  # noqa: SLF001 -- as above
        first = mark.state
    with suppress(RuntimeError):  # when it was stopped before its first state
        env.next_state_name = first
    self._eval_body(env)  # also of one that was stopped: it says so
    if isinstance(env.program_state(), ProgramEnded):
        mark.end(env.states.get_input())


class _Branches:
    """The branches of one attempt at a Parallel state, until all ended or one failed."""

    def __init__(self, count: int) -> None:
        self.failed: Environment | None = None
        self._left = count
        self._lock = threading.Lock()
        self.over = threading.Event()
        if not count:
            self.over.set()

    def run(self, program: Program, frame: Environment) -> None:
        """Runs one branch in this thread."""
        try:
            program.eval(frame)
        finally:
            with self._lock:
                self._left -= 1
                if self.failed is None and isinstance(frame.program_state(), ProgramError):
                    self.failed = frame
                if self.failed is not None or not self._left:
                    self.over.set()


def run_branches(self: BranchesDecl, env: Environment) -> None:
    """Runs the branches of a Parallel state that did not end in the attempt before."""
    given = env.stack.pop()
    marks = mark_of(env).programs(len(self.programs))
    todo = [(program, mark) for program, mark in zip(self.programs, marks, strict=True)]
    todo = [(program, mark) for program, mark in todo if not mark.ended]
    branches = _Branches(len(todo))
    frames = []
    for program, mark in todo:
        frame: Any = env.open_inner_frame()
        frame.mark = mark
        frame.states.reset(given)
        frames.append(frame)
        threading.Thread(
            target=branches.run, args=(program, frame), name="branch", daemon=True
        ).start()
    branches.over.wait()
    if branches.failed is not None:
        for frame in frames:
            _abort(frame)
            env.delete_frame(frame)
        # What follows, follows the event of the branch that failed, not whatever came last.
        env.event_history_context.integrate(branches.failed.event_history_context)
        raise _failure(env, branches.failed)
    for frame in frames:
        env.close_frame(frame)
    env.stack.append([mark.output for mark in marks])


def _abort(frame: Environment) -> None:
    """Stops a program whose state has failed; it says nothing any more."""
    closed_with(frame)
    frame.set_stop(stop_date=None, cause=None, error=None)  # type: ignore[arg-type]  # nobody asks


def _failure(env: Environment, frame: Environment) -> FailureEventException:
    """The failure of a Parallel state is that of its branch."""
    state: Any = frame.program_state()
    details = {name: state.error[name] for name in ("error", "cause") if name in state.error}
    event: Any = {"executionFailedEventDetails": details}
    name = error_named(details.get("error"))
    return FailureEventException(FailureEvent(env, name, HistoryEventType.ExecutionFailed, event))


class _Jobs(JobPool):
    """The iterations of one attempt at a Map state; those that ended before are done already."""

    def __init__(self, program: Program, items: list[Any], marks: list[Mark]) -> None:
        super().__init__(job_program=program, job_inputs=items)
        self._begun: dict[int, tuple[Job, Any]] = {}
        self._marks = marks
        for job in [job for job in self._open_jobs if marks[job.job_index].ended]:
            self._open_jobs.remove(job)
            self._closed_jobs.add(JobClosed(job.job_index, marks[job.job_index].output))
        self._notify_on_termination()

    def begin(self, job: Job, env: Any) -> None:
        """Notes that an iteration runs, in ``env``."""
        env.mark = self._marks[job.job_index]
        with self._mutex:
            self._begun[job.job_index] = (job, env)

    def close_job(self, job: Job) -> None:
        """Notes that an iteration has ended, well or not."""
        with self._mutex:
            self._begun.pop(job.job_index, None)
        super().close_job(job)

    def waiting(self) -> int:
        """How many iterations are still to be run."""
        return len(self._open_jobs)

    def abort(self, name: str) -> None:
        """Stops the iterations that still run, because the state has failed."""
        with self._mutex:
            running = [self._begun[index] for index in sorted(self._begun)]
            self._begun.clear()
            self._open_jobs.clear()
        for job, env in running:
            env.event_manager.add_event(
                context=env.event_history_context,
                event_type=HistoryEventType.MapIterationAborted,
                event_details={
                    "mapIterationAbortedEventDetails": {"name": name, "index": job.job_index}
                },
                update_source_event_id=False,
            )
            _abort(env)


def run_iterations(self: Any, env: Environment) -> None:
    """Runs the iterations of an inline Map state that did not end in the attempt before."""
    asked = env.stack.pop()
    items = asked.input_items
    jobs = _Jobs(self._get_iteration_program(), items, mark_of(env).programs(len(items)))
    most = min(asked.max_concurrency or _MOST_THREADS, _MOST_THREADS)
    for _ in range(min(jobs.waiting(), most)):
        worker = self._create_worker(env=env, eval_input=asked, job_pool=jobs)
        threading.Thread(target=worker.eval, name="iteration", daemon=True).start()
    jobs.await_jobs()
    problem = jobs.get_worker_exception()
    if problem is not None:
        jobs.abort(asked.state_name)
        raise problem
    env.stack.append([job.job_output for job in jobs.get_closed_jobs()])


def _marked_job(evaluate: Callable[..., None]) -> Callable[..., None]:
    def evaluate_marked(self: Any, env: Environment, job: Job) -> None:
        self._job_pool.begin(job, env)
        evaluate(self, env, job)

    return evaluate_marked
