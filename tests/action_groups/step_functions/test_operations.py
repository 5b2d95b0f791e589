import pytest

from action_groups.step_functions.handler import handler
from action_groups.step_functions.models import (
    DiagnosedExecution,
    Executions,
    Pipelines,
    RequestedRedrive,
)
from datalfred.lake.pipelines import executions
from tests.bedrock_events import call
from tests.pipelines_stack import failed

LONG = "x" * 900


@pytest.fixture(scope="module")
def pipelines(stack):
    stack.cluster()
    stack.machine("orders-ingestion", stack.task("orders", log_group="/ecs/orders"))
    lines = [f"ERROR {number} {LONG}" for number in range(200)]
    stack.workload("ecs", "orders", failed(f"OutOfMemoryError: {LONG}", *lines, exit_code=137))
    stack.machine("customer-sync", {"Type": "Pass"})
    stack.failed = stack.run("orders-ingestion")
    stack.run("customer-sync")
    return stack


def test_pipelines_are_listed(pipelines):
    status, said = call(handler, "list_pipelines")

    found = Pipelines.model_validate(said)
    assert status == 200
    assert [each.name for each in found.pipelines] == ["customer-sync", "orders-ingestion"]
    assert found.evidence == "Step Functions lists 2 pipelines; page 1 of 1."


def test_pipelines_are_found_by_a_fragment(pipelines):
    _, said = call(handler, "list_pipelines", name="ORDERS")

    assert [each["name"] for each in said["pipelines"]] == ["orders-ingestion"]
    assert "like 'ORDERS'" in said["evidence"]


def test_executions_are_listed(pipelines):
    _, said = call(handler, "list_executions", pipeline="orders", status="failed", hours=1)

    found = Executions.model_validate(said)
    assert [each.arn for each in found.executions] == [pipelines.failed]
    assert found.executions[0].failed_state == "Only"
    assert "1 execution of orders as failed since" in found.evidence


def test_a_list_that_is_not_whole_says_so(pipelines, monkeypatch):
    monkeypatch.setattr(executions, "_PAGE", 1)
    monkeypatch.setattr(executions, "_PAGES_PER_PIPELINE", 1)
    pipelines.run("customer-sync")

    _, said = call(handler, "list_executions", pipeline="customer-sync")

    assert "lists at least 1 execution " in said["evidence"]


def test_the_newest_failure_is_diagnosed_when_nothing_is_named(pipelines):
    status, said = call(handler, "diagnose_execution")

    found = DiagnosedExecution.model_validate(said)
    assert status == 200
    assert found.diagnosis.execution.arn == pipelines.failed
    assert "needed more memory" in found.diagnosis.hypotheses[0].statement
    assert found.evidence.startswith("orders-ingestion ")
    assert "FAILED in Only, ecs ecs:lake/" in found.evidence


def test_an_execution_is_diagnosed_by_its_arn(pipelines):
    _, said = call(handler, "diagnose_execution", execution_arn=pipelines.failed)

    assert said["diagnosis"]["execution"]["arn"] == pipelines.failed


def test_a_redrive_is_asked_for_and_nothing_runs(pipelines):
    status, said = call(handler, "request_redrive", pipeline="orders-ingestion", reason="please")

    found = RequestedRedrive.model_validate(said)
    assert status == 200
    assert found.pending_approval.requester == "local:ana"
    assert "nothing has been redriven yet" in found.evidence
    stepfunctions = pipelines.client("stepfunctions")
    described = stepfunctions.describe_execution(executionArn=pipelines.failed)
    assert described["redriveCount"] == 0


def test_without_a_proved_person_a_redrive_is_refused(pipelines):
    status, said = call(handler, "request_redrive", user="", pipeline="orders-ingestion")

    assert (status, said["error"]["code"]) == (403, "REFUSED")
    assert "cannot prove who asks" in said["error"]["message"]


def test_several_executions_are_asked_back(pipelines):
    pipelines.machine("broken", {"Type": "Fail"})
    for _ in range(2):
        pipelines.run("broken")

    status, said = call(handler, "request_redrive", pipeline="broken")

    assert (status, said["pending_approval"], len(said["candidates"])) == (200, None, 2)
    assert "2 failed executions fit broken" in said["evidence"]


@pytest.mark.parametrize(
    ("operation", "values", "status"),
    [
        ("list_executions", {"pipeline": "nowhere"}, 404),
        ("list_executions", {"status": "lost"}, 400),
        ("list_executions", {"hours": "0"}, 400),
        ("list_pipelines", {"page": "9"}, 400),
        ("diagnose_execution", {"execution_arn": "nonsense"}, 404),
        ("request_redrive", {}, 400),
        ("redrive_execution", {}, 404),
    ],
)
def test_a_wrong_call_is_told_the_way_out(pipelines, operation, values, status):
    answered, said = call(handler, operation, **values)

    assert answered == status
    assert said["error"]["message"]
    assert set(said) == {"error"}


def test_a_full_page_of_failures_fits(pipelines):
    words = 'ä"\\' * 300
    pipelines.machine("wordy", {"Type": "Fail", "Error": words[:200], "Cause": words})
    for _ in range(20):
        pipelines.run("wordy")

    _, said = call(handler, "list_executions", pipeline="wordy")

    assert said["total"] == 20
    assert len(said["executions"]) >= 15


@pytest.mark.parametrize("verb", ["StopExecution", "RedriveExecution", "DeleteStateMachine"])
def test_no_operation_carries_a_verb_that_changes_a_pipeline(pipelines, verb):
    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in verb).strip("_")

    assert call(handler, snake)[0] == 404
