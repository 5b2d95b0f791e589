"""CREATE VIEW, and what a view returns when the tables behind it change."""

import base64
import json

import pytest


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def succeeded(execution):
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
    return execution


def stored(lake, name):
    raw = lake.get_table(DatabaseName="sales", Name=name)["Table"]["ViewOriginalText"]
    encoded = raw.removeprefix("/* Presto View: ").removesuffix(" */")
    return json.loads(base64.b64decode(encoded))


def test_a_view_is_made_read_replaced_and_dropped(lake, run, rows):
    execution = succeeded(
        run(
            "CREATE VIEW monthly AS SELECT month, sum(amount) AS total, count(*) AS n "
            "FROM orders GROUP BY 1"
        )
    )

    assert (execution["StatementType"], execution["SubstatementType"]) == ("DDL", "CREATE_VIEW")
    made = lake.get_table(DatabaseName="sales", Name="monthly")["Table"]
    assert made["TableType"] == "VIRTUAL_VIEW"
    assert made["Parameters"]["presto_view"] == "true"
    assert [(c["Name"], c["Type"]) for c in made["StorageDescriptor"]["Columns"]] == [
        ("month", "string"),
        ("total", "decimal(38,2)"),
        ("n", "bigint"),
    ]
    assert stored(lake, "monthly")["columns"][1] == {"name": "total", "type": "decimal(38,2)"}
    assert rows("SELECT total FROM monthly WHERE month = '2024-02'") == [("5000.00",)]
    assert ("monthly",) in rows("SHOW VIEWS")
    assert "ALREADY_EXISTS: View already exists" in reason(run("CREATE VIEW monthly AS SELECT 1 x"))

    succeeded(run("CREATE OR REPLACE VIEW monthly AS SELECT 7 AS only"))
    assert rows("SELECT * FROM monthly") == [("7",)]
    assert rows("SHOW CREATE VIEW monthly")[-1] == ("SELECT 7 AS only",)
    assert reason(run("DROP TABLE monthly")).startswith("FAILED: SemanticException [Error 10017]")
    succeeded(run("DROP VIEW monthly"))
    assert reason(run("DROP VIEW monthly")).startswith("TABLE_NOT_FOUND: line 1:1: View")
    succeeded(run("DROP VIEW IF EXISTS monthly"))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("CREATE VIEW v AS SELECT nope FROM orders", "COLUMN_NOT_FOUND: line 1:25"),
        ("CREATE VIEW v AS SELECT 1", "MISSING_COLUMN_NAME"),
        ("CREATE VIEW nodb.v AS SELECT 1 AS x", "SCHEMA_NOT_FOUND"),
        ("CREATE VIEW orders AS SELECT 1 AS x", "TABLE_ALREADY_EXISTS: line 1:1: Table already"),
        ("CREATE OR REPLACE VIEW orders AS SELECT 1 AS x", "TABLE_ALREADY_EXISTS"),
        ("DROP VIEW orders", "TABLE_NOT_FOUND: line 1:1: View 'awsdatacatalog.sales.orders' does"),
        ("INSERT INTO seen VALUES (1)", "NOT_SUPPORTED: line 1:1: Inserting into views"),
    ],
)
def test_views_that_cannot_be_are_refused(run, sql, said):
    succeeded(run("CREATE OR REPLACE VIEW seen AS SELECT 1 AS x"))

    assert reason(run(sql)).startswith(said)


def test_a_view_is_read_with_the_database_it_was_made_in(run, rows):
    succeeded(run("CREATE DATABASE IF NOT EXISTS reports"))
    succeeded(run("CREATE VIEW reports.counted AS SELECT count(*) AS n FROM orders"))

    other = {"QueryExecutionContext": {"Database": "reports"}}
    assert rows("SELECT n FROM counted", **other) == [("300",)]
    assert reason(run("SELECT n FROM orders", **other)).startswith("TABLE_NOT_FOUND")


