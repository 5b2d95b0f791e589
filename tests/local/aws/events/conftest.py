"""An embedded AWS whose rules fire by a clock that the tests move."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from datalfred.local.aws import events, messaging
from datalfred.local.aws.message import ACCOUNT
from tests.support.watching_function import WatchingFunction

_numbers = count(1)


class StillClock:
    """Tells the time that a test set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Bus:
    """The default bus and a queue at its end."""

    def __init__(self, aws, clock, service) -> None:
        self.aws = aws
        self.clock = clock
        self.service = service
        self.rules = aws.client("events")
        self.sqs = aws.client("sqs")
        self.source = f"test.{next(_numbers)}"
        self.queue = f"queue-{self.source}".replace(".", "-")
        self.url = self.sqs.create_queue(QueueName=self.queue)["QueueUrl"]

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:eu-west-1:{ACCOUNT}:{self.queue}"

    def rule(self, pattern=None, *, name="", target=None, **more):
        """A rule on this source, with one target: the queue unless another is given."""
        name = name or f"rule-{self.source}"
        if "ScheduleExpression" not in more:
            more["EventPattern"] = json.dumps({"source": [self.source]} | (pattern or {}))
        self.rules.put_rule(Name=name, **more)
        self.rules.put_targets(Rule=name, Targets=[{"Id": "t", "Arn": self.arn} | (target or {})])
        return name

    def put(self, detail=None, **more):
        entry = {"Source": self.source, "DetailType": "tested", "Detail": json.dumps(detail or {})}
        return self.rules.put_events(Entries=[entry | more])

    def bodies(self, url=""):
        found = []
        while True:
            got = self.sqs.receive_message(
                QueueUrl=url or self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            ).get("Messages", [])
            if not got:
                return found
            for one in got:
                found.append(one)
                self.sqs.delete_message(
                    QueueUrl=url or self.url, ReceiptHandle=one["ReceiptHandle"]
                )

    def events(self):
        return [json.loads(one["Body"]) for one in self.bodies()]

    def passes(self, **span):
        self.clock.now += timedelta(**span)
        self.service.fire_due()


@pytest.fixture(scope="module")
def installed(embedded_aws):
    clock = StillClock()
    service = events.install(embedded_aws, clock)
    messaging.install(embedded_aws)
    return embedded_aws, clock, service


@pytest.fixture
def bus(installed):
    made = Bus(*installed)
    yield made
    rules = made.rules
    for rule in rules.list_rules()["Rules"]:
        targets = rules.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if targets:
            rules.remove_targets(Rule=rule["Name"], Ids=[target["Id"] for target in targets])
        rules.delete_rule(Name=rule["Name"])


@pytest.fixture
def function(bus):
    return WatchingFunction(bus.aws, f"function-{bus.queue}")
