"""What costs more than the threshold runs by a person's yes alone, once for each."""

import contextlib
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from action_groups.athena.handler import handler
from datalfred import clients, settings
from datalfred.approvals.approver import open_approver
from datalfred.approvals.store import open_requests, open_store
from datalfred.definitions.approval_tables import tables as tables_of
from datalfred.definitions.prices import athena_cost
from datalfred.errors import RefusedError
from datalfred.lake.sql import reading
from datalfred.lake.sql import run as athena
from datalfred.local.aws import athena as executing_athena
from tests.support import small_lake
from tests.support.action_groups import body_of, event

SQL = "SELECT * FROM sales.orders"
ANA = {"user": "local:ana", "request_id": "", "channel": "cli", "session_id": "s"}
PRICE = athena_cost(1)


@pytest.fixture(scope="module")
def tables(small_aws):
    executing_athena.install(small_aws)
    with settings.using(_environment(small_aws)):
        for definition in tables_of("demo", "local"):
            clients.client("dynamodb").create_table(**definition)
        clients.client("athena").update_work_group(
            WorkGroup="primary",
            ConfigurationUpdates={
                "ResultConfigurationUpdates": {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
            },
        )
    return small_aws


@pytest.fixture
def dear(tables):
    """Settings under which every query is above the threshold, and none is reused."""
    with contextlib.ExitStack() as exits:

        def set_to(**changes):
            exits.enter_context(settings.using(_environment(tables, **changes)))

        set_to()
        yield set_to
        _close_all()


def _environment(aws, **changes):
    chosen = {"QUERY_ASK_USD": "0", "QUERY_REUSE_MINUTES": "0", "APPROVERS": "local:ben", **changes}
    return small_lake.environment(
        aws, **{f"DATALFRED_{name}": value for name, value in chosen.items()}
    )


def _close_all():
    store = open_store()
    for record in store.pending():
        store.deny(record.id, "local:ben")
    for record in store.approved():
        open_requests().use(record.id)


def run(sql=SQL, attributes=ANA, **parameters):
    asked = event("athena", "run_query", sql=sql, **parameters)
    reply = handler({**asked, "sessionAttributes": attributes}, None)
    return reply["response"]["httpStatusCode"], body_of(reply)


@pytest.fixture
def started(tables, monkeypatch):
    """The requests of every StartQueryExecution."""
    with settings.using(_environment(tables)):
        client = clients.client("athena")
    real, asked = client.start_query_execution, []

    def start(**request):
        asked.append(request)
        return real(**request)

    monkeypatch.setattr(client, "start_query_execution", start)
    return asked


def test_above_the_threshold_nothing_starts_and_a_person_is_asked(dear, started):
    status, body = run()

    pending = body["pending_approval"]
    assert (status, body["run"], body["result"], started) == (200, None, None, [])
    assert (pending["action"], pending["state"], pending["requester"]) == (
        "query",
        "PENDING",
        "local:ana",
    )
    assert len(pending["target"]) == 64
    assert pending["details"]["sql"] == SQL
    assert pending["details"]["estimated_bytes"] == "190"
    assert "190 bytes ($0.0000)" in pending["summary"]
    assert "budget of $5.00" in pending["summary"]
    assert body["evidence"].startswith("Nothing ran: the query would read 190 bytes ($0.0000)")
    assert pending["id"] in body["evidence"]


def test_the_same_question_is_asked_for_once(dear, started):
    first = run()[1]["pending_approval"]

    again = run(sql=f"{SQL} -- the same tokens")[1]["pending_approval"]

    assert (again["id"], started) == (first["id"], [])


@pytest.mark.parametrize("who", ["local:ana", "local:ben"])
def test_after_a_yes_it_runs_once_and_the_next_asks_again(dear, started, who):
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], who)

    status, body = run()

    assert (status, body["run"]["state"], body["pending_approval"]) == (200, "SUCCEEDED", None)
    assert body["result"]["row_count"] == 5
    assert [each["ClientRequestToken"] for each in started] == [pending["id"]]
    assert open_store().get(pending["id"]).state == "USED"
    third = run()[1]["pending_approval"]
    assert third["id"] != pending["id"]
    assert len(started) == 1


def test_a_yes_is_for_one_person_one_text_and_one_database(dear, started):
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ben")

    others = [
        run(attributes={**ANA, "user": "local:eve"}),
        run(sql=f"{SQL} LIMIT 5"),
        run(database="sales"),
    ]

    assert all(body["pending_approval"]["id"] != pending["id"] for _, body in others)
    assert started == []


def test_who_is_not_known_is_refused_with_the_reason(dear, started):
    status, body = run(attributes={})

    assert (status, body["error"]["code"], started) == (403, "REFUSED", [])
    assert "cannot prove who asks" in body["error"]["message"]
    assert "partition keys" in body["error"]["hint"]


def test_above_the_budget_nobody_is_asked(dear, started):
    dear(QUERY_BUDGET_USD="0.00001")

    status, body = run()

    assert (status, "above the budget" in body["error"]["message"]) == (403, True)
    assert (open_store().pending(), started) == ((), [])


def test_without_an_estimate_a_person_is_asked_at_any_threshold(dear, started, monkeypatch):
    dear(QUERY_ASK_USD="1000")
    assert run()[1]["pending_approval"] is None
    monkeypatch.setattr(
        reading, "estimate", lambda _: reading.QueryEstimate(bytes=None, cost_usd=None, reason="?")
    )

    body = run()[1]

    assert body["pending_approval"]["details"]["estimated_bytes"] == ""
    assert "an unknown amount (?)" in body["pending_approval"]["summary"]
    assert len(started) == 1


