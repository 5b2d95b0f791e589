"""The lake as queries see it: formats, partitions, views, listings."""

import base64
import json

import duckdb
import pytest

MONTHS = ("2024-01", "2024-02", "2024-03")


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def test_a_partitioned_parquet_table_is_read_with_its_keys_and_missing_columns(rows):
    found = rows(
        "SELECT order_id, amount, ordered_at, note, month FROM orders "
        "WHERE order_id IN (0, 200) ORDER BY order_id"
    )

    assert found == [
        ("0", "0.50", "2024-01-01 00:00:00.123", None, "2024-01"),
        ("200", "0.50", "2024-01-01 00:00:00.123", "new", "2024-03"),
    ]


def test_aggregates_group_by_a_partition_key(rows):
    found = rows(
        "SELECT month, count(*), sum(amount), avg(amount) FROM orders GROUP BY 1 ORDER BY 1"
    )

    assert found == [(month, "100", "5000.00", "50.00") for month in MONTHS]


def test_the_path_of_a_row_is_its_object(rows):
    found = rows("SELECT DISTINCT \"$path\" FROM orders WHERE month = '2024-02'")

    assert found == [("s3://lake/orders/month=2024-02/part.parquet",)]


def test_a_star_leaves_the_path_out_and_an_unread_type_only_fails_when_read(run, rows):
    assert len(rows("SELECT order_id, month FROM orders WHERE order_id = 5")[0]) == 2
    assert "The type of column odd is not supported" in reason(run("SELECT odd FROM orders"))


def test_nested_parquet_is_read_by_the_names_of_its_fields(boto, table, rows, tmp_path):
    file = tmp_path / "nested.parquet"
    duckdb.sql(
        "SELECT {'a': 1, 'B': 'x'} AS who, [{'q': 1}] AS items, 'abcdef' AS short, "
        "TIMESTAMPTZ '2024-01-01 10:00:00+02' AS at, 5::SMALLINT AS n"
    ).write_parquet(str(file))
    boto("s3").upload_file(str(file), "lake", "nested/a.parquet")
    columns = [("n", "bigint"), ("who", "struct<b:string,a:bigint,c:int>"), ("short", "varchar(3)")]
    columns += [("items", "array<struct<q:bigint>>"), ("at", "timestamp"), ("gone", "int")]
    table("nested", "s3://lake/nested/", columns, "parquet")

    assert rows("SELECT n, who, short, items[1].q, at, gone FROM nested") == [
        ("5", "{b=x, a=1, c=null}", "abc", "1", "2024-01-01 08:00:00.000", None)
    ]


def test_a_partition_without_a_value_is_null_and_may_lie_anywhere(boto, lake, table, run, rows):
    boto("s3").put_object(Bucket="lake", Key="elsewhere/a.csv", Body=b"7\n")
    table("loose", "s3://lake/loose/", [("id", "int")], keys=[("k", "int")])
    for value, location in (
        ("__HIVE_DEFAULT_PARTITION__", "s3://lake/elsewhere/"),
        ("5", "s3://lake/elsewhere"),
        ("6", "s3://lake/loose/k=6/"),
    ):
        storage = {"Location": location}
        lake.create_partition(
            DatabaseName="sales",
            TableName="loose",
            PartitionInput={"Values": [value], "StorageDescriptor": storage},
        )

    assert rows("SELECT id, k FROM loose ORDER BY k") == [("7", "5"), ("7", None)]
    assert rows("SELECT id FROM loose WHERE k = 5") == [("7",)]
    failing = run("SELECT count(*) FROM loose WHERE 10 / (k - 5) > 3")
    assert reason(failing) == "DIVISION_BY_ZERO: Division by zero"


def test_columns_that_a_format_cannot_hold_are_refused(boto, table, run):
    boto("s3").put_object(Bucket="lake", Key="flat/a.csv", Body=b"1\n")
    deep = "array<" * 8 + "int" + ">" * 8
    table("flat", "s3://lake/flat/", [("id", deep)])
    csv = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    table("flat_csv", "s3://lake/flat/", [("id", "date")], csv, {"separatorChar": ","})
    table("nowhere", "", [("id", "int")])

    assert "in a delimited file is not supported" in reason(run("SELECT id FROM flat"))
    assert "(OpenCSVSerde) is not supported" in reason(run("SELECT id FROM flat_csv"))
    assert reason(run("SELECT id FROM nowhere")).startswith("HIVE_INVALID_METADATA")


