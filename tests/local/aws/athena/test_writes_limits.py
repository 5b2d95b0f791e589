"""The cage, the limits of memory and time, and statements that are stopped half way."""

import json
import threading
import time

import duckdb
import pytest

from datalfred.local.aws import athena
from datalfred.local.aws.athena.engine import Engine
from datalfred.local.aws.message import Request

REGION = "eu-west-1"
SLOW = (
    "SELECT count(*) AS n FROM UNNEST(sequence(1, 10000)) a(x) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) b(y) "
    "CROSS JOIN UNNEST(sequence(1, 10000)) c(z) WHERE a.x * b.y % 7 = c.z % 5"
)
WHERE = {"ResultConfiguration": {"OutputLocation": "s3://results/"}}


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def wait_until(holds):
    pause, deadline = threading.Event(), time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        pause.wait(0.005)
    assert holds()


def state(boto, query_id):
    found = boto("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    return found["Status"]["State"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/**')",
        "ATTACH '/tmp/x.duckdb' AS x",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET memory_limit = '64GB'",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "EXPORT DATABASE '/tmp/x'",
        "CREATE TABLE t AS SELECT * FROM read_parquet('/tmp/*.parquet')",
        "CREATE TABLE t AS COPY (SELECT 1) TO '/tmp/x.csv'",
        "INSERT INTO orders SELECT * FROM read_csv('/etc/passwd')",
        "CREATE VIEW v AS SELECT * FROM duckdb_settings()",
        "UNLOAD (SELECT getenv('HOME')) TO 's3://lake/env/' WITH (format = 'JSON')",
        "UNLOAD (FROM read_text('/etc/hostname')) TO 's3://lake/env/' WITH (format = 'JSON')",
    ],
)
def test_no_statement_reaches_duckdbs_own_functions(boto, lake, ended, sql):
    client = boto("athena")
    context = {"QueryExecutionContext": {"Database": "sales"}}
    try:
        query_id = client.start_query_execution(QueryString=sql, **WHERE, **context)[
            "QueryExecutionId"
        ]
    except client.exceptions.InvalidRequestException:
        return
    assert ended(query_id)["Status"]["State"] == "FAILED"


