"""An embedded AWS whose clock stands still until a test moves it."""

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws import cloudwatch, logs
from datalfred.local.aws.message import ACCOUNT
from tests.support.watching_function import WatchingFunction


class StillClock:
    """Tells the time that a test set; it begins with a whole minute of now."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(second=0, microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span) -> datetime:
        self.now += timedelta(**span)
        return self.now


class Stage:
    """What a test of the whole chain needs."""

    def __init__(self, aws, clock, monitoring, filters) -> None:
        self.aws = aws
        self.clock = clock
        self.monitoring = monitoring
        self.filters = filters
        self._queues = {}

    def queue(self, name: str) -> str:
        """The ARN of a new queue."""
        self._queues[name] = self.aws.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{name}"

    def bodies(self, name: str) -> list:
        """The messages of a queue, as JSON; it is empty afterwards."""
        sqs, url, found = self.aws.client("sqs"), self._queues[name], []
        while True:
            got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if not got:
                return found
            for one in got:
                found.append(json.loads(one["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])

    def minute_passes(self, count: int = 1) -> None:
        """Lets minutes pass; what is due in each happens."""
        for _ in range(count):
            self.clock.pass_by(minutes=1)
            self.filters.flush_due()
            self.monitoring.evaluate_due()


@pytest.fixture(scope="module")
def stage(embedded_aws):
    clock = StillClock()
    monitoring = cloudwatch.install(embedded_aws, clock)
    filters = logs.install(embedded_aws, clock)
    return Stage(embedded_aws, clock, monitoring, filters)


@pytest.fixture
def function(stage):
    return WatchingFunction(stage.aws, f"watcher-{time.monotonic_ns()}")
