"""CloudWatch's metrics and alarms, by region; nothing of them is moto's."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datalfred.local.aws.cloudwatch.alarms.actions import Actions, Client
from datalfred.local.aws.cloudwatch.alarms.api import OPERATIONS
from datalfred.local.aws.cloudwatch.alarms.book import AlarmBook
from datalfred.local.aws.cloudwatch.alarms.messages import Change
from datalfred.local.aws.cloudwatch.metrics.intake import put_metric_data
from datalfred.local.aws.cloudwatch.metrics.queries import get_metric_data
from datalfred.local.aws.cloudwatch.metrics.reading import get_metric_statistics, list_metrics
from datalfred.local.aws.cloudwatch.metrics.store import Metric, MetricStore, Sample
from datalfred.local.aws.cloudwatch.protocols import Asked, asked_of, fault, reply
from datalfred.local.aws.events.clock import Clock, Pulse, system_clock
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import Request, Response
from datalfred.local.aws.meter import Measurement, Meter

_MOST_WAITING = 1000
"""Measurements of AWS's own services that wait until somebody asks for them."""
_MINUTE = 60


class Monitoring:
    """Answers every request to CloudWatch; what it does not know is refused."""

    def __init__(
        self, client: Client, clock: Clock = system_clock, meter: Meter | None = None
    ) -> None:
        """A CloudWatch without metrics and alarms.

        Args:
            client: makes the clients by which alarms act.
            clock: tells the time.
            meter: what AWS's own services measure.
        """
        self._clock = clock
        self._meter = Meter() if meter is None else meter
        self._taking = threading.Lock()
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
        self._meter.noticed = self._measured

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
        if found and len(self._meter):
            return 0.0
        return min(found, default=None)

    def _measured(self) -> None:
        """Lets the alarms look at what was measured, in a thread of their own."""
        if len(self._meter) >= _MOST_WAITING:
            self._keep_measured()
        self._pulse.wake()

    def _take_in(self) -> None:
        """Keeps what AWS's own services measured, and evaluates the alarms that watch it."""
        for region, metrics in self._keep_measured():
            self._tell(self._of(region)[1].data_arrived(metrics))

    def _keep_measured(self) -> list[tuple[str, list[Metric]]]:
        """Keeps what was measured; says which metrics of each region were written."""
        written = []
        with self._taking:  # whoever asks meanwhile waits until all of it is there
            for region, metrics in _samples(self._meter.take()).items():
                store = self._of(region)[0]
                for metric, samples in metrics.items():
                    store.add(metric, samples, max(sample.at for sample in samples))
                written.append((region, list(metrics)))
        return written

    def evaluate_due(self) -> None:
        """Evaluates every alarm that is due, and carries out what changes."""
        self._take_in()
        for book in self._all_books():
            self._tell(book.evaluate_due())

    def _answer(self, request: Request, asked: Asked) -> Response:
        self._take_in()
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


def _samples(measured: Iterable[Measurement]) -> dict[str, dict[Metric, list[Sample]]]:
    """The samples of each metric, by region; equal values of a minute are one sample."""
    counts = Counter(
        (one.region, one.namespace, dimensions, int(one.at) // _MINUTE * _MINUTE, value)
        for one in measured
        for dimensions in (((one.dimension,), ()) if one.in_account else ((one.dimension,),))
        for value in one.values
    )
    found: dict[str, dict[Metric, list[Sample]]] = {}
    for (region, namespace, dimensions, at, (name, value, unit)), count in counts.items():
        sample = Sample(at, unit, value, value, float(count), value * count)
        metric = Metric(namespace, name, dimensions)
        found.setdefault(region, {}).setdefault(metric, []).append(sample)
    return found
