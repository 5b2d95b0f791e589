"""Runs commands as their users do: processes of their own."""

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from datalfred import settings

ROOT = Path(__file__).parent.parent.parent
CHILD = {
    # Sockets are closed in the tests' process only; what a child sends elsewhere ends here.
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "127.0.0.1,localhost",
}


def run(command, environment, *, stdin=None, timeout=90):
    """The finished process, whatever its exit code."""
    return subprocess.run(
        [sys.executable, *command],
        env={**settings.environment(), **CHILD, **environment},
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
        cwd="/",
    )


@contextmanager
def running_datalfred(*arguments, state, environment=None):
    """A ``datalfred`` that serves until it is left, once its stack answers."""
    own = {"DATALFRED_STATE": str(state), **(environment or {})}
    environment = {**settings.environment(), **CHILD, **own}
    with subprocess.Popen(
        [sys.executable, "-m", "datalfred", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
    ) as child:
        try:
            assert child.stdout.readline().startswith(b"Serving ")
            yield child
        finally:
            child.terminate()


def run_datalfred(*arguments, state, stdin=None, environment=None):
    """The finished ``datalfred`` with the stacks of a state directory of its own."""
    own = {"DATALFRED_STATE": str(state), **(environment or {})}
    return run(["-m", "datalfred", *arguments], own, stdin=stdin)
