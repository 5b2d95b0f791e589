"""CBOR (RFC 8949), as far as the Smithy protocol rpc-v2-cbor uses it.

A timestamp is a number of seconds under tag 1. Source:
https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html.
"""

import struct
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31
_BREAK = 0xFF
_LENGTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_SIMPLES: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_EPOCH_TAG = 1
_DEEPEST = 32


class CborError(ValueError):
    """Bytes that are no CBOR, or use a part of it that the protocol does not."""


def decode(data: bytes) -> Any:
    """The value that ``data`` holds; an empty body is an empty map.

    Raises:
        CborError: it holds none, or something follows it.
    """
    if not data:
        return {}
    reader = _Reader(data)
    value = reader.item(0)
    if reader.position != len(data):
        raise CborError("something follows the value")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.position = 0

    def item(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise CborError("values are nested too deeply")
        head = self._take(1)[0]
        major, info = head >> 5, head & 31
        if major == _SIMPLE:
            return self._simple(info)
        if major in {_ARRAY, _MAP}:
            return self._collection(major, info, depth)
        if major in {_BYTES, _TEXT}:
            return self._string(major, info, depth)
        number = self._number(info)
        if major == _TAG:
            value = self.item(depth + 1)
            return datetime.fromtimestamp(value, UTC) if number == _EPOCH_TAG else value
        return number if major == _UNSIGNED else -1 - number

    def _take(self, length: int) -> bytes:
        taken = self._data[self.position : self.position + length]
        if len(taken) < length:
            raise CborError("it ends too early")
        self.position += length
        return taken

    def _number(self, info: int) -> int:
        if info < min(_LENGTHS):
            return info
        if info not in _LENGTHS:
            raise CborError(f"{info} is no length")
        return int.from_bytes(self._take(_LENGTHS[info]), "big")

    def _simple(self, info: int) -> Any:
        if info in _SIMPLES:
            return _SIMPLES[info]
        if info not in _FLOATS:
            raise CborError(f"{info} is no simple value")
        form = _FLOATS[info]
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _string(self, major: int, info: int, depth: int) -> Any:
        if info == _INDEFINITE:
            pieces = []
            while not self._ended():
                pieces.append(self.item(depth + 1))
            return ("" if major == _TEXT else b"").join(pieces)
        data = self._take(self._number(info))
        return data.decode() if major == _TEXT else data

    def _collection(self, major: int, info: int, depth: int) -> Any:
        pairs = 2 if major == _MAP else 1
        items = []
        if info == _INDEFINITE:
            while not self._ended():
                items.append(self.item(depth + 1))
        else:
            items = [self.item(depth + 1) for _ in range(self._number(info) * pairs)]
        if major == _ARRAY:
            return items
        return dict(zip(items[::2], items[1::2], strict=True))

    def _ended(self) -> bool:
        if self._data[self.position : self.position + 1] != bytes([_BREAK]):
            return False
        self.position += 1
        return True


def encode(value: Any) -> bytes:
    """``value`` as CBOR; members of a map that are None are left out.

    Raises:
        TypeError: a value has no form in the protocol.
    """
    if isinstance(value, bool):
        return bytes([0xF5 if value else 0xF4])
    if isinstance(value, int):
        return _head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, str):
        data = value.encode()
        return _head(_TEXT, len(data)) + data
    if isinstance(value, datetime):
        return _head(_TAG, _EPOCH_TAG) + encode(value.timestamp())
    return _encode_collection(value)


def _encode_collection(value: Any) -> bytes:
    if isinstance(value, Mapping):
        given = {name: member for name, member in value.items() if member is not None}
        body = b"".join(encode(name) + encode(member) for name, member in given.items())
        return _head(_MAP, len(given)) + body
    if isinstance(value, Sequence):
        return _head(_ARRAY, len(value)) + b"".join(encode(item) for item in value)
    raise TypeError(f"A {type(value).__name__} has no form in CBOR.")


def _head(major: int, number: int) -> bytes:
    if number < min(_LENGTHS):
        return bytes([major << 5 | number])
    for info, length in _LENGTHS.items():
        if number < 1 << 8 * length:
            return bytes([major << 5 | info]) + number.to_bytes(length, "big")
    raise TypeError("The number is too large for CBOR.")
