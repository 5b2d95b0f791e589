"""State machines on a running embedded AWS, asked through real clients over loopback."""

import itertools
import json
import threading

import pytest

from datalfred import clients, settings
from datalfred.local.aws import compute, stepfunctions
from tests.support.permissions import EVERYTHING

ROLE = "arn:aws:iam::123456789012:role/pipelines"


class Machines:
    """Makes state machines and runs them to their end."""

    def __init__(self, aws, client):
        self.aws = aws
        self.client = client
        self._numbers = itertools.count(1)

    def service(self, name):
        with settings.using(self.aws.environment()):
            return clients.client(name, retries=0)

    def create(self, definition, **more):
        name = f"machine-{next(self._numbers)}"
        return self.client.create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=ROLE, **more
        )["stateMachineArn"]

    def start(self, definition, given=None):
        return self.client.start_execution(
            stateMachineArn=self.create(definition), input=json.dumps(given or {})
        )["executionArn"]

    def end(self, arn, status=None):
        """The execution once it is over (or has ``status``)."""
        for _ in range(1500):
            described = self.client.describe_execution(executionArn=arn)
            if described["status"] == status or (not status and described["status"] != "RUNNING"):
                return described
            threading.Event().wait(0.01)
        raise AssertionError(f"{arn} is still {described['status']}")

    def run(self, definition, given=None):
        return self.end(self.start(definition, given))

    def output(self, definition, given=None):
        ended = self.run(definition, given)
        assert ended["status"] == "SUCCEEDED", (ended.get("error"), ended.get("cause"))
        return json.loads(ended["output"])

    def events(self, arn, **how):
        return self.client.get_execution_history(executionArn=arn, **how)["events"]

    def types(self, arn, **how):
        return [event["type"] for event in self.events(arn, **how)]

    def await_event(self, arn, kind):
        for _ in range(1500):
            found = [event for event in self.events(arn) if event["type"] == kind]
            if found:
                return found[-1]
            threading.Event().wait(0.01)
        raise AssertionError(f"no {kind} in {self.types(arn)}")


@pytest.fixture(scope="module")
def machines(embedded_aws):
    compute.install(embedded_aws)
    stepfunctions.install(embedded_aws)
    embedded_aws.permissions.grant(ROLE.rpartition("/")[2], EVERYTHING)
    with settings.using(embedded_aws.environment()):
        return Machines(embedded_aws, clients.client("stepfunctions", retries=0))


def only(state, **states):
    """A definition of one state that ends, and further ones."""
    return {"StartAt": "Only", "States": {"Only": {"End": True, **state}, **states}}


@pytest.fixture(scope="session")
def one():
    return only
