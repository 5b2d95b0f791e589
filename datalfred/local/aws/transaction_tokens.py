"""A transaction of DynamoDB that is sent twice with one token is carried out once.

"A client request token is valid for 10 minutes after the first request that uses it is completed";
with other parameters it is an IdempotentParameterMismatchException. SDKs make a token for each
call and send it again when they repeat one whose answer got lost.

Source: "ClientRequestToken" of TransactWriteItems in the DynamoDB API reference.
"""

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response

VALID_SECONDS = 600
_OPERATION = "TransactWriteItems"
_OK = 200


class TransactionTokens:
    """The transactions that succeeded of late; not safe for threads, so hold the lock of DynamoDB.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._done: dict[tuple[str, str], tuple[bytes, float]] = {}
        """Region and token -> digest of the request, and until when."""

    def answer(self, request: Request, carry_out: Callable[[Request], Response]) -> Response:
        """What ``carry_out`` answers, or success where the same transaction has succeeded.

        Raises:
            FaultError: another transaction has succeeded with this token.
        """
        token, digest = _read(request)
        if not token:
            return carry_out(request)
        key, now = (request.caller.region, token), self._now()
        self._done = {each: said for each, said in self._done.items() if said[1] > now}
        if key in self._done:
            if self._done[key][0] != digest:
                raise FaultError(
                    "IdempotentParameterMismatchException",
                    "The client request token was used with other parameters before.",
                )
            return Response(_OK, {"content-type": "application/x-amz-json-1.0"}, b"{}")
        response = carry_out(request)
        if response.status == _OK:
            self._done[key] = digest, self._now() + VALID_SECONDS
        return response


def _read(request: Request) -> tuple[str, bytes]:
    """The token of a transaction, and a digest of all that it asks for besides."""
    if request.caller.service != "dynamodb" or request.target[1] != _OPERATION:
        return "", b""
    try:
        body: Any = json.loads(request.body)
        token = body.pop("ClientRequestToken", "")
    except (AttributeError, TypeError, ValueError):
        return "", b""  # moto has the words for it
    text = json.dumps(body, sort_keys=True)
    return (token if isinstance(token, str) else ""), hashlib.sha256(text.encode()).digest()
