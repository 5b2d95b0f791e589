"""The demo lake, read back from the embedded AWS through boto3."""

import io
import subprocess
import sys
from datetime import date

import duckdb
import pytest
import yaml

from datalfred.local.demo_lake import BUCKET, SEMANTICS_URI, seed_lake
from datalfred.local.demo_lake.definition import table_definitions

TODAY = date(2026, 11, 20)
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture(scope="module")
def steps() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def aws(embedded_aws, lake, steps):
    seed_lake(
        embedded_aws, TODAY, lake.folder.parent, lambda text, part: steps.append((text, part))
    )
    return embedded_aws


def tables(aws, database: str) -> dict:
    pages = aws.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
    return {table["Name"]: table for page in pages for table in page["TableList"]}


def test_the_catalog_lists_what_was_promised(aws):
    databases = aws.client("glue").get_databases()["DatabaseList"]

    assert {database["Name"]: set(tables(aws, database["Name"])) for database in databases} == {
        "sales": {"orders", "order_items", "products", "returns", "stores"},
        "customer": {"customers", "addresses", "support_tickets", "segments"},
        "analytics": {"web_sessions", "daily_sales", "campaign_costs"},
    }
    assert all(database["Description"] for database in databases)


def test_a_parquet_table_says_how_athena_reads_it_and_how_much_it_holds(aws, lake):
    orders = tables(aws, "sales")["orders"]

    assert orders["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == PARQUET
    assert orders["StorageDescriptor"]["Location"] == "s3://demo-lake/sales/orders/"
    assert orders["Parameters"]["classification"] == "parquet"
    assert orders["Parameters"]["recordCount"] == str(lake.rows["sales.orders"])
    assert [key["Name"] for key in orders["PartitionKeys"]] == ["month"]
    assert all(column["Comment"] for column in orders["StorageDescriptor"]["Columns"])


def test_a_typed_csv_table_skips_its_header(aws):
    products = tables(aws, "sales")["products"]

    serde = products["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"].endswith("LazySimpleSerDe")
    assert serde["Parameters"]["field.delim"] == ","
    assert products["Parameters"]["skip.header.line.count"] == "1"


def test_a_json_table_has_the_json_serde(aws):
    serde = tables(aws, "sales")["returns"]["StorageDescriptor"]["SerdeInfo"]

    assert serde["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"


def test_partitions_are_the_months_and_their_rows_sum_up(aws, lake):
    pages = (
        aws.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName="sales", TableName="orders")
    )
    partitions = [partition for page in pages for partition in page["Partitions"]]

    assert len(partitions) == 23
    assert min(p["Values"] for p in partitions) == ["2025-01"]
    assert max(p["Values"] for p in partitions) == ["2026-11"]
    assert sum(int(p["Parameters"]["recordCount"]) for p in partitions) == lake.rows["sales.orders"]
    assert partitions[0]["StorageDescriptor"]["Location"].startswith(
        "s3://demo-lake/sales/orders/month="
    )


def test_the_object_of_a_partition_holds_the_rows_of_its_month(aws, lake, tmp_path):
    s3 = aws.client("s3")
    prefix = "sales/orders/month=2025-11/"
    (found,) = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    file = tmp_path / "part.parquet"
    body = io.BytesIO()
    s3.download_fileobj(BUCKET, found["Key"], body)
    file.write_bytes(body.getvalue())

    rows = duckdb.sql(f"SELECT count(*), min(ordered_at), max(ordered_at) FROM '{file}'").fetchall()

    count, first, last = rows[0]
    assert count == lake.rows["sales.orders/month=2025-11"]
    assert f"{first:%Y-%m} {last:%Y-%m}" == "2025-11 2025-11"


def test_the_semantic_layer_lies_where_its_setting_points(aws):
    prefix = SEMANTICS_URI.removeprefix(f"s3://{BUCKET}/")
    s3 = aws.client("s3")

    layer = {
        database: yaml.safe_load(
            s3.get_object(Bucket=BUCKET, Key=f"{prefix}/{database}.yaml")["Body"].read()
        )
        for database in ("sales", "customer", "analytics")
    }

    assert layer["sales"]["tables"]["orders"]["measures"]["revenue"]["expression"] == "sum(amount)"
    assert sum(len(file["tables"]) for file in layer.values()) == len(table_definitions())


def test_progress_runs_from_nothing_to_all(aws, steps):
    fractions = [fraction for _, fraction in steps]

    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert ("Storing the database sales", pytest.approx(0.75)) in steps


def test_importing_the_package_loads_neither_duckdb_nor_moto():
    code = (
        "import sys, datalfred.local.demo_lake as d;"
        "print([m for m in ('duckdb', 'moto', 'boto3', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
