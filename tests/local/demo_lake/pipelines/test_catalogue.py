"""Nights, names and inputs of the demo pipelines."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from datalfred.local.aws.compute.workload import WorkloadRun
from datalfred.local.demo_lake.pipelines.catalogue import last_night, pipelines
from datalfred.local.demo_lake.pipelines.workloads import SCRIPTS, workloads


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (datetime(2026, 11, 20, 8, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 5, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 4, 59, tzinfo=UTC), date(2026, 11, 19)),
        (datetime(2026, 11, 20, 5, 30, tzinfo=timezone(timedelta(hours=2))), date(2026, 11, 19)),
    ],
)
def test_a_night_is_over_at_five_utc(now, night):
    assert last_night(now) == night


def test_an_execution_is_named_after_its_night_and_loads_the_day_before():
    orders = next(one for one in pipelines("j-1", "00a") if one.name == "orders-ingestion")
    night = date(2026, 11, 20)

    assert orders.execution_name(night) == "orders-ingestion-2026-11-20"
    assert orders.start_of(night) == datetime(2026, 11, 20, 2, tzinfo=UTC)
    assert json.loads(orders.input_of(night, bad=True)) == {"day": "2026-11-19"}


def test_every_night_lies_within_a_week():
    for pipeline in pipelines("j-1", "00a"):
        assert pipeline.nights[-1] == 0
        assert max(pipeline.nights) < 7


@pytest.mark.parametrize("key", list(SCRIPTS), ids="/".join)
def test_a_workload_fails_for_the_bad_day_alone(key):
    workload = workloads("2026-11-19")[key]

    def outcome(day, attempt=1):
        return workload(WorkloadRun(*key, attempt, {"--day": day}))

    script = SCRIPTS[key]
    assert outcome("2026-11-18").succeeded
    assert outcome("2026-11-18") == outcome("2026-11-18")
    assert outcome("2026-11-19").succeeded is (script.bad is None)
    assert outcome("2026-11-19", attempt=2).succeeded is (script.bad is None or script.transient)
    assert not any("{" in line for line in outcome("2026-11-18").log_lines)
