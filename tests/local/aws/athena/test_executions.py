"""Query executions and their results, through an unchanged boto3 client."""

import threading
import time
import uuid

import botocore.exceptions
import pytest

from datalfred.local.aws.athena import executions

MONTHS = ("2024-01", "2024-02", "2024-03")


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response["Error"]


def test_the_result_object_quotes_every_value_and_leaves_null_out(boto, run):
    execution = run("SELECT 'a\"b' AS x, NULL AS y, 1 AS z, '' AS e")

    location = execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/here/{execution['QueryExecutionId']}.csv"
    key = location.removeprefix("s3://results/")
    body = boto("s3").get_object(Bucket="results", Key=key)["Body"].read().decode()
    assert body == '"x","y","z","e"\n"a""b",,"1",""\n'


def test_a_listing_is_stored_as_plain_lines(boto, run):
    execution = run("SHOW PARTITIONS orders")

    key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://results/")
    assert key.endswith(".txt")
    body = boto("s3").get_object(Bucket="results", Key=key)["Body"].read().decode()
    assert body == "".join(f"month={month}\n" for month in MONTHS)


def test_results_come_in_pages_with_the_names_once(boto, run):
    query_id = run("SELECT order_id FROM orders ORDER BY 1")["QueryExecutionId"]
    pages = (
        boto("athena")
        .get_paginator("get_query_results")
        .paginate(QueryExecutionId=query_id, PaginationConfig={"PageSize": 120})
    )

    sizes, values = [], []
    for page in pages:
        sizes.append(len(page["ResultSet"]["Rows"]))
        values += [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]

    assert sizes == [120, 120, 61]
    assert values == ["order_id", *map(str, range(300))]


