"""Queries of Logs Insights, case by case; the cases are data: ``insights_queries.yaml``."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from datalfred.local.aws.logs.insights import Event, MalformedQueryError, Window, run_query

CASES = yaml.safe_load((Path(__file__).parent / "insights_queries.yaml").read_text())
START = datetime(2026, 11, 20, 10, tzinfo=UTC)


def millis(minute: float) -> int:
    return int((START + timedelta(minutes=minute)).timestamp() * 1000)


EVENTS = [
    Event(
        millis(minute), millis(minute) + 500, message, stream, "123456789012:/app", f"p{minute:02}"
    )
    for minute, stream, message in CASES["events"]
]
WINDOW = Window(millis(0), millis(60), millis(62))


def rows(query: str, limit: int = 10_000) -> list[dict[str, str]]:
    answer = run_query(query, EVENTS, WINDOW, limit)
    return [{name: value for name, value in row if name != "@ptr"} for row in answer.rows]


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["query"][:60])
def test_a_query_answers_as_cloudwatch_would(case):
    if "error" in case:
        with pytest.raises(MalformedQueryError, match=case["error"]):
            rows(case["query"])
        return

    found = rows(case["query"])

    assert (len(found) if isinstance(case["rows"], int) else found) == case["rows"]


@pytest.mark.parametrize("case", CASES["errors"], ids=lambda case: case["query"][:60])
def test_a_query_that_is_not_understood_is_refused_with_its_place(case):
    with pytest.raises(MalformedQueryError) as caught:
        rows(case["query"])

    assert case["error"] in str(caught.value)
