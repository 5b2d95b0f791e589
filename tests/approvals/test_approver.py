from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError

from datalfred import clients, settings
from datalfred.approvals import rows
from datalfred.approvals.approver import approvers_of, is_approver, open_approver
from datalfred.approvals.inbox import open_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.store import CLAIM_SECONDS
from datalfred.approvals.terms import redrive_summary
from datalfred.errors import NotFoundError, RefusedError
from tests.approvals.test_store import at_once, cancelled

ROLE = "arn:aws:sts::123456789012:assumed-role/DataOps"


class Crash(BaseException):
    """The process dies."""


def crashing():
    raise Crash


def redrive_count(record):
    stepfunctions = clients.client("stepfunctions")
    return stepfunctions.describe_execution(executionArn=record.target)["redriveCount"]


def refusing(monkeypatch, code, operation="redrive_execution"):
    client = clients.client("stepfunctions")

    def refuse(**_):
        raise ClientError({"Error": {"Code": code, "Message": code}}, "RedriveExecution")

    monkeypatch.setattr(client, operation, refuse)


def test_a_person_on_the_list_approves_and_it_happens_once(approver, pending, redrives, trail):
    record = pending()

    done = approver().approve(record.id, "local:ben")

    assert (done.state, done.decided_by) == (ApprovalState.EXECUTED, "local:ben")
    assert done.outcome.startswith("Redriven at ")
    assert redrives == [{"executionArn": record.target, "clientToken": record.id}]
    assert redrive_count(record) == 1
    assert trail(record) == ["asked", "approved", "executed"]


def test_sixteen_who_approve_at_once_redrive_once_and_all_learn_of_it(
    approver, pending, redrives, trail
):
    record, one = pending(), approver(patience_seconds=5)

    done = at_once(lambda: one.approve(record.id, "local:ben"))

    assert len(redrives) == 1
    assert redrive_count(record) == 1
    assert {each.state for each in done} == {ApprovalState.EXECUTED}
    assert trail(record) == ["asked", "approved", "executed"]


def test_a_second_approval_returns_what_came_of_the_first(approver, pending, redrives):
    record = pending()
    first = approver().approve(record.id, "local:ben")

    assert approver().approve(record.id, "local:ana") == first
    assert len(redrives) == 1


@pytest.mark.parametrize("who", ["local:eve", "slack:T:U", "", f"iam:{ROLE}/ana"])
def test_who_is_not_on_the_list_is_refused_and_written_down(
    approver, pending, redrives, store, who
):
    record = pending()

    with pytest.raises(RefusedError, match="not on the list"):
        approver().approve(record.id, who)

    assert store.get(record.id).state is ApprovalState.PENDING
    assert [(row.event, row.who) for row in store.audit.of(record.id)] == [
        ("asked", "local:ana"),
        ("refused", who),
    ]
    assert redrives == []


def test_who_asked_may_not_approve_where_two_are_needed(approver, pending, trail):
    record = pending()

    with pytest.raises(RefusedError, match="may not also approve"):
        approver(requester_may_approve=False).approve(record.id, "local:ana")

    assert trail(record) == ["asked", "refused"]
    assert approver(requester_may_approve=False).approve(record.id, "local:ben").outcome


def test_a_denied_request_stays_denied(approver, pending, redrives, trail):
    record = pending()

    denied = approver().deny(record.id, "local:ben")

    assert denied.state is ApprovalState.DENIED
    assert approver().deny(record.id, "local:ben").state is ApprovalState.DENIED
    with pytest.raises(RefusedError, match="denied by local:ben"):
        approver().approve(record.id, "local:ben")
    assert redrives == []
    assert trail(record) == ["asked", "denied", "refused"]


def test_who_asked_may_withdraw_and_a_stranger_may_not(approver, pending):
    record = pending(requester="slack:T:U1")

    with pytest.raises(RefusedError):
        approver().deny(record.id, "slack:T:U2")
    assert approver().deny(record.id, "slack:T:U1").state is ApprovalState.DENIED


def test_an_expired_request_is_refused_and_written_down(approver, pending, clock, redrives, trail):
    record = pending()
    clock.ahead = 15 * 60 + 1

    with pytest.raises(RefusedError, match="expired"):
        approver().approve(record.id, "local:ben")
    with pytest.raises(RefusedError, match="expired"):
        approver().deny(record.id, "local:ben")

    assert redrives == []
    assert trail(record) == ["asked", "expired", "refused", "refused"]


