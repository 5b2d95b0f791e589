"""The logs of functions, until CloudWatch Logs takes them in: when it is asked for anything.

Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 2000
_MOST_CHARACTERS = 10_000_000


@dataclass(frozen=True)
class FunctionLog:
    """What one invocation wrote.

    Attributes:
        region: of the function.
        group: name of the log group.
        stream: name of the log stream.
        lines: milliseconds since 1970 and text of each, oldest first.
    """

    region: str
    group: str
    stream: str
    lines: tuple[tuple[int, str], ...]

    @property
    def size(self) -> int:
        """Characters of its lines."""
        return sum(len(line) for _, line in self.lines)


class FunctionLogs:
    """Keeps the latest logs, so many invocations and characters; the oldest are forgotten first.

    Attributes:
        noticed: is called after each; it must be quick.
    """

    def __init__(self) -> None:
        self.noticed: Callable[[], object] = lambda: None
        self._kept: deque[FunctionLog] = deque()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many nobody has taken yet."""
        return len(self._kept)

    def add(self, log: FunctionLog) -> None:
        """Keeps the log of an invocation until it is taken."""
        with self._lock:
            self._kept.append(log)
            self._size += log.size
            while len(self._kept) > _KEPT or self._size > _MOST_CHARACTERS:
                self._size -= self._kept.popleft().size
        self.noticed()

    def take(self) -> list[FunctionLog]:
        """All that are kept; they are kept no longer."""
        with self._lock:
            found = list(self._kept)
            self._kept.clear()
            self._size = 0
        return found


def error_line(payload: Any) -> str:
    """How Lambda logs the error object of an invocation."""
    if "stackTrace" not in payload:
        return str(payload["errorMessage"])
    said = f"[ERROR] {payload['errorType']}: {payload['errorMessage']}"
    return f"{said}\nTraceback (most recent call last):\n{''.join(payload['stackTrace'])}".rstrip()
