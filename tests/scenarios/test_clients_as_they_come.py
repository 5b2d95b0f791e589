"""Unchanged clients against the served stack: a boto3 script and the aws CLI."""

import json

import pytest

from tests.scenarios.commands import ROOT, run

QUESTION = "what tables are in customer?"


def succeed(command, served):
    finished = run(command, {**served.environment(), "AWS_PAGER": ""})
    assert finished.returncode == 0, finished.stderr
    return finished


def test_a_boto3_script_gets_the_answer_of_the_terminal_and_the_traces(served, ask):
    script = ROOT / "docs" / "examples" / "invoke_agent.py"

    finished = succeed([str(script), QUESTION], served)

    assert finished.stdout.strip() == ask(QUESTION)["answer"]
    assert "[data_analyst] orchestrationTrace: invocationInput" in finished.stderr
    assert "[supervisor] orchestrationTrace: modelInvocationOutput" in finished.stderr
    assert len(script.read_text("utf-8").splitlines()) <= 40


def test_the_aws_cli_lists_the_tables_of_the_catalog(served):
    aws = ["-m", "awscli", "--output", "json"]

    finished = succeed([*aws, "glue", "get-tables", "--database-name", "sales"], served)

    names = {table["Name"] for table in json.loads(finished.stdout)["TableList"]}
    assert {"orders", "order_items", "products", "returns", "stores"} <= names


def test_the_aws_cli_runs_a_query_in_athena(served, truth):
    aws = ["-m", "awscli", "--output", "json", "athena"]
    sql = "SELECT count(*) FROM sales.orders WHERE country = 'FR'"
    where = "OutputLocation=s3://demo-lake/cli/"
    started = succeed(
        [*aws, "start-query-execution", "--query-string", sql, "--result-configuration", where],
        served,
    )
    query = json.loads(started.stdout)["QueryExecutionId"]

    state = "QUEUED"
    while state in {"QUEUED", "RUNNING"}:
        found = succeed([*aws, "get-query-execution", "--query-execution-id", query], served)
        state = json.loads(found.stdout)["QueryExecution"]["Status"]["State"]
    rows = json.loads(
        succeed([*aws, "get-query-results", "--query-execution-id", query], served).stdout
    )

    assert state == "SUCCEEDED"
    value = rows["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"]
    assert [(int(value),)] == truth.rows(sql)


def test_the_aws_cli_invokes_a_function_with_an_event_from_a_file(served, tmp_path):
    answer = tmp_path / "answer.json"
    event = ROOT / "tests" / "events" / "bedrock_list_databases.json"
    aws = ["-m", "awscli", "--output", "json", "lambda", "invoke"]
    function = ["--function-name", "datalfred_demo_local_glue"]

    succeed([*aws, *function, "--payload", f"file://{event}", str(answer)], served)

    reply = json.loads(answer.read_text("utf-8"))["response"]
    assert reply["httpStatusCode"] == 200
    assert "sales" in reply["responseBody"]["application/json"]["body"]


@pytest.mark.parametrize(
    "name", ["AWS_ENDPOINT_URL", "DATALFRED_AGENT_ID", "DATALFRED_AGENT_ALIAS_ID"]
)
def test_the_environment_names_what_a_client_needs(served, name):
    assert served.environment()[name]
