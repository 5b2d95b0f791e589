"""A stage is tried out as its operator would, here against the stack of a laptop."""

import json

import pytest

from tests.scenarios.commands import run_datalfred


@pytest.mark.slow
def test_a_smoke_test_asks_every_collaborator_and_leaves_nothing_behind(served, state):
    finished = run_datalfred("stage", "smoke", "--json", state=state)

    outcomes = {each["what"]: each for each in json.loads(finished.stdout)}
    assert finished.returncode == 0, finished.stdout
    assert list(outcomes) == [
        "data_analyst answers",
        "run_guy answers",
        "approvals are listed",
        "a request is denied",
        "an unknown request is not found",
    ]
    assert "list_databases" in outcomes["data_analyst answers"]["detail"]
    assert outcomes["a request is denied"]["detail"].endswith("is DENIED")
    assert outcomes["run_guy answers"]["seconds"] > 0
    assert outcomes["run_guy answers"]["cost_usd"] == 0.0
    waiting = run_datalfred("approvals", "list", "--json", state=state)
    assert json.loads(waiting.stdout) == []


@pytest.mark.slow
def test_a_stage_is_asked_by_its_name_alone(served, state):
    """Through CloudFormation, as on AWS: nothing in the environment names an agent."""
    environment = {
        name: value for name, value in served.environment().items() if name.startswith("AWS_")
    }
    named = ("-p", "demo", "-s", "local", "-m", "small")

    asked = run_datalfred(
        "ask", "--json", *named, "which databases are there?", state=state, environment=environment
    )
    told = run_datalfred("stage", "outputs", *named, state=state, environment=environment)

    answer = json.loads(asked.stdout)
    assert answer["target"] == "aws: demo/local"
    assert "sales" in answer["answer"]
    outputs = dict(line.split("=", 1) for line in told.stdout.splitlines())
    assert outputs["DATALFRED_AGENT_ID_SMALL"]
    assert outputs["DATALFRED_APPROVER_URL"] == served.environment()["DATALFRED_APPROVER_URL"]


@pytest.mark.slow
def test_a_smoke_test_leaves_the_request_of_somebody_else_alone(served, state, ask):
    (pending,) = ask("redrive orders-ingestion")["pending_approvals"]

    finished = run_datalfred("stage", "smoke", state=state)

    assert finished.returncode == 0, finished.stdout
    assert f"{pending['id']} is left alone" in finished.stdout
    assert "local: demo lake: 5 of 5 went well" in finished.stdout
    waiting = json.loads(run_datalfred("approvals", "list", "--json", state=state).stdout)
    assert [each["id"] for each in waiting] == [pending["id"]]
    run_datalfred("approvals", "deny", pending["id"], state=state)


@pytest.mark.slow
def test_a_smoke_test_that_fails_says_what_was_seen(served, state):
    finished = run_datalfred("stage", "smoke", "--pipeline", "no-such-pipeline", state=state)

    assert finished.returncode == 1
    assert "FAIL  a request is denied" in finished.stdout
    assert "nothing was asked for: " in finished.stdout
    assert "4 of 5 went well" in finished.stdout
