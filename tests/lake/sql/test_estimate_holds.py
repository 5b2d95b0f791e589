"""The estimate against what Athena scans, over statements that nobody chose: never too low."""

import base64
import json

import duckdb
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datalfred import clients, settings
from datalfred.lake.sql import reading
from datalfred.local.aws import athena as executing_athena
from tests.support import small_lake

MONTHS = ("2026-07", "2026-08", "2026-09", "2026-10")
PARQUET = {
    "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    "Parameters": {},
}
COLUMNS = [("id", "bigint"), ("name", "string"), ("amount", "double")]
VIEWED = [("id", "bigint"), ("name", "varchar"), ("month", "varchar")]
KEYS = [{"Name": "month", "Type": "string"}, {"Name": "day", "Type": "date"}]


@pytest.fixture(scope="module")
def columnar(small_aws, tmp_path_factory):
    """A Parquet table of two partition keys, and a view over it, beside the small lake."""
    executing_athena.install(small_aws)
    folder, glue, s3 = (
        tmp_path_factory.mktemp("p"),
        small_aws.client("glue"),
        small_aws.client("s3"),
    )
    root = f"s3://{small_lake.BUCKET}/facts/"
    stored = {**small_lake.storage(root, COLUMNS, PARQUET)}
    table = {"Name": "facts", "PartitionKeys": KEYS, "StorageDescriptor": stored}
    glue.create_table(
        DatabaseName="sales", TableInput={**table, "Parameters": {"classification": "parquet"}}
    )
    behind = "SELECT id, name, month FROM facts WHERE month > '2026-07'"
    told = [{"name": each, "type": kind} for each, kind in VIEWED]
    view = {"originalSql": behind, "catalog": "awsdatacatalog", "schema": "sales", "columns": told}
    text = f"/* Presto View: {base64.b64encode(json.dumps(view).encode()).decode()} */"
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": "recent",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": text,
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "id", "Type": "bigint"},
                    {"Name": "name", "Type": "string"},
                    {"Name": "month", "Type": "string"},
                ]
            },
        },
    )
    for number, month in enumerate(MONTHS):
        path, where = folder / f"{month}.parquet", f"{month}/"
        with duckdb.connect() as duck:
            duck.execute(
                f"COPY (SELECT i AS id, 'n' || i * {number + 3} AS name, i / 7.0 AS amount "
                f"FROM range({200 * (number + 1)}) r(i)) TO '{path}' (FORMAT parquet)"
            )
        s3.put_object(
            Bucket=small_lake.BUCKET, Key=f"facts/{where}f.parquet", Body=path.read_bytes()
        )
        partition = {**stored, "Location": f"{root}{where}"}
        glue.create_partition(
            DatabaseName="sales",
            TableName="facts",
            PartitionInput={"Values": [month, f"{month}-01"], "StorageDescriptor": partition},
        )
    with settings.using(small_lake.environment(small_aws)):
        clients.client("athena").create_work_group(
            Name="holds",
            Configuration={
                "ResultConfiguration": {"OutputLocation": f"s3://{small_lake.RESULTS}/"}
            },
        )
    return small_aws


TERMS = st.sampled_from(
    [
        "{a}.month = '2026-09'",
        "{a}.month >= '2026-08'",
        "{a}.month < '2026-10' AND {a}.id > 5",
        "{a}.month IN ('2026-07', '2026-10')",
        "{a}.month NOT IN ('2026-07')",
        "{a}.month LIKE '2026-0%'",
        "{a}.month NOT LIKE '2026-0%'",
        "({a}.month = '2026-07' OR {a}.month = '2026-09')",
        "({a}.month = '2026-07' OR {a}.id = 3)",
        "NOT {a}.month = '2026-07'",
        "{a}.day >= DATE '2026-09-01'",
        "{a}.day > TIMESTAMP '2026-08-31 12:00:00'",
        "CAST({a}.day AS varchar) <> '2026-09-01'",
        "{a}.day BETWEEN DATE '2026-08-01' AND DATE '2026-09-30'",
        "date_trunc('month', {a}.day) = DATE '2026-09-01'",
        "substr({a}.month, 6) = '10'",
        "{a}.name LIKE 'n1%'",
        "true",
    ]
)
OUTPUTS = st.sampled_from(
    ["count(*) AS c", "max({a}.id) AS c", "count({a}.name) AS c", "sum({a}.amount) AS c"]
)


_DEPTH = 2


@st.composite
def statements(draw, depth=_DEPTH):
    """A count over the table: plain, joined, grouped, through common tables, or in a union."""
    a = draw(st.sampled_from(["facts", "f"]))
    source = "sales.facts" if a == "facts" else "sales.facts AS f"
    output, where = (draw(each).format(a=a) for each in (OUTPUTS, TERMS))
    plain = f"SELECT {output} FROM {source} WHERE {where}"
    if not depth:
        return plain
    shape = draw(st.integers(0, 8 if depth == _DEPTH else 7))  # the last has more columns
    inner = draw(statements(depth=depth - 1)) if shape in {1, 2, 3} else ""
    other = draw(TERMS).format(a="g")
    joined = f"SELECT {output} FROM {source} {{}} JOIN sales.facts g ON g.id = {a}.id AND {other}"
    return {
        0: plain,
        1: f"{plain} UNION ALL {inner}",
        2: f"WITH w AS ({inner}) SELECT x.c FROM w x CROSS JOIN w y",
        3: f"SELECT * FROM ({inner}) q LIMIT 3",
        4: f"{joined.format('')} WHERE {where}",
        5: f"{joined.format('LEFT')} WHERE {where}",
        6: f"{joined.format('RIGHT')} WHERE {where}",
        7: "SELECT count(name) AS c FROM sales.recent WHERE month = '2026-09'",
        8: f"SELECT {a}.*, o.status FROM {source} JOIN sales.orders o ON o.order_id = {a}.id "
        f"AND o.month = {a}.month WHERE {where}",
    }[shape]


@given(sql=statements())
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_athena_never_scans_more_than_was_estimated(columnar, sql):
    chosen = {"DATALFRED_WORKGROUP": "holds", "DATALFRED_QUERY_REUSE_MINUTES": "0"}
    with settings.using(small_lake.environment(columnar, **chosen)):
        statement = reading.prepared(sql)
        estimate = reading.estimate(statement)
        ran = reading.run(statement).run

    assert estimate.bytes is not None
    assert ran.bytes_scanned <= estimate.bytes
    assert estimate.upper_bound or ran.bytes_scanned == estimate.bytes
