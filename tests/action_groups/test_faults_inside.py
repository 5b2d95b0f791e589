"""Faults in the middle of an operation: lost answers, one service that fails, halves of bodies.

Each ends in a right answer, or in one error that names what, where and the way out.
"""

import uuid

import pytest

from datalfred import clients, settings
from datalfred.bedrock import resolver
from datalfred.bedrock.turn_failures import TurnFailures
from datalfred.definitions.naming import resource_name
from datalfred.lake.sql import run
from tests.support import small_lake
from tests.support.faults import ALWAYS
from tests.support.faulty_world import SQL

LOST = ["lost", "lost_reset"]
START = ("athena:StartQueryExecution",)
LOOK = ("athena:GetQueryExecution",)
SLOW = (
    "SELECT sum(a.n * b.n) FROM UNNEST(sequence(1, 10000)) AS a (n)"
    " CROSS JOIN UNNEST(sequence(1, 10000)) AS b (n) CROSS JOIN UNNEST(sequence(1, 1000)) AS c (n)"
)


@pytest.fixture
def under(world, monkeypatch):
    """Calls an operation under a fault of some calls."""
    # Other calls of the operation do answer, which takes its time on a busy machine.
    monkeypatch.setattr(world.faults, "patience", 0.25)

    def calling(operation, kind, times, calls, *, turn=None, after=0, **parameters):
        with world.faults.failing(kind, times, monkeypatch, calls=calls, after=after):
            answer = world.call(operation, turn, **parameters)
        monkeypatch.undo()
        return answer

    return calling


@pytest.fixture
def started(world):
    """The ids of the queries that were started since the test began."""

    def ids():
        listed = world.aws.client("athena").list_query_executions(MaxResults=50)
        return set(listed["QueryExecutionIds"])

    before = ids()
    return lambda: ids() - before


def helpful(body, *words):
    """One error that names what and where, with a way out and nothing of an account."""
    assert set(body) == {"error"}
    error = body["error"]
    assert error["hint"]
    assert not any(hidden in str(error) for hidden in ("arn:", "123456789012", "Traceback"))
    for each in words:
        assert each in error["message"]
    return error


@pytest.mark.parametrize("kind", LOST)
@pytest.mark.parametrize("times", [1, 3])
def test_a_start_whose_answer_is_lost_is_one_query(world, under, started, kind, times):
    status, body = under("run_query", kind, times, START)

    assert (status, body["run"]["state"]) == (200, "SUCCEEDED")
    assert started() == {body["run"]["query_id"]}
    assert world.faults.hit == list(START) * times


@pytest.mark.parametrize("kind", LOST)
def test_an_operation_that_is_made_again_joins_the_query_that_it_had_started(
    world, under, started, monkeypatch, kind
):
    turn = uuid.uuid4().hex
    status, body = under("run_query", kind, ALWAYS, START, turn=turn)
    assert status >= 500
    helpful(body, "athena:StartQueryExecution")

    # The function died with what it remembered; Bedrock or the model calls anew.
    monkeypatch.setattr(resolver, "failures", TurnFailures())
    status, body = world.call("run_query", turn)

    assert status == 200
    assert started() == {body["run"]["query_id"]}


def test_the_same_statement_in_another_turn_is_another_query(world, started):
    ids = {world.call("run_query")[1]["run"]["query_id"] for _ in range(2)}

    assert started() == ids
    assert len(ids) == 2


def test_two_statements_of_a_turn_are_two_queries(world, started):
    turn = uuid.uuid4().hex
    same = [world.call("run_query", turn, sql=SQL)[1]["run"]["query_id"] for _ in range(2)]
    other = world.call("run_query", turn, sql=f"{SQL} LIMIT 1")[1]["run"]["query_id"]
    elsewhere = world.call("run_query", turn, sql=SQL, database="sales")[1]["run"]["query_id"]

    assert same[0] == same[1]
    assert started() == {same[0], other, elsewhere}
    assert len(started()) == 3


def test_outside_of_a_turn_every_start_is_a_start(world, started):
    ids = {run.start(SQL) for _ in range(2)}
    for each in ids:
        run.wait(each)

    assert started() == ids
    assert len(ids) == 2


