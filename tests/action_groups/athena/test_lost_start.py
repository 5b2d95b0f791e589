"""A dear query that was started while the answer got lost: the person must hear of it."""

import pytest

from datalfred import clients, settings
from datalfred.approvals.approver import open_approver
from datalfred.approvals.store import open_store
from tests.support import small_lake
from tests.support.faults import ALWAYS
from tests.support.faulty_world import faulty_world


@pytest.fixture(scope="module")
def world():
    with faulty_world() as made:
        chosen = {"QUERY_ASK_USD": "0", "QUERY_REUSE_MINUTES": "0", "APPROVERS": "local:ben"}
        named = {f"DATALFRED_{name}": value for name, value in chosen.items()}
        with settings.using(small_lake.environment(made.aws, **named)):
            yield made


def queries():
    return set(clients.client("athena").list_query_executions()["QueryExecutionIds"])


@pytest.mark.parametrize("kind", ["lost", "lost_reset"])
def test_the_query_runs_and_the_person_hears_that_it_may(world, monkeypatch, kind):
    monkeypatch.setattr(world.faults, "patience", 0.25)
    pending = world.call("run_query")[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ben")
    before = queries()

    start = ("athena:StartQueryExecution",)
    with world.faults.failing(kind, ALWAYS, monkeypatch, calls=start):
        status, body = world.call("run_query")

    assert (status >= 500, len(queries() - before)) == (True, 1)
    assert open_store().get(pending["id"]).state == "USED"
    hint = body["error"]["hint"]
    assert "The yes is spent, and the query may be running." in hint
    assert "the recent queries of the workgroup primary" in hint
    assert f"Approval {pending['id']} is used up" in hint
    again = world.call("run_query")[1]["pending_approval"]
    assert again["id"] != pending["id"]
    open_approver().deny(again["id"], "local:ben")
