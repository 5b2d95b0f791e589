import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalfred.errors import UnavailableError
from datalfred.lake.sql.delimited import csv_rows, text_rows


def athena_csv(rows, header=("a", "b")):
    """As Athena writes it: every value quoted, NULL as nothing."""
    lines = [header, *rows]
    return "".join(
        ",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) + "\n"
        for row in lines
    )


def cut(text, size=7):
    data = text if isinstance(text, bytes) else text.encode()
    return [data[place : place + size] for place in range(0, len(data), size)]


def read(text, width=2, size=7):
    return [row for batch in csv_rows(cut(text, size), width) for row in batch]


@pytest.mark.parametrize("size", [1, 2, 5, 1_000])
def test_null_and_the_empty_text_are_told_apart(size):
    assert read('"a","b"\n,""\n"",\n"x",\n,\n"",""\n', size=size) == [
        [None, ""],
        ["", None],
        ["x", None],
        [None, None],
        ["", ""],
    ]


@pytest.mark.parametrize(
    "text",
    ['"a","b"\n,"x"\n', '"a","b"\n"x",\n', '"a","b"\n"y","x"\n"z",', '"a","b"\n"x","y"\n,"z"'],
)
@pytest.mark.parametrize("size", [8, 9, 12, 1_000])
def test_null_is_found_at_every_edge_of_a_block(text, size):
    assert None in [cell for row in read(text, size=size) for cell in row]


@pytest.mark.parametrize("size", [1, 3, 64])
def test_values_keep_commas_quotes_and_line_breaks(size):
    rows = [["a,b", 'say ""hi""'], ["two\nlines", "\r\n"], ['"', None], [',"",', "\n\n,"]]

    assert read(athena_csv(rows), size=size) == rows


def test_a_single_null_column_is_an_empty_line():
    assert read('"a"\n\n"x"\n""\n', 1) == [[None], ["x"], [""]]
    assert read('"a"\n\n"x"\n', 1) == [[None], ["x"]]


def test_a_result_without_rows_or_header_is_empty():
    assert read('"a","b"\n') == []
    assert read("") == []


def test_an_unquoted_value_is_read_as_it_stands():
    assert read('"a","b","c"\n1,"",x\n,"",\n', 3) == [["1", "", "x"], [None, "", None]]


texts = st.text(alphabet='a,"\n\r é\u2028\x00\x1f😀', max_size=6)
cells = st.one_of(st.none(), texts, st.just(""))


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=8)
    ),
    st.integers(1, 40),
)
def test_whatever_athena_writes_is_read_back(rows, size):
    width = len(rows[0]) if rows else 2

    assert read(athena_csv(rows, ["c"] * width), width, size) == rows


def test_a_cell_of_a_megabyte_and_a_row_of_a_thousand_columns_are_read_back():
    long = [["x\n" * 500_000, '"' * 1_000]]
    wide = [[str(number) for number in range(1_000)], [None] * 1_000]

    assert read(athena_csv(long), size=10_000) == long
    assert read(athena_csv(wide, ["c"] * 1_000), 1_000, 5_000) == wide


def test_metadata_results_are_cells_between_tabs():
    text = "order_id            \tbigint              \t                    \n\t \t\nx\né\ty"

    assert [row for batch in text_rows(cut(text), 3) for row in batch] == [
        ["order_id", "bigint", ""],
        ["", "", ""],
        ["x", None, None],
        ["é", "y", None],
    ]
    assert next(text_rows([b"a\tb\n"], 1)) == [["a\tb"]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'"a","b"\n"x"y,"z"\n', "not as Athena writes it"),
        (b'"a","b"\n"x""y","z"\n"x"y,""\n', "not as Athena writes it"),
        (b'"a","b"\n"x","half', "breaks off inside a value"),
        (b'"a","b"\n"x"\n', "has not 2 columns"),
        (b'"a","b"\n"x","y","z"\n', "has not 2 columns"),
        ('"a","b"\n"é","y"\n'.encode("latin-1"), "no text in UTF-8"),
        ('"a","b"\n"x","y"\n'.encode("utf-16"), "no text in UTF-8"),
        ('"a","b"\n"x","é'.encode()[:-1], "no text in UTF-8"),
    ],
)
def test_an_object_that_athena_did_not_write_is_told(data, said):
    with pytest.raises(UnavailableError, match=said):
        read(data)


def test_text_in_another_encoding_is_told():
    with pytest.raises(UnavailableError, match="no text in UTF-8"):
        list(text_rows(["é".encode("latin-1")], 1))


@given(st.text(alphabet='a",\n\r', max_size=40).map(str.encode) | st.binary(max_size=60))
def test_whatever_the_object_holds_its_reader_answers_or_says_why_not(data):
    try:
        rows = read(data)
    except UnavailableError:
        return
    assert all(len(row) == 2 for row in rows)


def test_rows_come_before_the_object_has_ended():
    def endless():
        yield b'"a","b"\n'
        while True:
            yield b'"x","y"\n'

    batches = csv_rows(endless(), 2)

    assert [next(batches) for _ in range(3)] == [[], [["x", "y"]], [["x", "y"]]]
