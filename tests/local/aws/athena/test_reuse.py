"""Reuse of results, pages of results, and results that Athena keeps itself."""

import time

import botocore.exceptions
import pytest

from datalfred.local.aws.athena import executions


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response["Error"]


def reuse(minutes=60):
    age = {"Enabled": True, "MaxAgeInMinutes": minutes}
    return {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": age}}


def was_reused(execution):
    return succeeded(execution)["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def values(boto, execution):
    page = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    return [row["Data"][0].get("VarCharValue") for row in page["ResultSet"]["Rows"][1:]]


def test_changed_data_is_not_noticed_by_a_reused_result(boto, run):
    succeeded(run("CREATE TABLE moving AS SELECT 1 AS x"))
    first = succeeded(run("SELECT count(*) AS n FROM moving"))
    succeeded(run("INSERT INTO moving VALUES (2)"))

    again = run("SELECT count(*) AS n FROM moving", **reuse())

    assert was_reused(again)
    assert again["ResultConfiguration"] == first["ResultConfiguration"]
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert values(boto, again) == ["1"]
    assert values(boto, run("SELECT count(*) AS n FROM moving")) == ["2"]


def test_a_query_that_is_never_the_same_twice_is_reused_as_well(boto, run):
    first = run("SELECT random() AS r")

    again = run("SELECT random() AS r", **reuse())

    assert was_reused(again)
    assert values(boto, again) == values(boto, first)


@pytest.mark.parametrize(
    ("sql", "more"),
    [
        ("SELECT max(order_id) AS kept FROM orders ", {}),
        ("SELECT max(order_id) AS kept FROM orders", {"database": "default"}),
        ("SELECT max(order_id) AS kept FROM orders", {"output": "s3://results/elsewhere/"}),
        ("SELECT max(order_id) AS kept FROM orders", {"workgroup": "reusing"}),
        ("SELECT max(order_id) AS kept FROM orders", {"minutes": 0}),
    ],
)
def test_another_text_database_place_workgroup_or_age_is_run_again(boto, run, sql, more):
    groups = [each["Name"] for each in boto("athena").list_work_groups()["WorkGroups"]]
    if "reusing" not in groups:
        boto("athena").create_work_group(
            Name="reusing", Configuration={"EnforceWorkGroupConfiguration": False}
        )
    kept = "SELECT max(order_id) AS kept FROM orders"
    succeeded(run(kept))
    assert was_reused(run(kept, **reuse()))
    arguments = reuse(more.get("minutes", 60))
    if "database" in more:
        sql = sql.replace("orders", "sales.orders")
        arguments["QueryExecutionContext"] = {"Database": "sales"}
        succeeded(run(sql, **arguments))
        arguments["QueryExecutionContext"] = {"Database": more["database"]}
    if "output" in more:
        arguments["ResultConfiguration"] = {"OutputLocation": more["output"]}
    if "workgroup" in more:
        arguments["WorkGroup"] = more["workgroup"]

    assert not was_reused(run(sql, **arguments))


def test_parameters_are_part_of_what_must_be_the_same(run):
    sql = "SELECT count(*) FROM orders WHERE order_id < ?"
    succeeded(run(sql, ExecutionParameters=["10"]))

    assert was_reused(run(sql, ExecutionParameters=["10"], **reuse()))
    assert not was_reused(run(sql, ExecutionParameters=["11"], **reuse()))


def test_the_age_of_a_reused_result_is_that_of_the_first_run(run, monkeypatch):
    sql = "SELECT min(order_id) AS aging FROM orders"
    succeeded(run(sql))
    now = time.time()
    monkeypatch.setattr("datalfred.local.aws.athena.reuse.time.time", lambda: now + 400)
    assert was_reused(run(sql, **reuse(10)))
    monkeypatch.setattr("datalfred.local.aws.athena.reuse.time.time", lambda: now + 700)

    assert not was_reused(run(sql, **reuse(10)))


def test_statements_that_return_no_rows_of_a_query_are_not_reused(run):
    for sql in ("SHOW TABLES", "EXPLAIN SELECT 1"):
        succeeded(run(sql))
        assert not was_reused(run(sql, **reuse()))


def test_a_failed_query_is_not_reused(run):
    assert reason(run("SELECT 1/0")).startswith("DIVISION_BY_ZERO")
    assert reason(run("SELECT 1/0", **reuse())).startswith("DIVISION_BY_ZERO")


def test_a_removed_result_is_computed_again(boto, run):
    sql = "SELECT 'removed' AS removed"
    key = succeeded(run(sql))["ResultConfiguration"]["OutputLocation"]
    boto("s3").delete_object(Bucket="results", Key=key.removeprefix("s3://results/"))

    assert not was_reused(run(sql, **reuse()))


def test_a_role_reuses_the_result_of_another_only_with_access_to_tables_and_result(
    aws, boto, lake, run, ended
):
    sql = "SELECT sum(order_id) AS shared FROM orders"
    where = {
        "QueryExecutionContext": {"Database": "sales"},
        "ResultConfiguration": {"OutputLocation": "s3://results/here/"},
    }
    succeeded(run(sql))

    def ask(role, denied):
        every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        no = {"Effect": "Deny", "Action": denied, "Resource": "*"}
        statements = [every, no] if denied else [every]
        aws.permissions.grant(role, {"Version": "2012-10-17", "Statement": statements})
        started = boto("athena", role).start_query_execution(QueryString=sql, **where, **reuse())
        return ended(started["QueryExecutionId"])

    assert was_reused(ask("sharing_role", None))
    assert "glue:GetTable" in reason(ask("tableless_role", "glue:GetTable"))
    assert reason(ask("unreading_role", "s3:GetObject")).startswith("Permission denied on S3 path")


def test_an_old_result_is_reused_from_its_object(boto, run):
    sql = "SELECT 'old' AS old"
    succeeded(run(sql))
    for number in range(executions.KEPT_RESULTS):
        run(f"SELECT {number}")

    again = run(sql, **reuse())

    assert was_reused(again)
    assert values(boto, again) == ["old"]


def test_a_token_belongs_to_the_pages_of_one_query(boto, run):
    client = boto("athena")
    one = run("SELECT order_id FROM orders")["QueryExecutionId"]
    two = run("SELECT order_id FROM orders WHERE true")["QueryExecutionId"]
    token = client.get_query_results(QueryExecutionId=one, MaxResults=10)["NextToken"]

    assert "NextToken" in client.get_query_results(
        QueryExecutionId=one, MaxResults=10, NextToken=token
    )
    for wrong in (
        {"QueryExecutionId": two, "NextToken": token},
        {"QueryExecutionId": one, "NextToken": "bm8="},
        {"QueryExecutionId": one, "NextToken": token[:-4]},
    ):
        assert refused(client.get_query_results, **wrong)["Message"] == "NextToken is invalid."
    listed = client.list_query_executions(MaxResults=1)["NextToken"]
    error = refused(client.get_query_results, QueryExecutionId=one, NextToken=listed)
    assert error["Message"] == "NextToken is invalid."


def test_results_that_athena_manages_are_in_no_bucket(boto, run, lake):
    client, s3 = boto("athena"), boto("s3")
    client.create_work_group(
        Name="managed",
        Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}},
    )
    before = s3.list_objects_v2(Bucket="results")["KeyCount"]

    execution = succeeded(run("SELECT 7 AS x", WorkGroup="managed"))

    assert "ResultConfiguration" not in execution
    assert execution["ManagedQueryResultsConfiguration"] == {"Enabled": True}
    assert values(boto, execution) == ["7"]
    assert was_reused(run("SELECT 7 AS x", WorkGroup="managed", **reuse()))
    assert succeeded(run("SHOW TABLES", WorkGroup="managed"))
    assert s3.list_objects_v2(Bucket="results")["KeyCount"] == before
    assert "needs 'external_location'" in reason(
        run("CREATE TABLE unplaced AS SELECT 1 AS x", WorkGroup="managed")
    )
    succeeded(
        run(
            "CREATE TABLE placed WITH (external_location = 's3://lake/placed/') AS SELECT 1 AS x",
            WorkGroup="managed",
        )
    )
    client.update_work_group(
        WorkGroup="managed",
        ConfigurationUpdates={
            "ManagedQueryResultsConfigurationUpdates": {"Enabled": False},
            "EnforceWorkGroupConfiguration": False,
        },
    )
    assert "ResultConfiguration" in run("SELECT 7 AS x", WorkGroup="managed")
