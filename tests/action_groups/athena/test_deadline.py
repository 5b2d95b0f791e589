"""A query that outlasts the function that asked for it."""

import time

import pytest

from action_groups.athena.handler import handler
from datalfred import clients, settings
from datalfred.lake.sql import run
from tests.support import small_lake
from tests.support.action_groups import body_of, call, event
from tests.support.scripted_athena import Play, ScriptedAthena


class Hurried:
    """The context of a function that has little time left."""

    def __init__(self, seconds):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return int(self.seconds * 1000)


@pytest.fixture(scope="module")
def athena():
    with small_lake.running() as aws:
        scripted = ScriptedAthena(aws)
        aws.register(scripted)
        patient = small_lake.environment(aws, DATALFRED_QUERY_TIMEOUT_SECONDS="600")
        with settings.using(patient):
            yield scripted


@pytest.fixture
def endless(athena):
    """A query that runs until a test lets it end."""
    athena.started.clear()
    athena.stopped.clear()
    athena.plays[:] = [Play(states=("RUNNING",))]
    return athena


def asked(operation, seconds, **parameters):
    started = time.monotonic()
    reply = handler(event("athena", operation, **parameters), Hurried(seconds))
    return reply["response"]["httpStatusCode"], body_of(reply), time.monotonic() - started


@pytest.mark.parametrize("seconds", [4.8, 5.4])
def test_before_its_time_is_over_an_operation_answers_with_the_running_query(endless, seconds):
    status, body, took = asked("run_query", seconds, sql="SELECT 1")

    assert (status, body["run"]["state"], body["result"]) == (200, "RUNNING", None)
    assert body["run"]["query_id"] == "q-0"
    assert took < seconds
    endless.plays[:] = [Play(states=("SUCCEEDED",))]
    status, later = call(handler, "athena", "get_query_results", query_id="q-0")
    assert (status, later["result"]["rows"]) == (200, [["1"]])


def test_a_query_that_is_asked_for_again_still_runs(endless):
    query_id = run.start("SELECT 1")

    status, body, took = asked("get_query_results", 5.2, query_id=query_id)

    assert (status, body["run"]["state"], body["result"]) == (200, "RUNNING", None)
    assert took < 5.2


def test_a_query_that_ends_in_time_leaves_time_for_its_result(endless):
    query_id = run.start("SELECT 1")

    with clients.within(4.0) as granted:
        assert run.wait(query_id)["Status"]["State"] == "RUNNING"
        assert granted.seconds_left > 2.5


def test_an_operation_without_a_deadline_waits_as_long_as_the_settings_say(endless):
    query_id = run.start("SELECT 1")
    brief = {**settings.environment(), "DATALFRED_QUERY_TIMEOUT_SECONDS": "0.01"}

    with settings.using(brief):
        assert run.wait(query_id)["Status"]["State"] == "RUNNING"


def test_a_query_that_was_started_with_the_last_second_keeps_its_id(endless, monkeypatch):
    begun = run.start

    def start(*given, **more):
        query_id = begun(*given, **more)
        clients.patience().ends = 0.0
        return query_id

    monkeypatch.setattr(run, "start", start)

    status, body, _ = asked("run_query", 60, sql="SELECT 1")

    assert (status, body["error"]["code"]) == (504, "TIMED_OUT")
    assert "The query q-0 was started" in body["error"]["message"]
    assert "q-0" in body["error"]["hint"]
