"""Lists in pages, as Athena's API gives them."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.local.aws.athena.failures import RequestError


def offset(parameters: Mapping[str, Any], of: str = "") -> int:
    """Where the page starts that ``NextToken`` asks for.

    Args:
        parameters: of the request.
        of: what the pages are of, such as the id of a query.

    Raises:
        RequestError: no token of ours, or one for the pages of something else.
    """
    said = parameters.get("NextToken")
    if not said:
        return 0
    try:
        owner, _, start = base64.urlsafe_b64decode(said).decode().rpartition(" ")
        if owner == of and start.isdecimal():
            return int(start)
    except (ValueError, binascii.Error):
        pass
    raise RequestError("NextToken is invalid.")


def token(start: int, of: str = "") -> str:
    """The token of the page that starts at ``start``."""
    return base64.urlsafe_b64encode(f"{of} {start}".encode()).decode()


def page(name: str, items: Sequence[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """One page of ``items`` under ``name``, with the token of the next.

    Raises:
        RequestError: ``NextToken`` is none of ours.
    """
    start = offset(parameters)
    end = start + int(parameters.get("MaxResults") or 50)
    found: dict[str, Any] = {name: list(items[start:end])}
    return {**found, "NextToken": token(end)} if end < len(items) else found