@pytest.mark.parametrize("kind", LOST)
def test_a_look_whose_answer_is_lost_is_taken_again(world, under, started, kind):
    status, body = under("run_query", kind, 2, LOOK)

    assert (status, body["run"]["state"]) == (200, "SUCCEEDED")
    assert len(started()) == 1


@pytest.mark.parametrize(
    ("kind", "told"), [("throttle", (429, "THROTTLED")), ("timeout", (504, "TIMED_OUT"))]
)
def test_a_query_that_cannot_be_looked_at_keeps_its_id(world, under, started, kind, told):
    status, body = under("run_query", kind, ALWAYS, LOOK)

    (query_id,) = started()
    assert (status, body["error"]["code"]) == told
    error = helpful(body, query_id, "athena:GetQueryExecution")
    assert query_id in error["hint"]
    status, later = world.call("get_query_results", query_id=query_id)
    assert (status, later["run"]["state"]) == (200, "SUCCEEDED")


def test_a_query_that_may_not_be_looked_at_is_a_missing_permission(under):
    status, body = under("run_query", "denied", 1, LOOK)

    assert (status, body["error"]["code"]) == (403, "PERMISSION_MISSING")


@pytest.mark.parametrize("kind", LOST)
def test_a_stop_whose_answer_is_lost_stops_the_query_once(world, under, kind):
    query_id = run.start(SLOW)

    status, body = under("stop_query", kind, 1, ("athena:StopQueryExecution",), query_id=query_id)

    assert world.faults.hit
    assert (status, body["run"]["state"]) == (200, "CANCELLED")


def test_a_stop_that_comes_too_late_is_no_failure(world, monkeypatch):
    query_id = run.start(SQL)
    run.wait(query_id)
    athena = clients.client("athena")

    class EndsMeanwhile:
        looks = 0

        def get_query_execution(self, **asked):
            found = athena.get_query_execution(**asked)
            EndsMeanwhile.looks += 1
            if EndsMeanwhile.looks == 1:
                found["QueryExecution"]["Status"]["State"] = "RUNNING"
            return found

        def stop_query_execution(self, **_asked):
            refusal = {"Error": {"Code": "InvalidRequestException", "Message": "It has ended."}}
            raise athena.exceptions.ClientError(refusal, "StopQueryExecution")

    monkeypatch.setattr(clients, "client", lambda _name: EndsMeanwhile())

    assert run.stop(query_id)["Status"]["State"] == "SUCCEEDED"


def requests_of(world):
    table = resource_name("demo", "local", "requests")
    items = world.aws.client("dynamodb").scan(TableName=table)["Items"]
    return {item["id"]["S"] for item in items if "kind" in item}


@pytest.mark.parametrize("kind", LOST)
def test_a_request_whose_answer_is_lost_is_one_request(world, under, kind):
    table = resource_name("demo", "local", "requests")
    dynamodb = world.aws.client("dynamodb")
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={"id": item["id"]})

    calls = ("dynamodb:TransactWriteItems",)
    status, body = under("request_redrive", kind, 1, calls)

    assert world.faults.hit == list(calls)
    assert status == 200, body
    assert requests_of(world) == {body["pending_approval"]["id"]}
    status, again = world.call("request_redrive")
    assert again["pending_approval"]["id"] == body["pending_approval"]["id"]


@pytest.fixture(scope="module")
def large(world):
    """A query whose result is read in many pieces."""
    query_id = run.start("SELECT n, repeat('x', 100) AS t FROM UNNEST(sequence(1, 9000)) AS u (n)")
    assert run.wait(query_id)["Status"]["State"] == "SUCCEEDED"
    return query_id


def test_half_a_result_is_never_taken_for_the_whole(world, under, large):
    _, whole = world.call("get_query_results", query_id=large)
    assert whole["result"]["row_count"] == 9_000

    status, body = under("get_query_results", "cut", 1, ("s3:GetObject",), query_id=large)

    assert (status, body["error"]["code"]) == (503, "UNAVAILABLE")
    error = helpful(body, large, "broke off")
    assert "need not run again" in error["hint"]
    assert world.faults.hit == ["s3:GetObject"]
    assert world.call("get_query_results", query_id=large)[1] == whole