def test_duckdb_itself_writes_and_reads_in_its_folder_only(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    engine = Engine(folder)
    try:
        engine.rows(f"COPY (SELECT 1) TO '{folder}/a.csv'")
        for sql in (
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"COPY (SELECT 1) TO '{folder}/../out.csv'",
            f"ATTACH '{tmp_path}/x.duckdb' AS x",
            "SET enable_external_access = true",
            "SELECT * FROM read_csv('/etc/passwd')",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                engine.rows(sql)
    finally:
        engine.close()
    assert list(tmp_path.iterdir()) == [folder]


def test_a_query_that_needs_too_much_memory_fails_and_leaves_the_rest_alone(run, rows):
    hungry = (
        "SELECT array_agg(x || CAST(y AS varchar)) AS a FROM "
        "UNNEST(sequence(1, 10000)) b(y) CROSS JOIN (SELECT rpad('', 20000, 'x') AS x)"
        " CROSS JOIN UNNEST(sequence(1, 10000)) c(z)"
    )

    assert reason(run(hungry)).startswith("EXCEEDED_LOCAL_MEMORY_LIMIT")
    assert rows("SELECT count(*) FROM orders") == [("300",)]


def test_a_write_that_is_stopped_makes_nothing(boto, lake, ended):
    client = boto("athena")
    started = client.start_query_execution(
        QueryString=(
            "CREATE TABLE sales.stopped WITH (external_location = 's3://lake/stopped/') AS " + SLOW
        ),
        **WHERE,
    )["QueryExecutionId"]
    wait_until(lambda: state(boto, started) == "RUNNING")

    client.stop_query_execution(QueryExecutionId=started)

    execution = ended(started)
    assert execution["Status"]["State"] == "CANCELLED"
    assert "DataManifestLocation" not in execution["Statistics"]
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        lake.get_table(DatabaseName="sales", Name="stopped")
    assert boto("s3").list_objects_v2(Bucket="lake", Prefix="stopped/")["KeyCount"] == 0


def _stopped_during(aws, boto, ended, sql, is_moment):
    """Stops the statement while one of its calls is under way; the execution's end."""
    client, ids, known, stopped = boto("athena"), [], threading.Event(), []

    def authorize(request):
        if request.via == "athena" and is_moment(request) and not stopped:
            assert known.wait(10)
            stopped.append(request.path)
            client.stop_query_execution(QueryExecutionId=ids[0])

    before, aws.door.authorize = aws.door.authorize, authorize
    try:
        ids.append(client.start_query_execution(QueryString=sql, **WHERE)["QueryExecutionId"])
        known.set()
        execution = ended(ids[0])
    finally:
        aws.door.authorize = before
    assert stopped
    return execution


SPLIT = (
    "CREATE TABLE sales.{0} WITH (external_location = 's3://lake/{0}/', partitioned_by = "
    "ARRAY['k']) AS SELECT x, x AS k FROM UNNEST(sequence(1, 20)) t(x)"
)


def test_a_write_that_is_stopped_between_files_makes_no_table(aws, boto, lake, ended):
    execution = _stopped_during(
        aws, boto, ended, SPLIT.format("cut"), lambda r: r.method == "PUT" and "/cut/" in r.path
    )

    assert execution["Status"]["State"] == "CANCELLED"
    history = _service(aws)._queries._history()
    assert history.find(execution["QueryExecutionId"]).idle.wait(10)
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        lake.get_table(DatabaseName="sales", Name="cut")
    left = boto("s3").list_objects_v2(Bucket="lake", Prefix="cut/")["KeyCount"]
    assert 1 <= left < 20  # as in Athena, what was written stays


def test_a_write_that_changes_the_catalog_already_is_not_stopped(aws, boto, lake, ended, rows):
    execution = _stopped_during(
        aws, boto, ended, SPLIT.format("late"), lambda r: r.target[1] == "CreateTable"
    )

    assert execution["Status"]["State"] == "SUCCEEDED"
    assert rows("SELECT count(*) FROM late") == [("20",)]


def test_heavy_queries_side_by_side_all_end_when_they_are_stopped(boto, lake, ended, rows):
    client = boto("athena")
    ids = [
        client.start_query_execution(QueryString=SLOW, **WHERE)["QueryExecutionId"]
        for _ in range(8)
    ]
    wait_until(lambda: sum(state(boto, each) == "RUNNING" for each in ids) == 4)
    wait_until(lambda: {state(boto, each) for each in ids} == {"RUNNING", "QUEUED"})

    for each in ids:
        client.stop_query_execution(QueryExecutionId=each)

    assert {ended(each)["Status"]["State"] for each in ids} == {"CANCELLED"}
    assert rows("SELECT count(*) FROM orders") == [("300",)]


def test_writes_side_by_side_add_up(boto, run, rows, ended):
    succeeded(run("CREATE TABLE sales.together AS SELECT 0 AS x"))
    client = boto("athena")
    ids = [
        client.start_query_execution(
            QueryString=f"INSERT INTO sales.together VALUES ({number})", **WHERE
        )["QueryExecutionId"]
        for number in range(1, 9)
    ]

    assert {ended(each)["Status"]["State"] for each in ids} == {"SUCCEEDED"}
    assert rows("SELECT count(*), sum(x) FROM together") == [("9", "36")]


def _service(aws):
    return next(each for each in aws.door._services if isinstance(each, athena.AthenaService))


def test_nothing_stays_in_the_private_folder(aws, boto, run):
    succeeded(run("CREATE TABLE tidy AS SELECT 1 AS x"))
    reason(run("INSERT INTO tidy SELECT 1 / (x - 1) FROM tidy"))

    assert list(_service(aws)._runner()._writer._scratch.iterdir()) == []


def test_a_query_that_runs_for_too_long_fails(aws, lake):
    def client(name, caller):
        return aws.client(name, caller, via="athena")

    service = athena.AthenaService(client, timeout=0.3)
    caller = aws.callers.caller(service="athena", region=REGION)

    def call(operation, **body):
        headers = {"x-amz-target": f"AmazonAthena.{operation}"}
        request = Request("POST", "/", "", headers, json.dumps(body).encode(), caller)
        return json.loads(service.handle(request).body)

    def status(query_id):
        return call("GetQueryExecution", QueryExecutionId=query_id)["QueryExecution"]["Status"]

    try:
        ids = [
            call("StartQueryExecution", QueryString=sql, **WHERE)["QueryExecutionId"]
            for sql in (SLOW, f"CREATE TABLE sales.overdue AS {SLOW}", "SELECT 1 AS quick")
        ]
        wait_until(lambda: all(status(each)["State"] not in {"QUEUED", "RUNNING"} for each in ids))
        found = [status(each) for each in ids]
    finally:
        service.close()

    assert [each["State"] for each in found] == ["FAILED", "FAILED", "SUCCEEDED"]
    said = "EXCEEDED_TIME_LIMIT: Query exceeded the maximum execution time limit of 0.01m"
    assert {each["StateChangeReason"] for each in found[:2]} == {said}
    with pytest.raises(lake.exceptions.EntityNotFoundException):
        lake.get_table(DatabaseName="sales", Name="overdue")
