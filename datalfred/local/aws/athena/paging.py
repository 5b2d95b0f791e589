"""Lists in pages, as Athena's API gives them."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.local.aws.athena.failures import RequestError


def offset(parameters: Mapping[str, Any]) -> int:
    """Where the page starts that ``NextToken`` asks for.

    Raises:
        RequestError: no token of ours.
    """
    token = parameters.get("NextToken")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except (ValueError, binascii.Error):
        raise RequestError("NextToken is invalid.") from None


def token(start: int) -> str:
    """The token of the page that starts at ``start``."""
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def page(name: str, items: Sequence[Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """One page of ``items`` under ``name``, with the token of the next.

    Raises:
        RequestError: ``NextToken`` is none of ours.
    """
    start = offset(parameters)
    end = start + int(parameters.get("MaxResults") or 50)
    found: dict[str, Any] = {name: list(items[start:end])}
    return {**found, "NextToken": token(end)} if end < len(items) else found
