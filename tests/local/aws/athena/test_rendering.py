"""Values as Athena's text, where DuckDB does not write them."""

import pytest

from datalfred.local.aws.athena.errors_of_duckdb import translated
from datalfred.local.aws.athena.failures import CancelledError
from datalfred.local.aws.athena.hive_types import from_hive
from datalfred.local.aws.athena.rendering import csv, rendered
from datalfred.local.aws.athena.results import read_csv
from datalfred.local.aws.athena.translate import types


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1.0, "1.0"),
        (-2.5, "-2.5"),
        (0.001, "0.001"),
        (0.00099, "9.9E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (123456789.125, "1.23456789125E8"),
        (1.7976931348623157e308, "1.7976931348623157E308"),
        (5e-324, "5.0E-324"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_a_double_is_written_as_java_writes_it(value, text):
    assert rendered([(value,)], [("x", types.DOUBLE)]) == [(text,)]


@pytest.mark.parametrize(
    ("value", "text"),
    [(1.100000023841858, "1.1"), (16777216.0, "1.6777216E7"), (float("inf"), "Infinity")],
)
def test_a_real_is_written_with_as_few_digits_as_tell_it_apart(value, text):
    assert rendered([(value,)], [("x", types.REAL)]) == [(text,)]


def test_values_in_arrays_are_written_one_by_one(evaluate):
    rows, _ = evaluate(
        "SELECT ARRAY[TIME '10:11:12.5'], ARRAY[INTERVAL '-36' HOUR], ARRAY[X'4142'], "
        "ARRAY[TIMESTAMP '2024-07-05 10:00:00 UTC'], ARRAY[1.50], ARRAY[NULL, 1e10], "
        "ARRAY[at_timezone(TIMESTAMP '2024-07-05 10:00:00 UTC', 'Europe/Paris')], "
        "ARRAY[at_timezone(TIMESTAMP '2024-07-05 10:00:00 UTC', '-05:30')], "
        "MAP(ARRAY[1], ARRAY[ARRAY[true]])"
    )

    assert rows == [
        (
            "[10:11:12.500]",
            "[-1 12:00:00.000]",
            "[41 42]",
            "[2024-07-05 10:00:00.000 UTC]",
            "[1.50]",
            "[null, 1.0E10]",
            "[2024-07-05 12:00:00.000 Europe/Paris]",
            "[2024-07-05 04:30:00.000 -05:30]",
            "{1=[true]}",
        )
    ]


def test_a_csv_object_is_read_back_as_it_was_written():
    rows = [("a,b", None, ""), ('say "x"\nand y', "é", None)]

    assert read_csv(csv(["x", "y", "z"], rows).decode()) == [("x", "y", "z"), *rows]


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("INT", "integer"),
        ("decimal(12,2)", "decimal(12,2)"),
        ("decimal(5)", "decimal(5,0)"),
        ("decimal", "decimal(10,0)"),
        ("varchar(20)", "varchar(20)"),
        ("array<map<string,int>>", "array(map(varchar, integer))"),
        ("struct<a:int, b:struct<c:array<double>>>", "row(a integer, b row(c array(double)))"),
        ("map<string,decimal(5,2)>", "map(varchar, decimal(5,2))"),
        ("char(3)", "char(3)"),
        ("array<char(3)>", "array(char(3))"),
        ("uniontype<int,string>", "unsupported"),
        ("array<int,int>", "unsupported"),
        ("something", "unsupported"),
    ],
)
def test_hives_types_are_trinos_or_unsupported(hive, trino):
    assert str(from_hive(hive)) == trino


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (
            "Conversion Error: Could not convert string 'x' to INT64",
            "INVALID_CAST_ARGUMENT: Cannot cast 'x' to BIGINT",
        ),
        ("Out of Memory Error: no", "EXCEEDED_LOCAL_MEMORY_LIMIT: Query exhausted resources"),
        ("Something else\nLINE 1", "GENERIC_INTERNAL_ERROR: Something else"),
    ],
)
def test_duckdbs_words_become_trinos(message, said):
    assert str(translated(Exception(message))).startswith(said)


def test_an_interrupt_is_a_cancellation():
    assert isinstance(translated(Exception("INTERRUPT Error: Interrupted!")), CancelledError)
