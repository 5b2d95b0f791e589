import json

import pytest

from action_groups.athena import operations
from action_groups.athena.handler import handler
from datalfred import settings
from datalfred.lake.sql.models import Chart, QueryEstimate, QueryRun, ResultSummary
from tests.support import small_lake
from tests.support.action_groups import body_of, call, modules_after_importing, recorded
from tests.support.scripted_athena import Play, ScriptedAthena

BY_STATUS = '"status","revenue"\n"completed","7.25"\n"cancelled",""\n'
RECURSIVE = (
    "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT order_id FROM x JOIN sales.orders "
    "ON order_id = n) SELECT n FROM x"
)


@pytest.fixture(scope="module")
def door(small_aws):
    athena = ScriptedAthena(small_aws)
    small_aws.register(athena)
    return athena


@pytest.fixture
def athena(door, lake):
    """Tells Athena what to do with the queries of a test."""
    door.started.clear()
    door.stopped.clear()

    def play(*plays):
        door.plays[:] = plays
        return door

    return play


def run(**parameters):
    return call(handler, "athena", "run_query", **parameters)


def test_a_query_is_run_and_summarised(athena):
    columns = (("status", "varchar"), ("revenue", "decimal(22,2)"))
    started = athena(Play(columns=columns, result=BY_STATUS.replace('""', '"3.50"'))).started

    body = body_of(handler(recorded("bedrock_run_query"), None))

    assert QueryRun.model_validate(body["run"]).state == "SUCCEEDED"
    result = ResultSummary.model_validate(body["result"])
    assert result.rows == (("completed", "7.25"), ("cancelled", "3.50"))
    assert Chart.model_validate(body["chart"]).kind == "bar"
    estimate = QueryEstimate.model_validate(body["estimate"])
    assert estimate.partitions == {"sales.orders": "1 of 3"}
    assert body["pending_approval"] is None
    assert body["evidence"] == "Athena q-0… scanned 1.2 MB (estimated 67 bytes) in 0.4 s ($0.0000)"
    assert started[0]["QueryExecutionContext"] == {
        "Catalog": "AwsDataCatalog",
        "Database": "sales",
    }
    assert started[0]["WorkGroup"] == "primary"
    assert started[0]["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]["Enabled"]


def test_what_runs_is_the_text_without_its_comments(athena):
    started = athena(Play()).started

    run(sql="SELECT 1 -- n\n;")

    assert started[0]["QueryString"] == "SELECT 1"
    assert started[0]["QueryExecutionContext"] == {"Catalog": "AwsDataCatalog"}


@pytest.mark.parametrize(
    ("sql", "status", "words"),
    [
        ("DROP TABLE sales.orders", 403, "not the start of a read"),
        ("SELECT * FROM hr.pay", 403, "'hr' may not be read"),
        ("SELECT * FROM sales.salaries", 403, "The view sales.salaries may not be read"),
        ("SELECT FROM", 400, "does not parse"),
    ],
)
def test_what_may_not_run_never_reaches_athena(athena, sql, status, words):
    started = athena(Play()).started

    for operation in ("run_query", "estimate_query"):
        answered, body = call(handler, "athena", operation, sql=sql)
        assert (answered, words in body["error"]["message"]) == (status, True)

    assert started == []


def test_a_query_is_priced_without_being_run(athena):
    started = athena().started

    status, body = call(
        handler, "athena", "estimate_query", sql="SELECT * FROM orders LIMIT 5", database="sales"
    )

    assert (status, body["estimate"]["bytes"]) == (200, 190)
    assert body["evidence"] == (
        "Estimate: at most 190 bytes ($0.0000); sales.orders: 3 of 3 partitions"
    )
    assert started == []


def test_a_missing_estimate_says_why(athena):
    body = call(handler, "athena", "estimate_query", sql=RECURSIVE)[1]

    assert body["evidence"] == "Estimate: none. The query reads a table within a recursion."


def test_a_table_that_is_not_there_costs_nothing_and_is_named(athena):
    body = call(handler, "athena", "estimate_query", sql="SELECT * FROM sales.nothing")[1]

    assert body["evidence"] == (
        "Estimate: 0 bytes ($0.0000). There is no table named 'sales.nothing'."
    )


def test_a_query_above_the_budget_is_refused(athena, small_aws):
    started = athena(Play()).started
    poor = small_lake.environment(small_aws, DATALFRED_QUERY_BUDGET_USD="0.00001")

    with settings.using(poor):
        status, body = run(sql="SELECT * FROM sales.orders")

    assert (status, body["error"]["code"]) == (403, "REFUSED")
    assert "above the budget of $0.0000" in body["error"]["message"]
    assert started == []


def test_athenas_words_come_back_with_advice(athena):
    words = "TYPE_MISMATCH: line 1:35: Cannot apply operator: date = varchar(10)"
    athena(Play(states=("FAILED",), reason=words))

    status, body = run(sql="SELECT 1 FROM sales.returns WHERE returned_on = '2026-10-01'")

    assert status == 400
    assert body["error"]["code"] == "QUERY_FAILED"
    assert body["error"]["message"] == words
    assert "DATE '2026-01-31'" in body["error"]["hint"]


def test_a_syntax_error_that_athena_finds_at_once_is_a_failed_query(athena):
    athena(Play(refused="line 1:7: mismatched input 'x'. Expecting: <expression>"))

    status, body = run(sql="SELECT 1")

    assert (status, body["error"]["code"]) == (400, "QUERY_FAILED")


def test_what_the_role_may_not_read_is_the_operators_to_allow(athena):
    reason = "Permission denied on S3 path: s3://small-lake/sales"
    athena(Play(states=("FAILED",), reason=reason))

    status, body = run(sql="SELECT 1")

    assert (status, body["error"]["code"]) == (403, "PERMISSION_MISSING")
    assert "s3://small-lake/sales" in body["error"]["message"]


def test_a_failure_that_may_pass_is_tried_again(athena):
    weak = Play(states=("FAILED",), reason="INTERNAL_ERROR", retryable=True)
    started = athena(weak, weak, Play()).started

    assert run(sql="SELECT 1")[0] == 200
    assert len(started) == 3


def test_a_failure_that_stays_is_told_after_three_attempts(athena):
    weak = Play(states=("FAILED",), reason="INTERNAL_ERROR", retryable=True)
    started = athena(weak, weak, weak).started

    assert run(sql="SELECT 1")[0] == 400
    assert len(started) == 3


def test_a_query_cut_off_by_its_workgroup_says_how_to_read_less(athena):
    athena(Play(states=("CANCELLED",), reason="Bytes scanned limit was exceeded"))

    status, body = run(sql="SELECT 1")

    assert (status, "partition keys" in body["error"]["hint"]) == (400, True)


def test_a_slow_query_goes_on_and_is_asked_for_later(athena, small_aws):
    athena(Play(states=("RUNNING", "RUNNING", "SUCCEEDED")))
    hurried = small_lake.environment(small_aws, DATALFRED_QUERY_TIMEOUT_SECONDS="0.001")

    with settings.using(hurried):
        status, first = run(sql="SELECT 1")
    later = call(handler, "athena", "get_query_results", query_id="q-0")[1]

    assert (status, first["run"]["state"], first["result"]) == (200, "RUNNING", None)
    assert first["evidence"] == "Athena q-0… is RUNNING"
    assert later["result"]["rows"] == [["1"]]


def test_a_reused_result_costs_nothing_and_says_so(athena):
    athena(Play(reused=True))

    body = run(sql="SELECT 1")[1]

    assert (body["run"]["reused"], body["run"]["cost_usd"]) == (True, 0.0)
    assert "reused the result of 20" in body["evidence"]


def test_a_result_is_paged_over_a_later_call(athena):
    rows = "".join(f'"{number}"\n' for number in range(120))
    athena(Play(result=f'"n"\n{rows}'))
    run(sql="SELECT n FROM sales.orders")

    status, body = call(handler, "athena", "get_query_results", query_id="q-0", page=3)

    assert (status, body["page"], body["pages"]) == (200, 3, 3)
    assert [row[0] for row in body["result"]["rows"]] == [str(number) for number in range(100, 120)]
    assert call(handler, "athena", "get_query_results", query_id="q-0", page=4)[0] == 400


def test_personal_columns_are_masked_in_every_page(athena):
    columns = (("contact", "varchar"), ("note", "varchar"))
    result = '"contact","note"\n"ana@example.org","ask ben@example.org"\n'
    athena(Play(columns=columns, result=result))

    sql = "SELECT email AS contact, city AS note FROM customer.customers"
    first = run(sql=sql)[1]
    later = call(handler, "athena", "get_query_results", query_id="q-0")[1]

    for body in (first, later):
        assert body["result"]["rows"] == [["•••", "ask {EMAIL}"]]
        assert "@example.org" not in json.dumps(body)
        assert body["evidence"].endswith("; masked: contact")


def test_what_show_says_is_read_as_text(athena):
    started = athena(
        Play(columns=(("tab_name", "string"),), result="orders\nreturns\n", extension="txt")
    ).started

    body = run(sql="SHOW TABLES IN sales")[1]

    assert body["result"]["rows"] == [["orders"], ["returns"]]
    reuse = started[0]["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"]
    assert reuse == {"Enabled": False}


@pytest.mark.parametrize("operation", ["get_query_results", "stop_query"])
def test_an_unknown_query_is_not_found(athena, operation):
    athena()

    assert call(handler, "athena", operation, query_id="nothing")[0] == 404


def test_a_query_of_another_workgroup_is_not_found(athena, small_aws):
    athena(Play())
    run(sql="SELECT 1")

    with settings.using(small_lake.environment(small_aws, DATALFRED_WORKGROUP="ours")):
        assert call(handler, "athena", "get_query_results", query_id="q-0")[0] == 404


def test_the_result_of_a_query_that_may_not_run_is_not_shown(athena, small_aws):
    athena(Play())
    with settings.using(small_lake.environment(small_aws, DATALFRED_DATABASES="")):
        run(sql="SELECT * FROM hr.pay")

    assert call(handler, "athena", "get_query_results", query_id="q-0")[0] == 403


def test_a_failed_query_fails_again_when_it_is_asked_for(athena):
    athena(Play(states=("FAILED",), reason="DIVISION_BY_ZERO: Division by zero"))
    run(sql="SELECT 1/0")

    assert call(handler, "athena", "get_query_results", query_id="q-0")[0] == 400


def test_a_running_query_is_stopped_and_an_ended_one_stays(athena, small_aws):
    door = athena(Play(states=("RUNNING",)), Play())
    hurried = small_lake.environment(small_aws, DATALFRED_QUERY_TIMEOUT_SECONDS="0.001")
    with settings.using(hurried):
        run(sql="SELECT 1")
    run(sql="SELECT 2")

    stopped = call(handler, "athena", "stop_query", query_id="q-0")[1]
    ended = call(handler, "athena", "stop_query", query_id="q-1")[1]

    assert (stopped["run"]["state"], ended["run"]["state"]) == ("CANCELLED", "SUCCEEDED")
    assert stopped["evidence"] == "Athena q-0… is CANCELLED"
    assert door.stopped == ["q-0"]


def test_importing_the_handler_loads_no_client_and_no_parser():
    loaded = modules_after_importing("action_groups.athena.handler")

    assert not {"boto3", "botocore.session", "sqlglot", "yaml"} & loaded


def test_the_evidence_says_of_which_part_of_a_result_the_summary_is(athena, monkeypatch):
    athena(Play(columns=(("n", "bigint"),), result='"n"\n' + '"1"\n' * 2500))
    monkeypatch.setattr("datalfred.lake.sql.summary.ROWS_READ", 2000)

    body = run(sql="SELECT n FROM sales.orders")[1]

    assert body["result"]["complete"] is False
    assert body["evidence"].endswith(
        "; the summary is not of the complete result, only of its first 2,000 rows"
    )


def test_the_evidence_says_how_many_columns_are_not_in_the_summary(athena):
    names = [f"c{number}" for number in range(70)]
    row = ",".join('"1"' for _ in names)
    header = ",".join(f'"{name}"' for name in names)
    columns = tuple((name, "bigint") for name in names)
    athena(Play(columns=columns, result=f"{header}\n{row}\n"))

    body = run(sql="SELECT * FROM sales.orders")[1]

    assert body["result"]["columns_omitted"] == 10
    assert body["evidence"].endswith("only of 60 of 70 columns")


def test_a_model_is_told_what_to_make_of_what_a_summary_leaves_out():
    said = operations.run_query.__doc__

    for name in ("sample", "distinct_at_least", "columns_omitted", "complete"):
        assert name in said
