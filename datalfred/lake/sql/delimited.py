"""The two formats in which Athena writes results, split into rows.

Of a query it writes CSV: every value quoted, NULL as nothing at all, so that ``,""`` is an empty
text and ``,`` is NULL [1]_. Python's ``csv`` tells them apart from 3.13 only. So the object is cut
into blocks of whole records; ``csv`` splits each of them, and looks again only at records that hold
both an empty cell and ``""``. Of SHOW and DESCRIBE Athena writes text, a line for each row.

.. [1] https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from datalfred.errors import UnavailableError

Row = list[str | None]

csv.field_size_limit(1 << 27)

_CELL = re.compile(r'(?:^|,)("[^"]*(?:""[^"]*)*")?')


def csv_rows(chunks: Iterable[bytes], width: int) -> Iterator[list[Row]]:
    """Splits Athena's CSV after its header, batch by batch; None is NULL.

    A batch is as large as a chunk, or as the record that is larger: whoever takes them one after
    the other never holds more.

    Args:
        chunks: of the object, cut anywhere.
        width: how many columns it has.

    Raises:
        UnavailableError: the object breaks off, or is no CSV of as many columns in UTF-8.
    """
    is_first = True
    for block in _blocks(chunks):
        rows = _split(block, width)
        yield rows[1:] if is_first else rows
        is_first = False


def text_rows(chunks: Iterable[bytes], width: int) -> Iterator[list[Row]]:
    """Splits the text result of SHOW and DESCRIBE: cells between tabs, padded with spaces.

    Raises:
        UnavailableError: the object is no text in UTF-8.
    """
    rest = ""
    for text in _texts(chunks):
        *lines, rest = (rest + text).split("\n")
        yield [_text_row(line, width) for line in lines]
    if rest:
        yield [_text_row(rest, width)]


def _text_row(line: str, width: int) -> Row:
    cells: Row = [cell.strip() for cell in line.rstrip("\r").split("\t", width - 1)]
    return cells + [None] * (width - len(cells))


def _texts(chunks: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        _unreadable(f"is no text in UTF-8 ({error.reason} at byte {error.start})")


def _blocks(chunks: Iterable[bytes]) -> Iterator[str]:
    """Texts of whole records: a line break ends one where the quotes before it are even."""
    pending: list[str] = []
    is_quoted = False  # whether what is pending ends inside quotes
    for text in _texts(chunks):
        end = _end_of_records(text, is_quoted=is_quoted)
        if end:
            yield "".join([*pending, text[:end]])
            pending, is_quoted = [], False
        pending.append(text[end:])
        is_quoted ^= text.count('"', end) % 2 == 1
    rest = "".join(pending)
    if is_quoted:
        _unreadable("breaks off inside a value")
    if rest:
        yield rest


def _end_of_records(text: str, *, is_quoted: bool) -> int:
    """Where the last record that is whole ends; 0 if none does.

    Args:
        text: the next piece.
        is_quoted: whether it begins inside quotes.
    """
    quotes_after = 0
    is_quoted ^= text.count('"') % 2 == 1  # now: at the end of the text
    end = len(text)
    while (place := text.rfind("\n", 0, end)) >= 0:
        quotes_after += text.count('"', place, end)
        if is_quoted == (quotes_after % 2 == 1):
            return place + 1
        end = place
    return 0


def _split(block: str, width: int) -> list[Row]:
    """The rows of whole records."""
    has_escapes = '""' in block
    try:
        if has_escapes:
            rows = list(_with_empty_texts(block))
        else:
            rows = list(csv.reader(io.StringIO(block, newline="\n"), strict=True))  # type: ignore[arg-type]  # a list of texts is one of texts and None
            if _may_hold_null(block):
                rows = [_with_nulls(row) if "" in row or not row else row for row in rows]
    except csv.Error as error:
        _unreadable(f"is not as Athena writes it ({error})")
    if set(map(len, rows)) - {width}:
        _unreadable(f"holds a row that has not {width} columns")
    return rows


def _may_hold_null(block: str) -> bool:
    """Whether the block holds an empty cell, or looks so: cells may hold commas themselves."""
    return (
        ",," in block
        or ",\n" in block
        or "\n," in block
        or "\n\n" in block
        or block.startswith((",", "\n"))
        or block.endswith(",")
    )


def _with_nulls(row: Sequence[str | None]) -> Row:
    return [cell or None for cell in row] or [None]


def _with_empty_texts(block: str) -> Iterator[Row]:
    """The rows of a block in which ``""`` stands for an empty text or for a quote in a value."""
    consumed: list[str] = []

    def remembered() -> Iterator[str]:
        for line in io.StringIO(block, newline="\n"):
            consumed.append(line)
            yield line

    for row in csv.reader(remembered(), strict=True):
        if "" not in row and row:
            yield row  # type: ignore[misc]  # a list of texts is one of texts and None
        else:
            record = "".join(consumed)
            yield _told_apart(row, record) if '""' in record else _with_nulls(row)
        consumed.clear()


def _told_apart(row: Sequence[str], record: str) -> Row:
    """The row with None for what stands in its record without quotes."""
    written = _CELL.findall(record)
    return [cell if cell or quoted else None for cell, quoted in zip(row, written, strict=True)]


def _unreadable(how: str) -> NoReturn:
    raise UnavailableError(
        f"The result object {how}.",
        hint="Run the query again; if that does not help, look at the object in S3.",
    )