def test_delimited_text_is_null_where_it_does_not_parse(rows):
    found = rows("SELECT id, name, price, launched FROM products ORDER BY id")

    assert found == [
        ("1", "Chair", "9.5", "2024-01-05"),
        ("2", "", None, None),
        ("3", None, "7.0", None),
    ]


def test_quoted_csv_is_read_with_its_quotes_and_fails_where_it_does_not_parse(run, rows):
    assert rows("SELECT * FROM quoted ORDER BY id") == [("1", "a;b"), ("2", 'say "x"')]
    assert reason(run("SELECT * FROM misread")).startswith(
        "HIVE_BAD_DATA: Error parsing field value"
    )


def test_json_lines_are_read_by_name_whatever_the_case(rows):
    found = rows("SELECT id, at, tags, n, who.name, note, renamed FROM events ORDER BY id")

    assert found == [
        ("1", "2024-01-05 10:00:00.000", "[a]", None, "Ana", None, None),
        ("2", None, None, "7", None, '{"k":1}', '{"k":1}'),
    ]


def test_a_member_inside_json_is_read_whatever_its_case_and_is_null_where_it_is_missing(
    boto, table, run, rows
):
    # https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html: case.insensitive
    body = (
        b'{"userIdentity": {"accountId": "1", "session": {"MFA": true}}, "tags": [{"Key": "a"}, 1]}'
        b'\n{"userIdentity": {"type": "Root", "odd": 2}, "tags": [{"key": "b", "n": 7}, null]}\n'
    )
    boto("s3").put_object(Bucket="lake", Key="trail/a.json", Body=body)
    identity = "struct<type:string,accountid:string,session:struct<mfa:boolean>>"
    columns = [("useridentity", identity), ("tags", "array<struct<key:string,n:int>>")]
    json_serde = "org.openx.data.jsonserde.JsonSerDe"
    table("trail", "s3://lake/trail/", columns, json_serde, {"x": "y"})

    found = rows("SELECT useridentity, useridentity.session.mfa FROM trail ORDER BY 2")

    assert found == [
        ("{type=null, accountid=1, session={mfa=true}}", "true"),
        ("{type=Root, accountid=null, session=null}", None),
    ]
    assert rows("SELECT tags FROM trail WHERE useridentity.type = 'Root'") == [
        ("[{key=b, n=7}, null]",)
    ]
    assert reason(run("SELECT tags FROM trail")) == (
        "HIVE_BAD_DATA: Error parsing field value '1' as row(key varchar, n integer)"
    )


def test_a_line_that_is_no_json_fails_the_query_or_is_a_row_of_nulls(boto, table, run, rows):
    boto("s3").put_object(Bucket="lake", Key="lines/a.json", Body=b'{"id": 1}\nno json\n')
    json_serde = "org.openx.data.jsonserde.JsonSerDe"
    table("strict_lines", "s3://lake/lines/", [("id", "int")], json_serde, {"x": "y"})
    lenient = {"ignore.malformed.json": "true"}
    table("lenient_lines", "s3://lake/lines/", [("id", "int")], json_serde, lenient)

    assert reason(run("SELECT id FROM strict_lines")) == (
        "HIVE_CURSOR_ERROR: Row is not a valid JSON Object"
    )
    assert rows("SELECT id FROM lenient_lines ORDER BY 1") == [("1",), (None,)]


def test_json_that_is_no_value_of_its_type_fails_the_query(run):
    assert reason(run("SELECT id FROM broken")) == (
        "HIVE_BAD_DATA: Error parsing field value 'x' as integer"
    )


def test_parquet_of_another_type_than_the_catalog_says_fails_the_query(run):
    assert reason(run("SELECT order_id FROM badly_typed")).startswith(
        "HIVE_BAD_DATA: Field order_id"
    )


def test_a_table_without_files_is_empty_and_an_unknown_format_is_refused(run, rows):
    assert rows("SELECT count(*), max(id) FROM empty") == [("0", None)]
    assert "A table read by org.apache.avro.Whatever" in reason(run("SELECT * FROM avro"))


