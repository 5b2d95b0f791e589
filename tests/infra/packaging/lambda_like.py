"""A process that has what Lambda gives a function, and nothing else."""

import functools
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.packaging import bytecode
from infra.packaging.code import build_code
from infra.packaging.layer import host_python, layer_folder, runtime_folder, twin_folder
from infra.packaging.recipe import PYTHON

WORKER = Path(__file__).with_name("lambda_worker.py")
PYTHONS = tuple(dict.fromkeys((PYTHON, host_python())))

code = functools.cache(build_code)


def missing(reason):
    """Skips the test; where everything must be proved, fails it."""
    if os.environ.get("CI") == "true":  # noqa: TID251 -- of the machine that tests, not of Datalfred
        pytest.fail(reason)
    pytest.skip(reason)


def built(folder):
    return folder if folder.is_dir() else missing(f"{folder.name} is not there: run `make package`")


def layer():
    return built(layer_folder())


def twin(python):
    return built(twin_folder(python))


def runtime():
    return built(runtime_folder())


def interpreter(python):
    found = sys.executable if python == host_python() else bytecode.interpreter()
    return found or missing(f"there is no Python {python} here")


class Worker:
    """A process that loads handlers and gives them events."""

    def __init__(self, process):
        self._process = process

    def ask(self, handler, environment=(), **more):
        request = {"handler": handler, "environment": dict(environment), **more}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "failed" not in answer, answer["failed"]
        return answer

    def invoke(self, handler, environment, event):
        return self.ask(handler, environment, event=event)["reply"]

    def loaded(self, handler):
        """The modules that importing a handler loads, with their files."""
        return self.ask(handler)["loaded"]


@contextmanager
def worker(python):
    """The folders of a function in Lambda's order: its code, its layer, what the runtime has."""
    folders = [str(each) for each in (code(), twin(python), runtime())]
    command = [interpreter(python), "-B", "-I", "-S", str(WORKER), *folders]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        yield Worker(process)
        process.stdin.close()
