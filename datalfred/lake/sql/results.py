"""The rows of a finished query, read from Athena's result object in S3.

Paging through GetQueryResults costs an order of magnitude more time than reading the object that
Athena has written anyway. Only where Athena keeps the result itself is there none to read.
"""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

from datalfred import clients
from datalfred.bedrock.failures import error_code, error_message
from datalfred.errors import NotFoundError, PermissionMissingError, UnavailableError
from datalfred.lake.sql.delimited import Row, csv_rows, text_rows

_CHUNK_BYTES = 1 << 19
_PAGE_ROWS = 1_000
"""The most that GetQueryResults returns at once."""


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


def rows_of(location: str, width: int, query_id: str = "") -> Generator[list[Row], None, None]:
    """The rows of a result, streamed in batches; close the iterator to stop early.

    Args:
        location: ``s3://`` URI of the object: ``.csv`` of a query, ``.txt`` of SHOW and DESCRIBE.
            Empty where Athena keeps the result itself (managed query results): it is paged.
        width: how many columns the result has.
        query_id: whose result it is, for the pages.

    Raises:
        NotFoundError: the object is gone, such as after the days that it is kept.
        PermissionMissingError: the role may not read the object.
        UnavailableError: the object breaks off, or is none that Athena wrote.
    """
    if not location:
        yield from paged_rows(query_id)
        return
    with closing(_opened(location)) as body:
        chunks = _chunks(body, location)
        if location.endswith(".txt"):
            yield from text_rows(chunks, width)
        else:
            yield from csv_rows(chunks, width)


def paged_rows(query_id: str) -> Iterator[list[Row]]:
    """The rows by GetQueryResults, page by page. The first of a SELECT is its columns' names."""
    client = clients.client("athena")
    asked = {"QueryExecutionId": query_id, "MaxResults": _PAGE_ROWS}
    page = client.get_query_results(**asked)
    described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    rows = _cells(page)
    if rows[:1] == [[column["Name"] for column in described]]:
        del rows[0]
    yield rows
    while token := page.get("NextToken"):
        page = client.get_query_results(**asked, NextToken=token)
        yield _cells(page)


def _cells(page: Any) -> list[Row]:
    return [
        [datum.get("VarCharValue") for datum in row["Data"]] for row in page["ResultSet"]["Rows"]
    ]


def _opened(location: str) -> Any:
    parts = urlsplit(location)
    key = parts.path.lstrip("/")
    try:
        return clients.client("s3").get_object(Bucket=parts.netloc, Key=key)["Body"]
    except Exception as error:
        code = error_code(error)
        if code in {"NoSuchKey", "NoSuchBucket", "404"}:
            raise NotFoundError("result", location) from error
        if code in {"AccessDenied", "403"}:
            said = error_message(error)
            raise PermissionMissingError("s3:GetObject", location, said=said) from error
        raise


def _chunks(body: Any, location: str) -> Iterator[bytes]:
    """The object's bytes. What breaks off while it is read is no fault of the query."""
    from botocore.exceptions import HTTPClientError, IncompleteReadError  # noqa: PLC0415 -- lazily

    try:
        while chunk := body.read(_CHUNK_BYTES):
            yield chunk
    except (HTTPClientError, IncompleteReadError, OSError) as error:
        _broken(location, error)


def _broken(location: str, error: Exception) -> NoReturn:
    raise UnavailableError(
        f"The result {location} broke off while it was read.",
        hint="Ask for the results of the query again; it need not run again.",
    ) from error