@pytest.mark.parametrize(
    ("condition", "months"),
    [
        ("month = '2024-02'", MONTHS[1:2]),
        ("month >= '2024-02'", MONTHS[1:]),
        ("month IN ('2024-01', '2024-03') AND order_id >= 0", MONTHS[::2]),
        ("(month = '2024-01' OR month = '2024-03')", MONTHS[::2]),
        ("substr(month, 6) = '01'", MONTHS[:1]),
        ("order_id >= 0", MONTHS),
        ("(month = '2024-01' OR order_id >= 0)", MONTHS),
        ("(CAST(replace(month, '-01', 'x') AS integer) = 1 OR true)", MONTHS),
        ("month IS NULL", ()),
    ],
)
def test_bytes_scanned_are_those_of_the_partitions_that_a_condition_leaves(run, condition, months):
    def scanned(condition):
        return run(f"SELECT sum(amount), max(order_id) FROM orders WHERE {condition}")[
            "Statistics"
        ]["DataScannedInBytes"]

    expected = [scanned(f"month = '{month}'") for month in months]

    assert all(expected)
    assert scanned(condition) == sum(expected)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(a) FROM (SELECT note, amount a, month FROM orders) o WHERE month = '2024-02'",
        "WITH o AS (SELECT month m, amount a FROM orders) SELECT sum(a) FROM o WHERE m = '2024-02'",
        "SELECT * FROM (SELECT month m, sum(amount) FROM orders GROUP BY 1) WHERE m = '2024-02'",
        "SELECT sum(o.amount) FROM orders o JOIN (VALUES 1) t(x) ON o.month = '2024-02'",
        (
            "SELECT 1 FROM (SELECT month m, amount FROM orders UNION VALUES ('', 1)) "
            "WHERE m = '2024-02'"
        ),
        "SELECT * FROM (SELECT DISTINCT month m, amount FROM orders) WHERE m = '2024-02'",
        "SELECT sum(o.amount) FROM (VALUES 1) t(x) LEFT JOIN orders o ON o.month = '2024-02'",
    ],
)
def test_conditions_reach_the_partitions_through_subqueries_and_joins(run, sql):
    one = run("SELECT sum(amount) FROM orders WHERE month = '2024-02'")

    assert run(sql)["Statistics"]["DataScannedInBytes"] == one["Statistics"]["DataScannedInBytes"]


def test_a_condition_on_a_made_up_row_prunes_nothing(rows):
    found = rows(
        "SELECT t.x, o.month FROM (VALUES 1) t(x) LEFT JOIN orders o "
        "ON o.order_id = 5 AND t.x = 2 WHERE o.month IS NULL"
    )

    assert found == [("1", None)]


def test_a_limit_keeps_conditions_from_reaching_below_it(rows):
    found = rows(
        "SELECT count(*) FROM (SELECT month FROM orders LIMIT 300) WHERE month = '2024-03'"
    )

    assert found == [("100",)]


def test_counting_rows_of_parquet_scans_nothing_and_text_is_scanned_whole(run):
    assert run("SELECT count(*) FROM orders")["Statistics"]["DataScannedInBytes"] == 0
    assert run("SELECT count(*) FROM products")["Statistics"]["DataScannedInBytes"] > 50


def test_a_new_version_of_an_object_is_read(boto, table, rows):
    boto("s3").put_object(Bucket="lake", Key="versions/a.csv", Body=b"1\n")
    table("versions", "s3://lake/versions/", [("id", "int")])
    assert rows("SELECT id FROM versions") == [("1",)]

    boto("s3").put_object(Bucket="lake", Key="versions/a.csv", Body=b"2\n")

    assert rows("SELECT id FROM versions") == [("2",)]


def test_projected_partitions_are_read_without_being_registered(boto, table, rows):
    for day in ("2024-01-30", "2024-02-01"):
        key = f"projected/eu/{day}/a.csv"
        boto("s3").put_object(Bucket="lake", Key=key, Body=f"{day}\n".encode())
    table(
        "projected",
        "s3://lake/projected/",
        [("said", "string")],
        keys=[("region", "string"), ("day", "date")],
        **{
            "projection.enabled": "true",
            "projection.region.type": "enum",
            "projection.region.values": "eu,us",
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": "2024-01-01,NOW",
            "storage.location.template": "s3://lake/projected/${region}/${day}",
        },
    )

    assert rows("SELECT region, day, said FROM projected WHERE day > DATE '2024-01-31'") == [
        ("eu", "2024-02-01", "2024-02-01")
    ]
    assert rows("SELECT count(*) FROM projected WHERE region = 'eu'") == [("2",)]


