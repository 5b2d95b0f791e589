"""The interpreter's environment, with an execution's own clock and an orderly end.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore

from datalfred.local.aws.compute.origin import Clock, Origin
from datalfred.local.aws.stepfunctions.marks import Mark

if TYPE_CHECKING:
    from datalfred.local.aws.stepfunctions.execution_log import ExecutionLog

_ENDS = {
    HistoryEventType.ExecutionSucceeded,
    HistoryEventType.ExecutionFailed,
    HistoryEventType.ExecutionAborted,
    HistoryEventType.ExecutionTimedOut,
}
_LAST_WORDS = {HistoryEventType.ExecutionAborted, HistoryEventType.ExecutionTimedOut}
_NOBODY = Origin()


class Chain(EventHistoryContext):
    """The chain of events of one program; nothing is added to it once it is closed.

    What a branch still has to say after its Parallel state failed, and an attempt after its end,
    is no part of the history.

    Attributes:
        mark: of the program.
    """

    mark: Mark | None = None

    def __init__(self, previous_event_id: int, outer: EventHistoryContext | None = None) -> None:
        super().__init__(previous_event_id)
        self._outer = outer if isinstance(outer, Chain) else None
        self._closed = False
        self._ending = False

    def entered(self, event_id: int) -> None:
        """Notes the event with which the state of this chain's program was entered."""
        if self.mark is not None:
            self.mark.entered_at = event_id

    def close(self) -> None:
        """Ends the chain and those inside it."""
        self._closed = True

    def expect_last_words(self) -> None:
        """The execution was stopped or timed out: whatever its states still have to say is dropped.

        Only the last event follows.
        """
        self._ending = True

    def takes(self, kind: HistoryEventType) -> bool:
        """Whether an event of that kind may follow in this chain and those around it."""
        if self._closed or (self._ending and kind not in _LAST_WORDS):
            return False
        return self._outer is None or self._outer.takes(kind)


class History(EventManager):
    """The events of an execution, at the times of its clock."""

    def __init__(self, clock: Clock, log: "ExecutionLog | None" = None) -> None:
        super().__init__()
        self.clock = clock
        self._log = log
        self._one_after_another = threading.RLock()

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        *rest: Any,
        **more: Any,
    ) -> int:
        """Adds an event; returns its id, or that of the last one if it is dropped."""
        with self._one_after_another:
            if self._is_dropped(context, event_type):
                return int(context.last_published_event_id)
            number = int(super().add_event(context, event_type, *rest, **more))
            if isinstance(context, Chain):
                if event_type in _ENDS:
                    context.close()
                elif event_type.endswith("StateEntered"):
                    context.entered(number)
            return number

    def _is_dropped(self, context: EventHistoryContext, kind: HistoryEventType) -> bool:
        return (isinstance(context, Chain) and not context.takes(kind)) or self._said(context, kind)

    def _said(self, context: EventHistoryContext, kind: HistoryEventType) -> bool:
        """Whether it is the failed evaluation that a state tells of after its expression did."""
        last = context.last_published_event_id
        evaluation = HistoryEventType.EvaluationFailed
        return kind == evaluation and self._history_event_list[last - 1]["type"] == evaluation

    def _publish_history_log(
        self,
        event_id: int,
        source_event_id: int,
        event_type: HistoryEventType,
        timestamp: Any,
        event_details: Any,
    ) -> None:
        if self._log is not None:
            at = datetime.fromisoformat(timestamp)
            self._log.add(event_id, source_event_id, event_type, at, event_details)

    def _get_current_timestamp(self) -> datetime:  # type: ignore[override]  # static in the base
        return self.clock.tick()


class ExecutionEnvironment(Environment):
    """What the states of one execution share.

    Attributes:
        origin: for whom the calls of this environment are made.
        mark: where its program stands.
        execution: whose environment it is; None for one that belongs to nobody.
    """

    origin: Origin = _NOBODY
    execution: Any = None
    mark: Mark

    @classmethod
    def as_frame_of(
        cls, env: Environment, event_history_frame_cache: EventHistoryContext | None = None
    ) -> Environment:
        """A frame that shares the variables of ``env``."""
        return cls.as_inner_frame_of(env, env.variable_store, event_history_frame_cache)

    @classmethod
    def as_inner_frame_of(
        cls,
        env: Environment,
        variable_store: VariableStore,
        event_history_frame_cache: EventHistoryContext | None = None,
    ) -> Environment:
        """A frame with variables of its own."""
        outer = env.event_history_context
        chain = event_history_frame_cache or Chain(outer.source_event_id, outer)
        frame: Any = super().as_inner_frame_of(env, variable_store, chain)
        frame.origin = origin_of(env)
        frame.mark = mark_of(env)
        frame.execution = getattr(env, "execution", None)
        made: Environment = frame
        return made

    def set_error(self, error: Any) -> None:
        """Ends with an error, unless it was stopped or timed out before: that stays its end."""
        with self._state_mutex:
            if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut):
                super().set_error(error)


def origin_of(env: Environment) -> Origin:
    """For whom the calls of ``env`` are made."""
    return getattr(env, "origin", _NOBODY)


def mark_of(env: Environment) -> Mark:
    """Where the program of ``env`` stands; frames of one program share its mark."""
    mark: Mark = env.mark  # type: ignore[attr-defined]  # of an ExecutionEnvironment
    return mark


def closed_with(env: Environment) -> None:
    """Ends the chain of events of ``env`` and of every frame inside it."""
    if isinstance(env.event_history_context, Chain):
        env.event_history_context.close()


def pause(env: Environment, seconds: float) -> None:
    """Lets time pass in the execution of ``env``; ends early when it is stopped."""
    remaining = origin_of(env).clock.skip(seconds)
    if remaining > 0 and env.is_running():
        env.program_state_event.wait(remaining)
