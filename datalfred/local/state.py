"""The state directory of a stack: who runs it, where it listens, who else uses it.

``<base>/<project>-<stage>/`` holds

- ``lock``: locked by the process that runs the stack, as long as it runs;
- ``stack.json``: what that process announces once its port answers;
- ``users.lock``: locked, shared, by each process that uses the stack without running it;
- ``journal.sqlite`` and ``token`` of the embedded AWS;
- ``turns.sqlite``: what was asked by commands here, with its trace.

The locks are the operating system's (``flock``): they end with their process, however it ends.
"""

import contextlib
import fcntl
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from datalfred import settings
from datalfred.errors import LocalStackError

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Announcement:
    """What the process that runs a stack tells the others.

    Attributes:
        endpoint: the URL for ``AWS_ENDPOINT_URL``.
        pid: of that process.
        lake: ``demo lake``, or the folder that it serves.
        version: of Datalfred.
        environment: the variables with which a client reaches the stack.
    """

    endpoint: str
    pid: int
    lake: str
    version: str
    environment: dict[str, str]


class StateDirectory:
    """The directory of one project and stage."""

    def __init__(self, project: str, stage: str, base: Path | None = None) -> None:
        """Makes the directory.

        Args:
            project: the stack's project.
            stage: the stack's stage.
            base: the directory of all stacks; by default that of the settings.

        Raises:
            LocalStackError: the directory cannot be made.
        """
        self.base = base or settings.state_directory()
        self.path = self.base / f"{project}-{stage}"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise LocalStackError(
                f"The state directory {self.path} cannot be made: {problem.strerror}.",
                hint="Choose another one with --state or DATALFRED_STATE.",
            ) from problem

    @property
    def cache(self) -> Path:
        """Where generated files are kept that any stack can use."""
        return self.base / "cache"

    def acquire(self) -> IO[str] | None:
        """The lock of whoever runs the stack, to be closed; None while another process has it."""
        lock = _open(self.path / "lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return None
        # What a process left behind that was killed.
        self.withdraw()
        return lock

    def announce(self, announcement: Announcement) -> None:
        """Tells other processes where the stack listens."""
        written = self._port_file.with_suffix(".new")
        written.write_text(json.dumps(asdict(announcement), indent=2), encoding="utf-8")
        written.replace(self._port_file)

    def withdraw(self) -> None:
        """Takes the announcement back: nobody new comes."""
        self._port_file.unlink(missing_ok=True)

    def announced(self) -> Announcement | None:
        """What another process announced, if its port answers; None otherwise."""
        try:
            found = Announcement(**json.loads(self._port_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        return found if _answers(found.endpoint) else None

    def use(self) -> IO[str]:
        """A mark that this process uses the stack, to be closed; whoever runs it waits for that."""
        mark = _open(self.path / "users.lock")
        fcntl.flock(mark, fcntl.LOCK_SH)
        return mark

    def wait_until_unused(self, seconds: float) -> bool:
        """Waits until no other process uses the stack; False when ``seconds`` were too few."""
        with _open(self.path / "users.lock") as mark:
            for _ in until(seconds):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return True
        return False

    @property
    def _port_file(self) -> Path:
        return self.path / "stack.json"


def until(seconds: float) -> Iterator[None]:
    """Yields at once, then every now and then until ``seconds`` have passed."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    yield
    while time.monotonic() < deadline:
        pause.wait(_POLL_SECONDS)
        yield


def _open(path: Path) -> IO[str]:
    return path.open("a", encoding="utf-8")


def _answers(endpoint: str) -> bool:
    where = urlsplit(endpoint)
    try:
        with socket.create_connection((where.hostname, where.port), timeout=1.0):
            return True
    except OSError:
        return False