def _view(glue, name, sql, *columns):
    stored = {
        "originalSql": sql,
        "catalog": "awsdatacatalog",
        "schema": "sales",
        "columns": [{"name": column, "type": kind} for column, kind in columns],
    }
    text = base64.b64encode(json.dumps(stored).encode()).decode()
    glue.create_table(
        DatabaseName="sales",
        TableInput={
            "Name": name,
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": f"/* Presto View: {text} */",
            "StorageDescriptor": {"Columns": [{"Name": c, "Type": "string"} for c, _ in columns]},
        },
    )


def test_a_view_is_the_statement_behind_it(lake, run, rows):
    columns = ("m", "varchar"), ("total", "decimal(38,2)")
    _view(lake, "by_month", "SELECT month, sum(amount) total FROM orders GROUP BY 1", *columns)

    assert rows("SELECT m, total FROM by_month WHERE m = '2024-02'") == [("2024-02", "5000.00")]
    one = run("SELECT sum(amount) FROM orders WHERE month = '2024-02'")
    pruned = run("SELECT total FROM by_month WHERE m = '2024-02'")
    assert pruned["Statistics"]["DataScannedInBytes"] == one["Statistics"]["DataScannedInBytes"]


def test_views_that_cannot_be_read_say_why(lake, run):
    _view(lake, "ring", "SELECT * FROM ring", ("x", "bigint"))
    _view(lake, "stale", "SELECT 1, 2", ("x", "bigint"))
    lake.create_table(
        DatabaseName="sales",
        TableInput={"Name": "foreign_view", "TableType": "VIRTUAL_VIEW", "ViewOriginalText": "x"},
    )

    assert reason(run("SELECT * FROM ring")).startswith("VIEW_IS_RECURSIVE")
    assert reason(run("SELECT * FROM stale")).startswith("VIEW_IS_STALE")
    assert "A view that Athena did not make" in reason(run("SELECT * FROM foreign_view"))


def test_databases_tables_views_columns_and_partitions_are_listed(lake, rows):
    assert rows("SHOW DATABASES") == [("sales",)]
    assert rows("SHOW SCHEMAS LIKE 'x*'") == []
    assert ("orders",) in rows("SHOW TABLES IN sales 'o*|p%'")
    assert ("by_month",) in rows("SHOW VIEWS IN sales")
    assert rows("SHOW COLUMNS IN orders")[-1] == (f"{'month':<20}",)
    assert rows("SHOW COLUMNS FROM orders FROM sales")[0] == (f"{'order_id':<20}",)
    assert rows("SHOW PARTITIONS orders") == [(f"month={month}",) for month in MONTHS]
    assert rows("SHOW TBLPROPERTIES products") == [("skip.header.line.count\t1",)]


def test_a_table_is_described_with_its_keys(rows):
    found = [line for (line,) in rows("DESCRIBE orders")]

    assert found[0].split("\t")[0].strip() == "order_id"
    assert "# Partition Information" in found
    assert found[-1].split("\t")[2].strip() == "the part"


def test_a_table_and_a_view_are_shown_as_the_statements_that_make_them(rows):
    table = "\n".join(line for (line,) in rows("SHOW CREATE TABLE sales.orders"))
    view = "\n".join(line for (line,) in rows("SHOW CREATE VIEW by_month"))

    assert table.startswith("CREATE EXTERNAL TABLE `sales.orders`(\n  `order_id` bigint, ")
    assert "`month` string COMMENT 'the part')" in table
    assert "'field.delim'=','" in "\n".join(line for (line,) in rows("SHOW CREATE TABLE products"))
    assert view.endswith("SELECT month, sum(amount) total FROM orders GROUP BY 1")


def test_the_information_schema_lists_what_the_catalog_holds(rows):
    found = rows(
        "SELECT table_name FROM information_schema.tables WHERE table_type = 'VIEW' ORDER BY 1"
    )
    assert ("by_month",) in found

    columns = rows(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_name = 'orders' AND ordinal_position IN (2, 6) ORDER BY 1"
    )
    assert columns == [("amount", "decimal(12,2)"), ("month", "varchar")]
    assert ("sales",) in rows("SELECT schema_name FROM information_schema.schemata")


def test_explain_shows_a_plan_and_runs_nothing(run, rows):
    assert len(rows("EXPLAIN SELECT count(*) FROM orders")) > 2
    assert run("EXPLAIN SELECT * FROM orders")["Statistics"]["DataScannedInBytes"] == 0
