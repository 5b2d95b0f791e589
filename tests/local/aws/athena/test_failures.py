"""What Athena refuses at once, what fails later, and what no statement can reach."""

import botocore.exceptions
import duckdb
import pytest


def reason(execution):
    assert execution["Status"]["State"] == "FAILED", execution["Status"]
    return execution["Status"]["StateChangeReason"]


def refused(call, *arguments, **more):
    with pytest.raises(botocore.exceptions.ClientError) as failure:
        call(*arguments, **more)
    return failure.value.response["Error"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "SELECT x FROM orders",
            (
                "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not "
                "authorized to access requested resources"
            ),
        ),
        (
            "SELECT * FROM nope",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.sales.nope' does not exist",
        ),
        ("SELECT * FROM nodb.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'nodb' does not exist"),
        (
            "SELECT * FROM lambda.db.t",
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'lambda' does not exist",
        ),
        (
            'SELECT * FROM "orders$history"',
            "NOT_SUPPORTED: line 1:15: The table orders$history",
        ),
        ("SELECT * FROM information_schema.roles", "TABLE_NOT_FOUND"),
        (
            "SELECT * FROM orders WHERE month = 1",
            "TYPE_MISMATCH: line 1:34: Cannot apply operator: varchar = integer",
        ),
        ("SELECT 1/0", "DIVISION_BY_ZERO: Division by zero"),
        ("CALL system.sync()", "NOT_SUPPORTED: The statement CALL"),
        ("DESCRIBE nope", "FAILED: SemanticException [Error 10001]: Table not found sales.nope"),
        (
            "SHOW TABLES IN nodb",
            "FAILED: SemanticException [Error 10072]: Database does not exist: nodb",
        ),
        ("SHOW PARTITIONS products", "FAILED: Execution Error"),
        ("SHOW CREATE VIEW orders", "FAILED: SemanticException sales.orders is no view"),
    ],
)
def test_a_query_that_cannot_run_fails_in_athenas_words(run, sql, said):
    execution = run(sql)

    assert reason(execution).startswith(said)
    assert execution["Status"]["AthenaError"]["ErrorMessage"].startswith(said)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FRO orders", "line 1:14: mismatched input 'orders'"),
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER'"),
        ("SELECT 1 FROM", "line 1:14: mismatched input '<EOF>'"),
        ("SELECT a, FROM t", "line 1:11: mismatched input 'FROM'"),
        ("SELECT FROM t", "line 1:8: mismatched input 'FROM'"),
        ("SELECT 1 LIMIT 1 OFFSET 2", "line 1:18: mismatched input 'OFFSET'"),
        ("SELECT 1::integer", "line 1:9: mismatched input '::'"),
        ("SELECT 1 == 1", "line 1:10: mismatched input '=='"),
        ("SELECT `a` FROM t", "line 1:8: backquoted identifiers are not supported"),
        ("SELECT 1 AS 'x'", "line 1:13: mismatched input 'x'"),
        ("SELECT 'a' 'b'", "line 1:12: mismatched input 'b'"),
        ("SELECT 1 DIV 2", "line 1:10: mismatched input"),
        ("SELECT 'a' ILIKE 'A'", "line 1:12: mismatched input"),
        ("SELECT INTERVAL 1 DAY", "line 1:17: mismatched input '1'"),
        ("SELECT $x", "line 1:8: mismatched input '$x'"),
        ("SELECT 'abc", "line 1:1: the statement ends inside a string"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed"),
        ("FROM orders SELECT 1", "line 1:1: mismatched input 'FROM'"),
        ("  ", "Query string is empty."),
        ("SHOW NOTHING", "line 1:6: mismatched input 'NOTHING'"),
        ("SHOW", "line 1:5: mismatched input '<EOF>'"),
        ("EXPLAIN ANALYZE SELECT 1", "This form of EXPLAIN is not supported"),
        ("EXPLAIN (TYPE IO) SELECT 1", "This form of EXPLAIN is not supported"),
        ("EXPLAIN SELECT FROM", "line 1:8: mismatched input 'FROM'"),
        ("SELECT DECIMAL 'x'", "Invalid decimal literal"),
        ("TABLE orders WHERE", "line 1:19: mismatched input '<EOF>'"),
        ("SELECT * FROM '/etc/passwd'", "line 1:15: mismatched input '/etc/passwd'"),
        ("SELECT " + "(" * 900 + "1" + ")" * 900, "The statement is nested too deeply."),
    ],
)
def test_a_syntax_error_is_refused_at_once(boto, lake, sql, said):
    error = refused(
        boto("athena").start_query_execution,
        QueryString=sql,
        ResultConfiguration={"OutputLocation": "s3://results/"},
    )

    assert error["Code"] == "InvalidRequestException"
    assert error["Message"].startswith(said)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_parquet('s3://lake/orders/*')",
        "SELECT read_text('/etc/passwd')",
        "SELECT getenv('HOME')",
        "SELECT current_setting('allowed_directories')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_settings",
        'SELECT * FROM "/etc/passwd"',
        "SELECT * FROM glob('/*')",
    ],
)
def test_no_query_reaches_beyond_the_lake(run, sql):
    assert run(sql)["Status"]["State"] == "FAILED"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('../../../../etc/passwd')",
        "COPY (SELECT 1) TO '/tmp/athena-escape.csv'",
        "ATTACH '/tmp/athena-escape.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "RESET lock_configuration",
    ],
)
def test_the_cage_holds_even_against_duckdbs_own_statements(engine, sql):
    with pytest.raises(duckdb.Error):
        engine.rows(sql)
