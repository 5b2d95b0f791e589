"""Errors as AWS words them: one fault, in the protocol in which the request was made."""

import json
import uuid
from xml.sax.saxutils import escape

from datalfred.local.aws.message import Request, Response

_REST_XML = {"s3", "s3-object-lambda", "route53", "cloudfront"}
_FORM = "application/x-www-form-urlencoded"
_CBOR_SHORT, _CBOR_BYTE = 24, 256


class FaultError(Exception):
    """A service refuses or fails a request; the front door writes it in the caller's protocol."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response_to(self, request: Request) -> Response:
        """The fault as the response to ``request``."""
        return fault_response(request, self.code, self.message, self.status)


def not_implemented(request: Request, what: str) -> Response:
    """The answer to an operation that nobody here implements; never an empty success."""
    message = f"The embedded AWS does not implement {what}."
    return fault_response(request, "NotImplementedException", message, 400)


def fault_response(request: Request, code: str, message: str, status: int) -> Response:
    """An error in the protocol of ``request``.

    The shapes are those of the Smithy protocol documents: awsJson1_0/1_1, restJson1, awsQuery,
    ec2Query, restXml and rpcv2Cbor.
    """
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-requestid": request_id}
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        return Response(status, headers, _cbor_map({"__type": code, "message": message}))
    if request.headers.get("x-amz-target"):
        headers["content-type"] = request.headers.get("content-type", "application/x-amz-json-1.1")
        return Response(status, headers, _json({"__type": code, "message": message}))
    if (xml := _xml(request, code, message, status, request_id)) is not None:
        headers["content-type"] = "text/xml"
        return Response(status, headers, xml.encode())
    headers |= {"content-type": "application/json", "x-amzn-errortype": code}
    return Response(status, headers, _json({"message": message}))


def _xml(request: Request, code: str, message: str, status: int, request_id: str) -> str | None:
    service = request.caller.service
    error = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    identified = f"<RequestId>{request_id}</RequestId>"
    if service in _REST_XML:
        return f"<Error>{error}{identified}</Error>"
    if not request.headers.get("content-type", "").startswith(_FORM):
        return None
    if service == "ec2":
        wrapped = f"<Errors><Error>{error}</Error></Errors>"
        return f"<Response>{wrapped}<RequestID>{request_id}</RequestID></Response>"
    whose = "Receiver" if status >= 500 else "Sender"  # noqa: PLR2004 -- the border of HTTP itself
    wrapped = f"<Error><Type>{whose}</Type>{error}</Error>"
    return f"<ErrorResponse>{wrapped}{identified}</ErrorResponse>"


def _json(body: dict[str, str]) -> bytes:
    return json.dumps(body).encode()


def _cbor_map(values: dict[str, str]) -> bytes:
    """A CBOR map of text strings (RFC 8949); fewer than 24 of them, each below 64 KiB."""
    texts = (_cbor_text(text) for pair in values.items() for text in pair)
    return bytes([0xA0 | len(values)]) + b"".join(texts)


def _cbor_text(text: str) -> bytes:
    data = text.encode()[:65535]
    if len(data) < _CBOR_SHORT:
        return bytes([0x60 | len(data)]) + data
    if len(data) < _CBOR_BYTE:
        return bytes([0x78, len(data)]) + data
    return b"\x79" + len(data).to_bytes(2, "big") + data