def test_views_of_views_are_pruned_like_the_table_behind_them(run, rows):
    succeeded(
        run(
            "CREATE VIEW inner_view COMMENT 'in' AS SELECT order_id, amount, month AS m FROM orders"
        )
    )
    succeeded(
        run("CREATE VIEW outer_view AS SELECT m, sum(amount) AS t FROM inner_view GROUP BY 1")
    )

    assert rows("SELECT t FROM outer_view WHERE m = '2024-01'") == [("5000.00",)]
    one = run("SELECT sum(amount) FROM orders WHERE month = '2024-01'")
    pruned = run("SELECT t FROM outer_view WHERE m = '2024-01'")
    assert pruned["Statistics"]["DataScannedInBytes"] == one["Statistics"]["DataScannedInBytes"]


def test_a_view_keeps_the_types_that_it_declares(boto, run, rows):
    succeeded(run("CREATE TABLE under_view AS SELECT CAST(1 AS bigint) AS x, 'abc' AS y"))
    succeeded(run("CREATE VIEW over_it AS SELECT x, y FROM under_view"))
    succeeded(run("DROP TABLE under_view"))
    succeeded(run("CREATE TABLE under_view AS SELECT 2 AS x, 'z' AS y"))

    query_id = run("SELECT x, y FROM over_it")["QueryExecutionId"]
    found = boto("athena").get_query_results(QueryExecutionId=query_id)["ResultSet"]
    kinds = [column["Type"] for column in found["ResultSetMetadata"]["ColumnInfo"]]
    assert kinds == ["bigint", "varchar"]
    assert rows("SELECT x, y FROM over_it") == [("2", "z")]


def test_a_view_whose_table_has_changed_is_stale(run):
    succeeded(run("CREATE TABLE shifting AS SELECT 1 AS x"))
    succeeded(run("CREATE VIEW over_shifting AS SELECT * FROM shifting"))
    succeeded(run("DROP TABLE shifting"))
    succeeded(run("CREATE TABLE shifting AS SELECT 'text' AS x"))

    assert reason(run("SELECT * FROM over_shifting")) == (
        "VIEW_IS_STALE: line 1:15: View 'awsdatacatalog.sales.over_shifting' is stale or in "
        "invalid state: column [x] of type varchar(4) projected from query view at position 0 "
        "cannot be coerced to column [x] of type integer stored in view definition"
    )
    succeeded(run("DROP TABLE shifting"))
    succeeded(run("CREATE TABLE shifting AS SELECT 1 AS x, 2 AS y"))
    assert "stored view column count (1) does not match" in reason(
        run("SELECT * FROM over_shifting")
    )


def test_a_view_whose_table_is_gone_is_invalid(run):
    succeeded(run("CREATE TABLE passing AS SELECT 1 AS x"))
    succeeded(run("CREATE VIEW over_passing AS SELECT x\nFROM passing"))
    succeeded(run("DROP TABLE passing"))

    assert reason(run("SELECT * FROM over_passing")) == (
        "INVALID_VIEW: line 1:15: Failed analyzing stored view "
        "'awsdatacatalog.sales.over_passing': line 2:6: Table 'awsdatacatalog.sales.passing' "
        "does not exist"
    )


def test_views_that_name_each_other_are_recursive(run):
    succeeded(run("CREATE VIEW one_ring AS SELECT 1 AS x"))
    succeeded(run("CREATE VIEW other_ring AS SELECT x FROM one_ring"))
    succeeded(run("CREATE OR REPLACE VIEW one_ring AS SELECT x FROM other_ring"))

    assert reason(run("SELECT * FROM one_ring")).startswith("VIEW_IS_RECURSIVE: ")


def test_a_view_of_nested_types_is_read_back(run, rows):
    row = "CAST(ROW(1, 'a') AS ROW(n integer, t varchar))"
    succeeded(
        run(
            f"CREATE VIEW nests AS SELECT {row} AS r, MAP(ARRAY['k'], ARRAY[1]) AS m, "
            "ARRAY[DECIMAL '1.5'] AS l, CAST('a' AS char(2)) AS ch, "
            "now() AS at, TIME '10:00:00' AS tm, json_parse('1') AS j"
        )
    )

    assert rows("SELECT r.t, m['k'], l FROM nests") == [("a", "1", "[1.5]")]
    assert len(rows("SELECT * FROM nests")) == 1
