"""What runs at once, what waits for a person, what never runs, and what one yes is for."""

import pytest

from datalfred.approvals.approver import Approver
from datalfred.approvals.inbox import used_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.queries import check_budget, digest, needs_a_yes, priced
from datalfred.approvals.rows import texts
from datalfred.errors import RefusedError
from datalfred.lake.sql.models import QueryEstimate
from tests.approvals.test_query_interleavings import admitted
from tests.approvals.test_query_interleavings import priced as asked_for

ANA, BEN = "local:ana", "local:ben"
SQL = "SELECT 1 FROM sales.orders"


def costing(usd):
    return QueryEstimate(bytes=None if usd is None else 100, cost_usd=usd, reason="")


@pytest.fixture
def approved(store, approver):
    """A query that a person has agreed to."""

    def approved(query, requester=ANA):
        asked = admitted(store, query, requester).pending
        return approver().approve(asked.id, BEN)

    return approved


@pytest.mark.parametrize(("usd", "needs"), [(0.9, False), (1.0, False), (1.1, True), (None, True)])
def test_above_the_threshold_or_without_a_price_a_person_is_asked(usd, needs):
    assert needs_a_yes(costing(usd), ask_usd=1.0) is needs


def test_above_the_budget_is_refused_and_an_unknown_price_is_left_to_athena():
    for usd in (None, 4.9, 5.0):
        check_budget(costing(usd), budget_usd=5.0)

    with pytest.raises(RefusedError, match="above the budget"):
        check_budget(costing(5.1), budget_usd=5.0)


def test_a_price_in_words_says_when_nobody_knows_it():
    assert priced(costing(None)) == "an unknown amount (no estimate)"
    why = QueryEstimate(bytes=None, cost_usd=None, reason="The table has no statistics.")
    assert priced(why) == "an unknown amount (The table has no statistics)"
    upper = QueryEstimate(bytes=100, cost_usd=0.5, upper_bound=True)
    assert priced(upper).startswith("at most 100 bytes")


def test_nobody_s_query_is_neither_asked_for_nor_run(store):
    with pytest.raises(RefusedError, match="cannot prove who asks"):
        admitted(store, asked_for(SQL), "")

    assert store.pending() == ()


def test_who_approves_a_query_reads_its_price_its_text_and_where_it_is_stopped(store):
    asked = admitted(store, asked_for(SQL, 5_000_000_000), ANA).pending

    assert priced(asked_for(SQL, 5_000_000_000).estimate) in asked.summary
    assert "reads 4.7 GB ($500000000.00);" in asked.summary
    assert "at the budget of $100.00" in asked.summary
    assert asked.details["sql"] == SQL


def test_what_waits_is_not_given_up_for_a_dearer_try(store, approver):
    cheap = admitted(store, asked_for(SQL, 100), ANA).pending

    assert admitted(store, asked_for(SQL, 900), ANA).pending == cheap

    approver().approve(cheap.id, BEN)
    assert admitted(store, asked_for(SQL, 100), ANA).approval_id == cheap.id


def test_who_is_overtaken_between_reading_a_yes_and_spending_it_asks_again(
    store, approved, monkeypatch
):
    yes, real = approved(asked_for(SQL)), store.use

    def overtaken(*given, **more):
        monkeypatch.undo()
        assert real(yes.id)
        return real(*given, **more)

    monkeypatch.setattr(store, "use", overtaken)

    second = admitted(store, asked_for(SQL), ANA)

    assert second.approval_id == ""
    assert second.pending.id != yes.id


def test_what_waits_runs_for_nobody(store):
    first = admitted(store, asked_for(SQL), ANA)

    again = admitted(store, asked_for(SQL), ANA)

    assert (again.approval_id, again.pending) == ("", first.pending)


@pytest.mark.parametrize(
    ("query", "requester"),
    [
        (asked_for(f"{SQL} LIMIT 5"), ANA),
        (asked_for(SQL), "local:eve"),
        (asked_for(SQL, database="analytics"), ANA),
        (asked_for(SQL, workgroup="others"), ANA),
    ],
)
def test_a_yes_is_for_one_text_one_place_and_one_person(store, approved, query, requester):
    yes = approved(asked_for(SQL))

    other = admitted(store, query, requester)

    assert other.approval_id == ""
    assert other.pending.id != yes.id
    assert digest(query, requester) != yes.target
    assert admitted(store, asked_for(SQL), ANA).approval_id == yes.id


def test_the_case_of_a_database_is_no_other_question(store, approved):
    yes = approved(asked_for(SQL, database="Sales"))

    assert admitted(store, asked_for(SQL, database="sales"), ANA).approval_id == yes.id


@pytest.mark.parametrize(("said", "now"), [(100, 125), (100, 10), (None, 999), (None, None)])
def test_a_yes_holds_for_a_price_that_hardly_rose(store, approved, said, now):
    yes = approved(asked_for(SQL, said))

    assert admitted(store, asked_for(SQL, now), ANA).approval_id == yes.id


