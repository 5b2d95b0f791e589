"""For whom a call is made, and what time it is there.

The interpreter of Step Functions calls services on behalf of an execution. Two things of that
execution matter behind those calls: which redrive it is in (a workload may end differently then),
and its clock, because the executions of the demo lake happened in the past: each lives through its
own hours within milliseconds, and every record and log line that it causes carries its time.
"""

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time of an execution."""

    def now(self) -> datetime:
        """The time there, in UTC."""
        ...

    def tick(self) -> datetime:
        """The time of the next event: a few milliseconds later when nothing else moves time."""
        ...

    def skip(self, seconds: float) -> float:
        """Lets ``seconds`` pass; what is returned remains to be waited for in earnest."""
        ...

    def takes(self, seconds: float) -> float:
        """How long a job of ``seconds`` takes there."""
        ...

    def is_present(self) -> bool:
        """Whether this clock tells the time of today."""
        ...

    def expect(self, moment: datetime) -> None:
        """Notes that something happens at ``moment``."""
        ...

    def until_expected(self) -> float:
        """Seconds until the next thing happens that was noted; infinite when nothing was."""
        ...


class PresentClock:
    """The time of today: nothing can be skipped."""

    def now(self) -> datetime:
        """The time of the laptop, in UTC."""
        return datetime.now(UTC)

    def tick(self) -> datetime:
        """The time of the laptop, in UTC."""
        return self.now()

    def skip(self, seconds: float) -> float:
        """All of ``seconds``: the present cannot be hurried."""
        return seconds

    def takes(self, seconds: float) -> float:  # noqa: ARG002 -- a Clock
        """Nothing: nobody waits for a job that does no work."""
        return 0.0

    def is_present(self) -> bool:
        """True."""
        return True

    def expect(self, moment: datetime) -> None:
        """Notes nothing: the present comes by itself."""

    def until_expected(self) -> float:
        """Infinite."""
        return math.inf


PRESENT = PresentClock()
_BETWEEN_EVENTS = timedelta(milliseconds=37)


class PastClock:
    """A time that moves only when something happens, until it has caught up with today."""

    def __init__(self, start: datetime, *, hurried: bool = False) -> None:
        """Makes a clock.

        Args:
            start: what it says first.
            hurried: jobs take no time, as in the present; for what happened in the present of an
                earlier process.
        """
        self._hurried = hurried
        self._lock = threading.Lock()
        self._now = start.astimezone(UTC)
        self._caught_up = False
        self._expected: list[datetime] = []

    def now(self) -> datetime:
        """The time of the last event, in UTC; today's time after the clock caught up."""
        with self._lock:
            return PRESENT.now() if self._caught_up else self._now

    def tick(self) -> datetime:
        """Moves on a little, as the service itself takes time between two events."""
        self.skip(_BETWEEN_EVENTS.total_seconds())
        return self.now()

    def skip(self, seconds: float) -> float:
        """Moves on by ``seconds``, at most to the present; the seconds beyond it remain."""
        with self._lock:
            if self._caught_up:
                return seconds
            target = self._now + timedelta(seconds=seconds)
            beyond = (target - PRESENT.now()).total_seconds()
            self._now = target
            self._caught_up = beyond > 0
            return max(beyond, 0.0)

    def takes(self, seconds: float) -> float:
        """All of ``seconds``, unless it is hurried or has caught up."""
        return 0.0 if self._hurried or self.is_present() else seconds

    def catch_up(self) -> None:
        """From here on this clock tells the time of today."""
        with self._lock:
            self._caught_up = True

    def is_present(self) -> bool:
        """Whether the clock has caught up."""
        with self._lock:
            return self._caught_up

    def expect(self, moment: datetime) -> None:
        """Notes that something happens at ``moment``."""
        with self._lock:
            self._expected.append(moment)

    def until_expected(self) -> float:
        """Seconds until the next thing happens that was noted; infinite when nothing was."""
        with self._lock:
            self._expected = [moment for moment in self._expected if moment > self._now]
            if not self._expected:
                return math.inf
            return (min(self._expected) - self._now).total_seconds()


@dataclass(frozen=True)
class Origin:
    """The execution behind a call.

    Attributes:
        execution_arn: empty when no execution is behind the call.
        attempt: 1, or one more than the execution's redrives.
        clock: the time there.
    """

    execution_arn: str = ""
    attempt: int = 1
    clock: Clock = field(default=PRESENT)


_NOBODY = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)


def current() -> Origin:
    """The origin of the call that is being answered in this thread."""
    return _origin.get()


@contextmanager
def acting_for(origin: Origin) -> Iterator[None]:
    """Makes ``origin`` the one behind every call that this thread makes meanwhile."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)
