"""Compute services on a running embedded AWS, asked through real clients over loopback."""

import pytest

from datalfred import clients, settings
from datalfred.local.aws import compute
from datalfred.local.aws.compute.workload import Outcome

BAD = Outcome(
    succeeded=False,
    reason="It broke.",
    exit_code=3,
    log_lines=("INFO begins", "WARN wobbles", "ERROR it broke"),
    seconds=90,
)


@pytest.fixture(scope="module")
def aws(embedded_aws):
    compute.install(embedded_aws)
    for kind in ("ecs", "glue", "emr", "emr_serverless"):
        embedded_aws.workloads[kind, "bad"] = lambda _run: BAD
        embedded_aws.workloads[kind, "endless"] = lambda _run: Outcome(seconds=10**7)
    return embedded_aws


@pytest.fixture(scope="module")
def client(aws):
    def make(name):
        with settings.using(aws.environment()):
            return clients.client(name, retries=0)

    return make


@pytest.fixture(scope="module")
def lines(client):
    """The messages in a log group, of one stream if it is named."""

    def read(group, *streams):
        how = {"logStreamNames": list(streams)} if streams else {}
        events = client("logs").filter_log_events(logGroupName=group, **how)["events"]
        return [event["message"] for event in events]

    return read
