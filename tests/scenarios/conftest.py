"""One served stack for the scenarios of a worker."""

import json

import pytest

from datalfred import settings
from datalfred.evals.reference import Reference
from datalfred.local import stack
from tests.scenarios.commands import run_datalfred, running_datalfred


@pytest.fixture(scope="session")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="session")
def served(state):
    """In a process of its own: other tests of this worker run stacks inside theirs."""
    with (
        running_datalfred("local", "--port", "0", state=state),
        stack.attach_or_start("demo", "local", state=state) as attached,
    ):
        assert attached.aws is None
        yield attached


@pytest.fixture
def laptop(served):
    """The environment of a client of the served stack, for this test."""
    with settings.using({**settings.environment(), **served.environment()}):
        yield served


@pytest.fixture(scope="session")
def truth(served):
    # The environment must not outlive the making: this fixture lives as long as the session.
    with settings.using({**settings.environment(), **served.environment()}):
        reference = Reference()
    with reference:
        yield reference


@pytest.fixture
def ask(served, state):
    """Asks with ``datalfred ask --json`` and returns the object that it prints."""

    def asking(*words):
        finished = run_datalfred("ask", "--json", *words, state=state)
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return asking
