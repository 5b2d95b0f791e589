"""Whoever takes over a function that asks, with all that its role may do, releases nothing."""

import contextlib
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from datalfred import clients
from datalfred.approvals.approver import Approver
from datalfred.approvals.audit import AuditTrail
from datalfred.approvals.inbox import Requests, id_of, open_key, used_key
from datalfred.approvals.models import ApprovalState, PendingApproval
from datalfred.approvals.rows import texts
from datalfred.approvals.store import CLAIM_SECONDS, ApprovalStore
from datalfred.approvals.terms import query_target, redrive_summary
from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import APPROVER, Place, policy_of
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.local.aws.message import ACCOUNT
from datalfred.settings import DEFAULT_REGION

NONCE = "0" * 32


@pytest.fixture(params=["step_functions", "athena"])
def taken(request, stack, project, names, clock):
    """A function that was taken over, and an approver, each under the policy of its role."""
    place = Place(project, "local", ACCOUNT, DEFAULT_REGION)

    def client(function, service):
        role = role_name(project, "local", function)
        stack.aws.permissions.grant(role, policy_of(function, place).document())
        return stack.aws.client(service, stack.aws.callers.caller(role))

    def asks(dynamodb):
        tables = {"requests": names["requests"], "approvals": names["approvals"]}
        return Requests(dynamodb, **tables, minutes=15, now=clock.now)

    own, dynamodb = client(request.param, "dynamodb"), client(APPROVER, "dynamodb")
    store = ApprovalStore(
        dynamodb,
        requests=names["requests"],
        approvals=names["approvals"],
        audit=AuditTrail(dynamodb, names["audit"]),
        minutes=15,
        now=clock.now,
    )
    approver = Approver(
        store,
        approvers=("local:ana", "local:ben"),
        requester_may_approve=True,
        stepfunctions=lambda: client(APPROVER, "stepfunctions"),
        now=clock.now,
        patience_seconds=0.2,
    )
    return SimpleNamespace(
        function=request.param, dynamodb=own, asks=asks(own), approver=approver, names=names
    )


@pytest.fixture
def rows(opened):
    """The audit as the laptop's user reads it: no role of a function may."""
    store = opened()
    return lambda record: [row.event for row in store.audit.of(record.id)]


def asked(target, **changes):
    said = {
        "id": "",
        "action": "redrive",
        "target": target,
        "summary": redrive_summary(target, "Only", ""),
        "requester": "local:ana",
        "created_at": moments.iso(moments.now()),
        "expires_at": "2999-01-01T00:00:00Z",
        "details": {"redrive_count": "0", "failed_state": "Only"},
    }
    record = PendingApproval(**{**said, **changes})
    return record.model_copy(update={"id": id_of(record, NONCE)})


def item(record, **changes):
    fields = record.model_dump(mode="json", exclude={"details"})
    said = {**fields, "kind": "request", "nonce": NONCE, "claimed_until": "2000-01-01T00:00:00Z"}
    return {**texts({**said, **changes}), "details": {"M": texts(record.details)}}


def forged(taken, record, **changes):
    taken.dynamodb.put_item(TableName=taken.names["requests"], Item=item(record, **changes))
    return record


def counts(*targets):
    stepfunctions = clients.client("stepfunctions")
    return [stepfunctions.describe_execution(executionArn=each)["redriveCount"] for each in targets]


def test_what_both_roles_may_do_is_enough_for_an_honest_redrive(taken, stack, rows):
    target = stack.run("orders")
    summary = redrive_summary(target, "Only", "")
    details = {"redrive_count": "0", "failed_state": "Only"}
    record = taken.asks.create(
        action="redrive", target=target, summary=summary, requester="local:ana", details=details
    )

    assert taken.asks.get(record.id) == record
    assert taken.approver.pending() == (record,)
    assert taken.approver.approve(record.id, "local:ben").state is ApprovalState.EXECUTED
    assert taken.asks.get(record.id).state is ApprovalState.EXECUTED
    assert rows(record) == ["asked", "approved", "executed"]
    assert counts(target) == [1]


def test_what_both_roles_may_do_is_enough_for_an_honest_query(taken, rows):
    record = taken.asks.create(
        action="query",
        target=query_target("SELECT 1", "sales", "queries", "local:ana"),
        summary="Run one query.",
        requester="local:ana",
        details={"sql": "SELECT 1", "database": "sales", "workgroup": "queries"},
    )
    assert not taken.asks.use(record.id)
    taken.approver.approve(record.id, "local:ben")

    assert taken.asks.use(record.id, outcome="one start")
    assert not taken.asks.use(record.id)
    assert taken.asks.get(record.id).state is ApprovalState.USED
    taken.approver.resume()
    assert rows(record) == ["asked", "approved", "used"]


