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
    """A service that fails the next calls of whoever calls from outside.

    Registered first. With ``door``, it can also have a call carried out whose answer gets lost.
    ``patience`` is for how many seconds a client really waits for an answer that does not come.
    """

    door: object = None
    kind: str = ""
    times: int = 0
    calls: tuple[str, ...] = ()
    after: int = 0
    seen: list[str] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    silence: float = 10.0
    patience: float = _READ_TIMEOUT
    hit: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _carrying: threading.local = field(default_factory=threading.local)

    @contextlib.contextmanager
    def failing(self, kind, times, monkeypatch, *, silence=10.0, calls=(), after=0):
        """Makes calls fail so often; gives the clock of the operations in the meantime.

        Args:
            kind: what happens: throttle, broken, denied, timeout, malformed, reset; cut (the body
                of the answer ends halfway); lost and lost_reset (done, and nobody is told).
            times: how many calls.
            monkeypatch: pytest's.
            silence: seconds that pass until a call without an answer is given up.
            calls: which: ``athena`` or ``glue:GetPartitions``; all, when none are named.
            after: how many of these succeed before.
        """
        self.kind, self.times, self.hit, self.clock = kind, times, [], Clock()
        self.silence, self.calls, self.after, self.seen = silence, calls, after, []
        monkeypatch.setattr(clients, "_now", lambda: self.clock.now)
        monkeypatch.setattr(clients, "_pause", self.clock.pause)
        if kind in {"timeout", "lost"}:
            monkeypatch.setattr(clients, "READ_TIMEOUT_SECONDS", self.patience)
        self._over.clear()
        try:
            yield self.clock
        finally:
            self.times = 0
            self._over.set()

    def handle(self, request):
        if request.via or getattr(self._carrying, "out", False):
            return None
        with self._lock:
            if self.times <= 0:
                return None
            service = request.caller.service
            call = f"{service}:{_call(request).operation}"
            if self.calls and not {service, call} & set(self.calls):
                return None
            self.seen.append(call)
            if len(self.seen) <= self.after:
                return None
            self.times -= 1
            self.hit.append(call)
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

    def _lost(self, request):
        self._carried_out(request)
        return self._timeout(request)

    def _lost_reset(self, request):
        self._carried_out(request)
        return self._reset(request)

    def _cut(self, request):
        answer = self._carried_out(request)
        whole = b"".join(answer.pieces())

        def pieces():
            yield whole[: len(whole) // 2]
            raise ConnectionResetError

        headers = {**answer.headers, "content-length": str(len(whole))}
        return Response(answer.status, headers, pieces())

    def _carried_out(self, request):
        """What the services behind this one answer."""
        self._carrying.out = True
        try:
            return self.door.look_up(request)
        finally:
            self._carrying.out = False
