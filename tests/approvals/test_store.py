import contextlib
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

import pytest

from datalfred.approvals import rows
from datalfred.approvals import store as stores
from datalfred.approvals.inbox import open_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.store import open_store
from datalfred.approvals.terms import redrive_summary
from datalfred.errors import NotFoundError, UnavailableError
from datalfred.local.aws.faults import FaultError


def at_once(function, count=16):
    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(copy_context().run, function) for _ in range(count)]
        return [future.result() for future in futures]


def test_a_request_is_kept_as_it_was_asked_for(store, pending, trail):
    record = pending(details={"failed_state": "Only", "redrive_count": "2", "reason": "“please”"})

    assert store.get(record.id) == record
    assert len(record.id) == 32
    assert record.state is ApprovalState.PENDING
    assert record in store.pending()
    assert trail(record) == ["asked"]


def test_the_same_action_on_the_same_target_is_asked_for_once(store, pending, trail):
    first = pending()

    second = pending(target=first.target, requester="local:ben")

    assert second == first
    assert store.open_for("redrive", first.target) == first
    assert trail(first) == ["asked"]


def test_many_who_ask_at_once_get_the_same_request(store):
    def ask():
        return store.create(
            action="redrive",
            target="arn:one",
            summary=redrive_summary("arn:one", "", ""),
            requester="local:ana",
            details={},
        )

    assert len({record.id for record in at_once(ask)}) == 1
    assert [record.target for record in store.pending()].count("arn:one") == 1


def test_a_closed_request_makes_room_for_a_new_one(store, pending):
    first = pending()
    store.deny(first.id, "local:ben")

    second = pending(target=first.target)

    assert second.id != first.id
    assert store.open_for("redrive", first.target) == second


def test_a_request_whose_record_is_gone_makes_room_for_a_new_one(stack, store, pending, names):
    first = pending()
    stack.client("dynamodb").delete_item(TableName=names["requests"], Key={"id": {"S": first.id}})

    assert store.open_for("redrive", first.target) is None
    assert pending(target=first.target).id != first.id


def test_who_loses_the_race_for_a_target_gets_the_request_of_the_winner(
    store, pending, monkeypatch
):
    first = pending()
    real, blind = store._rows.read, ["open#"]

    def too_early(table, key):
        if blind and key.startswith(blind[-1]):
            blind.pop()
            return None
        return real(table, key)

    monkeypatch.setattr(store._rows, "read", too_early)

    assert pending(target=first.target) == first
    assert blind == []
    assert store.pending() == (first,)


def test_a_target_that_changes_hands_forever_is_given_up(store, pending, monkeypatch):
    first = pending()
    store.deny(first.id, "local:ben")
    monkeypatch.setattr(store, "_asked", lambda *_, **__: False)

    with pytest.raises(UnavailableError):
        pending(target=first.target)


def test_nothing_is_open_for_a_target_that_nobody_asked_for(store):
    assert store.open_for("redrive", "arn:nobody") is None


def test_an_unknown_id_is_not_found(store, pending):
    with pytest.raises(NotFoundError):
        store.get("0" * 32)


def test_the_pointer_of_a_target_is_no_request(store, pending):
    record = pending()

    with pytest.raises(NotFoundError):
        store.get(open_key("redrive", record.target))


def test_of_many_approvals_at_once_one_moves_the_record(store, pending, trail):
    record = pending()

    moved = at_once(lambda: store.approve(record.id, "local:ben"))

    assert len([each for each in moved if each]) == 1
    assert store.get(record.id).decided_by == "local:ben"
    assert trail(record) == ["asked", "approved"]


def test_approve_and_deny_at_once_leave_one_decision(store, pending):
    record = pending()
    decisions = iter([store.approve, store.deny] * 8)

    moved = at_once(lambda: next(decisions)(record.id, "local:ben"))

    assert len([each for each in moved if each]) == 1


def test_a_request_that_waited_too_long_expires_by_being_read(store, pending, clock, trail):
    record = pending()
    clock.ahead = 15 * 60 + 1

    assert store.get(record.id).state is ApprovalState.EXPIRED
    assert store.get(record.id).state is ApprovalState.EXPIRED
    assert trail(record) == ["asked", "expired"]


def test_an_expired_request_is_not_listed(store, pending, clock, trail):
    record = pending()
    clock.ahead = 15 * 60 + 1

    assert store.pending() == ()
    assert trail(record)[-1] == "expired"


