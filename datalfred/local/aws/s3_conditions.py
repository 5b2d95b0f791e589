"""Conditions on the source of a copy in S3, which moto does not read; the aws CLI always sends one.

Source: CopyObject and UploadPartCopy in the S3 API reference: a match of the ETag outweighs a date
that would fail, and so does a failed ``none match`` a date that would hold.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request

_SOURCE = "x-amz-copy-source"
_CONDITION = "x-amz-copy-source-if-"


def check_copy_source(request: Request) -> None:
    """Holds the conditions of a copy against its source.

    Raises:
        FaultError: ``PreconditionFailed``.
    """
    conditions = {
        name.removeprefix(_CONDITION): value
        for name, value in request.headers.items()
        if name.startswith(_CONDITION)
    }
    source = _source(request.headers.get(_SOURCE, "")) if conditions else None
    if source is not None and not _hold(conditions, *source):
        raise FaultError(
            "PreconditionFailed",
            "At least one of the pre-conditions you specified did not hold",
            status=412,
        )


def _source(named: str) -> tuple[str, datetime] | None:
    """ETag and time of the source; None lets moto say that there is none."""
    from moto.s3.models import s3_backends

    path, _, version = named.partition("?versionId=")
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    backend = s3_backends[ACCOUNT]["aws"]
    if bucket not in backend.buckets:
        return None
    found = backend.head_object(bucket, key, version or None)
    if found is None:
        return None
    changed = found.last_modified.replace(tzinfo=found.last_modified.tzinfo or UTC, microsecond=0)
    return found.etag.strip('"'), changed


def _hold(conditions: Mapping[str, str], etag: str, changed: datetime) -> bool:
    match, none_match = conditions.get("match"), conditions.get("none-match")
    before, after = conditions.get("unmodified-since"), conditions.get("modified-since")
    if match is not None:
        if match.strip('"') != etag:
            return False
    elif before is not None and changed > _moment(before):
        return False
    if none_match is not None:
        return none_match.strip('"') != etag
    return after is None or changed > _moment(after)


def _moment(text: str) -> datetime:
    """A date as HTTP writes it, or as ISO 8601."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