def test_a_price_that_rose_since_the_yes_is_asked_for_again(dear, started, monkeypatch):
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ana")
    known = reading.estimate
    monkeypatch.setattr(
        reading,
        "estimate",
        lambda statement: known(statement).model_copy(update={"bytes": 500}),
    )

    again = run()[1]["pending_approval"]

    assert (again["id"] != pending["id"], started) == (True, [])
    assert open_store().get(pending["id"]).outcome.endswith("nothing ran.")


def test_whoever_asked_may_not_approve_where_the_settings_say_so(dear):
    pending = run()[1]["pending_approval"]
    dear(REQUESTER_MAY_APPROVE_QUERIES="false")

    with pytest.raises(RefusedError, match="not on the list"):
        open_approver().approve(pending["id"], "local:ana")
    dear(REQUESTER_MAY_APPROVE_QUERIES="false", APPROVERS="local:ana")
    with pytest.raises(RefusedError, match="may not also approve"):
        open_approver().approve(pending["id"], "local:ana")


def test_somebody_else_off_the_list_may_not_approve_a_query(dear):
    pending = run()[1]["pending_approval"]

    with pytest.raises(RefusedError, match="not on the list"):
        open_approver().approve(pending["id"], "local:eve")


def test_a_crash_between_the_yes_and_the_start_loses_the_yes_and_runs_nothing(
    dear, started, monkeypatch
):
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ana")

    def crash(*_, **__):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(athena, "start", crash)
        with pytest.raises(SystemExit):
            run()
    assert open_store().get(pending["id"]).state == "USED"

    assert run()[1]["pending_approval"]["id"] != pending["id"]
    assert started == []


def test_a_failure_that_may_pass_is_not_tried_again_on_one_yes(dear, started, monkeypatch):
    failed = {
        "QueryExecutionId": "q",
        "Query": SQL,
        "Status": {
            "State": "FAILED",
            "StateChangeReason": "INTERNAL_ERROR",
            "AthenaError": {"Retryable": True},
        },
    }
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ana")
    monkeypatch.setattr(athena, "wait", lambda _: failed)

    status, body = run()

    assert (status, body["error"]["code"], len(started)) == (400, "QUERY_FAILED", 1)
    assert f"Approval {pending['id']} is used up" in body["error"]["hint"]


def test_a_start_that_was_throttled_spent_the_yes_but_runs_nothing(dear, started, monkeypatch):
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ana")

    def throttled(**_):
        said = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
        raise ClientError(said, "StartQueryExecution")

    monkeypatch.setattr(clients.client("athena"), "start_query_execution", throttled)

    hint = run()[1]["error"]["hint"]

    assert f"Approval {pending['id']} is used up" in hint
    assert "may be running" not in hint


def test_a_lost_start_without_an_approval_and_a_defect_of_ours_are_told_as_they_are(
    dear, started, monkeypatch
):
    def lost(**_):
        raise ReadTimeoutError(endpoint_url="https://athena")

    dear(QUERY_ASK_USD="1000")
    with monkeypatch.context() as patch:
        patch.setattr(clients.client("athena"), "start_query_execution", lost)
        assert "may be running" not in run()[1]["error"]["hint"]
    dear()
    pending = run()[1]["pending_approval"]
    open_approver().approve(pending["id"], "local:ana")
    monkeypatch.setattr(reading, "run", lambda *_, **__: {}["defect"])

    assert "used up" not in str(run()[1])


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["run", "run", "approve", "deny", "stranger", "nobody", "other"]),
            st.sampled_from([0.0, PRICE / 2, PRICE, 1.0]),
            st.sampled_from([PRICE / 2, PRICE, 5.0]),
        ),
        min_size=1,
        max_size=8,
    )
)
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_query_above_the_threshold_or_the_budget_ever_starts_without_its_own_yes(
    tables, steps, started
):
    """Every start is either at most the threshold, or consumes one approval that nobody spent."""
    known = SimpleNamespace(yes=set())
    for what, ask, budget in steps:
        changes = {"QUERY_ASK_USD": str(ask), "QUERY_BUDGET_USD": str(budget)}
        with settings.using(_environment(tables, **changes)):
            _step(what, ask, budget, known, started)
    with settings.using(_environment(tables)):
        _close_all()


def _step(what, ask, budget, known, started):
    waiting = open_store().pending()
    if what in {"approve", "deny", "stranger"}:
        for record in waiting:
            with contextlib.suppress(RefusedError):
                who = "local:eve" if what == "stranger" else "local:ben"
                decide = open_approver().deny if what == "deny" else open_approver().approve
                known.yes.add(decide(record.id, who).id if what != "deny" else "")
                decide(record.id, who)
        assert what != "stranger" or open_store().pending() == waiting
        return
    before = len(started)
    attributes = {} if what == "nobody" else {**ANA, "user": f"local:{what}"}
    run(attributes=attributes)
    new = started[before:]
    assert len(new) <= 1
    if budget < PRICE:
        assert new == []
    elif ask < PRICE and new:
        token = new[0]["ClientRequestToken"]
        assert token in known.yes
        known.yes.remove(token)
    elif ask >= PRICE:
        assert len(new) == 1
