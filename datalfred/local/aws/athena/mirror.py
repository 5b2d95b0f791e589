"""S3 objects on the local disk, each fetched once for as long as its ETag stays.

A copy is no leave to read it: every query lists as its caller, and asks for each copy that it
uses whether this caller may read the object.
"""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from datalfred.local.aws.athena.reasons import is_denial, read_denied

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

MayRead: TypeAlias = Callable[[str, str], None]
"""Fails for bucket and key of an object that the caller may not read."""


@dataclass(frozen=True)
class StoredFile:
    """An object of S3 and its copy.

    Attributes:
        uri: ``s3://bucket/key``.
        size: bytes.
        path: the copy, named after the ETag.
    """

    uri: str
    size: int
    path: Path


class Mirror:
    """A folder of copies, shared by all queries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def files(self, s3: "S3Client", may_read: MayRead, location: str) -> list[StoredFile]:
        """The files under a location, without hidden ones, copied to the folder.

        Args:
            s3: a client of the caller.
            may_read: fails for a bucket and key that the caller may not read.
            location: ``s3://bucket/prefix``.

        Raises:
            StatementError: the caller may not.
        """
        return [self._fetched(s3, may_read, listed) for listed in _listed(s3, location)]

    def files_by_folder(
        self, s3: "S3Client", may_read: MayRead, root: str, folders: Collection[str]
    ) -> dict[str, list[StoredFile]]:
        """The same for many folders under one root, with one listing.

        Args:
            s3: a client of the caller.
            may_read: fails for a bucket and key that the caller may not read.
            root: ``s3://bucket/prefix/`` of all.
            folders: those that are wanted, each ending in a slash.

        Raises:
            StatementError: the caller may not.
        """
        found: dict[str, list[StoredFile]] = {folder: [] for folder in folders}
        for listed in _listed(s3, root):
            folder = f"s3://{listed.bucket}/{listed.key.rpartition('/')[0]}/"
            while folder not in found and len(folder) > len(root):
                folder = f"{folder[:-1].rpartition('/')[0]}/"
            if folder in found:
                found[folder].append(self._fetched(s3, may_read, listed))
        return found

    def _fetched(self, s3: "S3Client", may_read: MayRead, listed: "_Listed") -> StoredFile:
        place = hashlib.sha256(listed.uri.encode()).hexdigest()[:12]
        suffix = "".join(Path(listed.key).suffixes[-2:])
        path = self.folder / f"{listed.etag}-{place}{suffix}"
        if path.exists():
            may_read(listed.bucket, listed.key)
        else:
            with self._lock:
                _copy(s3, listed, path)
        return StoredFile(listed.uri, listed.size, path)


@dataclass(frozen=True)
class _Listed:
    """An object as ListObjectsV2 names it."""

    bucket: str
    key: str
    etag: str
    size: int

    @property
    def uri(self) -> str:
        """``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


def _copy(s3: "S3Client", listed: _Listed, path: Path) -> None:
    from botocore.exceptions import ClientError

    try:
        body = s3.get_object(Bucket=listed.bucket, Key=listed.key)["Body"].read()
    except ClientError as error:
        raise (read_denied(listed.uri) if is_denial(error) else error) from error
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_bytes(body)
    unfinished.replace(path)


def split_uri(location: str) -> tuple[str, str]:
    """Bucket and key or prefix of ``s3://bucket/...``."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _listed(s3: "S3Client", location: str) -> Iterator[_Listed]:
    bucket, prefix = split_uri(location)
    prefix = f"{prefix.rstrip('/')}/" if prefix else ""
    for page in _pages(s3, bucket, prefix, location):
        for found in page.get("Contents", []):
            parts = found["Key"].removeprefix(prefix).split("/")
            # Hive and Athena skip files and folders that start so.
            hidden = any(part.startswith(("_", ".")) for part in parts)
            if found["Size"] and not hidden:
                yield _Listed(bucket, found["Key"], found["ETag"].strip('"'), found["Size"])


def _pages(s3: "S3Client", bucket: str, prefix: str, location: str) -> Iterator[Any]:
    from botocore.exceptions import ClientError

    try:
        yield from s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    except ClientError as error:
        raise (read_denied(location) if is_denial(error) else error) from error
