"""What a person reads, and what an id is the id of."""

import pytest

from datalfred.approvals.inbox import id_of
from datalfred.approvals.models import PendingApproval
from datalfred.approvals.terms import query_target, redrive_summary

ARN = "arn:aws:states:eu-west-1:123456789012:execution:{}:{}"
ASKED = PendingApproval(
    id="",
    action="redrive",
    target="arn:one",
    summary="Redrive one.",
    requester="local:ana",
    created_at="2026-01-01T00:00:00Z",
    expires_at="2026-01-01T00:15:00Z",
    details={"reason": "the disk is back"},
)


def test_a_redrive_is_worded_from_what_would_be_redriven():
    said = redrive_summary(ARN.format("orders", "monday"), "Load", "A newer one, tuesday, runs.")

    assert said == (
        "Redrive monday of orders: run Load and what follows it again, with the original definition"
        " and input; states that succeeded do not run again. A newer one, tuesday, runs."
    )


def test_without_a_failed_state_or_an_execution_the_words_say_so():
    said = redrive_summary("x", "", "")

    assert said.startswith('Redrive x of "no pipeline": run the failed state and what follows')


@pytest.mark.parametrize("where", ["pipeline", "execution", "state"])
def test_a_name_is_written_so_that_it_looks_like_no_other(where):
    name = "l\u043ead"  # its second letter is Cyrillic
    names = {"pipeline": "orders", "execution": "monday", "state": "Load", where: name}

    said = redrive_summary(ARN.format(names["pipeline"], names["execution"]), names["state"], "")

    assert f'"{name}" (with Cyrillic letters)' in said


def test_a_warning_is_one_line_without_what_would_act_and_of_bounded_length():
    said = redrive_summary(ARN.format("orders", "monday"), "Load", "a\u202eb\n<!here>" + "x" * 9999)

    assert "\u202e" not in said
    assert "\n" not in said
    assert "<!here>" not in said
    assert 600 < len(said) < 900


@pytest.mark.parametrize(
    "change",
    [
        {"action": "query"},
        {"target": "arn:two"},
        {"summary": "Redrive another."},
        {"requester": "local:eve"},
        {"created_at": "2026-01-01T00:00:01Z"},
        {"details": {"reason": "no reason"}},
        {"details": {"reason": "the disk is back", "redrive_count": "1"}},
    ],
    ids=lambda change: ",".join([*change, *change.get("details", ())]),
)
def test_an_id_is_of_all_that_a_person_reads(change):
    assert id_of(ASKED.model_copy(update=change), "nonce") != id_of(ASKED, "nonce")


def test_an_id_is_of_its_own_request_alone():
    reordered = ASKED.model_copy(update={"details": {"b": "2", "a": "1"}})

    assert id_of(ASKED, "one") != id_of(ASKED, "two")
    assert id_of(reordered, "") == id_of(
        ASKED.model_copy(update={"details": {"a": "1", "b": "2"}}), ""
    )


def test_a_yes_to_a_query_is_bound_to_each_part_of_it():
    parts = ("SELECT 1", "sales", "queries", "local:ana")
    changed = [(*parts[:at], "other", *parts[at + 1 :]) for at in range(len(parts))]

    assert len({query_target(*each) for each in (parts, *changed)}) == len(parts) + 1
    assert query_target("SELECT 1", "Sales", *parts[2:]) == query_target(*parts)
