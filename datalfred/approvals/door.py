"""The client's side of the approver's function URL: where a person proves who decides.

On AWS the URL asks for an IAM signature, so the principal is proved. On a laptop the token of the
state directory, which only its owner can read, proves the OS user.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from datalfred.errors import (
    CorrectableError,
    DatalfredError,
    OperatorError,
    RefusedError,
    UnavailableError,
)

Sign = Callable[[str, bytes], Mapping[str, str]]
"""URL and body to the headers that prove who sends them."""

_TIMEOUT_SECONDS = 60
UNPROVED = "The approver does not accept who you say you are."
"""What is said when the URL itself refused: the approver was never asked."""
_PROVE = (
    "On a laptop, ask again as the user who runs the stack, or restart it; on AWS, sign with"
    " credentials that may call lambda:InvokeFunctionUrl."
)
_BY_STATUS: tuple[tuple[range, type[DatalfredError]], ...] = (
    (range(403, 404), RefusedError),
    (range(400, 500), CorrectableError),
    (range(503, 505), UnavailableError),
)


class ApprovalsDoor:
    """Sends a person's decisions to the approver."""

    def __init__(self, url: str, sign: Sign) -> None:
        self._url = url
        self._sign = sign

    def send(self, body: Mapping[str, str]) -> dict[str, Any]:
        """The approver's answer.

        Args:
            body: ``{"action": "list"}``, or ``approve`` or ``deny`` with an ``id``.

        Raises:
            DatalfredError: refused, unknown, expired or unreachable, in the approver's own words.
        """
        import urllib3  # noqa: PLC0415 -- the approver's own Lambda imports this package without it

        payload = json.dumps(body).encode()
        headers = {"content-type": "application/json", **self._sign(self._url, payload)}
        try:
            response = urllib3.request(
                "POST",
                self._url,
                body=payload,
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                retries=False,
            )
            answer: dict[str, Any] = response.json()
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            message = f"The approver at {self._url} did not answer: {type(error).__name__}."
            raise UnavailableError(message) from error
        if response.status >= 400:  # noqa: PLR2004 -- where HTTP's errors begin
            raise _error(response.status, answer.get("error", {}))
        return answer


def _error(status: int, said: Mapping[str, str]) -> DatalfredError:
    kind = next((kind for statuses, kind in _BY_STATUS if status in statuses), OperatorError)
    if not said and status in _BY_STATUS[0][0]:
        # The function URL itself refused: nobody was proved, so the approver was never asked.
        return RefusedError(UNPROVED, hint=_PROVE)
    return kind(said.get("message", f"The approver answered {status}."), hint=said.get("hint", ""))
