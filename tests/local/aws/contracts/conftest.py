"""One embedded AWS with every service of ours, asked through real clients over loopback.

A test that is marked ``contract("s3:PutObject", ...)`` proves these operations: the mark is held
against the calls that came through the door while it ran.
"""

import pytest
from botocore.exceptions import ClientError

from datalfred import clients, settings
from datalfred.local.aws import (
    cloudwatch,
    compute,
    events,
    glue,
    logs,
    messaging,
    secrets,
    stepfunctions,
)  # fmt: skip

SIGNATURES = {
    "bedrock-agent": "bedrock", "cloudwatch": "monitoring", "emr": "elasticmapreduce",
    "service-quotas": "servicequotas", "stepfunctions": "states",
}  # fmt: skip
_TOLD_APART_BY_A_HEADER = {"CopyObject": "PutObject", "UploadPartCopy": "UploadPart"}


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "contract(*operations): proves operations of the embedded AWS"
    )


@pytest.fixture(scope="module")
def aws(embedded_aws):
    for service in (cloudwatch, compute, events, glue, logs, messaging, secrets, stepfunctions):
        service.install(embedded_aws)
    return embedded_aws


@pytest.fixture(scope="module")
def client(aws):
    made = {}

    def make(name):
        if name not in made:
            with settings.using(aws.environment()):
                made[name] = clients.client(name, retries=0)
        return made[name]

    return make


@pytest.fixture
def refusal():
    """The error of a call that has to fail, as its code; its message ends with ``said``."""

    def of(call, *, said="", **parameters):
        with pytest.raises(ClientError) as caught:
            call(**parameters)
        error = caught.value.response["Error"]
        assert said in error["Message"]
        return error["Code"]

    return of


@pytest.fixture(autouse=True)
def _called(request, aws):
    before = len(aws.door.calls)
    yield
    promised = {each for mark in request.node.iter_markers("contract") for each in mark.args}
    if promised:
        calls = list(aws.door.calls)[before:]
        made = {f"{call.service}:{call.operation}" for call in calls}
        wanted = set()
        for each in promised:
            service, _, operation = each.partition(":")
            operation = made_of(operation, service, made)
            wanted.add(f"{SIGNATURES.get(service, service)}:{operation}")
        assert wanted <= made, f"marked, and not called: {sorted(wanted - made)}"


def made_of(operation, service, made):
    """The name under which the door remembers an operation."""
    if f"{service}:{operation}" in made:
        return operation
    return _TOLD_APART_BY_A_HEADER.get(operation, operation)
