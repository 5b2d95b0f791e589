import json
import tracemalloc
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from datalfred.lake.sql.delimited import csv_rows
from datalfred.lake.sql.masking import EVERY, UNNAMED
from datalfred.lake.sql.results import ResultColumn
from datalfred.lake.sql.summary import BUDGET_BYTES, pages_of, rows_per_page, summarise

NAMES = (ResultColumn("country", "varchar"), ResultColumn("orders", "bigint"))


def summarised(columns, rows, **how):
    """Of rows in batches that are cut anywhere."""
    remaining = iter(rows)
    batches = iter(lambda: list(islice(remaining, 700)), [])
    return summarise(columns, batches, **how)


def size(summary):
    return len(json.dumps(summary.model_dump(), ensure_ascii=False).encode())


def test_a_small_result_is_shown_whole():
    summary = summarised(NAMES, [["FR", "10"], ["DE", "9"], [None, "100"]])

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
        ("bigint", ["9", "10", "-3"], "-3", "10"),
        (
            "decimal(38,2)",
            ["9007199254740993.01", "9007199254740993.02"],
            "9007199254740993.01",
            "9007199254740993.02",
        ),
        ("double", ["NaN", "2.0", "NaN", "1.0"], "1.0", "2.0"),
        ("double", ["NaN"], None, None),
        ("bigint", ["1", "many"], None, None),
        ("decimal(30)", ["1", "many"], None, None),
        ("decimal(38,2)", ["1.00", "NaN"], None, None),
        ("double", ["1e308", "-1e308", "1e309", "5e-324"], "-1e308", "1e309"),
        ("bigint", ["9" * 5_000, "1"], None, None),
        ("interval day to second", ["2 00:00:00.000", "10 00:00:00.000"], None, None),
        (
            "timestamp(3) with time zone",
            ["2026-01-02 00:00:00.000 UTC", "2026-01-01 00:00:00.000 UTC"],
            "2026-01-01 00:00:00.000 UTC",
            "2026-01-02 00:00:00.000 UTC",
        ),
        (
            "timestamp(3) with time zone",
            ["2026-01-02 00:00:00.000 UTC", "2026-01-01 00:00:00.000 Asia/Tokyo"],
            None,
            None,
        ),
    ],
)
def test_the_range_of_a_column_is_that_of_its_type(kind, cells, low, high):
    summary = summarised([ResultColumn("x", kind)], [[cell] for cell in cells])

    assert (summary.columns[0].low, summary.columns[0].high) == (low, high)


def test_an_empty_result_says_so():
    summary = summarised(NAMES, [])

    assert (summary.row_count, summary.rows, summary.complete) == (0, (), True)
    assert pages_of(summary, 2) == 1


def test_a_long_result_is_paged():
    rows = [[f"C{number}", str(number)] for number in range(5_120)]

    first, last = summarised(NAMES, rows), summarised(NAMES, rows, page=103)

    assert len(first.rows) == 50
    assert first.rows_omitted == 5_070
    assert last.rows[0] == ("C5100", "5100")
    assert len(last.rows) == 20
    assert first.columns == last.columns
    assert (first.columns[0].distinct, first.columns[0].distinct_at_least) == (None, 1_001)
    assert first.columns[1].high == "5119"
    assert pages_of(first, 2) == 103


def test_a_page_across_two_batches_is_whole():
    rows = [[str(number)] for number in range(3_000)]

    summary = summarised([ResultColumn("n", "integer")], rows, page=41)

    assert [row[0] for row in summary.rows] == [str(number) for number in range(2_000, 2_050)]


def test_reading_stops_at_the_limit_and_says_so(monkeypatch):
    monkeypatch.setattr("datalfred.lake.sql.summary.ROWS_READ", 10)
    rows = iter([[str(number)] for number in range(1_000)])

    summary = summarised([ResultColumn("n", "integer")], rows)

    assert (summary.row_count, summary.complete) == (10, False)
    assert (summary.columns[0].distinct, summary.columns[0].distinct_at_least) == (None, 10)


def test_long_cells_are_cut_until_the_budget_holds():
    columns = [ResultColumn(f"text_{number}", "varchar") for number in range(10)]
    rows = [["é" * 5_000] * 10 for _ in range(60)]

    summary = summarised(columns, rows)

    assert size(summary) <= BUDGET_BYTES
    assert len(summary.rows) == 50
    assert summary.rows[0][0].endswith("…")


