"""The log of a function that a state machine invoked, as Lambda writes it.

All others are written by :mod:`datalfred.local.aws.lambda_logs`. Here an invocation may have
happened in the past of an execution, and takes time of its clock.
"""

import uuid
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.compute.origin import Origin, current
from datalfred.local.aws.lambda_lines import Recorded, platform_lines, recording
from datalfred.local.aws.message import bare_name

_NAMESPACE = uuid.UUID("f0a2f4a9-0b55-5c8e-9a37-6b1de0b6f0c4")
_MEMORY = "Memory Size: 512 MB Max Memory Used: 118 MB"


class Invocation:
    """One invocation that is being recorded."""

    def __init__(self, name: str, origin: Origin) -> None:
        key = f"{name} {origin.execution_arn} {origin.attempt} {origin.clock.now().isoformat()}"
        # Between 0.2 and 2 s, the same in every process; nobody waits for them.
        self.milliseconds = 200 + zlib.crc32(key.encode()) % 1800
        request_id = str(uuid.uuid5(_NAMESPACE, key))
        self.recorded = Recorded(name, request_id, self.milliseconds)
        self.error = ""

    def answered(self, answer: Mapping[str, Any]) -> None:
        """Takes Lambda's answer; an error of the handler belongs into the log."""
        payload = answer.get("Payload")
        if answer.get("FunctionError") and isinstance(payload, dict):
            self.error = f"[ERROR] {payload.get('errorType')}: {payload.get('errorMessage')}"


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
    with recording(invocation.recorded):
        yield invocation
    lines = platform_lines(invocation.recorded, invocation.milliseconds, _MEMORY, invocation.error)
    origin.clock.skip(origin.clock.takes(invocation.milliseconds / 1000))
    step = (origin.clock.now() - started) / len(lines)
    written = [(started + number * step, line) for number, (_, line) in enumerate(lines)]
    container = uuid.uuid5(_NAMESPACE, f"{name} {started:%Y-%m-%d}").hex
    store.write(f"/aws/lambda/{name}", f"{started:%Y/%m/%d}/[$LATEST]{container}", written)
