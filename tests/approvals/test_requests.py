import pytest

from datalfred.approvals.models import ApprovalState
from datalfred.approvals.requests import request_redrive
from datalfred.errors import CorrectableError, InvalidInputError, NotFoundError, RefusedError


@pytest.fixture
def ask(store):
    def ask(pipeline="", execution_arn="", requester="local:ana", reason=""):
        return request_redrive(
            store,
            pipeline=pipeline,
            execution_arn=execution_arn,
            reason=reason,
            requester=requester,
        )

    return ask


@pytest.fixture(scope="module")
def failing(stack):
    """One pipeline with one failure, one with two, one whose input is to blame."""
    for name in ("stock-load", "price-load"):
        stack.machine(name, {"Type": "Fail", "Error": "Broken"})
    stack.one = stack.run("stock-load", {"day": "2026-11-19"})
    stack.two = [stack.run("price-load"), stack.run("price-load")]
    stack.machine("campaign-import", {"Type": "Pass", "InputPath": "$.campaign"})
    stack.run("campaign-import")
    return stack


def test_a_pipeline_with_one_failure_is_asked_for(failing, ask, store, redrives):
    asked = ask("Stock Load", reason="the disk is back, ask ana@example.org")

    record = asked.approval
    assert (record.state, record.target) == (ApprovalState.PENDING, failing.one)
    assert record.requester == "local:ana"
    assert record.details["pipeline"] == "stock-load"
    assert record.details["failed_state"] == "Only"
    assert record.details["redrive_count"] == "0"
    assert len(record.details["input_digest"]) == 64
    assert record.details["reason"] == "the disk is back, ask {EMAIL}"
    assert store.pending() == (record,)
    assert redrives == []


def test_asking_again_returns_the_same_request(failing, ask, store):
    first = ask("stock-load").approval

    assert ask(execution_arn=failing.one, requester="local:ben").approval == first
    assert len(store.pending()) == 1


def test_several_failures_are_asked_back_and_nothing_is_written(failing, ask, store):
    asked = ask("price-load")

    assert asked.approval is None
    assert [each.arn for each in asked.candidates] == list(reversed(failing.two))
    assert asked.candidates[0].error == "Broken"
    assert store.pending() == ()


def test_a_fragment_of_several_pipelines_is_asked_back(failing, ask):
    assert {each.pipeline for each in ask("load").candidates} == {"stock-load", "price-load"}


def test_one_of_several_is_named_by_its_arn(failing, ask):
    assert ask("price-load", failing.two[0]).approval.target == failing.two[0]


def test_without_a_proved_person_nothing_is_asked_for(failing, ask, store):
    with pytest.raises(RefusedError, match="cannot prove who asks"):
        ask("stock-load", requester="")

    assert store.pending() == ()


def test_an_execution_of_another_pipeline_is_refused(failing, ask, store):
    with pytest.raises(InvalidInputError, match="belongs to price-load"):
        ask("stock-load", failing.two[0])

    assert store.pending() == ()


def test_a_pipeline_without_failures_has_nothing_to_redrive(failing, ask):
    failing.run("fine")

    with pytest.raises(CorrectableError, match="No execution of fine has failed"):
        ask("fine")


def test_what_cannot_be_redriven_is_refused_with_the_reason(failing, ask, store):
    arn = failing.run("fine")

    with pytest.raises(RefusedError, match="cannot be redriven"):
        ask(execution_arn=arn)

    assert store.pending() == ()


def test_naming_nothing_is_refused(failing, ask):
    with pytest.raises(InvalidInputError, match="Neither a pipeline nor an execution"):
        ask(" ")


@pytest.mark.parametrize("named", [{"pipeline": "nowhere"}, {"execution_arn": "arn:nowhere"}])
def test_what_does_not_exist_is_not_found(failing, ask, named):
    with pytest.raises(NotFoundError):
        ask(**named)


def test_a_failure_of_the_original_input_is_not_asked_for(failing, ask, store):
    with pytest.raises(RefusedError, match="it runs the original input again"):
        ask("campaign-import")

    assert store.pending() == ()
