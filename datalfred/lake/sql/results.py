"""The rows of a finished query, read from Athena's result object in S3.

Paging through GetQueryResults costs an order of magnitude more time than reading the object that
Athena has written anyway. Athena quotes every value and writes NULL as nothing at all, so that
``,""`` is an empty text and ``,`` is NULL [1]_; Python's ``csv`` cannot tell them apart before
3.13, so rows that hold ``""`` are split here.

.. [1] https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

import csv
import io
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from datalfred import clients

Row = list[str | None]

_BUFFER_BYTES = 1 << 18
csv.field_size_limit(1 << 27)


@dataclass(frozen=True)
class ResultColumn:
    """One column of a result, with its Athena type such as ``bigint``."""

    name: str
    type: str


def columns_of(query_id: str) -> tuple[ResultColumn, ...]:
    """The columns of a finished query. One small call: its first row is not looked at."""
    page = clients.client("athena").get_query_results(QueryExecutionId=query_id, MaxResults=1)
    described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    return tuple(ResultColumn(column["Name"], column["Type"]) for column in described)


def rows_of(location: str, width: int) -> Generator[Row, None, None]:
    """The rows of a result object, streamed; close the iterator to stop early.

    Args:
        location: ``s3://`` URI of the object: ``.csv`` of a query, ``.txt`` of SHOW and DESCRIBE.
        width: how many columns the result has.
    """
    parts = urlsplit(location)
    body = clients.client("s3").get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))["Body"]
    with closing(body):
        lines = io.TextIOWrapper(
            io.BufferedReader(_Raw(body), _BUFFER_BYTES), encoding="utf-8", newline=""
        )
        if location.endswith(".txt"):
            yield from text_rows(lines, width)
        else:
            yield from csv_rows(lines)


def csv_rows(lines: Iterable[str]) -> Iterator[Row]:
    """Splits Athena's CSV after its header; None is NULL."""
    consumed: list[str] = []

    def remembered() -> Iterator[str]:
        for line in lines:
            consumed.append(line)
            yield line

    reader = csv.reader(remembered(), strict=True)
    next(reader, None)
    consumed.clear()
    for row in reader:
        if "" in row or not row:
            yield _with_nulls(row, "".join(consumed))
        else:
            yield row  # type: ignore[misc]  # a list of texts is one of texts and None
        consumed.clear()


def text_rows(lines: Iterable[str], width: int) -> Iterator[Row]:
    """Splits the text result of SHOW and DESCRIBE: cells between tabs, padded with spaces."""
    for line in lines:
        cells: Row = [cell.strip() for cell in line.rstrip("\r\n").split("\t", width - 1)]
        yield cells + [None] * (width - len(cells))


def split(record: str) -> Row:
    """Splits one CSV record, telling NULL from an empty text."""
    cells: Row = []
    place = 0
    while True:
        if record.startswith('"', place):
            end = _closing_quote(record, place + 1)
            cells.append(record[place + 1 : end].replace('""', '"'))
            place = end + 1
        else:
            end = record.find(",", place)
            end = len(record) if end < 0 else end
            cells.append(record[place:end] or None)
            place = end
        if place >= len(record):
            return cells
        place += 1


def _with_nulls(row: list[str], record: str) -> Row:
    if '""' in record:
        return split(record.rstrip("\r\n"))
    return [cell or None for cell in row] or [None]


def _closing_quote(record: str, place: int) -> int:
    while True:
        place = record.index('"', place)
        if not record.startswith('""', place):
            return place
        place += 2


class _Raw(io.RawIOBase):
    """botocore's body as the raw stream that Python's buffers read from."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._body.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)
