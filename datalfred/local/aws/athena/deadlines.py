"""The end of queries that run for longer than they may; one thread watches over all."""

import threading
import time
from collections import deque
from collections.abc import Callable

from datalfred.local.aws.athena.execution import Execution


class Deadlines:
    """Watches executions; all may run for the same time, so the first to start is the first due."""

    def __init__(self, seconds: float, expire: Callable[[Execution], None]) -> None:
        """Watches nothing yet.

        Args:
            seconds: how long a query may run.
            expire: ends a query whose time is over.
        """
        self._seconds = seconds
        self._expire = expire
        self._lock = threading.Lock()
        self._watched: deque[tuple[float, Execution]] = deque()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, execution: Execution) -> None:
        """Ends ``execution`` in time, unless it is idle by then."""
        with self._lock:
            self._watched.append((time.monotonic() + self._seconds, execution))
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Watches no longer."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        # Whatever starts during a wait is due after it: no new execution has to end the wait.
        while not self._closing.wait(self._pause()):
            for execution in self._due():
                self._expire(execution)

    def _pause(self) -> float:
        with self._lock:
            while self._watched and self._watched[0][1].idle.is_set():
                self._watched.popleft()
            if not self._watched:
                return self._seconds
            return max(0.0, self._watched[0][0] - time.monotonic())

    def _due(self) -> list[Execution]:
        now, due = time.monotonic(), []
        with self._lock:
            while self._watched and self._watched[0][0] <= now:
                due.append(self._watched.popleft()[1])
        return [execution for execution in due if not execution.idle.is_set()]
