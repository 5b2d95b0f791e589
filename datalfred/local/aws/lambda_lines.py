"""What a function writes while it runs, and the lines that Lambda writes around it.

What is printed or logged in an invocation's context becomes a line of it. A thread that a handler
starts belongs to the invocation only with a copy of its context. Source of the lines of the
platform: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html.
"""

import logging
import math
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

LOGGER = logging.getLogger("lambda")
"""A function logs through it, the logger of its module, or any other."""

_MOST_LINES = 5000
_LONGEST_LINE = 250_000
"""Characters; CloudWatch Logs takes 256 KB."""


class Recorded:
    """What one invocation writes.

    Attributes:
        name: of the function.
        request_id: of the invocation.
        milliseconds: how long it is said to take; None for what is measured.
        is_taken: whether the invocation has begun for which this was made.
    """

    def __init__(self, name: str, request_id: str, milliseconds: float | None = None) -> None:
        self.name = name
        self.request_id = request_id
        self.milliseconds = milliseconds
        self.is_taken = False
        self._lines: list[tuple[float, str]] = []
        self._printed = ""

    def add(self, line: str) -> None:
        """Keeps a line, unless there are too many."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append((time.time(), line[:_LONGEST_LINE]))

    def log(self, record: logging.LogRecord) -> None:
        """Keeps what was logged."""
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{_FORMATTER.formatException(record.exc_info)}"
        self.add(f"[{record.levelname}] {self.request_id} {said}")

    def print(self, text: str) -> None:
        """Keeps what was printed, line by line."""
        *lines, self._printed = (self._printed + text).split("\n")
        for line in lines:
            self.add(line)

    def lines(self) -> list[tuple[float, str]]:
        """All lines and when they came; with what was printed last without a line break."""
        if self._printed:
            self.print("\n")
        return list(self._lines)


_FORMATTER = logging.Formatter()
_recorded: ContextVar[Recorded | None] = ContextVar("recorded", default=None)


class _Recorder(logging.Handler):
    """Keeps what the function logs that runs in this context."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one record, if an invocation is being recorded."""
        recorded = _recorded.get()
        if recorded is not None:
            recorded.log(record)
        root = logging.getLogger()
        last = logging.lastResort
        if record.name != LOGGER.name and root.handlers == [self] and last is not None:
            # Without this handler there would be none, and Python would print warnings.
            last.handle(record)


class _Printed:
    """Standard output that gives an invocation's context what is printed in it."""

    def __init__(self, beneath: TextIO) -> None:
        self.beneath = beneath

    def write(self, text: str) -> int:
        """Writes to the invocation of this context; without one, where it went before."""
        recorded = _recorded.get()
        if recorded is None:
            return self.beneath.write(text)
        recorded.print(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.beneath, name)


_RECORDER = _Recorder()
LOGGER.addHandler(_Recorder())
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False
_lock = threading.Lock()
_running: list[Recorded] = []


def recorded_now(name: str) -> Recorded | None:
    """What was begun for the next invocation of a function in this context; None for nothing."""
    found = _recorded.get()
    if found is None or found.is_taken or found.name != name:
        return None
    found.is_taken = True
    return found


@contextmanager
def recording(recorded: Recorded) -> Iterator[None]:
    """Lets what is printed and logged in this context, and copies of it, become lines."""
    token = _recorded.set(recorded)
    try:
        yield
    finally:
        _recorded.reset(token)


@contextmanager
def listening(recorded: Recorded) -> Iterator[None]:
    """Sees to it that what is printed and logged comes by here, while any invocation runs."""
    with _lock:
        _running.append(recorded)
        if len(_running) == 1:
            logging.getLogger().addHandler(_RECORDER)
        if not isinstance(sys.stdout, _Printed):
            sys.stdout = _Printed(sys.stdout)
    try:
        yield
    finally:
        with _lock:
            _running.remove(recorded)
            if not _running:
                logging.getLogger().removeHandler(_RECORDER)
                if isinstance(sys.stdout, _Printed):
                    sys.stdout = sys.stdout.beneath


def platform_lines(
    recorded: Recorded, milliseconds: float, memory: str, error: str = ""
) -> Sequence[tuple[float | None, str]]:
    """The lines of an invocation between those of Lambda: START, END and REPORT.

    Args:
        recorded: what it wrote.
        milliseconds: how long it took.
        memory: what REPORT says of memory.
        error: how it failed; empty if it did not.

    Returns:
        Each line, and when it came in seconds since 1970; None for those of Lambda.
    """
    report = (
        f"REPORT RequestId: {recorded.request_id} Duration: {milliseconds:.2f} ms"
        f" Billed Duration: {math.ceil(milliseconds)} ms {memory}"
    )
    errors = [error] if error else []
    return [
        (None, f"START RequestId: {recorded.request_id} Version: $LATEST"),
        *recorded.lines(),
        *((None, line) for line in (*errors, f"END RequestId: {recorded.request_id}", report)),
    ]
