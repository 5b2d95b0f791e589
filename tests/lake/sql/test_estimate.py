import time
from dataclasses import replace

import duckdb
import pytest
from botocore.exceptions import ClientError

from datalfred import settings
from datalfred.definitions.prices import athena_cost
from datalfred.errors import RefusedError
from datalfred.lake.catalog import glue
from datalfred.lake.sql import reading
from datalfred.lake.sql.checked import TableName
from datalfred.lake.sql.estimate import estimate
from datalfred.lake.sql.files import TooManyFilesError, files_under
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
        ("SELECT * FROM projected", "The partitions of sales.projected are projected"),
        ("SELECT * FROM elsewhere", "do not lie in S3"),
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
            new = {
                "Name": name,
                "StorageDescriptor": described,
                "Parameters": parameters,
                "PartitionKeys": [{"Name": "k", "Type": "string"}] if parameters else [],
            }
            tables.create_table(DatabaseName="sales", TableInput=new)

    found = price(sql)

    assert (found.bytes, found.cost_usd) == (None, None)
    assert reason in found.reason


def test_a_query_of_a_table_that_is_not_there_fails_before_it_reads(lake):
    found = price("SELECT * FROM nothing JOIN orders ON true")

    assert (found.cost_usd, found.reason) == (0.0, "There is no table named 'sales.nothing'.")


def test_after_the_deadline_there_is_no_estimate(lake):
    found = price("SELECT * FROM orders", seconds=-1.0)

    assert found.bytes is None
    assert "in time" in found.reason
    assert price("SELECT * FROM customer.customers", seconds=-1.0).bytes is None


def test_a_listing_that_takes_too_long_is_given_up(lake):
    location = f"s3://{small_lake.BUCKET}/sales/orders/"
    found = files_under([location], deadline=time.monotonic() + 5)

    assert sum(file.size for file in found) == ALL
    assert files_under([], deadline=time.monotonic() + 5) == ()
    with pytest.raises(TooManyFilesError):
        files_under([location], deadline=time.monotonic() - 1)


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


def test_a_view_costs_at_most_what_stands_behind_it(lake):
    found = price("SELECT city FROM contacts a JOIN contacts b USING (city)")

    assert (found.bytes, found.upper_bound) == (2 * len(small_lake.CUSTOMERS.encode()), True)


def test_a_common_table_is_read_as_often_as_it_is_named(lake):
    found = price("WITH c AS (SELECT * FROM customer.customers) SELECT * FROM c x, c y")

    assert found.bytes == 2 * len(small_lake.CUSTOMERS.encode())


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM information_schema.tables",
        'SELECT * FROM "orders$partitions"',
        "EXPLAIN SELECT * FROM orders",
        "WITH c AS (SELECT * FROM orders) SELECT 1",
    ],
)
def test_what_reads_only_the_catalog_costs_nothing(lake, sql):
    assert price(sql).cost_usd == 0.0


def test_an_explanation_that_runs_the_query_costs_what_the_query_does(lake):
    assert price("EXPLAIN ANALYZE SELECT * FROM orders").bytes == ALL
    assert price("explain  analyze verbose SELECT * FROM orders").bytes == ALL


def test_a_predicate_that_is_not_understood_makes_an_upper_bound(lake):
    found = price("SELECT * FROM orders WHERE substr(month, 6) = '10'")

    assert (found.bytes, found.upper_bound) == (ALL, True)


@pytest.fixture
def table(lake):
    """Makes a table of some kind, for one test."""
    tables, made = lake.client("glue"), []

    def make(name, *, keys=(), storage=None, **parameters):
        location = f"s3://{small_lake.BUCKET}/{name}/"
        described = small_lake.storage(location, [("id", "bigint"), ("name", "string")], {})
        new = {
            "Name": name,
            "Parameters": {each.replace("__", "."): said for each, said in parameters.items()},
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
            "StorageDescriptor": {**described, **(storage or {})},
        }
        tables.create_table(DatabaseName="sales", TableInput=new)
        made.append(name)

    yield make
    for name in made:
        tables.delete_table(DatabaseName="sales", Name=name)


@pytest.mark.parametrize(
    ("parameters", "storage", "kind"),
    [
        ({"table_type": "ICEBERG"}, {}, "Iceberg"),
        ({"spark__sql__sources__provider": "delta"}, {}, "Delta"),
        ({"spark__sql__sources__provider": "hudi"}, {}, "Hudi"),
        ({}, {"InputFormat": "org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat"}, "Delta"),
    ],
)
def test_which_files_are_of_the_table_is_not_guessed(table, parameters, storage, kind):
    table("elsewhere_listed", storage=storage, **parameters)

    assert price("SELECT * FROM elsewhere_listed").reason == (
        f"sales.elsewhere_listed is a table of {kind}."
    )


def test_of_parquet_the_columns_that_are_named_count(lake, table, tmp_path):
    with duckdb.connect() as duck:
        duck.execute(
            "COPY (SELECT i AS id, 'n' || i AS name FROM range(5000) r(i)) "
            f"TO '{tmp_path}/f.parquet' (FORMAT parquet)"
        )
        chunks = duck.execute(
            "SELECT path_in_schema, total_compressed_size "
            f"FROM parquet_metadata('{tmp_path}/f.parquet')"
        )
        sizes = dict(chunks.fetchall())
    body = (tmp_path / "f.parquet").read_bytes()
    lake.client("s3").put_object(Bucket=small_lake.BUCKET, Key="columnar/f", Body=body)
    table("columnar", classification="parquet")

    assert price("SELECT name FROM columnar").bytes == sizes["name"]
    assert price("SELECT count(*) FROM columnar WHERE id > 5").bytes == sizes["id"]
    assert price("SELECT count(*) FROM columnar").bytes == 0
    assert price("SELECT name FROM columnar").upper_bound
    table("by_place", classification="parquet", parquet__column__index__access="true")
    assert price("SELECT name FROM by_place").bytes == 0  # an empty folder


def test_projected_partitions_are_enumerated_and_pruned(lake, table):
    table(
        "projected_months",
        keys=("month",),
        classification="csv",
        projection__enabled="true",
        projection__month__type="enum",
        projection__month__values="2026-08,2026-09,2026-10",
        storage__location__template=f"s3://{small_lake.BUCKET}/sales/orders/month=${{month}}/",
    )

    found = price("SELECT * FROM projected_months WHERE month = '2026-10'")

    assert (found.bytes, found.partitions) == (
        BYTES["2026-10"],
        {"sales.projected_months": "1 of 3"},
    )


def test_a_view_whose_text_is_not_athenas_has_no_estimate(lake, table):
    lake.client("glue").create_table(
        DatabaseName="sales",
        TableInput={"Name": "hive", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "SELECT 1"},
    )
    try:
        assert price("SELECT * FROM hive").reason.startswith("sales.hive is a view")
    finally:
        lake.client("glue").delete_table(DatabaseName="sales", Name="hive")


def test_what_is_read_through_a_connector_has_no_estimate(lake):
    checked = check("SELECT * FROM orders", database="sales")
    elsewhere = replace(checked, tables=(TableName("sales", "orders", "mysql"),))

    assert "connector" in estimate(elsewhere).reason


def test_recursion_over_a_table_has_no_estimate(lake):
    steps = "SELECT 1 UNION ALL SELECT n + 1 FROM x JOIN orders ON order_id = n"

    assert "recursion" in price(f"WITH RECURSIVE x(n) AS ({steps}) SELECT n FROM x").reason
