"""The one way in: who calls, may they, is it there yet; then our services, then moto."""

import logging
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from datalfred.local.aws.callers import Callers
from datalfred.local.aws.changes import Changes
from datalfred.local.aws.faults import FaultError, fault_response
from datalfred.local.aws.holds import Holds
from datalfred.local.aws.keeper import Keeper
from datalfred.local.aws.malformed import mistake_in
from datalfred.local.aws.message import Request, Response, Service
from datalfred.local.aws.moto_app import MotoApp
from datalfred.local.aws.one_meaning import check_meaning
from datalfred.local.aws.operations import named_operation, rest_operation

logger = logging.getLogger(__name__)

_REMEMBERED_CALLS = 10_000


@dataclass(frozen=True)
class Call:
    """One call that came through the door.

    Attributes:
        service: signing name, such as ``states``.
        role: the caller's role; empty for the person at the laptop.
        via: the service that acted for the caller; empty for the caller itself.
    """

    service: str
    role: str
    via: str
    _named: str
    _http: tuple[str, str, str] = field(repr=False)  # an address may carry a signature

    @property
    def operation(self) -> str:
        """Its name, such as ``StartExecution``; of REST services found out when somebody asks."""
        return self._named or rest_operation(self.service, *self._http)


class FrontDoor:
    """Takes requests from the server and from clients of this process alike.

    Attributes:
        callers: the roles that it knows.
        holds: the services whose seed is under way.
        calls: the latest calls, oldest first; what each role needed can be read here.
        used: the services that were ever called, by signing name.
        changes: counts what was written to Glue and S3.
        authorize: evaluates a request before anything acts on it and raises a FaultError to deny
            it; allows everything unless another is set.
        answered: sees each answer of a service, and may give another in its place.
    """

    def __init__(self, callers: Callers, moto: MotoApp, keeper: Keeper) -> None:
        self.callers = callers
        self.holds = Holds()
        self.calls: deque[Call] = deque(maxlen=_REMEMBERED_CALLS)
        self.used: set[str] = set()
        self.changes = Changes()
        self.authorize: Callable[[Request], None] = lambda _request: None
        self.answered: Callable[[Request, Response], Response] = lambda _request, answer: answer
        self._closed = False
        self._services: list[Service] = []
        self._moto = moto
        self._keeper = keeper

    def register(self, service: Service) -> None:
        """Puts ``service`` before moto, behind the services that were registered earlier."""
        self._services.append(service)

    def receive(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> Response:
        """Answers a request of the socket, once what it asks about is there."""
        path, _, query = target.partition("?")
        caller = self.callers.identify(headers, query)
        request = Request(method, path, query, headers, body, caller)
        try:
            self.holds.wait(caller.service, request.target[1])
        except FaultError as fault:
            return _identified(fault.response_to(request))
        return self.handle(request)

    def handle(self, request: Request) -> Response:
        """Answers a request; every failure is an error in the caller's protocol."""
        self.calls.append(_call(request))
        self.used.add(request.caller.service)
        if self._is_closed():
            closed = "The embedded AWS is closed."
            return _identified(fault_response(request, "ServiceUnavailable", closed, 503))
        try:
            check_meaning(request)
            self.authorize(request)
            response = self.answered(request, self._keeper.answer(request, self.look_up))
        except FaultError as fault:
            response = fault.response_to(request)
        except Exception as problem:  # noqa: BLE001 -- a service's own defect ends here
            response = self._broken_off(request, problem)
        self.changes.note(request)
        return _identified(response)

    def judge(self, request: Request) -> None:
        """Records and judges a request that is answered from memory.

        Raises:
            FaultError: the caller may not make it.
        """
        self.calls.append(_call(request))
        self.authorize(request)

    def close(self) -> None:
        """Answers no further request."""
        self._closed = True

    def _is_closed(self) -> bool:
        return self._closed

    def restore(self) -> None:
        """Puts back what the journal kept of DynamoDB."""
        caller = self.callers.caller(service="dynamodb")
        self._keeper.restore(self.look_up, Request("POST", "/", "", {}, b"", caller))

    def _broken_off(self, request: Request, problem: Exception) -> Response:
        """The answer where a service raised what is no fault of its own wording."""
        mistake = mistake_in(request)
        if mistake is not None:
            return mistake.response_to(request)
        # Whoever is cut off by the closing has no failure to report.
        level = logging.DEBUG if self._is_closed() else logging.ERROR
        # What a problem says may quote what was sent: a value, a text, a secret.
        kind = type(problem).__name__
        logger.log(level, "call=<%s>, problem=<%s> | a service failed", _call(request), kind)
        logger.debug("where a service failed", exc_info=problem)
        message = f"The embedded AWS failed inside: {type(problem).__name__}: {problem}"
        return fault_response(request, "InternalFailure", message, 500)

    def look_up(self, request: Request) -> Response:
        """What the services answer, neither judged nor recorded: for questions of our own."""
        for service in self._services:
            response = service.handle(request)
            if response is not None:
                return response
        return self._moto.handle(request)


def _call(request: Request) -> Call:
    return Call(
        service=request.caller.service,
        role=request.caller.role,
        via=request.via,
        _named=named_operation(request),
        _http=(request.method, request.path, request.query),
    )


def _identified(response: Response) -> Response:
    """Every answer of AWS has a request id."""
    if any(name.lower() in {"x-amzn-requestid", "x-amz-request-id"} for name in response.headers):
        return response
    return replace(response, headers={**response.headers, "x-amzn-requestid": str(uuid.uuid4())})