def test_an_expired_request_can_be_neither_approved_nor_denied(store, pending, clock):
    record = pending()
    clock.ahead = 15 * 60 + 1

    assert store.approve(record.id, "local:ben") is None
    assert store.deny(record.id, "local:ben") is None


def test_a_claim_lapses_and_then_one_takes_it_over(store, pending, clock):
    record = pending()
    store.approve(record.id, "local:ben")

    assert store.claim(record.id) is None
    clock.ahead = stores.CLAIM_SECONDS + 2
    assert len([each for each in at_once(lambda: store.claim(record.id)) if each]) == 1


def test_what_has_ended_is_claimed_by_nobody(store, pending, clock):
    record = pending()
    store.approve(record.id, "local:ben")
    store.finish(record.id, ApprovalState.EXECUTED, "done")
    clock.ahead = stores.CLAIM_SECONDS + 2

    assert store.claim(record.id) is None


@pytest.mark.parametrize("event", ["1#", "2#"])
def test_a_row_of_the_trail_that_stands_is_never_put_over(*, stack, store, pending, names, event):
    record, dynamodb = store.get(pending().id), stack.client("dynamodb")
    key = {"approval_id": {"S": record.id}, "entry": {"S": event}}
    if event == "2#":
        assert store.approve(record.id, "local:ben")
    dynamodb.put_item(TableName=names["audit"], Item={**key, "note": {"S": "was here"}})

    assert not store.approve(record.id, "local:ben")
    assert not store.finish(record.id, ApprovalState.EXECUTED, "done")

    found = dynamodb.get_item(TableName=names["audit"], Key=key)["Item"]
    assert found == {**key, "note": {"S": "was here"}}


class Died(BaseException):
    """A process that is no more."""


