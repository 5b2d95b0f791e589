"""What both dialects of HTTP share: who may talk to this port, how much, and plain refusals."""

import json
import re
from collections.abc import Callable, Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

from datalfred.local.aws.message import Response

Receive = Callable[[str, str, Mapping[str, str], bytes], Response]
"""Answers one request: method, target as on the wire, headers (lower-case names), body."""

MAX_BODY = 64 * 1024 * 1024

NO_BODY_STATUSES = {204, 304}

_OUR_NAMES = {"127.0.0.1", "localhost", "::1"}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class BodyTooLargeError(Exception):
    """A request body is above :data:`MAX_BODY`."""


def refusal(target: str, headers: Mapping[str, str]) -> Response | None:
    """Why a request may not come in, before its body is read; None when it may.

    The port is on loopback, yet a web page that a person visits can reach it: directly (then the
    browser names the page in ``Origin``) or by a name that it makes resolve to 127.0.0.1 (then
    ``Host`` is that name). Both are refused; so buckets stand in the path, never in the host name.
    """
    if not target.startswith("/"):
        return plain(400, "The target of a request must start with a slash.")
    if not _is_ours(headers.get("host", "")):
        return plain(
            403, "Only 127.0.0.1, localhost and [::1] are served: use path-style addressing."
        )
    origin = headers.get("origin")
    if origin is not None and not _is_ours(_network_location(origin)):
        return plain(403, "Only pages of this machine may call this port.")
    return announced_too_large(headers)


def announced_too_large(headers: Mapping[str, str]) -> Response | None:
    """The refusal of a body whose announced length is above :data:`MAX_BODY`."""
    length = headers.get("content-length", "0")
    if length.isdigit() and int(length) > MAX_BODY:
        return too_large()
    return None


def too_large() -> Response:
    """The refusal of a body above :data:`MAX_BODY`."""
    return plain(413, f"A request body may have at most {MAX_BODY} bytes.")


def plain(status: int, message: str) -> Response:
    """A refusal that belongs to no service's protocol."""
    body = json.dumps({"message": message}).encode()
    return Response(status, {"content-type": "application/json"}, body)


def header_items(response: Response) -> list[tuple[str, str]]:
    """The response's headers as they may go on the wire: lower-case names, one line each.

    AWS says the time with every answer: by it a client finds out that its own clock is wrong.
    """
    items = [
        (name.lower(), " ".join(str(value).split("\n")).replace("\r", " ").strip())
        for name, value in response.headers.items()
        if name.lower() not in {"connection", "keep-alive", "transfer-encoding"}
    ]
    if not any(name == "date" for name, _ in items):
        items.append(("date", formatdate(usegmt=True)))
    return items


def join_headers(items: list[tuple[str, str]]) -> dict[str, str]:
    """Headers by lower-case name; a repeated name keeps all its values, joined by commas."""
    joined: dict[str, str] = {}
    for raw, value in items:
        name = raw.lower()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def close_body(response: Response) -> None:
    """Tells a streamed body that nobody reads it any more."""
    close = getattr(response.body, "close", None)
    if close is not None:
        close()


def _is_ours(host: str) -> bool:
    found = _HOST.fullmatch(host)
    return found is not None and found[1].strip("[]").lower() in _OUR_NAMES


def _network_location(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