WRITES = {
    "put": lambda db, table, row: db.put_item(TableName=table, Item=row),
    "batch": lambda db, table, row: db.batch_write_item(
        RequestItems={table: [{"PutRequest": {"Item": row}}]}
    ),
    "transaction": lambda db, table, row: db.transact_write_items(
        TransactItems=[{"Put": {"TableName": table, "Item": row}}]
    ),
    "update": lambda db, table, row: db.update_item(
        TableName=table,
        Key=key_of(row),
        UpdateExpression="SET decided_by = :who",
        ExpressionAttributeValues={":who": {"S": "local:ben"}},
    ),
    "delete": lambda db, table, row: db.delete_item(TableName=table, Key=key_of(row)),
}


def key_of(row):
    names = ("approval_id", "entry") if "entry" in row else ("id",)
    return {name: row[name] for name in names}


@pytest.mark.parametrize("table", ["approvals", "audit"])
@pytest.mark.parametrize("how", WRITES)
def test_decisions_and_their_trail_are_closed_to_it(taken, how, table):
    row = {"approvals": item(asked("arn:one"), state="APPROVED")}.get(
        table, texts({"approval_id": "0" * 32, "entry": "0#"})
    )

    with pytest.raises(ClientError, match="not authorized"):
        WRITES[how](taken.dynamodb, taken.names[table], row)


def test_a_request_cannot_be_deleted_and_a_use_cannot_be_undone(taken):
    with pytest.raises(ClientError, match="not authorized"):
        taken.dynamodb.delete_item(
            TableName=taken.names["requests"], Key={"id": {"S": used_key("0" * 32)}}
        )


def test_a_request_that_calls_itself_approved_only_waits(taken, stack, clock, rows):
    target = stack.run("orders")
    record = forged(taken, asked(target), state="APPROVED", decided_by="local:ben",
                    decided_at=moments.iso(moments.now()))  # fmt: skip
    clock.ahead = CLAIM_SECONDS + 2

    assert taken.approver.resume() == ()
    assert taken.approver.get(record.id).state is ApprovalState.PENDING
    assert rows(record) == ["asked"]
    assert counts(target) == [0]


def test_a_query_that_calls_itself_approved_is_not_used(taken):
    details = {"sql": "SELECT 1", "database": "", "workgroup": "queries"}
    target = query_target("SELECT 1", "", "queries", "local:ana")
    record = forged(
        taken, asked(target, action="query", details=details), state="APPROVED",
        decided_by="local:ben", decided_at=moments.iso(moments.now()),
    )  # fmt: skip

    assert not taken.asks.use(record.id)
    assert taken.asks.get(record.id).state is ApprovalState.PENDING


CHANGES = {
    "target": {"target": "arn:aws:states:eu-west-1:123456789012:execution:orders:other"},
    "summary": {"summary": "Nothing happens."},
    "requester": {"requester": "local:ben"},
    "created": {"created_at": "2999-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_request_that_is_changed_before_it_was_seen_has_lost_its_id(taken, stack, what):
    target = stack.run("orders")
    record = forged(taken, asked(target), **CHANGES[what])

    assert taken.approver.pending() == ()
    with pytest.raises(NotFoundError):
        taken.approver.approve(record.id, "local:ben")
    assert counts(target) == [0]


def test_a_request_that_is_changed_after_it_was_seen_is_carried_out_as_it_was_seen(taken, stack):
    shown, other = stack.run("orders"), stack.run("orders")
    record = forged(taken, asked(shown))
    assert taken.approver.pending()[0].target == shown
    forged(taken, record, target=other, summary=redrive_summary(other, "Only", ""))

    done = taken.approver.approve(record.id, "local:ben")

    assert (done.state, done.target) == (ApprovalState.EXECUTED, shown)
    assert counts(shown, other) == [1, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "Redrive x of harmless: run Only and what follows it again."},
        {"action": "explode"},
        {"action": "query"},
        {"action": "query", "details": {"sql": "SELECT 1", "database": "", "workgroup": "queries"}},
        {"details": {"redrive_count": "0", "failed_state": "Only", "reason": "x" * 70_000}},
    ],
)
def test_words_that_are_not_of_the_target_are_never_shown(taken, stack, changes):
    record = forged(taken, asked(stack.run("orders"), **changes))

    assert taken.approver.pending() == ()
    with pytest.raises(NotFoundError):
        taken.approver.approve(record.id, "local:ben")


