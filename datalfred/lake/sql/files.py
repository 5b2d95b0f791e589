"""The files that Athena reads under locations in S3, listed before a deadline."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from datalfred import clients
from datalfred.lake.calls import each

MOST_FILES = 50_000
"""More are not listed: a table of so many is not priced in two seconds."""

_HIDDEN = ("_", ".")
"""Athena does not read objects whose names begin so."""
_FEW = 16
"""So many folders are listed one by one; of more, their parent is, a thousand objects a call."""


class TooManyFilesError(Exception):
    """They were not all listed; never leaves the estimate."""


@dataclass(frozen=True)
class File:
    """An object of a table.

    Attributes:
        bucket: where it lies.
        key: its name there.
        size: in bytes.
        etag: changes with its content.
    """

    bucket: str
    key: str
    size: int
    etag: str


def files_under(locations: Iterable[str], *, deadline: float) -> tuple[File, ...]:
    """All files under the locations, each once.

    Args:
        locations: ``s3://`` URIs of folders.
        deadline: on the clock of ``time.monotonic``.

    Raises:
        TooManyFilesError: there are more than :data:`MOST_FILES`, the deadline passed, or a
            location is not in S3.
    """
    folders = sorted({_folder(location) for location in locations if location})
    if any(not bucket for bucket, _ in folders):
        raise TooManyFilesError("They do not lie in S3.")
    listed = each(lambda folder: _listed(folder, deadline), _listings(folders))
    wanted: dict[str, tuple[str, ...]] = {}
    for bucket, prefix in folders:
        wanted[bucket] = (*wanted.get(bucket, ()), prefix)
    every = {(file.bucket, file.key): file for files in listed for file in files}
    return tuple(file for file in every.values() if file.key.startswith(wanted[file.bucket]))


def _listed(folder: tuple[str, str], deadline: float) -> list[File]:
    bucket, prefix = folder
    found: list[File] = []
    pages = clients.client("s3").get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix):
        found += [
            File(bucket, item["Key"], item["Size"], item["ETag"])
            for item in page.get("Contents", ())
            if not _is_hidden(item["Key"], prefix)
        ]
        if len(found) > MOST_FILES or time.monotonic() > deadline:
            raise TooManyFilesError("The files could not be counted in time.")
    return found


def _folder(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    if parts.scheme not in {"s3", "s3a", "s3n"}:
        return "", ""
    prefix = parts.path.lstrip("/")
    return parts.netloc, prefix if not prefix or prefix.endswith("/") else f"{prefix}/"


def _listings(folders: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What to list: a few folders, or the parents of many."""
    if len(folders) <= _FEW:
        return list(folders)
    parents: dict[tuple[str, str], list[str]] = {}
    for bucket, prefix in folders:
        parent = prefix.rstrip("/").rpartition("/")[0]
        parents.setdefault((bucket, f"{parent}/" if parent else ""), []).append(prefix)
    return [
        (bucket, parent if len(prefixes) > 1 else prefixes[0])
        for (bucket, parent), prefixes in parents.items()
    ]


def _is_hidden(key: str, prefix: str) -> bool:
    """Whether Athena leaves the object out, for its name or for that of a folder around it."""
    return any(part.startswith(_HIDDEN) for part in key[len(prefix) :].split("/")) or key.endswith(
        "/"
    )