def test_a_very_wide_result_shows_its_first_columns():
    columns = [ResultColumn(f"column_{number}", "varchar") for number in range(400)]

    summary = summarised(columns, [[str(number) for number in range(400)]] * 30)

    assert len(summary.columns) == len(summary.rows[0]) == 60
    assert size(summary) <= BUDGET_BYTES
    assert rows_per_page(400) == 1
    assert summary.columns_omitted == 340
    assert summary.columns_omitted_names == tuple(f"column_{number}" for number in range(60, 65))


def test_declared_personal_columns_are_masked_whole():
    columns = [ResultColumn("Email", "varchar"), ResultColumn("note", "varchar")]

    summary = summarised(
        columns,
        [["ana@example.org", "to ben@example.org"], [None, "-"]],
        masked=frozenset({"email"}),
    )

    assert summary.rows == (("•••", "to {EMAIL}"), (None, "-"))
    assert summary.columns[0].low == summary.columns[0].high == "•••"
    assert summary.columns[0].distinct == 1
    assert "ana@" not in summary.model_dump_json()


@pytest.mark.parametrize(
    ("masked", "shown"),
    [
        ({EVERY}, ("•••", "•••", "•••")),
        ({UNNAMED}, ("a", "•••", "c")),
        ({"_col1x", "_col"}, ("a", "b", "•••")),
    ],
)
def test_a_set_of_names_may_stand_for_many_columns(masked, shown):
    columns = [ResultColumn(name, "varchar") for name in ("city", "_col1", "_col1x")]

    assert summarised(columns, [["a", "b", "c"]], masked=masked).rows == (shown,)


def test_a_cell_that_is_cut_shows_no_half_of_an_address():
    note = "x" * 295 + " ana.maria.de.la.concepcion@mail.example.org"
    account = "x" * 290 + " DE89 3704 0044 0532 0130 00 and more " + "y" * 500

    summary = summarised([ResultColumn("note", "varchar")], [[note], [account]])

    assert "ana" not in summary.model_dump_json()
    assert "DE89" not in summary.model_dump_json()


@pytest.mark.parametrize("before", range(0, 60, 7))
@pytest.mark.parametrize(
    ("person", "part"),
    [
        ("ana.maria.de.la.concepcion.y.garcia@mail.example.org, ", "ana"),
        ("mail=ana.maria.de.la.concepcion.y.garcia@mail.example.org;", "ana"),
        ("DE89 3704 0044 0532 0130 00, ", "DE8"),
        ("+49 170 123 45 67 / ", "+4"),
        ("4111 1111 1111 1111 ", "411"),
    ],
)
def test_a_list_of_people_that_is_cut_shows_no_half_of_one(person, part, before):
    cell = "-" * before + " " + person * 200

    (shown,), (low,) = (
        summarised([ResultColumn("people", "varchar")], [[cell]]).rows[0],
        [summarised([ResultColumn("people", "varchar")], [[cell]]).columns[0].low],
    )

    assert part not in shown
    assert part not in low
    assert shown.endswith("…")
    assert low.endswith("…")


def test_a_huge_cell_without_a_gap_shows_its_beginning_and_a_mark():
    (row,) = summarised([ResultColumn("x", "varchar")], [["z" * 200_000]]).rows

    assert row == ("z" * 300 + "…",)


def test_identifiers_that_look_like_cards_stay_and_cards_do_not():
    numbers = [str(4_000_000_000_000_000 + 7_919 * number) for number in range(40)]
    cards = ["4111111111111111", "5555555555554444"] * 20
    columns = [ResultColumn("order_id", "bigint"), ResultColumn("paid_with", "varchar")]

    summary = summarised(columns, list(zip(numbers, cards, strict=True)))

    assert [row[0] for row in summary.rows] == numbers
    assert {row[1] for row in summary.rows} == {"{CARD}"}
    assert summary.columns[1].low == summary.columns[1].high == "{CARD}"


def test_cells_are_cut_before_rows_and_rows_before_columns():
    columns = [ResultColumn(f"c{number}", "varchar") for number in range(60)]

    summary = summarised(columns, [["\x01" * 300] * 60] * 8)

    assert len(summary.rows[0][0]) <= 10
    assert 1 <= len(summary.rows) < 8
    assert len(summary.columns) == 60