MOVES = {
    "taken in": lambda store, record: store.get(record.id),
    "approved": lambda store, record: store.approve(record.id, "local:ben"),
    "denied": lambda store, record: store.deny(record.id, "local:ben"),
    "failed": lambda store, record: store.finish(record.id, ApprovalState.FAILED, "no"),
}
TRAILS = {
    None: [],
    "PENDING": ["asked"],
    "APPROVED": ["asked", "approved"],
    "DENIED": ["asked", "denied"],
    "FAILED": ["asked", "approved", "failed"],
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("writes", [0, 1])
def test_whoever_dies_before_a_write_leaves_each_move_with_its_row(
    *, store, pending, trail, move, writes, monkeypatch
):
    """Were the move and its row two writes, a death between them would leave one without it."""
    record, done = pending(), []
    if move != "taken in":
        store.get(record.id)
    if move == "failed":
        store.approve(record.id, "local:ben")
    real = store._rows.together

    def dies(steps):
        if len(done) == writes:
            raise Died
        done.append(steps)
        return real(steps)

    monkeypatch.setattr(store._rows, "together", dies)
    with contextlib.suppress(Died):
        MOVES[move](store, record)
    monkeypatch.undo()

    kept = store._decided(record.id)
    assert trail(record) == TRAILS[kept and kept.state]
    assert len(done) == writes


@pytest.mark.parametrize("decide", ["approve", "deny"])
def test_a_decision_holds_without_its_row_of_the_trail(*, stack, store, pending, names, decide):
    """Whoever cleans the trail up opens no record again: each has its own condition."""
    record, dynamodb = pending(), stack.client("dynamodb")
    key = {"TableName": names["requests"], "Key": {"id": {"S": record.id}}}
    request = dynamodb.get_item(**key)["Item"]
    assert store.deny(record.id, "local:ben")
    late = store._move(record, ApprovalState.APPROVED, {"decided_by": "local:eve"})
    for row in ("0#", "1#"):
        key = {"approval_id": {"S": record.id}, "entry": {"S": row}}
        dynamodb.delete_item(TableName=names["audit"], Key=key)
    dynamodb.put_item(TableName=names["requests"], Item=request)

    assert late is None
    assert store.pending() == ()
    assert getattr(store, decide)(record.id, "local:eve") is None
    assert store._move(record, ApprovalState.APPROVED, {"decided_by": "local:eve"}) is None
    assert store.finish(record.id, ApprovalState.EXECUTED, "done") is None
    assert store.get(record.id).decided_by == "local:ben"


def test_only_what_is_approved_can_be_finished_and_only_once(store, pending, trail):
    record = pending()

    assert store.finish(record.id, ApprovalState.EXECUTED, "too early") is None
    store.approve(record.id, "local:ben")
    assert store.finish(record.id, ApprovalState.EXECUTED, "done").outcome == "done"
    assert store.finish(record.id, ApprovalState.FAILED, "again") is None
    assert trail(record) == ["asked", "approved", "executed"]


def test_an_approved_query_is_used_once(store, query, trail):
    record = query()

    assert not store.use(record.id)
    store.approve(record.id, "local:ben")
    assert [record.id] == [each.id for each in store.approved() if each.action == "query"]
    assert sum(at_once(lambda: store.use(record.id, outcome="query 1"))) == 1
    assert store.get(record.id).state is ApprovalState.USED
    assert trail(record) == ["asked", "approved", "used"]


def test_a_query_that_was_denied_or_not_decided_is_never_used(store, query):
    """Whoever runs queries asks for the state and spends the yes in two calls."""
    denied, waits = query("SELECT 1"), query("SELECT 2")
    store.deny(denied.id, "local:ben")
    store.get(waits.id)

    for record in (denied, waits):
        assert not store.use(record.id)
    store.approve(waits.id, "local:ben")
    assert store.use(waits.id)


def test_an_answer_that_got_lost_after_a_yes_was_spent_spends_it_once(stack, store, query):
    """The transaction is sent again with its token, and is told that it has succeeded."""
    record, lost = query(), []
    store.approve(record.id, "local:ben")
    door = stack.aws.door
    answered = door.answered

    def loses_one(request, response):
        answer = answered(request, response)
        if request.target[1] != "TransactWriteItems" or lost:
            return answer
        lost.append(answer.status)
        raise FaultError("InternalServerError", "The answer got lost.", 500)

    door.answered = loses_one
    try:
        assert store.use(record.id)
    finally:
        door.answered = answered

    assert lost == [200]
    assert not store.use(record.id)


def test_an_approved_query_that_nobody_used_expires(store, query, clock, trail):
    record = query()
    store.approve(record.id, "local:ben")
    clock.ahead = 15 * 60 + 2

    assert not store.use(record.id)
    assert store.get(record.id).state is ApprovalState.EXPIRED
    assert trail(record)[-1] == "expired"


def test_the_trail_says_who_did_what_to_which_target(store, pending):
    record = store.get(pending().id)
    store.refused(record, "slack:T:U", "Not on the list.")

    asked, refused = store.audit.of(record.id)

    assert (asked.who, asked.action, asked.target) == ("local:ana", "redrive", record.target)
    assert (refused.event, refused.who, refused.note) == (
        "refused",
        "slack:T:U",
        "Not on the list.",
    )
    assert asked.at < refused.at


def test_refusals_stand_behind_the_move_before_them_in_their_order(store, pending, clock, trail):
    record = pending()
    approved = store.approve(record.id, "local:ben")
    for note in "abcdef":
        store.refused(approved, "local:eve", note)
        clock.ahead += 1
    store.finish(record.id, ApprovalState.FAILED, "no")

    assert trail(record) == ["asked", "approved", *["refused"] * 6, "failed"]
    assert "".join(row.note for row in store.audit.of(record.id)[2:-1]) == "abcdef"


def test_a_long_trail_is_told_whole(store, pending, trail):
    record = store.get(pending().id)
    for _ in range(4):
        store.refused(record, "local:eve", "x" * 300_000)

    assert trail(record) == ["asked", *["refused"] * 4]


@pytest.mark.parametrize(("yes", "keys"), [(False, ["0#", "1#"]), (True, ["0#", "1#", "2#"])])
def test_each_move_has_one_key_in_the_trail(*, stack, store, query, names, clock, yes, keys):
    record = query()
    if yes:
        store.approve(record.id, "local:ben")
    clock.ahead = 15 * 60 + 2

    assert store.get(record.id).state is ApprovalState.EXPIRED

    rows = stack.client("dynamodb").scan(TableName=names["audit"])["Items"]
    assert sorted(row["entry"]["S"] for row in rows) == keys


def test_what_waits_is_listed_newest_first_and_read_as_it_is_now(
    store, pending, clock, monkeypatch
):
    older = pending()
    clock.ahead = 5
    newer = pending()
    client, read = store._rows._dynamodb, []
    real = client.get_item

    def get_item(**given):
        read.append(given["ConsistentRead"])
        return real(**given)

    monkeypatch.setattr(client, "get_item", get_item)

    assert store.pending() == (newer, older)
    assert set(read) == {True}


def test_no_more_is_listed_than_an_answer_holds(store, pending, monkeypatch):
    monkeypatch.setattr(stores, "MOST_LISTED", 1)
    pending(), pending()

    assert [len(store.pending()) for _ in range(2)] == [1, 1]


def test_another_action_on_the_same_target_is_another_request(store, pending):
    redrive = pending()
    query = pending(target=redrive.target, action="query")

    assert query.id != redrive.id
    assert pending(target=redrive.target) == redrive


def test_a_pointer_to_the_request_of_another_target_is_not_believed(
    *, stack, store, pending, names
):
    one, other = pending(), pending()
    item = {"id": {"S": open_key("redrive", one.target)}, "approval": {"S": other.id}}
    stack.client("dynamodb").put_item(TableName=names["requests"], Item=item)

    assert store.open_for("redrive", one.target) is None
    assert pending(target=one.target).target == one.target


def test_who_loses_the_race_for_a_target_that_was_decided_gets_the_winner_s(
    store, pending, monkeypatch
):
    closed, winner = pending(), []
    store.deny(closed.id, "local:ben")
    real = store._asked

    def overtaken(*given, **more):
        monkeypatch.undo()
        winner.append(pending(target=closed.target))
        return real(*given, **more)

    monkeypatch.setattr(store, "_asked", overtaken)

    assert [pending(target=closed.target)] == winner


def test_the_trail_is_never_overwritten(stack, store, pending, names):
    record = store.get(pending().id)
    for _ in range(3):
        store.refused(record, "local:eve", "no")

    assert len(store.audit.of(record.id)) == 4
    assert stack.client("dynamodb").describe_table(TableName=names["audit"])


def test_a_setting_names_the_table_else_the_stage_does(stack, pending, project):
    record = pending()

    with stack.using(project_name=project):
        assert open_store().get(record.id) == record
    with pytest.raises(NotFoundError):
        open_store().get(record.id)


def test_a_query_that_is_given_up_fails_and_cannot_be_used(store, query, trail):
    record = query()
    assert not store.forfeit(record.id, "too early: the approver has not seen it")
    store.approve(record.id, "local:ben")

    assert store.forfeit(record.id, "Its price has changed.")
    assert not store.use(record.id)
    assert (store.get(record.id).state, store.get(record.id).outcome) == (
        ApprovalState.FAILED,
        "Its price has changed.",
    )
    assert trail(record) == ["asked", "approved", "failed"]


@pytest.mark.parametrize(
    "reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
)
def test_a_passing_cancellation_is_tried_again_and_given_up_in_words(
    store, pending, monkeypatch, reason
):
    record, client = store.get(pending().id), store._rows._dynamodb
    real, conflicts = client.transact_write_items, ["one"]

    def contended(**given):
        if conflicts and conflicts.pop():
            raise cancelled(client, reason)
        return real(**given)

    monkeypatch.setattr(client, "transact_write_items", contended)
    assert store.approve(record.id, "local:ben").state is ApprovalState.APPROVED

    conflicts.extend(["many"] * 20)
    monkeypatch.setattr(rows, "_PAUSE_SECONDS", 0)
    with pytest.raises(UnavailableError, match="deciding on the same"):
        store.claim(record.id)


def test_a_transaction_that_is_still_under_way_has_an_unknown_outcome(store, pending, monkeypatch):
    record, client = store.get(pending().id), store._rows._dynamodb

    def under_way(**_):
        said = {"Error": {"Code": "TransactionInProgressException", "Message": "under way"}}
        raise client.exceptions.TransactionInProgressException(said, "TransactWriteItems")

    monkeypatch.setattr(client, "transact_write_items", under_way)
    with pytest.raises(UnavailableError):
        store.approve(record.id, "local:ben")


def test_another_reason_of_a_cancelled_transaction_is_not_hidden(store, pending, monkeypatch):
    record, client = store.get(pending().id), store._rows._dynamodb

    def refused(**_):
        raise cancelled(client, "ValidationError")

    monkeypatch.setattr(client, "transact_write_items", refused)
    with pytest.raises(client.exceptions.TransactionCanceledException):
        store.approve(record.id, "local:ben")


def cancelled(client, code):
    said = {
        "Error": {"Code": "TransactionCanceledException", "Message": code},
        "CancellationReasons": [{"Code": code}],
    }
    return client.exceptions.TransactionCanceledException(said, "TransactWriteItems")
