"""A redrive over four separate processes: asked, listed, approved, followed up."""

import json

import pytest

from tests.scenarios.commands import run_datalfred


@pytest.mark.slow
def test_four_processes_redrive_once_and_the_follow_up_knows(tmp_path):
    def command(*arguments):
        finished = run_datalfred(*arguments, state=tmp_path)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    asked = json.loads(command("ask", "--json", "-id", "night-shift", "redrive orders-ingestion"))
    (pending,) = asked["pending_approvals"]

    (waiting,) = json.loads(command("approvals", "list", "--json"))
    assert (waiting["id"], waiting["state"]) == (pending["id"], "PENDING")

    decided = json.loads(command("approvals", "approve", pending["id"], "--json"))
    assert decided["state"] == "EXECUTED"
    assert decided["decided_by"].startswith("local:")

    again = json.loads(command("approvals", "approve", pending["id"], "--json"))
    assert (again["state"], again["outcome"]) == ("EXECUTED", decided["outcome"])
    assert json.loads(command("approvals", "list", "--json")) == []

    (told,) = json.loads(command("approvals", "history", "--json"))
    assert [row["event"] for row in told["trail"]] == ["asked", "approved", "executed"]
    spoken = command("approvals", "history", pending["id"])
    assert decided["outcome"] in spoken
    assert f"approved  {decided['decided_by']}" in spoken

    followed = json.loads(command("ask", "--json", "-id", "night-shift", "did it work this time?"))
    assert "orders-ingestion" in followed["answer"]
    assert "succeeded" in followed["answer"].lower()
