"""Reads a request and writes its answer in the protocol that the client chose."""

import json
import math
import re
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from datalfred.local.aws.cloudwatch.protocols import cbor, query
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response

_TARGET = "GraniteServiceVersion20100801"
_RPC = re.compile(rf"/service/{_TARGET}/operation/(\w+)")
_CBOR_HEADERS = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
_GZIP = 31
"""What zlib calls a gzip stream."""
_LARGEST = 8 * 1024 * 1024
_NUMBERS = {"integer", "long", "float", "double"}

_SHAPES = {
    "InvalidParameterValue": "InvalidParameterValueException",
    "InvalidParameterCombination": "InvalidParameterCombinationException",
    "MissingParameter": "MissingRequiredParameterException",
    "InvalidFormat": "InvalidFormatFault",
    "LimitExceeded": "LimitExceededFault",
}
"""Codes of the Query protocol whose shapes have another name in the service's model."""


@dataclass(frozen=True)
class Asked:
    """One operation that was asked for.

    Attributes:
        name: of the operation.
        raw: its input as it came; :meth:`parameters` reads it.
        protocol: ``json``, ``cbor`` or ``query``.
    """

    name: str
    raw: Any
    protocol: str

    def parameters(self) -> dict[str, Any]:
        """The input as plain values.

        Raises:
            FaultError: a required one is missing, or one cannot be read.
        """
        shape = _model(self.name).input_shape
        raw = query.read(shape, self.raw) if self.protocol == "query" else self.raw
        found: dict[str, Any] = _typed(shape, raw or {}, "")
        for name in shape.required_members:
            if name not in found:
                raise FaultError("MissingParameter", f"The parameter {name} is required.")
        return found


def asked_of(request: Request) -> Asked | None:
    """What a request asks of CloudWatch; None when it asks nothing of CloudWatch.

    Raises:
        FaultError: its body cannot be read, or it names no operation of CloudWatch.
    """
    request = _unpacked(request)
    service, name = request.target
    if found := _RPC.fullmatch(request.path):
        return _known(Asked(found[1], _decoded(request.body), "cbor"))
    if service == _TARGET:
        return _known(Asked(name, _parsed(request.body), "json"))
    if request.caller.service == "monitoring":
        form = request.form()
        return _known(Asked(form.get("Action", ""), form, "query"))
    return None


def _unpacked(request: Request) -> Request:
    """A request whose body is not compressed: SDKs compress bodies of PutMetricData above 10 KB."""
    if request.headers.get("content-encoding") != "gzip":
        return request
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        body = unpacker.decompress(request.body, _LARGEST)
    except zlib.error as problem:
        raise FaultError("SerializationException", f"The body is no gzip: {problem}.") from None
    if unpacker.unconsumed_tail:
        raise FaultError("RequestEntityTooLarge", "The body is too large.", 413)
    return replace(request, body=body)


def _known(asked: Asked) -> Asked:
    if asked.name not in _service().operation_names:
        raise FaultError("InvalidAction", f"CloudWatch has no operation {asked.name!r}.")
    return asked


def _decoded(body: bytes) -> Any:
    try:
        return cbor.decode(body)
    except (ValueError, TypeError) as problem:
        raise FaultError("SerializationException", f"The body is no CBOR: {problem}.") from None


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as problem:
        raise FaultError("SerializationException", f"The body is no JSON: {problem}.") from None


def reply(asked: Asked, result: Mapping[str, Any]) -> Response:
    """The answer to ``asked``; members that are None are left out."""
    if asked.protocol == "cbor":
        return Response(200, _CBOR_HEADERS, cbor.encode(result))
    if asked.protocol == "json":
        body = json.dumps(_jsonable(result)).encode()
        return Response(200, {"content-type": "application/x-amz-json-1.0"}, body)
    body = query.write(_model(asked.name), result, str(uuid.uuid4()))
    return Response(200, {"content-type": "text/xml"}, body)


def fault(request: Request, problem: FaultError) -> Response:
    """A refusal in the protocol of ``request``.

    CloudWatch names an error by its shape, and by the code of the Query protocol in a header,
    which is the one that boto3 shows.
    """
    name = problem.code
    spoken = bool(request.target[0]) or "smithy-protocol" in request.headers
    if spoken:
        name = _SHAPES.get(problem.code, problem.code)
    response = FaultError(name, problem.message, problem.status).response_to(request)
    whose = "Sender" if problem.status < 500 else "Receiver"  # noqa: PLR2004 -- the border of HTTP itself
    code = {"x-amzn-query-error": f"{problem.code};{whose}"} if spoken else {}
    return replace(response, headers={**response.headers, **code})


@cache
def _service() -> Any:
    import botocore.session

    return botocore.session.Session().get_service_model("cloudwatch")


@cache
def _model(name: str) -> Any:
    return _service().operation_model(name)


def _typed(shape: Any, value: Any, where: str) -> Any:
    """A raw value as the type of its shape; members that the model lacks are dropped."""
    try:
        if shape.type_name == "structure":
            return {
                name: _typed(member, value[name], f"{where}.{name}" if where else name)
                for name, member in shape.members.items()
                if value.get(name) is not None
            }
        if shape.type_name == "list":
            return [_typed(shape.member, item, where) for item in value]
        return _scalar(shape.type_name, value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise FaultError(
            "SerializationException", f"The parameter {where} is no {shape.type_name}."
        ) from None


def _scalar(kind: str, value: Any) -> Any:
    if kind == "timestamp":
        return _moment(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else {"true": True, "false": False}[value.lower()]
    if kind in {"float", "double"}:
        return float(value)
    if kind in _NUMBERS:
        return int(value)
    return value


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        found = datetime.fromisoformat(value)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _jsonable(member) for k, member in value.items() if member is not None}
    if isinstance(value, list | tuple):
        return [_jsonable(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
