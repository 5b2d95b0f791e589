"""Values to JSON and back, by botocore's shapes."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from datalfred.bedrock.service_error import ServiceError

_Write = Callable[[Any], Any]
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def to_json(shape: Any, value: Any) -> bytes:
    """``value`` as the JSON of ``shape``.

    Raises:
        ValueError: ``value`` has a member that the shape does not define.
    """
    writer = _writer(shape)
    return _ENCODER.encode(value if writer is None else writer(value)).encode()


def parse(shape: Any, value: Any, *, in_body: bool = True) -> Any:
    """A JSON value as Python's, by ``shape``: blobs decoded, unknown members left out.

    Args:
        shape: of the value.
        value: what JSON held; outside the body always a string.
        in_body: whether it stood in the body, else in the path, a header or the query.
    """
    if not in_body:
        return _from_text(shape, value)
    return _PARSERS.get(_kind(shape), _as_it_is)(shape, value)


def check(shape: Any, value: Any) -> None:
    """Checks patterns, enums and unions, which botocore's own validator does not look at.

    Raises:
        ServiceError: a ``ValidationException`` that names the shape, as Bedrock does.
    """
    _CHECKS.get(_kind(shape), _as_it_is)(shape, value)


def _kind(shape: Any) -> str:
    return "document" if getattr(shape, "is_document_type", False) else str(shape.type_name)


def _as_it_is(_shape: Any, value: Any) -> Any:
    return value


@cache
def _writer(shape: Any) -> _Write | None:
    """What makes a value JSON; None when it is JSON as it stands. Made once for each shape."""
    kind = _kind(shape)
    if kind == "structure":
        return _structure_writer(shape)
    if kind == "list":
        return _list_writer(shape)
    if kind == "map":
        return _map_writer(shape)
    if kind == "timestamp":
        return (
            _write_iso if shape.serialization.get("timestampFormat") == "iso8601" else _write_epoch
        )
    return _write_blob if kind == "blob" else None


def _structure_writer(shape: Any) -> _Write:
    def write(value: Mapping[str, Any]) -> dict[str, Any]:
        members = _body_members(shape)
        written = {}
        for name, each in value.items():
            if each is None:
                continue
            try:
                key, in_body, writer = members[name]
            except KeyError:
                raise ValueError(f"AWS defines no member {name!r} in {shape.name}.") from None
            if in_body:
                written[key] = each if writer is None else writer(each)
        return written

    return write


@cache
def _body_members(shape: Any) -> dict[str, tuple[str, bool, _Write | None]]:
    """Member to its name in JSON, whether it stands in the body at all, and its writer."""
    # Read at the first value, not with the writer: a shape may hold itself.
    return {
        name: (
            member.serialization.get("name", name),
            "location" not in member.serialization,
            _writer(member),
        )
        for name, member in shape.members.items()
    }


def _list_writer(shape: Any) -> _Write:
    def write(value: Any) -> list[Any]:
        writer = _writer(shape.member)
        return list(value) if writer is None else [writer(each) for each in value]

    return write


def _map_writer(shape: Any) -> _Write:
    def write(value: Mapping[str, Any]) -> dict[str, Any]:
        writer = _writer(shape.value)
        return dict(value) if writer is None else {key: writer(each) for key, each in value.items()}

    return write


def _write_blob(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _write_iso(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write_epoch(value: datetime) -> float:
    return value.timestamp()


def _read_structure(shape: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value  # the validator says what is wrong with it
    return {
        name: parse(member, value[key])
        for name, member in shape.members.items()
        if value.get(key := member.serialization.get("name", name)) is not None
    }


def _read_list(shape: Any, value: Any) -> Any:
    return [parse(shape.member, each) for each in value] if isinstance(value, list) else value


def _read_map(shape: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: parse(shape.value, each) for key, each in value.items()}


def _read_blob(shape: Any, value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ServiceError("ValidationException", f"{shape.name} is no base64.") from None


def _from_text(shape: Any, value: str) -> Any:
    """Numbers and booleans of a path, a query or a header; what is none fails validation."""
    kind = _kind(shape)
    if kind == "boolean":
        return {"true": True, "false": False}.get(value, value)
    if kind in {"integer", "long"}:
        return int(value) if re.fullmatch(r"-?\d{1,18}", value) else value
    return value


def _check_structure(shape: Any, value: Mapping[str, Any]) -> None:
    if shape.metadata.get("union") and len(value) != 1:
        names = ", ".join(shape.members)
        raise ServiceError("ValidationException", f"{shape.name} takes exactly one of: {names}.")
    for name, member in shape.members.items():
        if name in value:
            check(member, value[name])


def _check_list(shape: Any, value: list[Any]) -> None:
    for each in value:
        check(shape.member, each)


def _check_map(shape: Any, value: Mapping[str, Any]) -> None:
    for each in value.values():
        check(shape.value, each)


def _check_string(shape: Any, value: str) -> None:
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        raise ServiceError(
            "ValidationException",
            f"Value {value!r} of {shape.name} failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {pattern}",
        )
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        raise ServiceError(
            "ValidationException",
            f"Value {value!r} of {shape.name} failed to satisfy constraint: "
            f"Member must satisfy enum value set: {allowed}",
        )


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None for the few patterns that Python cannot read, of Unicode classes: they go unchecked."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


_Step = Callable[[Any, Any], Any]
_PARSERS: dict[str, _Step] = {
    "structure": _read_structure,
    "list": _read_list,
    "map": _read_map,
    "blob": _read_blob,
}
_CHECKS: dict[str, _Step] = {
    "structure": _check_structure,
    "list": _check_list,
    "map": _check_map,
    "string": _check_string,
}
