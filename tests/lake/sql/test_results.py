import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.lake.sql.results import csv_rows, split, text_rows


def athena_csv(rows, header=("a", "b")):
    """As Athena writes it: every value quoted, NULL as nothing."""
    lines = [header, *rows]
    return "".join(
        ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) + "\n"
        for row in lines
    )


def read(text):
    return list(csv_rows(io.StringIO(text, newline="")))


def test_null_and_the_empty_text_are_told_apart():
    assert read('"a","b"\n,""\n"",\n"x",\n,\n"",""\n') == [
        [None, ""],
        ["", None],
        ["x", None],
        [None, None],
        ["", ""],
    ]


def test_values_keep_commas_quotes_and_line_breaks():
    rows = [["a,b", 'say ""hi""'], ["two\nlines", "\r\n"], ['"', None]]

    assert read(athena_csv(rows)) == rows


def test_a_single_null_column_is_an_empty_line():
    assert read('"a"\n\n"x"\n""\n') == [[None], ["x"], [""]]


def test_a_result_without_rows_or_header_is_empty():
    assert read('"a","b"\n') == []
    assert read("") == []


def test_an_unquoted_value_is_read_as_it_stands():
    assert split('1,"",x') == ["1", "", "x"]


cells = st.one_of(st.none(), st.text(alphabet='a,"\n\r é', max_size=6))


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=8))
def test_whatever_athena_writes_is_read_back(rows):
    assert read(athena_csv(rows, ("a", "b", "c"))) == rows


def test_metadata_results_are_cells_between_tabs():
    lines = ["order_id            \tbigint              \t                    \n", "\t \t\n", "x\n"]

    assert list(text_rows(lines, 3)) == [
        ["order_id", "bigint", ""],
        ["", "", ""],
        ["x", None, None],
    ]
    assert list(text_rows(["a\tb\n"], 1)) == [["a\tb"]]


def test_a_result_that_is_no_csv_is_told():
    with pytest.raises(csv.Error):
        read('"a"\n"x"y\n')
