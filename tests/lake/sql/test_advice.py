import pytest

from datalfred.lake.sql.advice import advice_on, denied_path


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        (
            "TYPE_MISMATCH: line 1:35: Cannot apply operator: date = varchar(10)",
            "DATE '2026-01-31'",
        ),
        ("TYPE_MISMATCH: Cannot apply operator: timestamp(3) >= varchar(10)", "TIMESTAMP '"),
        ("TYPE_MISMATCH: line 1:8: Cannot apply operator: integer = varchar(1)", "one type"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "describe_table"),
        ("TABLE_NOT_FOUND: line 1:15: Table 'a.b.c' does not exist", "search_tables"),
        ("SCHEMA_NOT_FOUND: line 1:15: Schema 'x' does not exist", "list_databases"),
        ("FUNCTION_NOT_FOUND: line 1:1: Function 'foo' not registered", "Trino"),
        ("EXPRESSION_NOT_AGGREGATE: line 1:8: 'x' must be an aggregate expression", "GROUP BY"),
        ("DIVISION_BY_ZERO: Division by zero", "nullif"),
        ("INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT", "TRY_CAST"),
        ("line 1:7: mismatched input '1'. Expecting: <expression>", "Correct the syntax"),
        ("Bytes scanned limit was exceeded", "partition keys"),
        ("Query exhausted resources at this scale factor", "smaller"),
        ("HIVE_BAD_DATA: Error parsing field", ""),
    ],
)
def test_common_mistakes_come_with_a_way_out(message, advice):
    assert advice in advice_on(message)
    assert bool(advice_on(message)) == bool(advice)


def test_a_denied_read_is_recognised():
    said = "Permission denied on S3 path: s3://lake/sales/orders. Check your policies"

    assert denied_path(said) == "s3://lake/sales/orders"
    assert denied_path("Access Denied (Service: Amazon S3)") == "*"
    assert denied_path("TABLE_NOT_FOUND") is None
