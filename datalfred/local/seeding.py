"""Fills a stack while its port answers already.

Each step holds the services it fills: requests about them wait for that step, and for no other.
The steps run one after the other in one thread, in the order in which people need them. A step that
nobody waits for lets a turn of the agents go first: both would share one interpreter lock.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.errors import DatalfredError, LocalStackError
from datalfred.local.aws.embedded import EmbeddedAws

logger = logging.getLogger(__name__)

_STOP_SECONDS = 2.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Step:
    """One step of the seed.

    Attributes:
        name: for people, such as ``the demo lake``.
        holds: services that wait for it, by signing name or ``service:Operation``.
        work: what to do.
    """

    name: str
    holds: Sequence[str]
    work: Callable[[], None]


class Seeding:
    """Runs the steps in the background."""

    def __init__(
        self, aws: EmbeddedAws, steps: Sequence[Step], busy: Callable[[], bool] = lambda: False
    ) -> None:
        """Holds what the steps fill; begins with none.

        Args:
            aws: what to fill.
            steps: in the order in which they are done.
            busy: whether something runs that should not be slowed down.
        """
        self._holds = aws.door.holds
        self._busy = busy
        self._steps = [(step, aws.hold(step.holds)) for step in steps]
        self._stopped = threading.Event()
        self._done = threading.Event()
        self._ended = {step.name: threading.Event() for step in steps}
        self.failure: LocalStackError | None = None
        """Why the first step failed that did."""
        self._thread = threading.Thread(target=self._run, name="seeding", daemon=True)

    def start(self) -> None:
        """Begins with the first step; the holds stand since this object was made."""
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Whether all steps are done, waiting for them if need be."""
        return self._done.wait(seconds)

    def wait_for(self, name: str, seconds: float) -> bool:
        """Whether the step of that name ended, waiting for it if need be."""
        return self._ended[name].wait(seconds)

    def stop(self) -> None:
        """Begins no further step; the running one goes on until its calls fail, or to its end."""
        self._stopped.set()

    def join(self) -> None:
        """Waits for the end of the running step, two seconds at most."""
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        for number, (step, release) in enumerate(self._steps):
            self._let_others_go_first([one for one, _ in self._steps[number:]])
            if self._stopped.is_set():
                release()
                continue
            try:
                step.work()
            except Exception as problem:  # noqa: BLE001 -- told to whoever asks for what it filled
                release(self._explained(step, problem))
            else:
                release()
            self._ended[step.name].set()
        self._done.set()

    def _let_others_go_first(self, left: Sequence[Step]) -> None:
        names = [name for step in left for name in step.holds]
        while self._busy() and not self._holds.awaited(names):
            if self._stopped.wait(_POLL_SECONDS):
                return

    def _explained(self, step: Step, problem: Exception) -> str:
        if self._stopped.is_set():
            return "The stack is closing."
        logger.error("step=<%s>, problem=<%r> | the seed failed", step.name, problem)
        logger.debug("step=<%s> | where the seed failed", step.name, exc_info=problem)
        said = problem if isinstance(problem, DatalfredError) else LocalStackError(str(problem))
        words = f"The local stack could not prepare {step.name}: {said.message}"
        self.failure = self.failure or LocalStackError(words, hint=said.hint)
        return f"{words} {said.hint}".strip()