def test_columns_say_their_types(boto, run):
    sql = (
        "SELECT 1 a, CAST(1 AS decimal(5,2)) b, 'xy' c, now() d, CAST(1 AS real) e, month "
        "FROM orders LIMIT 1"
    )
    query_id = run(sql)["QueryExecutionId"]
    found = boto("athena").get_query_results(QueryExecutionId=query_id)
    columns = found["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]

    assert [(c["Name"], c["Type"], c["Precision"], c["Scale"]) for c in columns] == [
        ("a", "integer", 10, 0),
        ("b", "decimal", 5, 2),
        ("c", "varchar", 2, 0),
        ("d", "timestamp with time zone", 3, 0),
        ("e", "float", 17, 0),
        ("month", "varchar", 2147483647, 0),
    ]


def test_an_old_result_is_read_back_from_its_object(boto, aws, run):
    execution = run("SELECT 'a,\"b' AS x, NULL AS y UNION ALL SELECT 'c\nd', 'e' ORDER BY 1")
    listing = run("SHOW PARTITIONS orders")
    for _ in range(executions.KEPT_RESULTS):
        run("SELECT 1")

    found = boto("athena").get_query_results(QueryExecutionId=execution["QueryExecutionId"])
    cells = [[c.get("VarCharValue") for c in row["Data"]] for row in found["ResultSet"]["Rows"]]
    assert cells == [["x", "y"], ['a,"b', None], ["c\nd", "e"]]
    found = boto("athena").get_query_results(QueryExecutionId=listing["QueryExecutionId"])
    assert len(found["ResultSet"]["Rows"]) == 3


def test_parameters_take_the_places_of_question_marks(boto, run, rows):
    sql = "SELECT order_id, '?' FROM orders WHERE month = ? AND order_id < ?"
    assert rows(sql, ExecutionParameters=["'2024-02'", "101"]) == [("100", "?")]
    assert run("SELECT ?", ExecutionParameters=["-1.5"])["Query"] == "SELECT ?"

    start = boto("athena").start_query_execution
    where = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    error = refused(start, QueryString="SELECT ?", ExecutionParameters=["1", "2"], **where)
    assert "expected 1 but found 2" in error["Message"]
    for parameter in ("1 OR true", "(SELECT 1)", "1, 2", "'", "1 FROM orders", ")"):
        error = refused(start, QueryString="SELECT ?", ExecutionParameters=[parameter], **where)
        assert "must be one literal" in error["Message"] or "ends inside" in error["Message"]


def test_an_execution_says_what_it_was_and_what_it_cost(run):
    execution = run("SELECT sum(amount) FROM orders")

    assert execution["StatementType"] == "DML"
    assert execution["SubstatementType"] == "SELECT"
    assert execution["WorkGroup"] == "primary"
    assert execution["QueryExecutionContext"] == {"Database": "sales", "Catalog": "awsdatacatalog"}
    assert execution["Statistics"]["TotalExecutionTimeInMillis"] >= 1
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    assert run("SHOW TABLES")["StatementType"] == "DDL"
    assert run("EXPLAIN SELECT 1")["StatementType"] == "UTILITY"


def test_runtime_statistics_count_bytes_and_rows(boto, run):
    execution = run("SELECT order_id FROM orders")
    found = boto("athena").get_query_runtime_statistics(
        QueryExecutionId=execution["QueryExecutionId"]
    )["QueryRuntimeStatistics"]

    assert found["Rows"]["OutputRows"] == 300
    assert found["Rows"]["InputBytes"] == execution["Statistics"]["DataScannedInBytes"]


def test_executions_are_listed_newest_first_and_fetched_in_batches(boto, run):
    ids = [run(f"SELECT {number}")["QueryExecutionId"] for number in range(3)]
    client = boto("athena")

    listed = client.list_query_executions(MaxResults=2)
    rest = client.list_query_executions(MaxResults=1, NextToken=listed["NextToken"])
    assert listed["QueryExecutionIds"] + rest["QueryExecutionIds"] == ids[::-1]
    unknown = str(uuid.uuid4())
    found = client.batch_get_query_execution(QueryExecutionIds=[ids[0], unknown])
    assert [each["QueryExecutionId"] for each in found["QueryExecutions"]] == [ids[0]]
    assert found["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == unknown


def test_what_does_not_exist_or_has_not_ended_is_refused(boto, run):
    client = boto("athena")
    unknown = str(uuid.uuid4())
    error = refused(client.get_query_execution, QueryExecutionId=unknown)
    assert error["Message"] == f"QueryExecution {unknown} was not found"

    failed = run("SELECT x FROM orders")["QueryExecutionId"]
    error = refused(client.get_query_results, QueryExecutionId=failed)
    assert error["Message"] == "Query did not finish successfully. Final query state: FAILED"
    done = run("SELECT 1")["QueryExecutionId"]
    error = refused(client.get_query_results, QueryExecutionId=done, MaxResults=1001)
    assert "1000" in error["Message"]
    error = refused(client.get_query_results, QueryExecutionId=done, NextToken="nothing")
    assert error["Message"] == "NextToken is invalid."


SLOW = (
    "SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) c(z) WHERE a.x * b.y % 7 = c.z % 5"
)


def test_a_running_query_is_stopped(boto, lake, ended):
    client = boto("athena")
    started = client.start_query_execution(
        QueryString=SLOW, ResultConfiguration={"OutputLocation": "s3://results/"}
    )["QueryExecutionId"]
    pause, deadline = threading.Event(), time.monotonic() + 10
    while (
        client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]["State"]
        == "QUEUED"
        and time.monotonic() < deadline
    ):
        pause.wait(0.005)
    error = refused(client.get_query_results, QueryExecutionId=started)
    assert error["Message"] == "Query has not yet finished. Current state: RUNNING"

    client.stop_query_execution(QueryExecutionId=started)

    execution = ended(started)
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Query cancelled by user"
    client.stop_query_execution(QueryExecutionId=started)


def test_queries_that_wait_for_a_thread_are_stopped_before_they_run(boto, lake, ended):
    client = boto("athena")
    where = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}
    ids = [
        client.start_query_execution(QueryString=SLOW, **where)["QueryExecutionId"]
        for _ in range(6)
    ]

    for query_id in reversed(ids):
        client.stop_query_execution(QueryExecutionId=query_id)

    assert {ended(query_id)["Status"]["State"] for query_id in ids} == {"CANCELLED"}
    assert ended(ids[-1])["Statistics"]["DataScannedInBytes"] == 0


def test_the_same_token_starts_a_query_once(boto, lake):
    client = boto("athena")
    arguments = {
        "QueryString": "SELECT 1",
        "ClientRequestToken": "t" * 40,
        "ResultConfiguration": {"OutputLocation": "s3://results/"},
    }

    first = client.start_query_execution(**arguments)["QueryExecutionId"]

    assert client.start_query_execution(**arguments)["QueryExecutionId"] == first
    error = refused(client.start_query_execution, **{**arguments, "QueryString": "SELECT 2"})
    assert error["Message"] == "Idempotent parameters do not match"


def test_a_result_is_reused_when_it_is_young_enough(run):
    reuse = {"ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}}
    sql = "SELECT max(amount) AS reused FROM orders"
    first = run(sql)

    again = run(sql, ResultReuseConfiguration=reuse)
    other = run(f"{sql} WHERE month = '2024-01'", ResultReuseConfiguration=reuse)

    assert again["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert again["Statistics"]["DataScannedInBytes"] == 0
    assert again["ResultConfiguration"] == first["ResultConfiguration"]
    assert not other["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert not first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]


def test_a_result_that_cannot_be_written_fails_the_query(run):
    execution = run("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/"})

    assert "NoSuchBucket" in reason(execution)
