import json

import pytest

from datalfred.lake.sql.results import ResultColumn
from datalfred.lake.sql.summary import BUDGET_BYTES, pages_of, rows_per_page, summarise

NAMES = (ResultColumn("country", "varchar"), ResultColumn("orders", "bigint"))


def size(summary):
    return len(json.dumps(summary.model_dump(), ensure_ascii=False).encode())


def test_a_small_result_is_shown_whole():
    summary = summarise(NAMES, [["FR", "10"], ["DE", "9"], [None, "100"]])

    assert summary.rows == (("FR", "10"), ("DE", "9"), (None, "100"))
    assert (summary.row_count, summary.rows_omitted, summary.complete) == (3, 0, True)
    country, orders = summary.columns
    assert (country.nulls, country.distinct, country.low, country.high) == (1, 2, "DE", "FR")
    assert (orders.low, orders.high) == ("9", "100")


@pytest.mark.parametrize(
    ("kind", "cells", "low", "high"),
    [
        ("decimal(12,2)", ["10.00", "9.50"], "9.50", "10.00"),
        ("double", ["1.0E10", "-Infinity", "5"], "-Infinity", "1.0E10"),
        ("date", ["2026-10-01", "2026-09-30"], "2026-09-30", "2026-10-01"),
        ("boolean", ["true", "false"], "false", "true"),
        ("array(varchar)", ["[b]", "[a]"], None, None),
        ("bigint", [None, None], None, None),
    ],
)
def test_the_range_of_a_column_is_that_of_its_type(kind, cells, low, high):
    summary = summarise([ResultColumn("x", kind)], [[cell] for cell in cells])

    assert (summary.columns[0].low, summary.columns[0].high) == (low, high)


def test_an_empty_result_says_so():
    summary = summarise(NAMES, [])

    assert (summary.row_count, summary.rows, summary.complete) == (0, (), True)
    assert pages_of(summary, 2) == 1


def test_a_long_result_is_paged():
    rows = [[f"C{number}", str(number)] for number in range(5_120)]

    first, last = summarise(NAMES, rows), summarise(NAMES, rows, page=103)

    assert len(first.rows) == 50
    assert first.rows_omitted == 5_070
    assert last.rows[0] == ("C5100", "5100")
    assert len(last.rows) == 20
    assert first.columns == last.columns
    assert first.columns[0].distinct is None
    assert first.columns[1].high == "5119"
    assert pages_of(first, 2) == 103


def test_a_page_across_two_batches_is_whole():
    rows = [[str(number)] for number in range(3_000)]

    summary = summarise([ResultColumn("n", "integer")], rows, page=41)

    assert [row[0] for row in summary.rows] == [str(number) for number in range(2_000, 2_050)]


def test_reading_stops_at_the_limit_and_says_so(monkeypatch):
    monkeypatch.setattr("datalfred.lake.sql.summary.ROWS_READ", 10)
    rows = iter([[str(number)] for number in range(1_000)])

    summary = summarise([ResultColumn("n", "integer")], rows)

    assert (summary.row_count, summary.complete) == (10, False)
    assert next(rows) == ["11"]


def test_long_cells_are_cut_until_the_budget_holds():
    columns = [ResultColumn(f"text_{number}", "varchar") for number in range(10)]
    rows = [["é" * 5_000] * 10 for _ in range(60)]

    summary = summarise(columns, rows)

    assert size(summary) <= BUDGET_BYTES
    assert len(summary.rows) == 50
    assert summary.rows[0][0].endswith("…")


def test_a_very_wide_result_shows_its_first_columns():
    columns = [ResultColumn(f"column_{number}", "varchar") for number in range(400)]

    summary = summarise(columns, [[str(number) for number in range(400)]] * 30)

    assert len(summary.columns) == len(summary.rows[0]) == 60
    assert size(summary) <= BUDGET_BYTES
    assert rows_per_page(400) == 1


def test_declared_personal_columns_are_masked_whole():
    columns = [ResultColumn("Email", "varchar"), ResultColumn("note", "varchar")]

    summary = summarise(
        columns,
        [["ana@example.org", "to ben@example.org"], [None, "-"]],
        masked=frozenset({"email"}),
    )

    assert summary.rows == (("•••", "to {EMAIL}"), (None, "-"))
    assert summary.columns[0].low == summary.columns[0].high == "•••"
    assert summary.columns[0].distinct == 1
    assert "ana@" not in summary.model_dump_json()
