"""CloudWatch Logs: what moto gets wrong or lacks, answered right."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from datalfred.local.aws.events.clock import Clock, system_clock
from datalfred.local.aws.lambda_logs import FunctionLogs
from datalfred.local.aws.logs.arrivals import Arrivals
from datalfred.local.aws.logs.metric_filters import MetricFilters
from datalfred.local.aws.logs.service import LogsService
from datalfred.local.aws.message import Caller, Service


class Host(Protocol):
    """An embedded AWS."""

    function_logs: FunctionLogs

    def register(self, service: Service) -> None:
        """Puts a service before moto."""
        ...

    def client(
        self, name: str, caller: Caller | None = None, via: str = "", *, region: str = ""
    ) -> Any:
        """A boto3 client that enters the front door without a socket."""
        ...

    def warm(self) -> None:
        """Loads moto."""
        ...

    def on_close(self, closing: Callable[[], None]) -> None:
        """Calls ``closing`` while the door still answers."""
        ...


def install(aws: Host, clock: Clock = system_clock) -> MetricFilters:
    """Lets an embedded AWS search, query and count logs; moto keeps them.

    Args:
        aws: where; the reports of metric filters end with it.
        clock: tells the time to metric filters.
    """

    def put(region: str, namespace: str, data: Sequence[Mapping[str, Any]]) -> None:
        cloudwatch = aws.client("cloudwatch", via="logs", region=region)
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    filters = MetricFilters(put, clock)
    arrivals = Arrivals(aws.function_logs, filters.watch, filters.any, aws.warm, clock)
    aws.register(arrivals)
    aws.on_close(arrivals.close)
    aws.register(filters)
    aws.on_close(filters.close)
    aws.register(LogsService(filters.count))
    return filters
