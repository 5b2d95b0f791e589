"""CloudWatch's metrics and alarms, by region; nothing of them is moto's."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.actions import Actions, Client
from datalfred.local.aws.cloudwatch.alarms.api import OPERATIONS
from datalfred.local.aws.cloudwatch.alarms.book import AlarmBook
from datalfred.local.aws.cloudwatch.alarms.messages import Change
from datalfred.local.aws.cloudwatch.metrics.intake import put_metric_data
from datalfred.local.aws.cloudwatch.metrics.queries import get_metric_data
from datalfred.local.aws.cloudwatch.metrics.reading import get_metric_statistics, list_metrics
from datalfred.local.aws.cloudwatch.metrics.store import MetricStore
from datalfred.local.aws.cloudwatch.protocols import Asked, asked_of, fault, reply
from datalfred.local.aws.events.clock import Clock, Pulse, system_clock
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import Request, Response


class Monitoring:
    """Answers every request to CloudWatch; what it does not know is refused."""

    def __init__(self, client: Client, clock: Clock = system_clock) -> None:
        """A CloudWatch without metrics and alarms.

        Args:
            client: makes the clients by which alarms act.
            clock: tells the time.
        """
        self._clock = clock
        self._actions = Actions(client, clock)
        self._lock = threading.Lock()
        self._stores: dict[str, MetricStore] = {}
        self._books: dict[str, AlarmBook] = {}
        self._pulse = Pulse("alarms", clock, self.next_due, self.evaluate_due)
        self._metrics: dict[str, Callable[[MetricStore, Mapping[str, Any]], dict[str, Any]]] = {
            "ListMetrics": lambda store, asked: list_metrics(store, asked, clock()),
            "GetMetricStatistics": get_metric_statistics,
            "GetMetricData": get_metric_data,
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to a request to CloudWatch; None for every other."""
        try:
            asked = asked_of(request)
            return None if asked is None else self._answer(request, asked)
        except FaultError as problem:
            return fault(request, problem)

    def close(self) -> None:
        """Ends the evaluation of alarms."""
        self._pulse.close()

    def next_due(self) -> float | None:
        """When the next alarm is evaluated, in seconds since 1970; None without alarms."""
        found = [due for book in self._all_books() if (due := book.next_due()) is not None]
        return min(found, default=None)

    def evaluate_due(self) -> None:
        """Evaluates every alarm that is due, and carries out what changes."""
        for book in self._all_books():
            self._tell(book.evaluate_due())

    def _answer(self, request: Request, asked: Asked) -> Response:
        region = request.caller.region
        store, book = self._of(region)
        if asked.name == "PutMetricData":
            written = put_metric_data(store, asked.parameters(), self._clock())
            self._tell(book.data_arrived(written))
            return reply(asked, {})
        if asked.name in self._metrics:
            return reply(asked, self._metrics[asked.name](store, asked.parameters()))
        operation = OPERATIONS.get(asked.name)
        if operation is None:
            return not_implemented(request, f"CloudWatch.{asked.name}")
        answer, changes = operation(book, asked.parameters())
        self._tell(changes)
        self._pulse.wake()
        return reply(asked, answer)

    def _tell(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._actions.carry_out(change)

    def _of(self, region: str) -> tuple[MetricStore, AlarmBook]:
        with self._lock:
            if region not in self._stores:
                self._stores[region] = MetricStore()
                self._books[region] = AlarmBook(region, self._stores[region], self._clock)
            return self._stores[region], self._books[region]

    def _all_books(self) -> list[AlarmBook]:
        with self._lock:
            return list(self._books.values())
