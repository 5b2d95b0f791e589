"""The thread that acts when something is due."""

import threading
import time

from datalfred.local.aws.events import clock as clock_module
from datalfred.local.aws.events.clock import Pulse, system_clock


def test_what_is_due_happens_and_the_thread_ends_on_close():
    happened, due = threading.Event(), [system_clock().timestamp() + 0.01]

    def act():
        due.clear()
        happened.set()

    pulse = Pulse("test", system_clock, lambda: min(due, default=None), act)
    pulse.wake()

    assert happened.wait(5)
    pulse.close()
    assert "test" not in {thread.name for thread in threading.enumerate()}


def test_nothing_due_needs_no_thread():
    pulse = Pulse("idle", system_clock, lambda: None, lambda: None)
    pulse.wake()

    assert "idle" not in {thread.name for thread in threading.enumerate()}
    pulse.close()


def test_a_failure_does_not_end_the_beat(monkeypatch, caplog):
    monkeypatch.setattr(clock_module, "_AFTER_A_FAILURE", 0.001)
    twice, failures = threading.Event(), []

    def act():
        failures.append(time.monotonic())
        if len(failures) > 1:
            twice.set()
        raise RuntimeError("it fails")

    pulse = Pulse("failing", system_clock, lambda: None if twice.is_set() else 0.0, act)
    pulse.wake()

    assert twice.wait(5)
    pulse.close()
    assert "what was due failed" in caplog.text
