from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.lake.sql.models import ResultSummary
from datalfred.lake.sql.results import ResultColumn
from datalfred.lake.sql.summary import summarise
from datalfred.lake.sql.summary_sample import SpacedSample

NUMBER = (ResultColumn("n", "bigint"),)


def numbered(count):
    return [[str(number)] for number in range(1, count + 1)]


def in_batches(rows, size):
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def sampled(count, *, wanted=10, skip=0, size=1_000):
    sample = SpacedSample(wanted, skip, list)
    for batch in in_batches(numbered(count), size):
        sample.add(batch)
    return sample.rows()


@pytest.mark.parametrize("count", [60, 61, 100, 1_000, 5_120, 99_999, 100_000])
def test_the_sample_is_spaced_over_the_whole_result(count):
    summary = summarise(NUMBER, in_batches(numbered(count), 4_321))

    numbers = summary.sample_numbers
    even = (count - 50) / 10
    assert len(numbers) == 10
    assert numbers[-1] == count
    assert all(0.8 * even - 1 <= two - one <= 1.2 * even + 1 for one, two in pairwise(numbers))
    assert abs(numbers[0] - 50 - even) <= 0.2 * even + 1
    assert [row[0] for row in summary.sample] == [str(number) for number in numbers]
    assert len(summary.rows) == 50


@given(
    count=st.integers(0, 3_000),
    skip=st.integers(0, 60),
    wanted=st.integers(0, 12),
    sizes=st.tuples(st.integers(1, 700), st.integers(1, 700)),
)
def test_rows_lie_even_however_long_the_sequence_and_however_it_is_cut(count, skip, wanted, sizes):
    found, again = (sampled(count, wanted=wanted, skip=skip, size=size) for size in sizes)

    numbers = [number for number, _ in found]
    left = max(count - skip, 0)
    assert found == again
    assert len(found) == min(wanted, left)
    assert all(row == [str(number)] for number, row in found)
    edges = [skip, *numbers]
    assert numbers[-1:] == ([count] if left and wanted else [])
    distances = [two - one for one, two in pairwise(edges)]
    assert all(0 < each <= 1.2 * left / wanted + 1 for each in distances)


def test_a_result_on_one_page_has_no_sample():
    for count in (0, 1, 49, 50):
        summary = summarise(NUMBER, [numbered(count)])

        assert (summary.sample, summary.sample_numbers) == ((), ())


def test_a_few_rows_after_the_page_are_all_in_the_sample():
    summary = summarise(NUMBER, [numbered(53)])

    assert summary.sample == (("51",), ("52",), ("53",))
    assert summary.sample_numbers == (51, 52, 53)


def test_where_reading_stops_the_sample_ends(monkeypatch):
    monkeypatch.setattr("datalfred.lake.sql.summary.ROWS_READ", 1_050)

    summary = summarise(NUMBER, in_batches(numbered(9_000), 400))

    assert not summary.complete
    assert summary.sample_numbers[-1] == summary.row_count == 1_050
    assert len(summary.sample_numbers) == 10


def test_a_later_page_comes_without_a_sample():
    assert summarise(NUMBER, [numbered(1_000)], page=2).sample == ()


def test_the_rows_of_the_sample_are_masked_like_the_rest():
    columns = [ResultColumn("name", "varchar"), ResultColumn("note", "varchar")]
    rows = [[f"Ana {number}", f"to ana{number}@example.org"] for number in range(400)]

    summary = summarise(columns, [rows], masked=frozenset({"name"}))

    assert set(summary.sample) == {("•••", "to {EMAIL}")}
    assert "Ana" not in summary.model_dump_json()
    assert "ana" not in summary.model_dump_json()


def _luhn(number):
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    return sum(map(int, number[-1::-2])) + sum(each - 9 * (each > 9) for each in doubled)


def test_cards_that_only_the_sample_shows_are_hidden():
    ids = [[str(4_000_000_000_000_000 + 7_919 * number)] for number in range(1, 7)]
    # Every tenth number has a valid check digit (ISO/IEC 7812-1), so these are as good as cards.
    cards = [[f"4{number:014}{-_luhn(f'4{number:014}0') % 10}"] for number in range(900)]

    page = [*ids, *([["-"]] * 44)]
    summary = summarise([ResultColumn("x", "varchar")], [[*page, *cards]])

    assert {row[0] for row in summary.sample} == {"{CARD}"}


@pytest.mark.parametrize("width", [1, 2, 5, 20, 40, 60])
@pytest.mark.parametrize("letters", [8, 30, 100, 300])
def test_however_small_a_sample_gets_it_ends_with_the_last_row(width, letters):
    columns = [ResultColumn("\x01" * 20 + str(number), "varchar") for number in range(width)]

    summary = summarise(columns, [[["\x01" * letters] * width] * 333])

    assert summary.sample_numbers[-1:] in {(333,), ()}
    edges = [0, *summary.sample_numbers]
    widest = max((two - one for one, two in pairwise(edges)), default=0)
    assert widest <= 2 * 333 / max(len(summary.sample), 1) + 50


def test_a_sample_goes_before_a_column_does():
    columns = [ResultColumn(f"{'漢' * 250}{number}", "varchar") for number in range(1_000)]

    summary = summarise(columns, [[["x"] * 1_000 for _ in range(9)]])

    assert len(summary.columns) < 60
    assert (summary.sample, summary.sample_numbers) == ((), ())


def test_a_sample_of_huge_cells_shrinks_and_stays_spaced():
    columns = [ResultColumn(f"c{number}", "varchar") for number in range(10)]
    rows = [[f"{number}" + "\x01" * 20_000] * 10 for number in range(60)]

    summary = summarise(columns, [rows])

    assert summary.sample_numbers[-1] == 60
    assert len(summary.sample) == len(summary.sample_numbers)
    assert all(cell.endswith("…") for row in summary.sample for cell in row)
    assert len(summary.model_dump_json()) <= 25_000


def test_the_sample_of_a_wide_result_has_fewer_rows_and_its_columns():
    columns = [ResultColumn(f"c{number}", "bigint") for number in range(1_000)]

    summary = summarise(columns, [[[str(number)] * 1_000 for number in range(200)]])

    assert len(summary.sample) == 1
    assert len(summary.sample[0]) == len(summary.columns) == 60
    assert summary.sample_numbers == (200,)
    assert summary.columns_omitted == 940


def test_a_summary_of_an_earlier_version_is_still_read():
    given = {"columns": [], "row_count": 0, "rows": []}

    assert ResultSummary.model_validate(given).sample == ()
