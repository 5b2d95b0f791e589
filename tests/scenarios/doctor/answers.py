"""Answers of a stage as a test wants them, and what is told of its own."""

import json
import re
from contextlib import contextmanager
from dataclasses import replace

from datalfred.local.aws.faults import fault_response
from datalfred.local.aws.operations import operation_of
from tests.scenarios.commands import ROOT

NAME = "datalfred_demo_local_{}".format
RESULTS = "datalfred-demo-local-results"
DEPLOYED = ("--target", "aws", "-p", "demo", "-s", "local")


@contextmanager
def answering(aws, operation, other):
    """Lets ``other`` answer an operation in place of the stage: request, response -> response."""
    before = aws.door.answered

    def answered(request, response):
        response = before(request, response)
        return other(request, response) if operation_of(request) == operation else response

    aws.door.answered = answered
    try:
        yield
    finally:
        aws.door.answered = before


def edited(change):
    """An answer whose JSON ``change`` changes."""

    def other(_request, response):
        body = json.loads(response.body)
        change(body)
        return replace(response, body=json.dumps(body).encode())

    return other


def refused(code, message, status=400):
    return lambda request, _response: fault_response(request, code, message, status)


def problems(found):
    return {what: each for what, each in found.items() if each["status"] != "ok"}


def guide_policy():
    """The policy of the guide, for this stage."""
    text = (ROOT / "docs" / "guides" / "doctor.md").read_text("utf-8")
    (policy,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    for name, value in {
        "PROJECT": "demo", "STAGE": "local", "REGION": "eu-west-1", "ACCOUNT": "123456789012",
    }.items():  # fmt: skip
        policy = policy.replace(name, value)
    return json.loads(policy)


def without(policy, action):
    statements = [
        {**each, "Action": [one for one in each["Action"] if one != action]}
        for each in policy["Statement"]
    ]
    return {**policy, "Statement": statements}
