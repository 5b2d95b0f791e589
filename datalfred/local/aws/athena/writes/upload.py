"""Files to S3 by the caller's own client, with the manifest that lists them.

A write evaluates all of its rows before the first file leaves, so that a failing row leaves nothing
behind. What fails later leaves the files that were there by then, as in Athena, which deletes
nothing either; no catalog entry names them.
"""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.job import Job
from datalfred.local.aws.athena.mirror import split_uri
from datalfred.local.aws.athena.reasons import is_absence, is_denial, output_denied, read_denied

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_count = itertools.count(1)


def file_prefix(job: Job) -> str:
    """What the names of a statement's files start with: Trino's id of the query."""
    number = int(job.query_id.replace("-", "") or "0", 16)
    letters = "".join(_DIGITS[number // len(_DIGITS) ** place % len(_DIGITS)] for place in range(5))
    return f"{job.now:%Y%m%d_%H%M%S}_{next(_count) % 100_000:05d}_{letters}"


def is_empty(s3: "S3Client", location: str) -> bool:
    """Whether there is nothing under a location.

    Raises:
        StatementError: the caller may not look.
    """
    from botocore.exceptions import ClientError

    bucket, prefix = split_uri(f"{location.rstrip('/')}/")
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except ClientError as error:
        if is_denial(error):
            raise read_denied(location) from error
        raise
    return not listed.get("Contents")


class Upload:
    """The files of one statement on their way to S3."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self.uris: list[str] = []

    def put(self, path: Path, uri: str) -> None:
        """Stores one file.

        Raises:
            StatementError: the caller may not, or there is no such bucket.
            CancelledError: the statement was cancelled.
        """
        self._job.go_on()
        self.uris.append(uri)
        with path.open("rb") as file:
            _put(self._job, uri, file.read())

    def put_manifest(self) -> None:
        """Stores the list of the files.

        Raises:
            StatementError: the caller may not.
        """
        if self._job.manifest:
            _put(self._job, self._job.manifest, _lines(self.uris))


def _lines(uris: Sequence[str]) -> bytes:
    return "".join(f"{uri}\n" for uri in uris).encode()


def _put(job: Job, uri: str, body: bytes) -> None:
    from botocore.exceptions import ClientError

    bucket, key = split_uri(uri)
    try:
        job.s3.put_object(Bucket=bucket, Key=key, Body=body, **job.encryption)
    except ClientError as error:
        if is_denial(error):
            raise output_denied(uri) from error
        if is_absence(error):
            raise StatementError(
                "HIVE_FILESYSTEM_ERROR", f"The bucket of {uri} does not exist"
            ) from error
        raise