def test_what_was_carried_out_cannot_be_denied(approver, pending):
    record = pending()
    approver().approve(record.id, "local:ben")

    with pytest.raises(RefusedError, match="carried out before"):
        approver().deny(record.id, "local:ben")


def test_an_unknown_request_is_not_found(approver, pending):
    with pytest.raises(NotFoundError):
        approver().approve("0" * 32, "local:ben")


def test_a_crash_before_the_redrive_is_resumed_once(approver, pending, clock, redrives, trail):
    record = pending()
    with pytest.raises(Crash):
        approver(stepfunctions=crashing).approve(record.id, "local:ben")
    assert approver().get(record.id).state is ApprovalState.APPROVED
    assert approver().resume() == ()

    clock.ahead = CLAIM_SECONDS + 2
    resumed = at_once(approver().resume, 8)

    (done,) = [each for found in resumed for each in found]
    assert (done.state, done.id) == (ApprovalState.EXECUTED, record.id)
    assert len(redrives) == 1
    assert trail(record) == ["asked", "approved", "executed"]


def test_a_crash_before_the_redrive_is_finished_by_the_next_click(
    approver, pending, clock, redrives
):
    record = pending()
    with pytest.raises(Crash):
        approver(stepfunctions=crashing).approve(record.id, "local:ben")
    clock.ahead = CLAIM_SECONDS + 2

    assert approver().approve(record.id, "local:ana").state is ApprovalState.EXECUTED
    assert len(redrives) == 1


def test_a_click_while_another_process_works_waits_and_tells_how_it_stands(
    approver, pending, redrives
):
    record = pending()
    with pytest.raises(Crash):
        approver(stepfunctions=crashing).approve(record.id, "local:ben")

    assert approver().approve(record.id, "local:ana").state is ApprovalState.APPROVED
    assert redrives == []


def test_a_crash_after_the_redrive_does_not_redrive_again(
    approver, pending, store, clock, redrives
):
    record = pending()
    store.approve(record.id, "local:ben")
    assert store.takes_turn(record)
    clients.client("stepfunctions").redrive_execution(
        executionArn=record.target, clientToken=record.id
    )
    clock.ahead = CLAIM_SECONDS + 2

    (done,) = approver().resume()

    assert (done.state, len(redrives)) == (ApprovalState.EXECUTED, 1)
    assert "confirmed when the approval was resumed" in done.outcome


def test_what_was_redriven_by_other_hands_is_not_redriven_again(approver, pending, stack, redrives):
    record = pending()
    clients.client("stepfunctions").redrive_execution(executionArn=record.target)
    stack.ended(record.target)

    done = approver().approve(record.id, "local:ben")

    assert done.state is ApprovalState.EXECUTED
    assert "nothing more was done" in done.outcome
    assert redrive_count(record) == 1


def test_what_is_no_longer_redrivable_fails_with_the_reason(
    *, approver, pending, stack, trail, redrives
):
    record = pending(target=stack.run("fine"))

    done = approver().approve(record.id, "local:ben")

    assert redrives == []
    assert done.state is ApprovalState.FAILED
    assert done.outcome.startswith("It cannot be redriven:")
    assert trail(record) == ["asked", "approved", "failed"]
    with pytest.raises(RefusedError, match="approved, but failed"):
        approver().approve(record.id, "local:ben")


def test_a_redrive_that_lost_a_race_is_recognised_by_the_count(approver, pending, monkeypatch):
    record = pending()
    client = clients.client("stepfunctions")
    real = client.redrive_execution

    def race(**request):
        real(executionArn=request["executionArn"])
        raise ClientError({"Error": {"Code": "ExecutionNotRedrivable", "Message": "RUNNING"}}, "R")

    monkeypatch.setattr(client, "redrive_execution", race)

    assert approver().approve(record.id, "local:ben").state is ApprovalState.EXECUTED


def test_step_functions_own_refusal_fails_the_request(approver, pending, monkeypatch):
    refusing(monkeypatch, "ExecutionNotRedrivable")

    done = approver().approve(pending().id, "local:ben")

    assert done.state is ApprovalState.FAILED


def test_a_missing_permission_fails_the_request_in_words(approver, pending, monkeypatch):
    refusing(monkeypatch, "AccessDeniedException")

    done = approver().approve(pending().id, "local:ben")

    assert done.state is ApprovalState.FAILED
    assert "AWS denied" in done.outcome


