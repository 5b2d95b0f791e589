from datetime import timedelta

import pytest

from datalfred.errors import CorrectableError, TimedOutError
from datalfred.lake import moments
from datalfred.lake.logs import insights


def ask(text="fields @message | sort @timestamp desc | limit 2", **options):
    end = moments.now() + timedelta(seconds=5)
    return insights.query(("/lake/queried",), text, end - timedelta(hours=1), end, **options)


@pytest.fixture
def answers(stack, monkeypatch):
    """Lets Insights answer with these results, one after the other."""
    logs = stack.client("logs")
    stopped = []

    def answers(*given):
        left = list(given)
        monkeypatch.setattr(
            logs, "get_query_results", lambda **_: left.pop(0) if len(left) > 1 else left[0]
        )
        monkeypatch.setattr(logs, "start_query", lambda **_: {"queryId": "q-1"})
        monkeypatch.setattr(logs, "stop_query", lambda **named: stopped.append(named["queryId"]))
        return stopped

    return answers


def row(**cells):
    return [{"field": name, "value": value} for name, value in cells.items()]


def test_a_query_answers_with_rows_and_its_window(write):
    write("/lake/queried", "s", (3, "first"), (2, "second"), (1, "third"))

    found = ask()

    assert "@message" in found.columns
    assert found.log_groups == ("/lake/queried",)
    assert len(found.rows) == 2
    assert found.rows_omitted == 0


def test_columns_keep_the_order_of_their_appearance_and_gaps_are_empty(answers):
    answers(
        {
            "status": "Complete",
            "results": [row(a="1", b="2"), row(a="3", c="ana@example.org")],
            "statistics": {"bytesScanned": 2.0 * 1024**3, "recordsMatched": 2.0},
        }
    )

    found = ask()

    assert found.columns == ("a", "b", "c")
    assert found.rows == (("1", "2", ""), ("3", "", "{EMAIL}"))
    assert (found.bytes_scanned, found.records_matched) == (2 * 1024**3, 2)
    assert found.cost_usd == pytest.approx(0.01)


def test_the_pointer_of_a_record_is_not_a_column(answers):
    answers({"status": "Complete", "results": [[{"field": "@ptr", "value": "x"}, *row(a="1")]]})

    assert ask().columns == ("a",)


@pytest.mark.parametrize("cell", ["short", "long" * 500])
def test_many_rows_fit_a_result_and_the_rest_is_counted(answers, cell):
    answers({"status": "Complete", "results": [row(a=cell, b=cell) for _ in range(300)]})

    found = ask()

    assert len(found.rows) <= 50
    assert len(found.rows) + found.rows_omitted == 300
    assert len(found.model_dump_json().encode()) < 24_000


def test_a_query_is_awaited(answers):
    answers({"status": "Scheduled"}, {"status": "Running"}, {"status": "Complete", "results": []})

    assert ask().rows == ()


def test_a_query_that_takes_too_long_is_stopped(answers):
    stopped = answers({"status": "Running"})

    with pytest.raises(TimedOutError, match="was stopped"):
        ask(seconds=0.1)

    assert stopped == ["q-1"]


def test_a_query_that_failed_says_so(answers):
    answers({"status": "Failed", "results": []})

    with pytest.raises(CorrectableError, match="ended the query q-1 as Failed"):
        ask()


def test_a_query_is_stopped_when_it_has_read_more_than_its_budget(answers):
    running = {"status": "Running", "results": [], "statistics": {"bytesScanned": 200.0 * 1024**3}}
    stopped = answers(running)

    with pytest.raises(CorrectableError, match="was stopped: it had read 214,748 MB") as caught:
        ask(budget_usd=0.5)

    assert stopped == ["q-1"]
    assert "DATALFRED_LOGS_BUDGET_USD" in caught.value.hint


def test_a_query_within_its_budget_is_waited_for(answers):
    running = {"status": "Running", "results": [], "statistics": {"bytesScanned": 1024.0}}
    answers(running, {"status": "Complete", "results": [], "statistics": {"bytesScanned": 2048.0}})

    assert ask(budget_usd=0.5).bytes_scanned == 2048
