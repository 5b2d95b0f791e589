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


def to_json(shape: Any, value: Any) -> bytes:
    """``value`` as the JSON of ``shape``.

    Raises:
        ValueError: ``value`` has a member that the shape does not define.
    """
    return json.dumps(_serialised(shape, value), separators=(",", ":")).encode()


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


def _serialised(shape: Any, value: Any) -> Any:
    return _SERIALISERS.get(_kind(shape), _as_it_is)(shape, value)


def _as_it_is(_shape: Any, value: Any) -> Any:
    return value


def _write_structure(shape: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    members = _body_members(shape)
    written = {}
    for name, each in value.items():
        if each is None:
            continue
        try:
            key, member = members[name]
        except KeyError:
            raise ValueError(f"AWS defines no member {name!r} in {shape.name}.") from None
        if member is not None:
            written[key] = _serialised(member, each)
    return written


@cache
def _body_members(shape: Any) -> dict[str, tuple[str, Any]]:
    """Member to its name in JSON and its shape; a member outside the body has no shape here."""
    return {
        name: (
            member.serialization.get("name", name),
            None if "location" in member.serialization else member,
        )
        for name, member in shape.members.items()
    }


def _write_list(shape: Any, value: Any) -> list[Any]:
    return [_serialised(shape.member, each) for each in value]


def _write_map(shape: Any, value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _serialised(shape.value, each) for key, each in value.items()}


def _write_blob(_shape: Any, value: bytes) -> str:
    return base64.b64encode(value).decode()


def _write_timestamp(shape: Any, value: datetime) -> str | float:
    if shape.serialization.get("timestampFormat") == "iso8601":
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
_SERIALISERS: dict[str, _Step] = {
    "structure": _write_structure,
    "list": _write_list,
    "map": _write_map,
    "blob": _write_blob,
    "timestamp": _write_timestamp,
}
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
