"""The interpreter's environment, with an execution's own clock and an orderly end.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext, EventManager
from moto.stepfunctions.parser.asl.eval.program_state import ProgramStopped, ProgramTimedOut
from moto.stepfunctions.parser.asl.eval.variable_store import VariableStore

from datalfred.local.aws.compute.origin import Clock, Origin

_LAST_WORDS = {HistoryEventType.ExecutionAborted, HistoryEventType.ExecutionTimedOut}
_NOBODY = Origin()


class History(EventManager):
    """The events of an execution, at the times of its clock.

    Attributes:
        closing: the execution was stopped or timed out: whatever its states still have to say is
            dropped, only the last event follows.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.closing = False

    def add_event(
        self,
        context: EventHistoryContext,
        event_type: HistoryEventType,
        *rest: Any,
        **more: Any,
    ) -> int:
        """Adds an event; returns its id, or that of the last one if it is dropped."""
        if self.closing and event_type not in _LAST_WORDS:
            return int(context.last_published_event_id)
        return int(super().add_event(context, event_type, *rest, **more))

    def _get_current_timestamp(self) -> datetime:  # type: ignore[override]  # static in the base
        return self.clock.tick()


class ExecutionEnvironment(Environment):
    """What the states of one execution share.

    Attributes:
        origin: for whom the calls of this environment are made.
    """

    origin: Origin = _NOBODY

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
        frame = super().as_inner_frame_of(env, variable_store, event_history_frame_cache)
        frame.origin = origin_of(env)  # type: ignore[attr-defined]  # `cls` made it, it has one
        return frame

    def set_error(self, error: Any) -> None:
        """Ends with an error, unless it was stopped or timed out before: that stays its end."""
        with self._state_mutex:
            if not isinstance(self._program_state, ProgramStopped | ProgramTimedOut):
                super().set_error(error)


def origin_of(env: Environment) -> Origin:
    """For whom the calls of ``env`` are made."""
    return getattr(env, "origin", _NOBODY)


def pause(env: Environment, seconds: float) -> None:
    """Lets time pass in the execution of ``env``; ends early when it is stopped."""
    remaining = origin_of(env).clock.skip(seconds)
    if remaining > 0 and env.is_running():
        env.program_state_event.wait(remaining)