def test_a_passing_trouble_leaves_it_approved_for_the_schedule(
    approver, pending, clock, monkeypatch, redrives
):
    with monkeypatch.context() as trouble:
        refusing(trouble, "ThrottlingException")
        record = approver().approve(pending().id, "local:ben")
        clock.ahead = CLAIM_SECONDS + 2
        still = approver().resume()
    assert record.state is ApprovalState.APPROVED
    assert still == ()

    clock.ahead = 3 * (CLAIM_SECONDS + 2)
    (done,) = approver().resume()

    assert (done.id, done.state) == (record.id, ApprovalState.EXECUTED)


def test_two_approvals_of_one_execution_that_overlap_redrive_it_once(
    *, approver, pending, stack, names, redrives
):
    first = pending()
    key = {"id": {"S": open_key("redrive", first.target)}}
    stack.client("dynamodb").delete_item(TableName=names["requests"], Key=key)
    second = pending(target=first.target)
    real, done = clients.client("stepfunctions"), []

    def describe(**given):
        answer = real.describe_execution(**given)
        if not done:
            done.append(approver().approve(second.id, "local:ben"))
            stack.ended(first.target)
        return answer

    overtaken = SimpleNamespace(
        describe_execution=describe,
        redrive_execution=real.redrive_execution,
        exceptions=real.exceptions,
    )
    late = approver(stepfunctions=lambda: overtaken).approve(first.id, "local:ben")

    assert (done[0].state, late.state) == (ApprovalState.EXECUTED, ApprovalState.FAILED)
    assert late.outcome == "Another approval of the same redrive carries it out."
    assert redrive_count(first) == len(redrives) == 1


def test_an_execution_that_failed_again_is_redriven_on_another_yes(
    approver, pending, stack, redrives
):
    first = pending()
    approver().approve(first.id, "local:ben")
    stack.ended(first.target)
    second = pending(target=first.target, details={"redrive_count": "1", "failed_state": "Only"})

    done = approver().approve(second.id, "local:ben")

    assert (done.state, done.outcome[:8]) == (ApprovalState.EXECUTED, "Redriven")
    assert [each["clientToken"] for each in redrives] == [first.id, second.id]


def test_two_executions_of_one_count_are_each_redriven(approver, pending, redrives):
    records = [pending(), pending()]

    done = [approver().approve(each.id, "local:ben").state for each in records]

    assert done == [ApprovalState.EXECUTED] * 2
    assert [each["executionArn"] for each in redrives] == [each.target for each in records]


def test_a_crash_between_the_turn_and_the_redrive_is_resumed(
    *, approver, pending, store, clock, redrives
):
    record = pending()
    store.approve(record.id, "local:ben")
    assert store.takes_turn(record)
    clock.ahead = CLAIM_SECONDS + 2

    (done,) = approver().resume()

    assert (done.id, done.state) == (record.id, ApprovalState.EXECUTED)
    assert len(redrives) == 1


@pytest.mark.parametrize("operation", ["describe_execution", "redrive_execution"])
def test_an_answer_that_got_lost_says_that_a_repeat_is_safe_and_it_is(
    *, approver, pending, clock, monkeypatch, redrives, operation
):
    record, client = pending(), clients.client("stepfunctions")
    real = getattr(client, operation)

    def lost(**given):
        real(**given)
        raise ReadTimeoutError(endpoint_url="here")

    with monkeypatch.context() as trouble:
        trouble.setattr(client, operation, lost)
        told = approver().approve(record.id, "local:ben")
    clock.ahead = CLAIM_SECONDS + 2
    done = approver().approve(record.id, "local:ben")

    assert told.state is ApprovalState.APPROVED
    assert "approving once more is safe" in told.outcome
    assert (done.state, redrive_count(record)) == (ApprovalState.EXECUTED, 1)
    assert len(redrives) == 1


def test_a_defect_leaves_it_approved_and_is_not_hidden(approver, pending, monkeypatch):
    record = pending()

    def broken(**_):
        raise KeyError("ours")

    monkeypatch.setattr(clients.client("stepfunctions"), "describe_execution", broken)
    with pytest.raises(KeyError):
        approver().approve(record.id, "local:ben")

    assert approver().get(record.id).state is ApprovalState.APPROVED


