"""Reuse of an earlier result, as Athena decides on it.

The rules are those of https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html:
the same workgroup, query string, database and result configuration, an execution that is young
enough, and a caller who may read the tables and the stored result. Only SELECT has results to
reuse. That the data has changed since is not noticed.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from datalfred.local.aws.athena.execution import Execution, Submission
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.message import Caller


def earlier_result(
    asked: Submission,
    known: Callable[[], Sequence[Execution]],
    client: Callable[[str, Caller], Any],
) -> Execution | None:
    """The execution whose result may be given again, or None.

    Args:
        asked: the statement.
        known: gives the executions of its workgroup, newest first.
        client: a boto3 client of a service that acts for a caller.
    """
    if asked.reuse_minutes is None or not asked.statement.is_select:
        return None
    oldest = time.time() - asked.reuse_minutes * 60
    for earlier in known():
        root = earlier.reused or earlier
        young = root.state == "SUCCEEDED" and (root.completed or 0) >= oldest
        if young and _same(asked, root.submission):
            return root if _may_read(asked.caller, root, client) else None
    return None


def _same(asked: Submission, earlier: Submission) -> bool:
    return (
        (asked.sql, asked.database) == (earlier.sql, earlier.database)
        and asked.output.rstrip("/") == earlier.output.rstrip("/")
        and dict(asked.encryption) == dict(earlier.encryption)
        and earlier.statement.is_select
    )


def _may_read(caller: Caller, root: Execution, client: Callable[[str, Caller], Any]) -> bool:
    from botocore.exceptions import ClientError

    glue = client("glue", caller)
    try:
        for database, table in root.tables:
            glue.get_table(DatabaseName=database, Name=table)
        if not root.submission.is_managed:
            bucket, key = split_uri(root.output)
            client("s3", caller).head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return True
