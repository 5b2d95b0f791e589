"""Compiles what is packaged for Lambda's Python.

Lambda cannot write beside the code, so that without bytecode every cold start would compile all
that it imports. What is compiled is never compared with its source again (*unchecked*), for
Lambda's file times are not ours. Without a Python of Lambda's version on the machine the sources go
alone: they work as well, and start slower.
"""

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from infra.packaging.recipe import CACHE_TAG, PYTHON

_TAG = "import sys; print(sys.implementation.cache_tag)"


@functools.cache
def interpreter() -> str | None:
    """A Python of Lambda's version: this one, one on PATH, of pyenv or of uv; None without any."""
    return next((each for each in _candidates() if _tag(each) == CACHE_TAG), None)


def compile_folder(folder: Path, runs_at: str, python: str | None) -> None:
    """Puts bytecode beside the sources in ``folder``.

    Args:
        folder: what is packaged.
        runs_at: where it will lie in Lambda, for tracebacks.
        python: an interpreter of Lambda's version; None leaves the sources alone.
    """
    if python is None:
        return
    options = ["-q", "-j", "1", "--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    # A hash seed of its own would be an order of its own wherever a set is stored.
    _run([python, "-I", "-X", "utf8", "-m", "compileall", *options, "-p", runs_at, str(folder)])


def _candidates() -> Iterator[str]:
    yield sys.executable
    if found := shutil.which(f"python{PYTHON}"):
        yield found
    versions = Path.home() / ".pyenv" / "versions"
    yield from map(str, sorted(versions.glob(f"{PYTHON}.*/bin/python{PYTHON}"), reverse=True))
    uv = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", PYTHON]
    yield _run(uv).strip()


def _tag(python: str) -> str:
    return _run([python, "-I", "-c", _TAG]).strip() if python else ""


def _run(command: list[str]) -> str:
    """What a command prints; nothing if it fails or is not there."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- of our own making
    except OSError:
        return ""
    return ran.stdout if ran.returncode == 0 else ""
