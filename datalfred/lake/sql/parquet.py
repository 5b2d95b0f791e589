"""How many bytes each column of a Parquet file takes, from the footer that ends the file.

Athena bills the column chunks that it reads, not the whole file. The footer is Thrift's compact
protocol [1]_; only what the sizes need is looked at [2]_: ``row_groups`` (4) of the file, their
``columns`` (1), of these ``meta_data`` (3) with ``path_in_schema`` (3) and
``total_compressed_size`` (7). A library that reads Parquet weighs more than a Lambda function.

.. [1] https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
.. [2] https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datalfred import clients
from datalfred.lake.calls import each
from datalfred.lake.sql.files import File

MOST_FOOTERS = 200
"""Of more files the largest are looked into; the others count whole."""

_MAGIC = b"PAR1"
_TAIL = 1 << 16
"""Most footers fit the first request."""
_LARGEST_FOOTER = 1 << 22
_REMEMBERED = 5_000
_DEEPEST = 16

_lock = threading.Lock()
_known: OrderedDict[tuple[str, str, str], Mapping[str, int] | None] = OrderedDict()

Sizes = Mapping[str, int]
"""Top-level column, in lower case, to its compressed bytes."""


def bytes_of(files: Iterable[File], columns: frozenset[str], *, deadline: float) -> int:
    """At most what a read of these columns takes; a file that cannot be looked into counts whole.

    Args:
        files: Parquet files.
        columns: names in lower case.
        deadline: on the clock of ``time.monotonic``; footers not begun by then are not read.
    """
    largest = sorted(files, key=lambda file: -file.size)
    rest = sum(file.size for file in largest[MOST_FOOTERS:])
    sizes = each(lambda file: _sizes_in_time(file, deadline), largest[:MOST_FOOTERS])
    return rest + sum(
        file.size if known is None else min(file.size, _chosen(known, columns))
        for file, known in zip(largest, sizes, strict=False)
    )


def sizes_of(footer: bytes) -> Sizes:
    """The sizes that a footer states.

    Raises:
        ValueError: it is no footer of Parquet.
    """
    try:
        said, _ = _fields(footer, 0, 0)
        found: dict[str, int] = {}
        for group in said[4]:
            for chunk in group[1]:
                column = chunk[3][3][0].decode().lower()
                found[column] = found.get(column, 0) + int(chunk[3][7])
    except (IndexError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError("This is no footer of Parquet.") from error
    return found


def _chosen(sizes: Sizes, columns: frozenset[str]) -> int:
    return sum(size for column, size in sizes.items() if column in columns)


def _sizes_in_time(file: File, deadline: float) -> Sizes | None:
    key = (file.bucket, file.key, file.etag)
    with _lock:
        if key in _known:
            return _known[key]
    if time.monotonic() > deadline:
        return None
    sizes = _read(file)
    with _lock:
        _known[key] = sizes
        while len(_known) > _REMEMBERED:
            _known.popitem(last=False)
    return sizes


def _read(file: File) -> Sizes | None:
    """None where the file's end cannot be read or understood: then it counts whole."""
    s3 = clients.client("s3")
    try:
        tail = _end_of(s3, file, _TAIL)
        if tail[-4:] != _MAGIC:
            return None
        length = int.from_bytes(tail[-8:-4], "little") + 8
        if length > len(tail):
            if length > min(_LARGEST_FOOTER, file.size):
                return None
            tail = _end_of(s3, file, length)
        return sizes_of(tail[-length:-8])
    except (s3.exceptions.ClientError, ValueError):
        return None


def _end_of(s3: Any, file: File, count: int) -> bytes:
    start = max(0, file.size - count)
    answer = s3.get_object(Bucket=file.bucket, Key=file.key, Range=f"bytes={start}-{file.size - 1}")
    with answer["Body"] as body:
        data: bytes = body.read()
    return data


# --- Thrift's compact protocol: every reader takes (buffer, place, depth), returns (value, place)


def _varint(buffer: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = buffer[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 -- the high bit says that more follows
            return value, place
        shift += 7


def _integer(buffer: bytes, place: int, _: int) -> tuple[int, int]:
    value, place = _varint(buffer, place)
    return (value >> 1) ^ -(value & 1), place


def _byte(buffer: bytes, place: int, _: int) -> tuple[int, int]:
    return buffer[place], place + 1


def _double(buffer: bytes, place: int, _: int) -> tuple[float, int]:
    return struct.unpack_from("<d", buffer, place)[0], place + 8


def _binary(buffer: bytes, place: int, _: int) -> tuple[bytes, int]:
    length, place = _varint(buffer, place)
    if place + length > len(buffer):
        raise IndexError
    return buffer[place : place + length], place + length


def _list(buffer: bytes, place: int, depth: int) -> tuple[list[Any], int]:
    header, place = buffer[place], place + 1
    size, read = header >> 4, _READERS[header & 0x0F]
    if size == 15:  # noqa: PLR2004 -- the protocol's mark of a longer list
        size, place = _varint(buffer, place)
    items = []
    for _ in range(size):
        item, place = read(buffer, place, depth + 1)
        items.append(item)
    return items, place


def _map(buffer: bytes, place: int, depth: int) -> tuple[None, int]:
    size, place = _varint(buffer, place)
    if size:
        kinds, place = buffer[place], place + 1
        for _ in range(size):
            for kind in (kinds >> 4, kinds & 0x0F):
                _, place = _READERS[kind](buffer, place, depth + 1)
    return None, place


def _fields(buffer: bytes, place: int, depth: int) -> tuple[dict[int, Any], int]:
    """A struct, by the numbers of its fields."""
    if depth > _DEEPEST:
        raise IndexError
    found: dict[int, Any] = {}
    number = 0
    while header := buffer[place]:
        place += 1
        if step := header >> 4:
            number += step
        else:
            number, place = _integer(buffer, place, depth)
        kind = header & 0x0F
        if kind in _BOOLEANS:
            found[number] = _BOOLEANS[kind]
        else:
            found[number], place = _READERS[kind](buffer, place, depth + 1)
    return found, place + 1


_BOOLEANS = {1: True, 2: False}
_READERS: dict[int, Callable[[bytes, int, int], tuple[Any, int]]] = {
    **dict.fromkeys((1, 2, 3), _byte),
    **dict.fromkeys((4, 5, 6), _integer),
    7: _double,
    8: _binary,
    9: _list,
    10: _list,
    11: _map,
    12: _fields,
}
