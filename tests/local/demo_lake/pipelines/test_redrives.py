"""What a redrive of last night's failures finds."""

import importlib
from datetime import UTC, datetime

import pytest


@pytest.mark.parametrize(
    "pipeline",
    ["orders-ingestion", "web-sessions-aggregation", "daily-sales-report", "returns-load"],
)
def test_what_passes_by_itself_succeeds_the_second_time(demo, pipeline):
    ended = demo.redrive(pipeline)

    assert (ended["status"], ended["redriveCount"]) == ("SUCCEEDED", 1)


@pytest.mark.parametrize("pipeline", ["customer-sync", "campaign-import", "crm-export"])
def test_what_somebody_must_mend_fails_again_for_the_same_reason(demo, pipeline):
    before = demo.described(pipeline)

    for count in (1, 2):
        ended = demo.redrive(pipeline)
        assert (ended["status"], ended["redriveCount"]) == ("FAILED", count)
        assert ended["error"] == before["error"]


def test_a_redrive_of_an_execution_that_is_gone_is_forgotten(embedded_aws, demo):
    past = importlib.import_module("datalfred.local.aws.stepfunctions.past")
    gone = demo.arn("orders-ingestion", "2020-01-01")

    assert not past.redrive(gone, datetime.now(UTC), "token")
    assert not past.redrive(demo.arn("product-catalog-refresh"), datetime.now(UTC), "token")
