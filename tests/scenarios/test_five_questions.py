"""A data-lake team's five classic questions, held against the lake itself."""

import json
import re

from datalfred import clients
from datalfred.cli.demo import QUESTIONS
from tests.scenarios.commands import run_datalfred

TABLES, PREVIEW, STATUS, ERRORS, REDRIVE = QUESTIONS


def test_the_tables_of_a_database_are_exactly_those_of_the_catalog(ask, laptop):
    answer = ask(TABLES)

    glue = clients.client("glue")
    names = {table["Name"] for table in glue.get_tables(DatabaseName="customer")["TableList"]}
    assert set(re.findall(r"customer\.(\w+)", answer["answer"])) == names


def test_a_preview_is_ten_rows_in_the_order_of_their_time(ask, truth):
    answer = ask(PREVIEW)

    (table,) = answer["tables"]
    place = table["columns"].index("order_id")
    newest = truth.rows("SELECT order_id FROM sales.orders ORDER BY ordered_at DESC LIMIT 10")
    assert {row[place] for row in table["rows"]} == {str(order_id) for (order_id,) in newest}
    assert answer["sql"][0]["bytes_scanned"] > 0 or "reused" in answer["answer"]


def test_the_status_of_a_run_is_that_of_its_execution(ask, laptop):
    answer = ask(STATUS)

    states = clients.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    (arn,) = [each["stateMachineArn"] for each in machines if each["name"] == "orders-ingestion"]
    newest = states.list_executions(stateMachineArn=arn)["executions"][0]
    assert newest["status"] == "FAILED"
    assert "failed" in answer["answer"].lower()
    assert newest["name"] in answer["answer"]


def test_errors_of_a_log_are_lines_of_its_group(ask, laptop):
    answer = ask(ERRORS)

    called = answer["operations"][-1]
    assert (called["action_group"], called["operation"]) == ("cloudwatch", "search_logs")
    group = next(
        each["logGroupName"]
        for each in clients.client("logs").describe_log_groups()["logGroups"]
        if "orders-loader" in each["logGroupName"]
    )
    events = clients.client("logs").filter_log_events(
        logGroupName=group, filterPattern="?ERROR ?Exception"
    )["events"]
    assert events
    assert any(event["message"].split(maxsplit=2)[-1][:40] in answer["answer"] for event in events)


def test_a_redrive_waits_for_a_person_and_nothing_runs(ask, laptop):
    answer = ask(REDRIVE)

    (pending,) = answer["pending_approvals"]
    assert pending["action"] == "redrive"
    assert pending["id"] in answer["answer"]
    states = clients.client("stepfunctions")
    execution = states.describe_execution(executionArn=pending["target"])
    assert (execution["status"], execution["redriveCount"]) == ("FAILED", 0)


def test_every_answer_says_where_it_came_from_and_what_it_cost(ask):
    answer = ask(TABLES)

    assert answer["target"] == "local: demo lake"
    assert answer["agents"] == ["supervisor", "data_analyst"]
    assert answer["cost_usd"] == 0.0
    assert answer["usage"]["input_tokens"] > 0
    assert json.dumps(answer)


def test_the_demo_asks_them_all_in_a_pipe_and_ends_well(served, state):
    finished = run_datalfred("demo", state=state)

    assert finished.returncode == 0, finished.stderr
    for question in QUESTIONS:
        assert f"> {question}" in finished.stdout
    assert "I cannot answer that" not in finished.stdout
    assert "\x1b[" not in finished.stdout


def test_what_waits_is_listed_for_a_person_and_can_be_denied(served, state, ask):
    (pending,) = ask(REDRIVE)["pending_approvals"]

    listed = run_datalfred("approvals", "list", state=state).stdout
    denied = run_datalfred("approvals", "deny", pending["id"], state=state).stdout

    assert f"{pending['id']}  PENDING" in listed
    assert "may be approved until" in listed
    assert f"{pending['id']}  DENIED" in denied
    assert run_datalfred("approvals", "list", state=state).stdout == "Nothing waits for approval.\n"
