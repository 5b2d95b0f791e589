"""The seed in the background: what waits for it, and what it waits for."""

import threading

import pytest

from datalfred import clients, settings
from datalfred.local.seeding import Seeding, Step

SECONDS = 10


@pytest.fixture
def glue(embedded_aws):
    with settings.using(embedded_aws.environment()):
        return clients.client("glue", retries=0)


def test_steps_run_in_order_and_each_releases_its_own(embedded_aws, glue):
    go_on, done = threading.Event(), []

    def second():
        go_on.wait(SECONDS)
        done.append("second")

    seeding = Seeding(
        embedded_aws,
        [Step("one", ["glue"], lambda: done.append("first")), Step("two", ["states"], second)],
    )
    seeding.start()

    assert glue.get_databases()["DatabaseList"] == []  # while the second step still runs
    assert done == ["first"]
    assert not seeding.wait(0)
    go_on.set()
    assert seeding.wait(SECONDS)
    assert done == ["first", "second"]


def test_a_step_that_nobody_waits_for_lets_a_turn_go_first(embedded_aws):
    turn, done = threading.Event(), threading.Event()
    turn.set()
    seeding = Seeding(embedded_aws, [Step("one", ["glue"], done.set)], turn.is_set)
    seeding.start()

    assert not done.wait(0.1)
    turn.clear()
    assert done.wait(SECONDS)


def test_a_step_begins_as_soon_as_a_turn_waits_for_it(embedded_aws, glue):
    done = threading.Event()
    steps = [Step("one", ["states"], lambda: None), Step("two", ["glue"], done.set)]
    seeding = Seeding(embedded_aws, steps, lambda: True)
    seeding.start()

    assert not done.wait(0.1)
    assert glue.get_databases()["DatabaseList"] == []
    assert done.is_set()


def test_stopping_begins_no_further_step_and_lets_everybody_in(embedded_aws, glue):
    begun, go_on, done = threading.Event(), threading.Event(), []

    def first():
        begun.set()
        go_on.wait(SECONDS)
        raise RuntimeError("everything is gone already")

    steps = [Step("one", [], first), Step("two", ["glue"], lambda: done.append("second"))]
    seeding = Seeding(embedded_aws, steps)
    seeding.start()
    assert begun.wait(SECONDS)
    seeding.stop()
    go_on.set()
    seeding.join()

    assert seeding.wait(0)
    assert done == []
    assert glue.get_databases()["DatabaseList"] == []


def test_stopping_ends_the_wait_for_a_turn(embedded_aws):
    seeding = Seeding(embedded_aws, [Step("one", [], lambda: None)], lambda: True)
    seeding.start()
    seeding.stop()

    assert seeding.wait(SECONDS)


def test_a_seed_that_never_began_can_be_stopped(embedded_aws):
    seeding = Seeding(embedded_aws, [])
    seeding.stop()
    seeding.join()


def test_a_failed_step_costs_what_it_fills_and_nothing_else(embedded_aws, caplog):
    def fail():
        raise OSError("no space is left")

    done = threading.Event()
    steps = [Step("the lake", ["kinesis"], fail), Step("two", [], done.set)]
    seeding = Seeding(embedded_aws, steps)
    seeding.start()
    assert done.wait(SECONDS)

    with settings.using(embedded_aws.environment()):
        kinesis = clients.client("kinesis", retries=0)
    with pytest.raises(kinesis.exceptions.ClientError, match="prepare the lake: no space is left"):
        kinesis.list_streams()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
