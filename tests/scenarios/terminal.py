"""A ``datalfred`` in a terminal of its own, typed at and read."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from contextlib import contextmanager

from datalfred import settings
from tests.scenarios.commands import CHILD

_BEHIND_A_KEYBOARD = (
    # Ctrl-C is a signal only for whom the terminal controls.
    "import fcntl, runpy, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "runpy.run_module('datalfred', run_name='__main__')"
)
_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)|\r")


class Terminal:
    """What a person sees and types."""

    def __init__(self, descriptor, child):
        self.raw = ""
        self.child = child
        self._descriptor = descriptor
        self._seen = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def type(self, keys):
        os.write(self._descriptor, keys.encode())

    def wait_for(self, words, seconds=30):
        """Reads until ``words`` show after those of the last time; returns what came till then."""
        deadline = time.monotonic() + seconds
        while (found := (shown := plain(self.raw)).find(words, self._seen)) < 0:
            assert time.monotonic() < deadline, shown[self._seen :]
            self._read(0.1)
        began, self._seen = self._seen, found + len(words)
        return shown[began : self._seen]

    def leave(self, seconds=10):
        """Reads to the end; returns the exit code."""
        deadline = time.monotonic() + seconds
        while self._read(0.1) and time.monotonic() < deadline:
            pass
        return self.child.wait(seconds)

    def _read(self, seconds):
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # how Linux says that the other end is closed
            data = b""
        self.raw += self._decoder.decode(data)
        return bool(data)


def plain(text):
    """The words without what colours and moves them."""
    return _ESCAPES.sub("", text)


@contextmanager
def terminal(*arguments, state, columns=100, environment=None):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    own = {"DATALFRED_STATE": str(state), "TERM": "xterm-256color", **(environment or {})}
    inherited = {
        k: v for k, v in settings.environment().items() if k not in {"NO_COLOR", "COLUMNS"}
    }
    with subprocess.Popen(
        [sys.executable, "-c", _BEHIND_A_KEYBOARD, *arguments],
        env={**inherited, **CHILD, **own},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd="/",
        start_new_session=True,
    ) as child:
        os.close(theirs)
        try:
            yield Terminal(ours, child)
        finally:
            child.kill()
            os.close(ours)
