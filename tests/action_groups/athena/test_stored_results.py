"""Results that Athena keeps itself, and results that it gives again."""

import pytest

from action_groups.athena.handler import handler
from datalfred import clients, settings
from datalfred.lake.sql import run as athena
from datalfred.local.aws import athena as executing_athena
from tests.support import small_lake
from tests.support.action_groups import call


@pytest.fixture(scope="module")
def installed(small_aws):
    executing_athena.install(small_aws)
    with settings.using(small_lake.environment(small_aws)):
        client = clients.client("athena")
        client.create_work_group(
            Name="managed",
            Configuration={"ManagedQueryResultsConfiguration": {"Enabled": True}},
        )
        client.create_work_group(
            Name="stored",
            Configuration={
                "ResultConfiguration": {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
            },
        )
    return small_aws


def run(aws, sql, **chosen):
    named = {f"DATALFRED_{name.upper()}": value for name, value in chosen.items()}
    with settings.using(small_lake.environment(aws, **named)):
        return call(handler, "athena", "run_query", sql=sql)[1]


def test_a_result_that_athena_keeps_itself_is_paged_and_said(installed):
    body = run(installed, "SELECT order_id, status FROM sales.orders", workgroup="managed")

    assert sorted(row[0] for row in body["result"]["rows"]) == ["1", "2", "3", "4", "5"]
    assert body["evidence"].endswith("; paged, for Athena keeps the result itself")


def test_what_show_says_is_paged_as_well(installed):
    body = run(installed, "SHOW PARTITIONS sales.orders", workgroup="managed")

    assert body["result"]["row_count"] == 3


def test_a_repeated_read_says_of_when_its_result_is(installed):
    sql = "SELECT count(*) AS repeated FROM sales.orders"
    first = run(installed, sql, workgroup="stored")
    again = run(installed, sql, workgroup="stored")

    assert (first["run"]["reused"], again["run"]["reused"]) == (False, True)
    assert again["result"]["rows"] == first["result"]["rows"]
    assert again["run"]["result_made_at"] in again["evidence"]
    assert "reused the result of 20" in again["evidence"]


def test_no_result_is_reused_where_the_setting_says_never(installed):
    sql = "SELECT count(*) AS never FROM sales.orders"

    for _ in range(2):
        body = run(installed, sql, workgroup="stored", query_reuse_minutes="0")
        assert not body["run"]["reused"]


def test_of_a_result_that_is_gone_nobody_says_when_it_was_made(installed):
    with settings.using(small_lake.environment(installed)):
        assert athena.made_at(f"s3://{small_lake.RESULTS}/gone.csv") == ""
        assert athena.made_at("") == ""


def test_a_defect_is_no_missing_moment(installed, monkeypatch):
    monkeypatch.setattr(clients, "client", lambda *_: None)

    with pytest.raises(AttributeError):
        athena.made_at("s3://a/b")
