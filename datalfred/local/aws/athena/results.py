"""Pages of a result, from memory or, when it has gone from there, from the object in S3."""

import re
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.execution import Execution
from datalfred.local.aws.athena.failures import RequestError
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.paging import token
from datalfred.local.aws.athena.reasons import is_absence, is_denial
from datalfred.local.aws.athena.rendering import Row, column_info

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CELL = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')


def results(execution: Execution, s3: "S3Client", start: int, size: int) -> dict[str, Any]:
    """``GetQueryResults``: a query's first row is the names of its columns.

    Raises:
        RequestError: the caller may not read the result object, or it is gone.
    """
    asked = execution.submission
    rows = _rows(execution, s3)
    select = asked.statement.is_select
    names: list[Row] = [tuple(name for name, _ in execution.columns)] if select else []
    shown = [*names, *rows[: start + size]][start : start + size]
    found: dict[str, Any] = {
        "UpdateCount": execution.updated or 0,
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in shown],
            "ResultSetMetadata": {
                "ColumnInfo": [column_info(name, kind) for name, kind in execution.columns]
            },
        },
    }
    if start + size < len(names) + len(rows):
        found["NextToken"] = token(start + size, execution.id)
    return found


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _rows(execution: Execution, s3: "S3Client") -> list[Row]:
    """The rows, once the caller has shown that they may read the object that holds them."""
    from botocore.exceptions import ClientError

    asked = execution.submission
    if asked.is_managed or asked.statement.writes_rows:
        return execution.rows or []
    bucket, key = split_uri(execution.output)
    try:
        if execution.rows is not None:
            s3.head_object(Bucket=bucket, Key=key)
            return execution.rows
        text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    except ClientError as error:
        if is_denial(error):
            raise RequestError(
                f"Access denied when reading output from url: {execution.output} . "
                "Please ensure you are allowed to access the S3 bucket."
            ) from error
        if is_absence(error):
            raise RequestError("Could not find results") from error
        raise
    return read_csv(text)[1:] if asked.statement.is_select else _lines(text)


def _lines(text: str) -> list[Row]:
    return [(line,) for line in text.splitlines()]


def read_csv(text: str) -> list[Row]:
    """The rows of a result object; what is not quoted is NULL."""
    rows: list[Row] = []
    cells: list[str | None] = []
    for cell in _CELL.finditer(text):
        cells.append(None if cell[1] is None else cell[1].replace('""', '"'))
        if cell[2] == "\n":
            rows.append(tuple(cells))
            cells = []
    return rows
