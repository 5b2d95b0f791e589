"""Requests that wait until what they ask about is there.

The port answers before the demo lake is seeded. A service whose seed is under way is *held*:
requests that come through the socket wait for its release. Calls made inside the process pass,
because they are the seed's own.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from datalfred.local.aws.faults import FaultError


class Release(Protocol):
    """Ends a hold; a second call does nothing."""

    def __call__(self, problem: str = "") -> None:
        """Lets the waiting requests in, or fails them and all that follow with ``problem``."""
        ...


class Holds:
    """Counts the holds of each service, by signing name or ``service:Operation``."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()
        self._awaited: Counter[str] = Counter()
        self._problems: dict[str, str] = {}

    def hold(self, names: Iterable[str]) -> Release:
        """Holds services or operations until the returned function is called."""
        held = tuple(names)
        released = threading.Event()
        with self._changed:
            self._held.update(held)

        def release(problem: str = "") -> None:
            with self._changed:
                if not released.is_set():
                    released.set()
                    self._held.subtract(held)
                    if problem:
                        self._problems.update(dict.fromkeys(held, problem))
                    self._changed.notify_all()

        return release

    def wait(self, service: str, operation: str) -> None:
        """Returns when nobody holds the service, nor this operation of it.

        Raises:
            FaultError: what it was held for has failed.
        """
        names = (service, f"{service}:{operation}")
        if any(self._held[name] > 0 for name in names):
            with self._changed:
                self._awaited.update(names)
                self._changed.wait_for(lambda: all(self._held[name] <= 0 for name in names))
                self._awaited.subtract(names)
        for name in names:
            if problem := self._problems.get(name):
                raise FaultError("ServiceUnavailableException", problem, status=503)

    def awaited(self, names: Iterable[str]) -> bool:
        """Whether a request waits for one of these."""
        return any(self._awaited[name] > 0 for name in names)

    def release_all(self) -> None:
        """Ends every hold; for closing."""
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
