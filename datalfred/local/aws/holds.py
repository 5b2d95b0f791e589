"""Requests that wait until what they ask about is there.

The port answers before the demo lake is seeded. A service whose seed is under way is *held*:
requests that come through the socket wait for its release. Calls made inside the process pass,
because they are the seed's own.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable


class Holds:
    """Counts the holds of each service, by signing name."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: Counter[str] = Counter()

    def hold(self, services: Iterable[str]) -> Callable[[], None]:
        """Holds ``services`` until the returned function is called; twice is harmless."""
        names = tuple(services)
        released = threading.Event()
        with self._changed:
            self._held.update(names)

        def release() -> None:
            with self._changed:
                if not released.is_set():
                    released.set()
                    self._held.subtract(names)
                    self._changed.notify_all()

        return release

    def wait(self, service: str) -> None:
        """Returns when nobody holds ``service``."""
        if self._held[service] <= 0:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._held[service] <= 0)

    def release_all(self) -> None:
        """Ends every hold; for closing."""
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
