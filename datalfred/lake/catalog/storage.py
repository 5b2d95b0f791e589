"""What lies under S3 locations: how many bytes, and how new, counted in bounded time."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from datalfred import clients

_HIDDEN = ("_", ".")
"""Athena does not read objects whose names begin so."""


@dataclass(frozen=True)
class Survey:
    """The objects under some locations.

    Attributes:
        bytes: of all objects.
        objects: how many there are.
        newest: when the newest was written; None when there is none.
    """

    bytes: int
    objects: int
    newest: datetime | None


def survey(locations: Sequence[str], *, deadline: float) -> Survey | None:
    """What lies under the locations.

    Locations that share a folder are listed together, because one listing of a thousand objects
    costs as much as one of a single object.

    Args:
        locations: ``s3://`` URIs of folders.
        deadline: on the clock of ``time.monotonic``.

    Returns:
        None when the deadline passed, or a location is not in S3.
    """
    folders = {_folder(location) for location in locations if location}
    if any(not bucket for bucket, _ in folders):
        return None
    total = objects = 0
    newest: datetime | None = None
    for bucket, prefix in _listings(folders):
        wanted = tuple(key for owner, key in folders if owner == bucket and key.startswith(prefix))
        pages = clients.client("s3").get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                if each["Key"].startswith(wanted) and not _is_hidden(each["Key"]):
                    total, objects = total + each["Size"], objects + 1
                    newest = max(newest or each["LastModified"], each["LastModified"])
            if time.monotonic() > deadline:
                return None
    return Survey(total, objects, newest)


def _folder(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    if parts.scheme not in {"s3", "s3a", "s3n"}:
        return "", ""
    prefix = parts.path.lstrip("/")
    return parts.netloc, prefix if not prefix or prefix.endswith("/") else f"{prefix}/"


def _listings(folders: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """What to list: the parent of two or more folders, else the folder itself."""
    children: dict[tuple[str, str], list[str]] = {}
    for bucket, prefix in sorted(folders):
        parent = prefix.rstrip("/").rpartition("/")[0]
        children.setdefault((bucket, f"{parent}/" if parent else ""), []).append(prefix)
    return [
        (bucket, parent if len(prefixes) > 1 else prefixes[0])
        for (bucket, parent), prefixes in children.items()
    ]


def _is_hidden(key: str) -> bool:
    return key.rpartition("/")[2].startswith(_HIDDEN)