@pytest.mark.parametrize("kind", ["throttle", "broken"])
def test_a_result_that_is_not_handed_out_is_told_by_its_call(under, large, kind):
    status, body = under("get_query_results", kind, ALWAYS, ("s3:GetObject",), query_id=large)

    assert status in {429, 503}
    helpful(body, "s3:GetObject")


def test_athena_alone_throttled_is_named_and_the_catalog_still_answers(world, monkeypatch):
    with world.faults.failing("throttle", ALWAYS, monkeypatch, calls=("athena",)):
        status, body = world.call("run_query")
        catalog = world.call("search_tables", text="orders")
        pipelines = world.call("list_pipelines")

    assert (status, body["error"]["code"]) == (429, "THROTTLED")
    helpful(body, "athena:StartQueryExecution", "ThrottlingException")
    assert (catalog[0], pipelines[0]) == (200, 200)
    assert catalog[1]["tables"][0]["name"] == "orders"


@pytest.fixture(scope="module")
def paged(world):
    """A table of more partitions, and a database of more tables, than one page holds."""
    glue = world.aws.client("glue")
    columns = [("n", "bigint")]
    root = f"s3://{small_lake.BUCKET}/many/"
    stored = small_lake.storage(root, columns, small_lake.CSV)
    for number in range(130):
        table = {"Name": f"many_{number:03}", "StorageDescriptor": stored}
        if not number:
            table["PartitionKeys"] = [{"Name": "day", "Type": "string"}]
        glue.create_table(DatabaseName="sales", TableInput=table)
    values = [f"d{number:04}" for number in range(1_200)]
    for first in range(0, len(values), 100):
        glue.batch_create_partition(
            DatabaseName="sales",
            TableName="many_000",
            PartitionInputList=[
                {
                    "Values": [value],
                    "StorageDescriptor": small_lake.storage(
                        f"{root}{value}/", columns, small_lake.CSV
                    ),
                }
                for value in values[first : first + 100]
            ],
        )
    return {
        "list_partitions": {"database": "sales", "table": "many_000"},
        "search_tables": {"text": "", "database": "sales"},
    }


@pytest.mark.parametrize(
    ("operation", "call"),
    [("list_partitions", "glue:GetPartitions"), ("search_tables", "glue:GetTables")],
)
def test_a_listing_that_is_throttled_in_its_middle_is_whole_or_an_error(
    world, under, paged, operation, call
):
    _, whole = world.call(operation, **paged[operation])
    assert whole["total"] > 100

    status, passed = under(operation, "throttle", 2, (call,), after=1, **paged[operation])
    assert (status, passed) == (200, whole)
    assert world.faults.hit == [call, call]

    status, body = under(operation, "throttle", ALWAYS, (call,), after=1, **paged[operation])
    assert (status, body["error"]["code"]) == (429, "THROTTLED")
    helpful(body, call)


@pytest.mark.parametrize("times", [1, 2])
def test_an_answer_of_insights_that_does_not_come_is_asked_for_again(world, under, times):
    status, body = under("query_logs", "timeout", times, ("logs:GetQueryResults",))

    assert (status, len(world.faults.hit)) == (200, times)
    assert body["query"]["rows"]


def test_insights_that_never_answers_is_told_by_its_call(under):
    status, body = under("query_logs", "timeout", ALWAYS, ("logs:GetQueryResults",))

    assert (status, body["error"]["code"]) == (504, "TIMED_OUT")
    helpful(body, "logs:GetQueryResults")


def test_a_start_of_insights_whose_fate_is_unknown_is_not_made_again(world, under):
    status, body = under("query_logs", "lost", ALWAYS, ("logs:StartQuery",))

    assert (status, len(world.faults.hit)) == (504, 1)
    helpful(body, "logs:StartQuery")


def test_settings_of_the_world_reuse_nothing():
    """What the tests above count would be hidden by results that are reused."""
    assert settings.load().query_reuse_minutes == 0
