"""A query above the threshold over separate processes: asked, approved, run once, asked again."""

import json

import pytest

from tests.scenarios.commands import run_datalfred

THRIFTY = {"DATALFRED_QUERY_ASK_USD": "0.00001", "DATALFRED_QUERY_REUSE_MINUTES": "0"}
QUESTION = "how much revenue did we make in March 2026?"


@pytest.mark.slow
def test_a_dear_query_waits_runs_once_after_the_yes_and_waits_again(tmp_path):
    def command(*arguments):
        finished = run_datalfred(*arguments, state=tmp_path, environment=THRIFTY)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def ask(*words):
        return json.loads(command("ask", "--json", "-id", "thrifty", *words))

    asked = ask(QUESTION)
    (pending,) = asked["pending_approvals"]
    assert (asked["sql"], asked["tables"], asked["abstained"]) == ([], [], False)
    assert pending["action"] == "query"
    assert "$" in pending["summary"]
    assert f"datalfred approvals approve {pending['id']}" in asked["answer"]

    early = ask("run it")
    assert [each["id"] for each in early["pending_approvals"]] == [pending["id"]]
    assert early["sql"] == []

    (waiting,) = json.loads(command("approvals", "list", "--json"))
    assert waiting["details"]["sql"] == pending["sql"]
    assert pending["sql"].split()[0] in command("approvals", "list")

    decided = json.loads(command("approvals", "approve", pending["id"], "--json"))
    assert (decided["state"], decided["decided_by"]) == ("APPROVED", decided["requester"])

    (ran,) = ask("yes, it is approved")["sql"]
    assert ran["sql"] == pending["sql"]
    assert ran["bytes_estimated"] >= ran["bytes_scanned"] > 0

    again = ask("run it again")
    assert again["sql"] == []
    assert again["pending_approvals"][0]["id"] != pending["id"]
