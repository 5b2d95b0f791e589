"""How often Glue and each bucket of S3 were written to, as the front door saw it.

What a service said while a count stood is what it would say again: whoever reads the same thing
often may keep an answer together with the count from before the question.
"""

import threading
from collections import Counter
from urllib.parse import unquote

from datalfred.local.aws.message import Request

_READS = ("Get", "List", "Search", "BatchGet", "Describe", "Query")


class Changes:
    """Counts; safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def note(self, request: Request) -> None:
        """Counts a request that was answered, unless it only reads."""
        service = request.caller.service
        if service == "s3":
            if request.method not in {"GET", "HEAD"}:
                bucket = unquote(request.path).lstrip("/").partition("/")[0]
                self._count(f"s3/{bucket}")
        elif service == "glue" and not request.target[1].startswith(_READS):
            self._count("glue")

    def of(self, service: str, bucket: str = "") -> int:
        """How often ``glue``, or a bucket of ``s3``, was written to."""
        return self._counts[f"{service}/{bucket}" if bucket else service]

    def _count(self, what: str) -> None:
        with self._lock:
            self._counts[what] += 1
