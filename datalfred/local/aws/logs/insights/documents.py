"""The JSON of an event: what stands in its message, or the fields of a log of a known form.

Source: *Supported logs and discovered fields* in the user guide of Amazon CloudWatch Logs.
"""

import json
import re

_FLOW = (
    "version", "accountId", "interfaceId", "srcAddr", "dstAddr", "srcPort", "dstPort", "protocol",
    "packets", "bytes", "startTime", "endTime", "action", "logStatus",
)  # fmt: skip
"""The fields of a VPC flow log in its default format."""

_DNS = (
    "version", "queryTimestamp", "hostZoneId", "queryName", "queryType", "responseCode", "protocol",
    "edgeLocation", "resolverIp", "ednsClientSubnet",
)  # fmt: skip
"""The fields of a log of DNS queries by Route 53."""

_IS_FLOW = re.compile(r"\d+ (?:\d{12}|unknown) eni-[0-9a-f]+(?: \S+){11}\s*", re.ASCII)
_IS_DNS = re.compile(r"\d\.\d \d{4}-\d\d-\d\dT\S+ Z[A-Z0-9]+(?: \S+){6,7}\s*", re.ASCII)
_MOST_FIELDS = 200
_DECODER = json.JSONDecoder()


def document_of(message: str) -> str | None:
    """JSON with the fields of a message; None when there are none to discover.

    Of several documents in a message the first one counts, and of its fields the first 200.
    """
    start = message.find("{")
    if start < 0:
        return _of_known_form(message) if message[:1].isdigit() else None
    if start == 0 and message.rstrip().endswith("}"):
        return _with_fewer_fields(message)
    try:
        _, end = _DECODER.raw_decode(message, start)
    except (ValueError, RecursionError):
        return None
    return _with_fewer_fields(message[start:end])


def _with_fewer_fields(text: str) -> str:
    # Each field follows a colon or a comma: most documents need no closer look.
    if text.count(":") + text.count(",") < _MOST_FIELDS:
        return text
    try:
        found = json.loads(text)
        kept, left = _first(found, _MOST_FIELDS)
    except (ValueError, RecursionError):
        return text
    return text if left > 0 else json.dumps(kept)


def _first(node: object, left: int) -> tuple[object, int]:
    """What is left of a document after so many fields, and how many more it might have had."""
    if not isinstance(node, dict | list):
        return node, left - 1
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    kept: list[tuple[object, object]] = []
    for step, child in pairs:
        if left <= 0:
            break
        part, left = _first(child, left)
        kept.append((step, part))
    return (dict(kept) if isinstance(node, dict) else [part for _, part in kept]), left


def _of_known_form(message: str) -> str | None:
    for form, names in ((_IS_FLOW, _FLOW), (_IS_DNS, _DNS)):
        if form.fullmatch(message):
            return json.dumps(dict(zip(names, message.split(), strict=False)))
    return None
