import time

import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.definitions.prices import athena_cost
from datalfred.errors import RefusedError
from datalfred.lake.catalog import glue
from datalfred.lake.catalog.storage import total_bytes
from datalfred.lake.sql import reading
from datalfred.lake.sql.checked import TableName
from datalfred.lake.sql.estimate import estimate
from datalfred.lake.sql.guard import check
from datalfred.lake.sql.views import open_views
from tests.support import small_lake

BYTES = {month: len(text.encode()) for month, text in small_lake.ORDERS.items()}
ALL = sum(BYTES.values())


def price(sql, **arguments):
    return estimate(check(sql, database="sales"), **arguments)


@pytest.mark.parametrize(
    ("where", "months"),
    [
        ("", 3),
        ("WHERE month = '2026-10'", 1),
        ("WHERE '2026-10' = month", 1),
        ("WHERE o.month <> '2026-10'", 2),
        ("WHERE MONTH >= '2026-09'", 2),
        ("WHERE '2026-09' < month", 1),
        ("WHERE month > '2026-08' AND month < '2026-10'", 1),
        ("WHERE (month BETWEEN '2026-08' AND '2026-09')", 2),
        ("WHERE month IN ('2026-08', '2026-10') AND status = 'completed'", 2),
        ("WHERE month IN ('2027-01')", 0),
        ("WHERE CAST(month AS varchar) = '2026-10'", 1),
        ("WHERE month = '2026-10' OR status = 'completed'", 3),
        ("WHERE NOT month = '2026-10'", 3),
        ("WHERE substr(month, 1, 4) = '2026'", 3),
        ("WHERE month = status", 3),
        ("WHERE month IN (SELECT max(month) FROM sales.orders)", 3),
        ("WHERE month BETWEEN status AND '2026-09'", 3),
        ("WHERE other.month = '2026-10'", 3),
        ("WHERE month = 202610", 3),
        ("JOIN customer.customers c ON c.customer_id = o.customer_id AND o.month = '2026-10'", 1),
        ("JOIN customer.customers c USING (customer_id) WHERE o.month = '2026-10'", 1),
    ],
)
def test_predicates_on_partition_keys_prune(lake, where, months):
    found = price(f"SELECT count(*) FROM orders o {where}")

    assert found.partitions == {"sales.orders": f"{months} of 3"}


def test_bytes_are_those_of_the_files_and_cost_at_least_the_minimum(lake):
    found = price("SELECT * FROM orders WHERE month = '2026-10'")

    assert (found.bytes, found.upper_bound) == (BYTES["2026-10"], False)
    assert found.cost_usd == athena_cost(BYTES["2026-10"]) == pytest.approx(10 * 2**20 / 2**40 * 5)


def test_every_mention_of_a_table_is_read(lake):
    found = price(
        "SELECT * FROM orders a JOIN orders b ON a.order_id = b.order_id AND b.month = '2026-10' "
        "WHERE a.month = '2026-09'"
    )

    assert found.bytes == BYTES["2026-09"] + BYTES["2026-10"]


def test_the_far_side_of_an_outer_join_is_read_whole(lake):
    found = price(
        "SELECT * FROM customer.customers c LEFT JOIN orders o "
        "ON o.customer_id = c.customer_id AND o.month = '2026-10'"
    )

    assert found.bytes == ALL + len(small_lake.CUSTOMERS.encode())
    assert found.partitions == {"sales.orders": "3 of 3"}


def test_a_common_table_of_the_same_name_is_read_once(lake):
    found = price(
        "WITH orders AS (SELECT * FROM orders WHERE month = '2026-10') SELECT * FROM orders"
    )

    assert found.bytes == BYTES["2026-10"]


def test_with_a_limit_it_is_an_upper_bound(lake):
    assert price("SELECT * FROM orders LIMIT 1").upper_bound
    assert price("SELECT * FROM orders FETCH FIRST ROW ONLY").upper_bound