def test_a_record_that_breaks_the_schedule_keeps_no_other_from_being_finished(
    *, approver, pending, store, clock, redrives
):
    def left_behind(record):
        with pytest.raises(Crash):
            approver(stepfunctions=crashing).approve(record.id, "local:ben")
        return record

    older = left_behind(pending())
    words = {"summary": redrive_summary("", "", ""), "requester": "local:ana", "details": {}}
    broken = left_behind(store.create(action="redrive", target="", **words))
    clock.ahead = CLAIM_SECONDS + 2

    with pytest.raises(ParamValidationError):
        approver().resume()

    assert approver().get(older.id).state is ApprovalState.EXECUTED
    assert approver().get(broken.id).state is ApprovalState.APPROVED
    assert len(redrives) == 1


def test_a_throttled_turn_leaves_it_approved(approver, pending, store, monkeypatch):
    record, client = pending(), store._rows._dynamodb
    real = client.transact_write_items

    def throttled(**given):
        if given["TransactItems"][0].get("Put", {}).get("Item", {}).get("approval"):
            raise cancelled(client, "ThrottlingError")
        return real(**given)

    monkeypatch.setattr(rows, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(client, "transact_write_items", throttled)

    assert approver().approve(record.id, "local:ben").state is ApprovalState.APPROVED


def test_an_old_approval_is_not_carried_out_any_more(approver, pending, clock, redrives):
    record = pending()
    with pytest.raises(Crash):
        approver(stepfunctions=crashing).approve(record.id, "local:ben")
    clock.ahead = 3601

    (done,) = approver().resume()

    assert done.state is ApprovalState.FAILED
    assert "over an hour ago" in done.outcome
    assert redrives == []


def test_an_approved_query_waits_for_its_use_and_is_not_run_here(
    approver, query, store, clock, redrives
):
    record = query()

    approved = approver().approve(record.id, "local:ben")

    assert approved.state is ApprovalState.APPROVED
    assert approver().approve(record.id, "local:ana") == approved
    assert approver().resume() == ()
    with pytest.raises(RefusedError, match="approved by local:ben before"):
        approver().deny(record.id, "local:ben")
    store.use(record.id)
    assert approver().approve(record.id, "local:ben").state is ApprovalState.USED
    with pytest.raises(RefusedError, match="used before"):
        approver().deny(record.id, "local:ben")
    assert redrives == []


def test_the_schedule_expires_what_waited_too_long(
    *, approver, pending, query, store, clock, trail
):
    record = pending()
    asked = query()
    store.approve(asked.id, "local:ben")
    clock.ahead = 15 * 60 + 2

    assert approver().resume() == ()
    assert trail(record)[-1] == "expired"
    assert trail(asked)[-1] == "expired"


def test_requests_are_listed_and_read(approver, pending):
    record = pending()

    assert record in approver().pending()
    assert approver().get(record.id) == record


@pytest.mark.parametrize(
    ("who", "entry", "may"),
    [
        ("local:ana", "local:ana", True),
        ("local:anabel", "local:ana", False),
        ("slack:T1:U1", "slack:T1:U1", True),
        ("slack:T2:U1", "slack:T1:U1", False),
        (f"iam:{ROLE}/ana", f"iam:{ROLE}/ana", True),
        (f"iam:{ROLE}/ana", f"iam:{ROLE}/*", True),
        (f"iam:{ROLE}/ana/x", f"iam:{ROLE}/*", False),
        (f"iam:{ROLE}Evil/ana", f"iam:{ROLE}/*", False),
        (f"iam:{ROLE}/ana", "iam:*", False),
        ("slack:T1:U1", "slack:T1/*", False),
        ("slack:T1/U1", "slack:T1/*", False),
        ("", "", False),
    ],
)
def test_an_identity_stands_on_the_list_exactly_or_as_a_session_of_its_role(who, entry, may):
    assert is_approver(who, (entry,)) is may


def test_an_empty_list_means_the_own_user_on_a_laptop_and_nobody_elsewhere():
    laptop = settings.Settings()
    deployed = settings.Settings(stage_name="prod")
    named = settings.Settings(approvers=("slack:T:U",))

    assert approvers_of(laptop) == (settings.operating_system_user(),)
    assert approvers_of(deployed) == ()
    assert approvers_of(named) == ("slack:T:U",)


def test_the_stage_makes_its_approver(stack, pending, project):
    record = pending()

    with stack.using(approvers="local:zoe", requester_may_approve="false", project_name=project):
        done = open_approver().approve(record.id, "local:zoe")

    assert done.state is ApprovalState.EXECUTED