@pytest.mark.parametrize(("said", "now"), [(100, 126), (100, None)])
def test_a_yes_to_a_lower_price_is_given_up_and_told_as_failed(
    *, store, approved, trail, said, now
):
    yes = approved(asked_for(SQL, said))

    again = admitted(store, asked_for(SQL, now), ANA)

    given_up = store.get(yes.id)
    assert (again.approval_id, given_up.state) == ("", ApprovalState.FAILED)
    assert given_up.outcome.endswith("nothing ran.")
    assert again.pending.id != yes.id
    assert trail(yes) == ["asked", "approved", "failed"]
    assert admitted(store, asked_for(SQL, said), ANA).approval_id == ""


def test_after_a_crash_before_the_start_the_person_reads_it_and_is_asked_again(
    store, approved, approver
):
    yes = approved(asked_for(SQL))
    assert admitted(store, asked_for(SQL), ANA).approval_id == yes.id  # and here it dies

    again = admitted(store, asked_for(SQL), ANA)

    ((told, _),) = approver().history(yes.id)
    assert (told.state, again.approval_id) == (ApprovalState.USED, "")
    assert "must be asked for again" in told.outcome
    assert again.pending.state is ApprovalState.PENDING
    assert again.pending.id != yes.id


def test_a_yes_that_expired_at_the_same_moment_is_not_used(store, approved, clock, monkeypatch):
    yes = approved(asked_for(SQL))
    real = store._spend

    def too_slow(*given):
        monkeypatch.undo()
        clock.ahead = 15 * 60 + 2
        assert store.get(yes.id).state is ApprovalState.EXPIRED
        return real(*given)

    monkeypatch.setattr(store, "_spend", too_slow)

    assert not store.use(yes.id)


def test_a_yes_that_was_used_at_the_last_moment_does_not_expire(
    *, store, approved, clock, monkeypatch, trail
):
    yes = approved(asked_for(SQL))
    real = store._spend
    clock.ahead = 15 * 60 + 2

    def overtaken(*given):
        monkeypatch.undo()
        assert real(yes.id, ApprovalState.USED, "one start")
        return real(*given)

    monkeypatch.setattr(store, "_spend", overtaken)

    assert store.get(yes.id).state is ApprovalState.USED
    assert trail(yes) == ["asked", "approved", "used"]


@pytest.mark.parametrize(
    ("said", "state"),
    [("USED", "USED"), ("EXPIRED", "EXPIRED"), ("APPROVED", "USED"), ("DENIED", "USED")],
)
def test_a_mark_ends_an_approval_whatever_it_says(*, stack, store, approved, names, said, state):
    yes = approved(asked_for(SQL))
    mark = texts({"id": used_key(yes.id), "as": said})
    stack.client("dynamodb").put_item(TableName=names["requests"], Item=mark)

    assert not store.use(yes.id)
    assert store.get(yes.id).state == state


def test_of_what_a_mark_tells_a_line_is_kept(*, stack, store, approved, names):
    yes = approved(asked_for(SQL))
    mark = texts({"id": used_key(yes.id), "as": "USED", "outcome": "x" * 9999})
    stack.client("dynamodb").put_item(TableName=names["requests"], Item=mark)

    assert store.get(yes.id).outcome == "x" * 500


def test_a_repeated_yes_to_a_query_waits_for_nobody(store, approved, approver, monkeypatch):
    yes = approved(asked_for(SQL))
    monkeypatch.setattr(store, "claim", None)

    assert approver().approve(yes.id, BEN) == yes


def test_a_redrive_is_never_spent_like_a_query(*, stack, store, pending, names):
    record = pending()
    store.approve(record.id, BEN)
    mark = texts({"id": used_key(record.id), "as": "USED"})
    stack.client("dynamodb").put_item(TableName=names["requests"], Item=mark)

    assert not store.use(record.id)
    assert not store.forfeit(record.id, "no query")
    assert store.get(record.id).state is ApprovalState.APPROVED


def test_a_query_that_nobody_has_asked_for_is_approved_by_nobody(query, approver):
    with pytest.raises(RefusedError, match="Nobody is not on the list"):
        approver().approve(query(requester="").id, "")


@pytest.mark.parametrize("own", [True, False])
def test_the_price_of_one_s_own_question_is_one_s_own_where_the_settings_say_so(store, own):
    approver = Approver(
        store,
        approvers=(BEN,),
        requester_may_approve=False,
        requester_may_approve_queries=own,
        stepfunctions=lambda: None,
    )
    asked = admitted(store, asked_for(SQL), ANA).pending

    for stranger in ("local:eve", ""):
        with pytest.raises(RefusedError, match="not on the list"):
            approver.approve(asked.id, stranger)
    if own:
        assert approver.approve(asked.id, ANA).state is ApprovalState.APPROVED
    else:
        with pytest.raises(RefusedError, match="not on the list"):
            approver.approve(asked.id, ANA)
