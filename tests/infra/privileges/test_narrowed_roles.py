"""A stage that names its pipelines: its operations work with less, and know of no others."""

import pytest

from datalfred.definitions.permissions import APPROVER
from infra.configuration import Configuration
from infra.stage import Stage
from tests.infra.privileges.conftest import DEMO, documents
from tests.support.privileges.operations import PLACE, demo_stack

NARROWED = Configuration(
    **{
        **DEMO.model_dump(),
        "pipelines": {"names": ("orders-*",), "log_groups": ("/ecs/*",), "functions": ("crm-*",)},
    }
)


@pytest.fixture(scope="module")
def narrowed(synthesised):
    return documents(synthesised(NARROWED))


@pytest.fixture(scope="module")
def operations(narrowed, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATALFRED_PIPELINES", Stage(NARROWED).variables()["DATALFRED_PIPELINES"])
        with demo_stack(patch, tmp_path_factory.mktemp("state"), narrowed) as operations:
            yield operations


def test_only_what_is_named_may_be_redriven_and_searched(narrowed):
    (redrive,) = (
        each for each in narrowed[APPROVER]["Statement"] if "Redrive" in str(each["Action"])
    )
    (search,) = (each for each in narrowed["cloudwatch"]["Statement"] if each["Sid"] == "ReadLogs")

    assert redrive["Resource"] == [PLACE.arn("states", "execution:orders-*:*")]
    assert search["Resource"] == [PLACE.arn("logs", "log-group:/ecs/*:*")]


def test_operations_work_with_what_is_named(operations):
    listed = operations.call("step_functions", "list_pipelines")["pipelines"]
    names = {each["name"] for each in listed}
    asked = operations.call("step_functions", "request_redrive", pipeline="orders-ingestion")

    assert names
    assert all(each.startswith("orders-") for each in names)
    operations.call("step_functions", "list_executions", hours=200)
    operations.call("step_functions", "diagnose_execution")
    operations.call("cloudwatch", "search_logs", log_group="/ecs/orders-loader", hours=48)
    done = operations.decide(action="approve", id=asked["pending_approval"]["id"])["approval"]
    assert done["state"] == "EXECUTED"
    operations.ended(done["target"])


def test_what_is_not_named_is_not_there_or_denied(operations):
    missing = operations.call(
        "step_functions", "diagnose_execution", status=404, pipeline="daily-sales-report"
    )
    denied = operations.call(
        "cloudwatch", "search_logs", status=403, log_group="/aws-glue/jobs/error"
    )

    assert missing["error"]["code"] == "NOT_FOUND"
    assert denied["error"]["code"] == "PERMISSION_MISSING"
