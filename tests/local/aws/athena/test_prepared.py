"""Prepared statements: made, changed and run through the API and in SQL, each in its workgroup."""

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def prepared(boto, lake):
    """Makes a prepared statement in the primary workgroup, and forgets it in the end."""
    client, made = boto("athena"), []

    def make(name, sql, **more):
        client.create_prepared_statement(
            StatementName=name, WorkGroup="primary", QueryStatement=sql, **more
        )
        made.append(name)

    yield make
    for name in made:
        client.delete_prepared_statement(StatementName=name, WorkGroup="primary")


def _refused(call, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    return refusal.value.response["Error"]


def test_a_prepared_statement_runs_with_the_parameters_of_using(prepared, rows):
    prepared("by_id", "SELECT order_id, ? FROM orders WHERE order_id = ? AND month = ?")

    assert rows("EXECUTE by_id USING 'a, b', 101, '2024-02'") == [("101", "a, b")]


def test_a_prepared_statement_runs_with_the_execution_parameters(prepared, rows):
    prepared("doubled", "SELECT ? * 2")

    assert rows("EXECUTE doubled", ExecutionParameters=["21"]) == [("42",)]
    assert rows("execute doubled using 21;") == [("42",)]


def test_prepare_and_deallocate_in_sql_keep_and_forget(boto, run, rows):
    made = run("PREPARE today FROM SELECT DATE '2024-01-01'")

    assert made["Status"]["State"] == "SUCCEEDED"
    assert (made["StatementType"], made["SubstatementType"]) == ("DDL", "PREPARE")
    assert rows("EXECUTE today") == [("2024-01-01",)]

    assert run("DEALLOCATE PREPARE today")["Status"]["State"] == "SUCCEEDED"
    error = _refused(boto("athena").start_query_execution, QueryString="EXECUTE today")
    assert error["Code"] == "ResourceNotFoundException"


def test_a_prepared_statement_is_described_listed_and_changed(boto, prepared):
    client = boto("athena")
    prepared("b", "SELECT 1", Description="one")
    prepared("a", "SELECT 2")

    described = client.get_prepared_statement(StatementName="b", WorkGroup="primary")
    assert described["PreparedStatement"] | {"LastModifiedTime": None} == {
        "StatementName": "b",
        "QueryStatement": "SELECT 1",
        "WorkGroupName": "primary",
        "Description": "one",
        "LastModifiedTime": None,
    }
    client.update_prepared_statement(
        StatementName="b", WorkGroup="primary", QueryStatement="SELECT 3"
    )
    batch = client.batch_get_prepared_statement(
        PreparedStatementNames=["b", "z"], WorkGroup="primary"
    )
    assert [each["QueryStatement"] for each in batch["PreparedStatements"]] == ["SELECT 3"]
    assert [each["StatementName"] for each in batch["UnprocessedPreparedStatementNames"]] == ["z"]
    listed = client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert [each["StatementName"] for each in listed] == ["a", "b"]


def test_prepared_statements_belong_to_their_workgroup(boto, prepared):
    client = boto("athena")
    client.create_work_group(Name="others")
    prepared("mine", "SELECT 1")

    error = _refused(client.get_prepared_statement, StatementName="mine", WorkGroup="others")
    assert error["Code"] == "ResourceNotFoundException"
    assert client.list_prepared_statements(WorkGroup="others")["PreparedStatements"] == []
    client.delete_work_group(WorkGroup="others")


def test_what_cannot_be_prepared_or_executed_is_refused_at_once(boto, prepared):
    client = boto("athena")
    prepared("once", "SELECT ?")

    def start(sql, **more):
        return _refused(client.start_query_execution, QueryString=sql, **more)

    twice = _refused(
        client.create_prepared_statement,
        StatementName="once",
        WorkGroup="primary",
        QueryStatement="SELECT 1",
    )
    assert "already exists" in twice["Message"]
    assert "Expecting: PREPARE" in start("PREPARE once")["Message"]
    assert "Invalid prepared statement name" in start("PREPARE 1x FROM SELECT 1")["Message"]
    assert "Expecting: EXECUTE" in start("EXECUTE once 1")["Message"]
    assert "Expecting: DEALLOCATE" in start("DEALLOCATE once")["Message"]
    assert "expected 1 but found 2" in start("EXECUTE once USING 1, 2")["Message"]
    assert "expected 1 but found 0" in start("EXECUTE once")["Message"]
    both = start("EXECUTE once USING 1", ExecutionParameters=["2"])
    assert "Parameters stand in USING" in both["Message"]
