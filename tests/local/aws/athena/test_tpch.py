"""The 22 queries of TPC-H through boto3, against DuckDB's own answers over the same Parquet files.

The scale factor is 0.03, the smallest at which each query finds something.
"""

import duckdb
import pytest

from tests.support.tpch import lake, queries, tables

_SCALE = 0.03
_REGION = "eu-west-1"
_TYPES = {
    1: "varchar varchar decimal(38,2) decimal(38,2) decimal(38,4) decimal(38,6) decimal(15,2) "
    "decimal(15,2) decimal(15,2) bigint",
    2: "decimal(15,2) varchar varchar bigint varchar varchar varchar varchar",
    3: "bigint decimal(38,4) date integer",
    4: "varchar bigint",
    5: "varchar decimal(38,4)",
    6: "decimal(38,4)",
    7: "varchar varchar bigint decimal(38,4)",
    8: "bigint decimal(38,4)",
    9: "varchar bigint decimal(38,4)",
    10: "bigint varchar decimal(38,4) decimal(15,2) varchar varchar varchar varchar",
    11: "bigint decimal(38,2)",
    12: "varchar bigint bigint",
    13: "bigint bigint",
    14: "decimal(38,6)",
    15: "bigint varchar varchar varchar decimal(38,4)",
    16: "varchar varchar integer bigint",
    17: "decimal(38,2)",
    18: "varchar bigint bigint date decimal(15,2) decimal(38,2)",
    19: "decimal(38,4)",
    20: "varchar varchar",
    21: "varchar bigint",
    22: "varchar bigint decimal(38,2)",
}
"""By https://trino.io/docs/current/functions/decimal.html and .../aggregate.html#avg."""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tables.write(tmp_path_factory.mktemp("tpch"), _SCALE)


@pytest.fixture(scope="module")
def native(files):
    with duckdb.connect(config={"threads": 2}) as database:
        tables.views(database, files)
        queries.define_exact(database)
        yield database


@pytest.fixture(scope="module")
def client(boto, files):
    lake.install({"s3": boto("s3"), "glue": boto("glue")}, files, _REGION)
    return boto("athena")


def _kind(column):
    if column["Type"] == "decimal":
        return f"decimal({column['Precision']},{column['Scale']})"
    return column["Type"]


def _shown(value):
    return None if value is None else f"{value:f}" if hasattr(value, "as_tuple") else str(value)


@pytest.mark.parametrize("number", queries.NUMBERS)
def test_a_query_of_tpch_has_the_right_rows_and_types(client, native, number):
    right = [
        tuple(_shown(value) for value in row)
        for row in native.execute(queries.exact(number, _SCALE)).fetchall()
    ]

    execution = lake.run(client, queries.text(number, _SCALE))

    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    page = client.get_query_results(QueryExecutionId=execution["QueryExecutionId"], MaxResults=1000)
    found = page["ResultSet"]
    rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in found["Rows"]][1:]
    kinds = [_kind(column) for column in found["ResultSetMetadata"]["ColumnInfo"]]
    assert rows == right[:999]
    assert right
    assert any(value is not None for value in right[0])
    assert kinds == _TYPES[number].split()
