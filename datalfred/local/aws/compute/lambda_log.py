"""The log of a function that a state machine invoked, as Lambda writes it.

A function logs through the logger ``lambda`` or one below it; around its lines stand those of the
platform (START, END, REPORT), see
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html.
"""

import logging
import uuid
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.compute.origin import Origin, current
from datalfred.local.aws.lambda_host import bare_name

LOGGER = logging.getLogger("lambda")
_NAMESPACE = uuid.UUID("f0a2f4a9-0b55-5c8e-9a37-6b1de0b6f0c4")
_lines: ContextVar[list[str] | None] = ContextVar("lines", default=None)


class _Recorder(logging.Handler):
    """Keeps the lines of the function that runs in this thread."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one line, if an invocation is being recorded."""
        lines = _lines.get()
        if lines is not None:
            lines.append(f"[{record.levelname}] {record.getMessage()}")


LOGGER.addHandler(_Recorder())
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False


class Invocation:
    """One invocation that is being recorded."""

    def __init__(self, name: str, origin: Origin) -> None:
        key = f"{name} {origin.execution_arn} {origin.attempt} {origin.clock.now().isoformat()}"
        self.request_id = str(uuid.uuid5(_NAMESPACE, key))
        # Between 0.2 and 2 s, the same in every process; nobody waits for them.
        self.milliseconds = 200 + zlib.crc32(key.encode()) % 1800
        self.error = ""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """Takes Lambda's answer; an error of the handler belongs into the log."""
        payload = answer.get("Payload")
        if answer.get("FunctionError") and isinstance(payload, dict):
            self.error = f"[ERROR] {payload.get('errorType')}: {payload.get('errorMessage')}"

    def log(self, lines: list[str]) -> list[str]:
        """All lines of the invocation."""
        report = (
            f"REPORT RequestId: {self.request_id} Duration: {self.milliseconds}.00 ms "
            f"Billed Duration: {self.milliseconds} ms Memory Size: 512 MB Max Memory Used: 118 MB"
        )
        return [
            f"START RequestId: {self.request_id} Version: $LATEST",
            *(line.replace("] ", f"] {self.request_id} ", 1) for line in lines),
            *([self.error] if self.error else []),
            f"END RequestId: {self.request_id}",
            report,
        ]


@contextmanager
def log_invocation(store: LogStore, function: str) -> Iterator[Invocation]:
    """Records what ``function`` logs meanwhile and writes it to ``/aws/lambda/<function>``.

    In an execution of the past the invocation takes some time of its clock.

    Args:
        store: where the lines go.
        function: name or ARN.
    """
    name, origin = bare_name(function), current()
    invocation = Invocation(name, origin)
    started = origin.clock.now()
    token = _lines.set([])
    try:
        yield invocation
    finally:
        lines = invocation.log(_lines.get() or [])
        _lines.reset(token)
    origin.clock.skip(origin.clock.takes(invocation.milliseconds / 1000))
    step = (origin.clock.now() - started) / len(lines)
    written = [(started + number * step, line) for number, line in enumerate(lines)]
    container = uuid.uuid5(_NAMESPACE, f"{name} {started:%Y-%m-%d}").hex
    store.write(f"/aws/lambda/{name}", f"{started:%Y/%m/%d}/[$LATEST]{container}", written)
