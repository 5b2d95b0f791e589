"""Encodes ``application/vnd.amazon.eventstream``: botocore decodes it and encodes it nowhere.

A message is its total length, the length of its headers, a CRC of both, the headers, the payload,
and a CRC of all before it. A header is a name, the type 7 (string) and a value [1]_.

.. [1] https://smithy.io/2.0/aws/amazon-eventstream.html
"""

import struct
from binascii import crc32
from functools import cache

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_LENGTHS = struct.Struct("!II")
_CHECKSUM = struct.Struct("!I")
_STRING = b"\x07"
_FRAME_BYTES = _LENGTHS.size + 2 * _CHECKSUM.size


def event(name: str, payload: bytes) -> bytes:
    """An event: ``payload`` is the JSON of the stream's member ``name``."""
    return _message(_headers("event", name), payload)


def exception(name: str, payload: bytes) -> bytes:
    """A modelled error in the middle of a stream; nothing may follow it."""
    return _message(_headers("exception", name), payload)


def _message(headers: bytes, payload: bytes) -> bytes:
    lengths = _LENGTHS.pack(_FRAME_BYTES + len(headers) + len(payload), len(headers))
    body = b"".join((lengths, _CHECKSUM.pack(crc32(lengths)), headers, payload))
    return body + _CHECKSUM.pack(crc32(body))


@cache
def _headers(kind: str, name: str) -> bytes:
    values = {
        f":{kind}-type": name,
        ":content-type": "application/json",
        ":message-type": kind,
    }
    return b"".join(_header(key, value) for key, value in values.items())


def _header(name: str, value: str) -> bytes:
    return b"".join(
        (bytes([len(name)]), name.encode(), _STRING, struct.pack("!H", len(value)), value.encode())
    )
