"""Lines of a log as they may be shown: redacted, without control sequences, of bounded length.

What stands in a log was written by programs and by whoever feeds them. It is data: it may hold
secrets, personal data, and text that wants to be taken for an instruction or to move a cursor.
"""

import re
from collections.abc import Mapping
from typing import Any

from datalfred.lake import moments
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.redaction import MASK, redact

LINE_BYTES = 600
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
# C0 and C1 controls, zero-width and bidirectional marks, line and paragraph separators, tags.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
_SECRETS = re.compile(
    r"""(?P<name>\b(?:\w*password|passwd|pwd|\w*secret_?access_?key|client_secret|api_?key
    |\w*access_token|auth_token|bearer)\b["']?(?:\s*[=:]\s*|\s+(?=\S{16}))["']?)[^\s"',;&]{4,}""",
    re.IGNORECASE | re.VERBOSE,
)
_ACCESS_KEYS = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_EVIL = re.compile(
    r"error|exception|fatal|fail(?:ed|ure)|traceback|killed|denied|outofmemory|timed out|critical",
    re.IGNORECASE,
)


def shortened(text: str, limit: int) -> str:
    """The text in at most ``limit`` bytes of UTF-8; what was cut is shown as ``…``."""
    encoded = text.encode("utf-8", "replace")
    if len(encoded) <= limit:
        return text
    return encoded[: limit - 3].decode("utf-8", "ignore") + "…"


def shown(text: str, limit: int = LINE_BYTES) -> str:
    """The text redacted, without control sequences, in at most ``limit`` bytes."""
    # Twice the limit is redacted: a secret that is cut in two must not become unrecognisable.
    bounded = shortened(text, 2 * limit)
    bare = _CONTROLS.sub(" ", _ESCAPES.sub("", bounded)).strip()
    masked = _ACCESS_KEYS.sub(MASK, _SECRETS.sub(rf"\g<name>{MASK}", bare))
    return shortened(redact(masked), limit)


def event(
    raw: Mapping[str, Any], group: str, *, stream: str = "", limit: int = LINE_BYTES
) -> LogEvent:
    """An event of ``FilterLogEvents`` or ``GetLogEvents`` as it may be shown."""
    return LogEvent(
        at=moments.iso(moments.from_milliseconds(raw["timestamp"])),
        log_group=group,
        stream=raw.get("logStreamName", stream),
        message=shown(raw["message"], limit),
    )


def is_complaint(message: str) -> bool:
    """Whether a line speaks of an error."""
    return bool(_EVIL.search(message))