@pytest.mark.parametrize("sql", ["SELECT 1", "SHOW TABLES IN sales", "DESCRIBE orders"])
def test_what_reads_no_file_costs_nothing(lake, sql):
    found = price(sql)

    assert (found.bytes, found.cost_usd) == (0, 0.0)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM contacts", "sales.contacts is a view."),
        ("SELECT * FROM nothing", "There is no table named 'sales.nothing'."),
        ('SELECT * FROM "orders$partitions"', "sales.orders$partitions is not a table of files."),
        ("SELECT * FROM projected", "The partitions of sales.projected are projected"),
        ("SELECT * FROM elsewhere", "could not be counted"),
    ],
)
def test_what_cannot_be_told_is_not_told(lake, sql, reason):
    tables = lake.client("glue")
    for name, location, parameters in (
        ("projected", "s3://small-lake/p/", {"projection.enabled": "true"}),
        ("elsewhere", "hdfs://x/", {}),
    ):
        known = {table["Name"] for table in tables.get_tables(DatabaseName="sales")["TableList"]}
        if name not in known:
            described = {"Location": location, "Columns": [{"Name": "a", "Type": "int"}]}
            new = {"Name": name, "StorageDescriptor": described, "Parameters": parameters}
            tables.create_table(DatabaseName="sales", TableInput=new)

    found = price(sql)

    assert (found.bytes, found.cost_usd) == (None, None)
    assert reason in found.reason


def test_after_the_deadline_there_is_no_estimate(lake):
    found = price("SELECT * FROM orders", seconds=-1.0)

    assert found.bytes is None
    assert "in time" in found.reason
    assert price("SELECT * FROM customer.customers", seconds=-1.0).bytes is None


def test_a_listing_that_takes_too_long_is_given_up(lake):
    location = f"s3://{small_lake.BUCKET}/sales/orders/"

    assert total_bytes([location], deadline=time.monotonic() + 5) == ALL
    assert total_bytes([location], deadline=time.monotonic() - 1) is None
    assert total_bytes([], deadline=time.monotonic() + 5) == 0


def test_an_error_of_aws_costs_the_estimate_not_the_query(lake, monkeypatch):
    def refuse(*_):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetTable")

    monkeypatch.setattr(glue, "table", refuse)

    assert price("SELECT * FROM orders").reason.startswith("AWS denied GetTable")


def test_a_defect_is_no_missing_estimate(lake, monkeypatch):
    monkeypatch.setattr(glue, "table", lambda *_: {}["x"])

    with pytest.raises(KeyError):
        price("SELECT * FROM orders")


def test_a_view_may_read_only_what_may_be_read(lake):
    opened = open_views(check("SELECT * FROM sales.contacts"), databases=["sales", "customer"])

    assert TableName("customer", "customers") in opened.tables
    with pytest.raises(RefusedError, match=r"The view sales.salaries may not be read: .*'hr'"):
        reading.prepared("SELECT * FROM sales.salaries")


def test_a_view_that_cannot_be_opened_is_not_read(lake):
    glue_client = lake.client("glue")
    glue_client.create_table(
        DatabaseName="sales",
        TableInput={"Name": "hive_view", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT"},
    )
    try:
        with pytest.raises(RefusedError, match="not kept in Athena's form"):
            reading.prepared("SELECT * FROM sales.hive_view")
    finally:
        glue_client.delete_table(DatabaseName="sales", Name="hive_view")


def test_views_that_never_end_are_refused(lake):
    glue_client = lake.client("glue")
    for number in range(9):
        text = small_lake.view_text(f"SELECT * FROM chain_{number + 1}", "customer")
        entry = {"Name": f"chain_{number}", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": text}
        glue_client.create_table(DatabaseName="customer", TableInput=entry)
    try:
        with pytest.raises(RefusedError, match="more than 8 levels"):
            reading.prepared("SELECT * FROM customer.chain_0")
    finally:
        for number in range(9):
            glue_client.delete_table(DatabaseName="customer", Name=f"chain_{number}")


def test_personal_columns_are_masked_through_a_view(lake):
    statement = reading.prepared("SELECT address AS a, city FROM sales.contacts")

    assert "a" in statement.masked
    assert "city" not in statement.masked


def test_without_allow_list_and_semantics_a_view_may_read_every_database(small_aws):
    environment = small_lake.environment(
        small_aws, DATALFRED_DATABASES="", DATALFRED_SEMANTICS_URI=""
    )
    with settings.using(environment):
        assert reading.prepared("SELECT * FROM sales.salaries").masked == frozenset()
