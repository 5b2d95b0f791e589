"""Pages of a result, from memory or, when it has gone from there, from the object in S3."""

import re
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.athena.executions import Execution
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.paging import token
from datalfred.local.aws.athena.rendering import Row, column_info

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CELL = re.compile(r'(?:"((?:[^"]|"")*)")?(,|\n)')


def results(execution: Execution, s3: "S3Client", start: int, size: int) -> dict[str, Any]:
    """``GetQueryResults``: a query's first row is the names of its columns."""
    asked = execution.submission
    rows = execution.rows
    if rows is None:
        rows = _stored(execution, s3)
    names: list[Row] = [tuple(name for name, _ in execution.columns)] if asked.is_query else []
    shown = [*names, *rows[: start + size]][start : start + size]
    found: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": [{"Data": [_datum(value) for value in row]} for row in shown],
            "ResultSetMetadata": {
                "ColumnInfo": [column_info(name, kind) for name, kind in execution.columns]
            },
        },
    }
    if start + size < len(names) + len(rows):
        found["NextToken"] = token(start + size)
    return found


def _datum(value: str | None) -> dict[str, str]:
    return {} if value is None else {"VarCharValue": value}


def _stored(execution: Execution, s3: "S3Client") -> list[Row]:
    bucket, key = split_uri(execution.output)
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    if not execution.submission.is_query:
        return [(line,) for line in text.splitlines()]
    return read_csv(text)[1:]


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
