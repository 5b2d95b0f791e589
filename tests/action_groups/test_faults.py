"""Every operation under every fault of AWS: what is answered, how often AWS is asked, for how long.

Nothing sleeps: pauses pass on a clock of the test, and so does the time of answers that never come.
"""

import json
import logging
import time

import pytest
from botocore.exceptions import ReadTimeoutError

from datalfred import clients
from datalfred.errors import TimedOutError
from tests.support.faults import ALWAYS
from tests.support.faulty_world import OPERATIONS, SQL

SECONDS = 58.0
"""What a function of 60 seconds leaves to its calls."""


@pytest.fixture
def under(world, monkeypatch, caplog):
    """Calls an operation under a fault; gives status, body, the clock and the lines of the log."""

    def calling(operation, kind, times, **more):
        injected = world.faults.failing(kind, times, monkeypatch, **more)
        with injected as clock, caplog.at_level(logging.INFO):
            caplog.clear()
            status, body = world.call(operation)
        lines = [record.getMessage() for record in caplog.records if "correlation_id" in record.msg]
        assert world.faults.hit, "the operation called nothing of AWS"
        return status, body, clock, lines

    return calling


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(("kind", "times"), [("throttle", 2), ("broken", 1), ("reset", 1)])
def test_what_passes_is_tried_again_and_answered(world, under, operation, kind, times):
    status, body, clock, lines = under(operation, kind, times)

    assert status == 200, body
    assert len(world.faults.hit) == len(clock.pauses) == times
    assert clock.now <= SECONDS
    assert lines == []


FOREVER = {
    "throttle": (429, "THROTTLED", 4),
    "broken": (503, "UNAVAILABLE", 4),
    "reset": (503, "UNAVAILABLE", 4),
    "timeout": (504, "TIMED_OUT", 4),
    "denied": (403, "PERMISSION_MISSING", 1),
    "malformed": (503, "UNAVAILABLE", 1),
}
"""Status, code and how often one call is attempted."""


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("kind", FOREVER)
def test_what_does_not_pass_is_told_once_and_in_time(world, under, operation, kind):
    status, body, clock, lines = under(operation, kind, ALWAYS)

    failed_with, code, attempts = FOREVER[kind]
    assert clock.now <= SECONDS
    assert len(clock.pauses) + 1 == attempts
    assert len(world.faults.hit) <= attempts
    called = world.faults.hit[0]
    if status == 200:  # a listing of several services goes on without the one that fails
        assert operation == "list_jobs"
        assert called in body["evidence"]
        assert lines == []
        return
    assert (status, body["error"]["code"]) == (failed_with, code)
    (line,) = lines
    assert f"operation=<{operation}>" in line
    assert f"code=<{code}>" in line
    assert f"retries=<{attempts - 1}>" in line
    assert not any(hidden in json.dumps(body) + line for hidden in ("arn:", "123456789012", SQL))


def test_services_that_are_asked_at_once_share_one_deadline(world, under, monkeypatch):
    """Four services are asked at once; once one of them has used up the time, none is retried."""
    monkeypatch.setitem(OPERATIONS, "list_jobs", ("compute", {}))

    status, body, _, _ = under("list_jobs", "timeout", ALWAYS, silence=60.0)

    assert status == 200
    assert len(world.faults.hit) <= 4
    for service in ("ecs", "glue", "elasticmapreduce", "emr-serverless"):
        assert f"{service}:" in body["evidence"]


def test_a_call_is_not_sent_once_its_operation_has_no_time_left(world, monkeypatch):
    with (
        world.faults.failing("throttle", ALWAYS, monkeypatch),
        clients.within(0),
        pytest.raises(TimedOutError, match="ran out of time before glue:GetDatabases"),
    ):
        clients.client("glue").get_databases()

    assert world.faults.hit == []


def test_a_call_is_never_waited_for_beyond_the_deadline(world, monkeypatch):
    with world.faults.failing("timeout", ALWAYS, monkeypatch, silence=0.0):
        monkeypatch.undo()
        started = time.monotonic()
        with clients.within(0.2), pytest.raises(ReadTimeoutError):
            clients.client("glue").get_databases()

    assert time.monotonic() - started < 5 < clients.READ_TIMEOUT_SECONDS
