"""The AWS JSON protocol, as far as the services of this room speak it.

JSON in, JSON out; times are seconds since 1970. Source: the AWS JSON 1.0 and 1.1 protocols of
Smithy (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import Request, Response


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
        if service != self._target:
            return None
        operation = self._operations.get(name)
        if operation is None:
            return not_implemented(request, f"{service}.{name}") if self._exclusive else None
        call = Call(json.loads(request.body or b"{}"), request.caller.region)
        return answer(operation(call), self._content_type)


def answer(result: Mapping[str, Any], content_type: str = "application/json") -> Response:
    """The result of an operation on the wire."""
    body = json.dumps(result, default=_seconds).encode()
    return Response(200, {"content-type": content_type}, body)


def page(
    items: Sequence[Any],
    call: Call,
    limit: int,
    size: str = "MaxResults",
    marker: str = "NextToken",
) -> tuple[list[Any], dict[str, str]]:
    """The page of ``items`` that ``call`` asks for, and the marker of the next one, if any.

    Args:
        items: all of them.
        call: holds the parameters named ``size`` and ``marker``, or not.
        limit: items on a page when the call does not say.
        size: the operation's name for the number of items on a page.
        marker: the operation's name for where a page begins.

    Raises:
        FaultError: the marker is none that we gave out.
    """
    given = str(call.get(marker, "0"))
    if not given.isdigit():
        raise FaultError("InvalidToken", f"Invalid Token: '{given}'")
    start = int(given)
    end = start + (int(call.get(size, 0)) or limit)
    return list(items[start:end]), ({marker: str(end)} if end < len(items) else {})


def _seconds(value: object) -> float:
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"A {type(value).__name__} has no form in JSON.")
