"""DuckDB's types as Athena's."""

import duckdb
import pytest

from datalfred.local.folder_lake.types import mapped


@pytest.mark.parametrize(
    ("sql", "athena", "cast"),
    [
        ("true", "boolean", ""),
        ("1::TINYINT", "tinyint", ""),
        ("1::INTEGER", "int", ""),
        ("1::BIGINT", "bigint", ""),
        ("1.5::FLOAT", "float", ""),
        ("1.5::DECIMAL(5,2)", "decimal(5,2)", ""),
        ("'a'", "string", ""),
        ("'a'::BLOB", "binary", ""),
        ("DATE '2025-01-01'", "date", ""),
        ("TIMESTAMP '2025-01-01 00:00:00'", "timestamp", ""),
        ("1::UTINYINT", "smallint", "SMALLINT"),
        ("1::UBIGINT", "decimal(20,0)", "DECIMAL(20, 0)"),
        ("1::HUGEINT", "decimal(38,0)", "DECIMAL(38, 0)"),
        ("TIMESTAMPTZ '2025-01-01 00:00:00+00'", "timestamp", "TIMESTAMP"),
        ("TIME '10:00:00'", "string", "VARCHAR"),
        ("uuid()", "string", "VARCHAR"),
        ("NULL", "string", "VARCHAR"),
        ("'a'::ENUM('a')", "string", "VARCHAR"),
        ("'{}'::JSON", "string", "VARCHAR"),
        ("[1, 2]::INTEGER[]", "array<int>", ""),
        ("[1, 2]::INTEGER[2]", "string", "JSON"),
        ("map {'a': 1.5::DOUBLE}", "map<string,double>", ""),
        ("{'a': 1::BIGINT, 'b': ['x']}", "struct<a:bigint,b:array<string>>", ""),
        ("{'A b': 1}", "string", "JSON"),
        ("{'a': uuid()}", "string", "JSON"),
    ],
)
def test_a_type_has_its_counterpart(sql, athena, cast):
    with duckdb.connect() as connection:
        (kind,) = connection.sql(f"SELECT {sql} AS x").types

    found = mapped(kind)

    assert (found.athena, found.cast) == (athena, cast)
