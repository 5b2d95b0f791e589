import time

import pytest
from botocore.exceptions import ClientError

from action_groups.glue.handler import handler
from datalfred.lake.catalog import documents, glue
from datalfred.lake.catalog.models import TableDescription, TableHit
from tests.support import small_lake
from tests.support.action_groups import (
    body_of,
    call,
    modules_after_importing,
    recorded,
)


def test_databases_are_listed_with_evidence(lake):
    reply = handler(recorded("bedrock_list_databases"), None)

    body = body_of(reply)
    assert [each["name"] for each in body["databases"]] == ["customer", "sales"]
    assert body["total"] == 2
    assert body["evidence"] == "Glue: 2 databases with 5 tables"


def test_tables_that_may_not_be_counted_are_unknown(lake, monkeypatch):
    counted = glue.each_table

    def each_table(database):
        if database == "sales":
            said = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(said, "GetTables")
        return counted(database)

    monkeypatch.setattr(glue, "each_table", each_table)

    body = call(handler, "glue", "list_databases")[1]

    assert [each["tables"] for each in body["databases"]] == [1, None]
    assert body["evidence"] == "Glue: 2 databases with 1 table, those of sales unknown"
    assert body["gaps"] == ["No permission for glue:GetTables on sales."]


def test_what_is_found_in_a_kept_catalog_says_how_old_it_is(lake, monkeypatch):
    monkeypatch.setattr(documents, "_WORTH_KEEPING_TABLES", 1)
    documents.forget()
    call(handler, "glue", "search_tables", text="orders")
    passed = time.monotonic() + 30
    monkeypatch.setattr(time, "monotonic", lambda: passed)

    body = call(handler, "glue", "search_tables", text="orders")[1]
    documents.forget()

    assert body["evidence"].endswith("for 'orders', as the catalog was 30 s ago")


def test_tables_are_found_with_their_reasons(lake):
    body = body_of(handler(recorded("bedrock_search_tables"), None))

    best = TableHit.model_validate(body["tables"][0])
    assert (best.database, best.name) == ("customer", "customers")
    assert best.matches[0].kind == "table"
    assert body["evidence"].startswith("Glue: ")
    assert body["evidence"].endswith("for 'customers'")


def test_all_tables_of_a_database_are_listed(lake):
    status, body = call(handler, "glue", "search_tables", database="sales")

    assert (status, body["total"], body["page"], body["pages"]) == (200, 4, 1, 1)
    assert body["evidence"] == "Glue: 4 tables in sales"


def test_a_table_is_described(lake):
    status, body = call(handler, "glue", "describe_table", database="sales", table="orders")

    table = TableDescription.model_validate(body["table"])
    assert (status, table.measures[0].name) == (200, "revenue")
    assert body["evidence"] == (
        "Glue: sales.orders has 6 columns, 3 partitions, 190 bytes; monthly, last 2026-10"
    )


def test_a_missing_table_is_answered_with_near_ones(lake):
    status, body = call(handler, "glue", "describe_table", database="sales", table="ordrs")

    assert status == 404
    assert body["error"]["hint"] == "Did you mean sales.orders?"


def test_a_database_that_may_not_be_read_is_not_there(lake):
    for operation in ("describe_table", "list_partitions"):
        status, body = call(handler, "glue", operation, database="hr", table="pay")

        assert status == 404
        assert "pay" not in body["error"]["message"]


def test_partitions_are_listed_newest_first(lake):
    status, body = call(handler, "glue", "list_partitions", database="sales", table="orders")

    months = [each["values"]["month"] for each in body["partitions"]]
    assert (status, months) == (200, ["2026-10", "2026-09", "2026-08"])
    assert body["evidence"] == "Glue: 3 partitions of sales.orders by month"


def test_a_table_without_partition_keys_has_no_partitions(lake):
    body = call(handler, "glue", "list_partitions", database="sales", table="returns")[1]

    assert body["partitions"] == []
    assert body["evidence"].endswith("the table has no partition key")


def test_a_page_that_is_none_is_refused(lake):
    status, body = call(
        handler, "glue", "list_partitions", database="sales", table="orders", page=2
    )

    assert (status, body["error"]["hint"]) == (400, "Allowed: 1 to 1.")


@pytest.fixture
def wide_tables(lake):
    glue = lake.client("glue")
    for number in range(25):
        columns = [
            {"Name": f"column_{each}_of_a_wide_table", "Type": "string", "Comment": "é" * 200}
            for each in range(900 if number == 0 else 60)
        ]
        described = {"Columns": columns, "Location": f"s3://{small_lake.BUCKET}/wide/"}
        entry = {"Name": f"wide_{number}", "Description": "w" * 900, "StorageDescriptor": described}
        glue.create_table(DatabaseName="customer", TableInput=entry)
    yield
    for number in range(25):
        glue.delete_table(DatabaseName="customer", Name=f"wide_{number}")


def test_wide_tables_fit_into_a_result(wide_tables):
    first = call(handler, "glue", "search_tables", text="wide")[1]
    second = call(handler, "glue", "search_tables", text="wide", page=2)[1]

    assert (len(first["tables"]), len(second["tables"]), first["pages"]) == (20, 5, 2)
    assert "shortened" not in first["evidence"]


@pytest.mark.parametrize(("table", "columns"), [("wide_0", 900), ("wide_1", 60)])
def test_a_wide_table_keeps_the_names_of_its_columns(wide_tables, table, columns):
    body = call(handler, "glue", "describe_table", database="customer", table=table)[1]

    described = TableDescription.model_validate(body["table"])
    assert f"{columns} columns" in body["evidence"]
    assert described.columns[0].name == "column_0_of_a_wide_table"
    shown = f"Only {len(described.columns)} of 900 columns are shown"
    assert (len(described.columns) == columns) or shown in described.gaps[0]


def test_importing_the_handler_loads_no_client_and_no_parser():
    loaded = modules_after_importing("action_groups.glue.handler")

    assert not {"boto3", "botocore.session", "sqlglot", "yaml"} & loaded