def test_items_of_any_shape_break_no_list(taken, stack, caplog):
    good = asked(stack.run("orders"))
    shapes = (
        {"id": {"S": "1" * 32}, "kind": {"S": "request"}, "created_at": {"S": "zzz"}},
        {**item(good), "id": {"S": "2" * 32}},
        {**item(good), "id": {"S": "3" * 32}, "details": {"S": "none"}},
        {**item(good), "id": {"S": "4" * 32}, "details": {"M": {"redrive_count": {"N": "0"}}}},
        {**item(good), "id": {"S": "5" * 32}, "nonce": {"N": "5"}},
    )
    for shape in shapes:
        taken.dynamodb.put_item(TableName=taken.names["requests"], Item=shape)
    forged(taken, good)

    assert [each.id for each in taken.approver.pending()] == [good.id]
    assert len([each for each in caplog.records if "deleted" in each.message]) == len(shapes)


@pytest.mark.parametrize("count", ["1", "99", "-1", "", "one", "\u0660"])
def test_a_redrive_count_that_is_not_the_execution_s_redrives_nothing(taken, stack, count):
    target = stack.run("orders")
    details = {"redrive_count": count, "failed_state": "Only"}
    record = forged(taken, asked(target, details=details))

    done = taken.approver.approve(record.id, "local:ben")

    assert done.state is ApprovalState.FAILED
    assert "another redrive count" in done.outcome
    assert counts(target) == [0]


def test_an_input_digest_that_is_not_the_execution_s_redrives_nothing(taken, stack):
    target = stack.run("orders")
    details = {"redrive_count": "0", "failed_state": "Only", "input_digest": "0" * 64}
    record = forged(taken, asked(target, details=details))

    assert "another input" in taken.approver.approve(record.id, "local:ben").outcome
    assert counts(target) == [0]


def test_a_request_lives_no_longer_than_its_minutes_whatever_it_says(taken, stack, clock):
    record = forged(taken, asked(stack.run("orders")))
    clock.ahead = 15 * 60 + 1

    assert taken.approver.pending() == ()
    assert taken.approver.get(record.id).state is ApprovalState.EXPIRED


def test_a_request_is_not_made_in_the_future_whatever_it_says(taken, stack, clock):
    record = forged(taken, asked(stack.run("orders"), created_at="2999-01-01T00:00:00Z"))

    (waits,) = taken.approver.pending()

    assert waits.id == record.id
    assert waits.created_at <= moments.iso(clock.now())
    clock.ahead = 15 * 60 + 1
    assert waits.expires_at <= moments.iso(clock.now())


def test_no_request_stays_once_it_was_seen_whether_it_is_one_or_not(taken, stack):
    forged(taken, asked(stack.run("orders")))
    forged(taken, asked("arn:two", summary="Drink tea."))

    assert len(taken.approver.pending()) == 1

    left = stack.client("dynamodb").scan(TableName=taken.names["requests"])["Items"]
    assert left == []


def test_two_approvals_of_one_execution_redrive_it_once(taken, stack, names):
    target = stack.run("orders")
    first = taken.asks.create(
        action="redrive",
        target=target,
        summary=redrive_summary(target, "Only", ""),
        requester="local:ana",
        details={"redrive_count": "0", "failed_state": "Only"},
    )
    taken.dynamodb.put_item(
        TableName=names["requests"],
        Item=texts({"id": open_key("redrive", target), "approval": "none"}),
    )
    second = forged(taken, asked(target))

    done = [taken.approver.approve(each.id, "local:ben") for each in (first, second)]
    stack.ended(target)

    assert first.id != second.id
    assert [each.state for each in done] == [ApprovalState.EXECUTED, ApprovalState.EXECUTED]
    assert "nothing more was done" in done[1].outcome
    assert counts(target) == [1]


def test_a_spent_query_is_not_revived_by_writing_over_its_mark(taken, rows):
    details = {"sql": "SELECT 1", "database": "", "workgroup": "queries"}
    target = query_target("SELECT 1", "", "queries", "local:ana")
    record = forged(taken, asked(target, action="query", details=details))
    taken.approver.approve(record.id, "local:ben")
    assert taken.asks.use(record.id)

    for mark in ({"as": "APPROVED"}, {"as": "PENDING", "outcome": "x" * 9_000}, {}):
        row = texts({"id": used_key(record.id), **mark})
        taken.dynamodb.put_item(TableName=taken.names["requests"], Item=row)
        assert not taken.asks.use(record.id)
        assert taken.asks.get(record.id).state is ApprovalState.USED
    with contextlib.suppress(NotFoundError):
        taken.approver.resume()
    assert rows(record) == ["asked", "approved", "used"]
