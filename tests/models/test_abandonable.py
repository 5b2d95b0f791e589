import threading

import pytest

from datalfred.bedrock.listener import listening, somebody_listens
from datalfred.errors import ThrottledError, UnavailableError
from datalfred.models.abandonable import Abandonable


class Slow:
    """Says one event, then waits to be let go on."""

    model_id = "slow"

    def __init__(self, *events):
        self.events = events
        self.go_on = threading.Event()
        self.closed = threading.Event()

    def converse_stream(self, **_request):
        try:
            for event in self.events:
                if isinstance(event, Exception):
                    raise event
                yield event
                self.go_on.wait(10)
        finally:
            self.closed.set()


def ask(model):
    return model.converse_stream(messages=[])


def test_events_and_errors_are_the_models_own():
    slow = Slow({"n": 1}, {"n": 2}, ThrottledError("Slower."))
    slow.go_on.set()
    events = ask(Abandonable(slow))

    assert [next(events), next(events)] == [{"n": 1}, {"n": 2}]
    with pytest.raises(ThrottledError):
        next(events)
    assert Abandonable(slow).model_id == "slow"


def test_a_reply_ends_when_the_model_is_done():
    slow = Slow({"n": 1})
    slow.go_on.set()

    assert list(ask(Abandonable(slow))) == [{"n": 1}]


def test_nobody_waits_for_a_model_once_nobody_listens():
    slow, there = Slow({"n": 1}, {"n": 2}), [True, False]
    with listening(lambda: there.pop(0)):
        events = ask(Abandonable(slow))
        next(events)
        with pytest.raises(UnavailableError, match="Nobody waits"):
            next(events)
    assert not slow.closed.is_set()

    slow.go_on.set()

    assert slow.closed.wait(10)


def test_work_that_nobody_can_watch_is_wanted():
    assert somebody_listens()
