"""Listings in pages: a token is where the next page begins, and what it was given for."""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from datalfred.local.aws.faults import FaultError

Item = TypeVar("Item")

_NOT_ASKED = {"NextToken", "MaxRecords", "MaxDatapoints"}


def page_of(
    items: Sequence[Item], parameters: Mapping[str, Any], size: int
) -> tuple[list[Item], str | None]:
    """The page that ``NextToken`` asks for, and the token of the next one, if any.

    Raises:
        FaultError: the token is none that was given out for this listing.
    """
    first = place_of(parameters)
    rest = items[first : first + size]
    token = token_for(parameters, first + size) if first + size < len(items) else None
    return list(rest), token


def place_of(parameters: Mapping[str, Any]) -> int:
    """Where the page that ``NextToken`` asks for begins.

    Raises:
        FaultError: the token is none that was given out for this listing.
    """
    token = parameters.get("NextToken")
    if not token:
        return 0
    try:
        digest, place = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        digest, place = "", 0
    if digest != _digest(parameters):
        raise FaultError("InvalidNextToken", "The next token is not one of this listing.")
    return int(place)


def token_for(parameters: Mapping[str, Any], place: int) -> str:
    """The token of the page that begins at ``place``."""
    text = json.dumps([_digest(parameters), place])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _digest(parameters: Mapping[str, Any]) -> str:
    asked = {name: value for name, value in parameters.items() if name not in _NOT_ASKED}
    text = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
