"""The logs of EMR steps that were archived in S3, compressed."""

import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from datalfred import clients
from datalfred.lake import moments
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.models import LogEvent

_MOST_BYTES = 32 * 1024 * 1024
_CHUNK = 256 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def tail(uri: str, *, limit: int) -> tuple[LogEvent, ...]:
    """The last lines of ``s3://bucket/key.gz``, oldest first.

    The lines carry no time of their own that could be trusted, so each has that of the object. At
    most 32 MiB are unpacked; of a larger log these are the last lines of its beginning.
    """
    place = urlsplit(uri)
    answer = clients.client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))
    with closing(answer["Body"]) as body:
        last = deque(_lines(body), maxlen=limit)
    return tuple(_event(line, uri, answer["LastModified"]) for line in last)


def _lines(body: Any) -> Iterator[str]:
    unzip, rest, read = zlib.decompressobj(_GZIP), b"", 0
    for chunk in body.iter_chunks(_CHUNK):
        # Bounded: a small file may unpack to a very large one.
        unpacked = unzip.decompress(chunk, _MOST_BYTES - read + 1)
        read += len(unpacked)
        *whole, rest = (rest + unpacked).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in whole if line.strip())
        if read > _MOST_BYTES:
            break
    if rest.strip():
        yield rest.decode("utf-8", "replace")


def _event(line: str, uri: str, at: datetime) -> LogEvent:
    folder, _, name = uri.rpartition("/")
    return LogEvent(at=moments.iso(at), log_group=folder, stream=name, message=shown(line))
