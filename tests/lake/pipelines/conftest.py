import json
from datetime import datetime
from pathlib import Path

import pytest

from datalfred.lake.pipelines import history
from tests.pipelines_stack import pipelines_stack

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture(scope="module")
def stack():
    with pipelines_stack() as stack:
        stack.cluster()
        yield stack


@pytest.fixture(scope="session")
def recorded():
    """The recorded histories by case, each as a list of events."""
    cases = json.loads((EVENTS / "step_functions_histories.json").read_text())
    for events in cases.values():
        for event in events:
            event["timestamp"] = datetime.fromisoformat(event["timestamp"])
    return cases


@pytest.fixture
def failure(recorded):
    return lambda case: history.of(recorded[case]).failure()
