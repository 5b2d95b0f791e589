"""The AWS JSON protocol, as far as the services of this room speak it.

JSON in, JSON out; times are seconds since 1970. Source: the AWS JSON 1.0 and 1.1 protocols of
Smithy (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalfred.local.aws.message import Request, Response


class ApiError(Exception):
    """An error as a service model declares it.

    Attributes:
        code: the name of the error's shape, such as ``ClusterNotFoundException``.
        status: of the HTTP response.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Call:
    """One operation that was asked for: its input, and the region of the caller's signature."""

    parameters: Mapping[str, Any]
    region: str

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or ``default`` when it is missing or null."""
        value = self.parameters.get(name)
        return default if value is None else value


Operation = Callable[[Call], Mapping[str, Any]]


class JsonApi:
    """A service whose operations are named by ``X-Amz-Target``.

    What is not in ``operations`` is left to moto, or refused when ``exclusive``: a service whose
    records are all here must not let moto answer for records that it does not have.
    """

    def __init__(
        self,
        target: str,
        operations: Mapping[str, Operation],
        *,
        version: str = "1.1",
        exclusive: bool = False,
    ) -> None:
        self._target = target
        self._operations = operations
        self._content_type = f"application/x-amz-json-{version}"
        self._exclusive = exclusive

    def handle(self, request: Request) -> Response | None:
        """The response to an operation of this service; None for everything else."""
        service, name = request.target
        operation = self._operations.get(name)
        if service != self._target or (operation is None and not self._exclusive):
            return None
        if operation is None:
            return refusal(not_implemented(name), self._content_type)
        call = Call(json.loads(request.body or b"{}"), request.caller.region)
        return answer(operation, call, self._content_type)


def answer(operation: Operation, call: Call, content_type: str = "application/json") -> Response:
    """Runs ``operation`` and puts its result, or its error, on the wire."""
    try:
        return _json(200, operation(call), content_type)
    except ApiError as error:
        return refusal(error, content_type)


def refusal(error: ApiError, content_type: str = "application/json") -> Response:
    """``error`` on the wire."""
    body = {"__type": error.code, "message": str(error), "Message": str(error)}
    return _json(error.status, body, content_type, {"x-amzn-errortype": error.code})


def not_implemented(operation: str) -> ApiError:
    """What an operation answers that nobody here implements."""
    return ApiError(
        "NotImplementedException", f"The embedded AWS does not implement {operation}.", 501
    )


def page(
    items: Sequence[Any], call: Call, limit: int, size: str = "MaxResults", marker: str = "NextToken"
) -> tuple[list[Any], dict[str, str]]:
    """The page of ``items`` that ``call`` asks for, and the token of the next one, if any.

    Raises:
        ApiError: the token is none that we gave out.
    """
    given = call.get(marker, "0")
    if not str(given).isdigit():
        raise ApiError("InvalidToken", f"Invalid Token: '{given}'")
    start = int(given)
    end = start + (int(call.get(size, 0)) or limit)
    return list(items[start:end]), ({marker: str(end)} if end < len(items) else {})


def _json(
    status: int,
    body: Mapping[str, Any],
    content_type: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    text = json.dumps(body, default=_seconds)
    return Response(status, {"content-type": content_type, **(headers or {})}, text.encode())


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"A {type(value).__name__} has no form in JSON.")
