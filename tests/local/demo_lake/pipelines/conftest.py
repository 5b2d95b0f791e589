"""The demo pipelines on a running embedded AWS, asked through real clients over loopback."""

import json
import threading
from datetime import UTC, datetime

import pytest

from datalfred import clients, settings
from datalfred.local.aws import cloudwatch, compute, stepfunctions
from datalfred.local.demo_lake.pipelines import seed_pipelines
from datalfred.local.demo_lake.pipelines.catalogue import last_night

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution"


class Demo:
    """What a data team sees of its pipelines."""

    def __init__(self, aws, now):
        self.aws = aws
        self.night = last_night(now)
        self.states = self.client("stepfunctions")

    def client(self, name):
        with settings.using(self.aws.environment()):
            return clients.client(name, retries=0)

    def arn(self, pipeline, night=None):
        return f"{EXECUTION}:{pipeline}:{pipeline}-{night or self.night}"

    def described(self, pipeline):
        return self.states.describe_execution(executionArn=self.arn(pipeline))

    def event(self, pipeline, kind):
        """The details of the newest event of a kind in last night's execution."""
        for event in self.states.get_execution_history(
            executionArn=self.arn(pipeline), reverseOrder=True
        )["events"]:
            if event["type"] == kind:
                return next(value for name, value in event.items() if name.endswith("Details"))
        raise AssertionError(f"{pipeline} has no {kind}")

    def cause(self, pipeline):
        return json.loads(self.event(pipeline, "TaskFailed")["cause"])

    def log(self, group, stream):
        events = self.client("logs").get_log_events(
            logGroupName=group, logStreamName=stream, startFromHead=True
        )["events"]
        return [event["message"] for event in events]

    def redrive(self, pipeline):
        self.states.redrive_execution(executionArn=self.arn(pipeline))
        for _ in range(1500):
            described = self.described(pipeline)
            if described["status"] != "RUNNING":
                return described
            threading.Event().wait(0.01)
        raise AssertionError(f"{pipeline} does not end")


def seeded(aws, now):
    compute.install(aws)
    stepfunctions.install(aws)
    cloudwatch.install(aws)
    seed_pipelines(aws, now)
    return Demo(aws, now)


@pytest.fixture(scope="module")
def demo(embedded_aws):
    return seeded(embedded_aws, datetime.now(UTC))


@pytest.fixture(scope="session")
def seed():
    return seeded
