"""What time it is, and a thread that acts when something is due."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

logger = logging.getLogger(__name__)

_AFTER_A_FAILURE = 1.0
"""Seconds; a failure that repeats must not keep a core busy."""


class Clock(Protocol):
    """Tells the time; a test gives one that stands still until it is moved."""

    def __call__(self) -> datetime:
        """Now, with its zone."""
        ...


def system_clock() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


class Pulse:
    """A thread that sleeps until something is due, then acts; there is none while nothing is.

    Attributes:
        due: says when to act next, in seconds since 1970; None for never.
        act: does what is due now.
    """

    def __init__(
        self,
        name: str,
        clock: Clock,
        due: Callable[[], float | None],
        act: Callable[[], object],
    ) -> None:
        self.due = due
        self.act = act
        self._name = name
        self._clock = clock
        self._changed = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def wake(self) -> None:
        """Looks again at what is due; starts the thread if something is and none runs."""
        with self._starting:
            if self._closed or self.due() is None:
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._changed.set()

    def close(self) -> None:
        """Ends the thread and waits for it."""
        with self._starting:
            self._closed = True
            thread = self._thread
        self._changed.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        while not self._closed:
            self._changed.clear()
            due = self.due()
            wait = None if due is None else max(0.0, due - self._clock().timestamp())
            if wait is None or wait > 0:
                if self._closed:
                    return
                self._changed.wait(wait)
                continue
            try:
                self.act()
            except Exception:
                # The next beat has to come, whatever went wrong in this one.
                logger.exception("pulse=<%s> | what was due failed", self._name)
                self._changed.wait(_AFTER_A_FAILURE)
