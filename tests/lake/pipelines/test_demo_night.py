"""The diagnosis of the pipelines of the demo lake, after the night in which most of them failed."""

from datetime import UTC, datetime

import pytest

from datalfred.lake.pipelines import diagnosis, redrive
from datalfred.local.demo_lake.pipelines import seed_pipelines
from tests.lake.pipelines.test_diagnosis import statements
from tests.pipelines_stack import pipelines_stack


@pytest.fixture(scope="module")
def night():
    with pipelines_stack() as stack:
        seed_pipelines(stack.aws, datetime.now(UTC))
        yield stack


def diagnosed(pipeline):
    return diagnosis.diagnose(diagnosis.choose(pipeline, ""))


@pytest.mark.parametrize(
    ("pipeline", "place", "cause", "advice"),
    [
        ("orders-ingestion", "LoadOrders ecs", "more memory", "has more memory"),
        ("customer-sync", "SyncCustomers glue", "schema of the source", "data is right"),
        ("web-sessions-aggregation", "AggregateSessions emr", "capacity", "as it is"),
        ("daily-sales-report", "AddUpSales athena", "longer than its timeout", "has passed"),
        ("campaign-import", "ValidatePlatform lambda", "input does not", "original input"),
        ("returns-load", "LoadReturns emr_serverless", "has not arrived", "data is right"),
        ("crm-export", "PushToCrm lambda", "has expired", "secret or permission"),
    ],
)
def test_every_failure_of_the_night_is_explained(night, pipeline, place, cause, advice):
    found = diagnosed(pipeline)

    assert f"{found.execution.failed_state} {found.resource_kind}" == place
    assert cause in found.hypotheses[0].statement
    assert advice in found.redrive
    assert found.gaps == ()
    assert len(found.hypotheses[0].facts) >= 2
    assert len(found.model_dump_json().encode()) < 24_000


def test_a_query_that_timed_out_is_read_with_its_sql(night):
    found = diagnosed("daily-sales-report")

    assert "Athena says: Query timeout" in statements(found)
    assert "Its SQL: SELECT country" in statements(found)
    assert "less than half of that" in statements(found)


def test_an_item_of_a_map_is_named_and_its_input_compared(night):
    found = diagnosed("campaign-import")

    assert "(inside ValidateCosts), item 1," in statements(found)
    assert "costs[1].spend was " in statements(found)


def test_the_alarms_of_the_night_are_facts(night):
    assert "The alarm orders-ingest-memory rings" in statements(diagnosed("orders-ingestion"))
    assert "The alarm customer-sync-failed rings" in statements(diagnosed("customer-sync"))


def test_what_succeeded_or_still_runs_is_not_explained_away(night):
    assert diagnosed("product-catalog-refresh").redrive.startswith("It has not failed")
    assert "in the state RequestExport" in statements(diagnosed("support-tickets-ingestion"))


def test_each_failed_pipeline_has_exactly_one_candidate(night):
    assert [each["name"] for each in redrive.candidates("orders")] == [
        "orders-ingestion-2026-11-20"
    ]
    assert redrive.candidates("product-catalog-refresh") == ()