def test_columns_that_the_budget_took_are_said_like_those_beyond_the_cap():
    columns = [ResultColumn(f"{'漢' * 250}{number}", "row(漢)" * 40) for number in range(60)]

    summary = summarised(columns, [["x"] * 60])

    assert 0 < len(summary.columns) < 60
    assert summary.columns_omitted == 60 - len(summary.columns)
    assert all(name.endswith("…") for name in summary.columns_omitted_names)


def test_columns_that_are_all_shown_are_not_said_to_be_missing():
    summary = summarised(NAMES, [["FR", "10"]])

    assert (summary.columns_omitted, summary.columns_omitted_names) == (0, ())


@pytest.mark.parametrize("size", [1, 300, 5_000])
def test_distinct_huge_cells_are_counted_exactly_whatever_they_begin_with(size):
    rows = [["x" * 200_000 + str(number % 30)] for number in range(60)] + [["short"], [None]]

    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    column = summarise([ResultColumn("text", "varchar")], batches).columns[0]

    assert (column.distinct, column.distinct_at_least) == (31, None)


@pytest.mark.parametrize(("values", "said"), [(1_000, (1_000, None)), (1_001, (None, 1_001))])
def test_a_count_of_distinct_values_that_looks_exact_is_exact(values, said):
    rows = [[str(number % values)] for number in range(4_000)]

    column = summarised([ResultColumn("x", "varchar")], rows).columns[0]

    assert (column.distinct, column.distinct_at_least) == said


def test_a_cell_that_fits_is_shown_whole():
    assert summarised([ResultColumn("x", "varchar")], [["y" * 299 + "z"]]).rows == (
        ("y" * 299 + "z",),
    )


letters = st.sampled_from(["a", "é", "😀", '"', "\\", "\n", "\x01", "@", "x" * 400, "漢" * 3_000])
texts = st.lists(letters, max_size=4).map("".join)


@hypothesis_settings(max_examples=40)
@given(
    shape=st.tuples(st.sampled_from([1, 2, 7, 60, 500]), st.sampled_from([0, 1, 49, 500])),
    names=st.lists(texts, min_size=1, max_size=3),
    types=st.lists(
        st.sampled_from(["varchar", "bigint", "row(" + "a bigint, " * 300 + ")"]), min_size=1
    ),
    cells=st.lists(st.one_of(st.none(), texts), min_size=1, max_size=12),
    page=st.integers(1, 4),
)
def test_the_budget_holds_whatever_the_result_looks_like(shape, names, types, cells, page):
    width, height = shape
    columns = [
        ResultColumn(f"{names[place % len(names)]}{place}", types[place % len(types)])
        for place in range(width)
    ]
    row = [cells[place % len(cells)] for place in range(width)]

    summary = summarise(columns, [[row] * height], page=page)

    assert size(summary) <= BUDGET_BYTES
    assert summary.row_count == height
    assert summary.rows_omitted == height - len(summary.rows)
    assert all(len(shown) == len(summary.columns) for shown in (*summary.rows, *summary.sample))
    assert len(summary.columns) + summary.columns_omitted == width
    assert len(summary.sample) == len(summary.sample_numbers) <= summary.rows_omitted


def test_the_same_result_is_always_summarised_alike():
    rows = [[f"C{number % 977}", str(number)] for number in range(5_000)]

    assert summarise(NAMES, [rows]) == summarise(NAMES, [rows[:1], rows[1:4_000], rows[4_000:]])


def test_a_million_rows_and_huge_cells_are_summarised_in_little_memory(monkeypatch):
    monkeypatch.setattr("datalfred.lake.sql.summary.ROWS_READ", 10**9)
    cell = b"x" * 500_000

    def chunks():
        yield b'"text"\n'
        for number in range(100):
            yield b'"%d' % number + cell + b'"\n'
        for number in range(100):
            yield b"".join(b'"%d"\n' % (number * 10_000 + each) for each in range(700))

    tracemalloc.start()
    summary = summarise([ResultColumn("text", "varchar")], csv_rows(chunks(), 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert summary.row_count == 100 + 70_000
    assert peak < 16_000_000
