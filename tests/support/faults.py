"""Faults of AWS, injected before the embedded services see a request, and a clock that is ours."""

import contextlib
import threading
from dataclasses import dataclass, field

from datalfred import clients
from datalfred.local.aws.faults import fault_response
from datalfred.local.aws.front_door import _call
from datalfred.local.aws.message import Response

ALWAYS = 1_000_000
_READ_TIMEOUT = 0.05


@dataclass
class Clock:
    """Stands still but for the pauses between attempts, and for answers that never come."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pause(self, seconds):
        with self._lock:
            self.pauses.append(seconds)
            self.now += seconds

    def advance(self, seconds):
        with self._lock:
            self.now += seconds


@dataclass
class Faults:
    """A service that fails the next calls of whoever calls from outside."""

    kind: str = ""
    times: int = 0
    clock: Clock = field(default_factory=Clock)
    silence: float = 10.0
    hit: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def failing(self, kind, times, monkeypatch, silence=10.0):
        """Makes calls fail so often; gives the clock of the operations in the meantime."""
        self.kind, self.times, self.hit, self.clock = kind, times, [], Clock()
        self.silence = silence
        monkeypatch.setattr(clients, "_now", lambda: self.clock.now)
        monkeypatch.setattr(clients, "_pause", self.clock.pause)
        if kind == "timeout":
            monkeypatch.setattr(clients, "READ_TIMEOUT_SECONDS", _READ_TIMEOUT)
        self._over.clear()
        try:
            yield self.clock
        finally:
            self.times = 0
            self._over.set()

    def handle(self, request):
        if request.via:
            return None
        with self._lock:
            if self.times <= 0:
                return None
            self.times -= 1
            self.hit.append(f"{request.caller.service}:{_call(request).operation}")
        return getattr(self, f"_{self.kind}")(request)

    def _throttle(self, request):
        if request.caller.service == "s3":
            return fault_response(request, "SlowDown", "Please reduce your request rate.", 503)
        return fault_response(request, "ThrottlingException", "Rate exceeded", 400)

    def _broken(self, request):
        return fault_response(request, "InternalFailure", "Oh.", 500)

    def _denied(self, request):
        action = self.hit[-1]
        said = (
            "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform:"
            f" {action} on resource: arn:aws:x:eu-west-1:123456789012:secret-thing"
        )
        return fault_response(request, "AccessDeniedException", said, 403)

    def _timeout(self, _request):
        self.clock.advance(self.silence)
        self._over.wait(10)
        return Response(200, {}, b"too late")

    def _malformed(self, _request):
        return Response(200, {"content-type": "application/json"}, b"<html>A proxy was here")

    def _reset(self, _request):
        def pieces():
            yield b'{"half": '
            raise ConnectionResetError

        return Response(200, {"content-type": "application/json"}, pieces())
