"""EventBridge: events reach the targets of the rules that match them, and schedules fire."""

from collections.abc import Callable
from typing import Any, Protocol

from datalfred.local.aws.events.clock import Clock, system_clock
from datalfred.local.aws.events.service import EventsService
from datalfred.local.aws.message import Caller, Service


class RoleCallers(Protocol):
    """The roles of an embedded AWS."""

    def caller(self, role: str = "", *, service: str = "", region: str = "") -> Caller:
        """The caller that a request of ``role`` has."""
        ...


class Host(Protocol):
    """An embedded AWS."""

    callers: Any

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...

    def client(
        self, name: str, caller: Caller | None = None, via: str = "", *, region: str = ""
    ) -> Any:
        """A boto3 client that enters the front door without a socket."""
        ...

    def on_close(self, closing: Callable[[], None]) -> None:
        """Calls ``closing`` while the door still answers."""
        ...


def install(aws: Host, clock: Clock = system_clock) -> EventsService:
    """Lets an embedded AWS deliver events; moto keeps its rules.

    Args:
        aws: where; the schedules end with it.
        clock: tells the time.
    """

    def client(service: str, region: str, role: str = "") -> Any:
        callers: RoleCallers = aws.callers
        caller = callers.caller(role, region=region) if role else None
        return aws.client(service, caller, via="events", region=region)

    service = EventsService(client, clock)
    aws.register(service)
    aws.on_close(service.close)
    return service
