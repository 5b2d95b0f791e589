"""CloudWatch: metrics, their statistics, and alarms that evaluate and act.

Data points are kept in memory, :data:`metrics.store.SAMPLES_KEPT` of each metric.
"""

from collections.abc import Callable
from typing import Any, Protocol

from datalfred.local.aws import events, messaging
from datalfred.local.aws.cloudwatch.service import Monitoring
from datalfred.local.aws.events.clock import Clock, system_clock
from datalfred.local.aws.message import Caller, Service
from datalfred.local.aws.meter import Meter


class Host(Protocol):
    """An embedded AWS."""

    callers: Any
    meter: Meter

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


def install(aws: Host, clock: Clock = system_clock) -> Monitoring:
    """Lets an embedded AWS measure and ring; who is told of an alarm is installed with it.

    An alarm is of use only with what it tells: the default bus, topics, and what these reach.

    Args:
        aws: where; it is closed with it.
        clock: tells the time.
    """

    def client(name: str, region: str) -> Any:
        return aws.client(name, via="cloudwatch", region=region)

    messaging.install(aws)
    events.install(aws, clock)
    monitoring = Monitoring(client, clock, aws.meter)
    aws.register(monitoring)
    aws.on_close(monitoring.close)
    return monitoring
