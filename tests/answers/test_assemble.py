import json

import pytest

from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.observations import enrichments
from datalfred.approvals.models import PendingApproval
from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Citation,
    Failed,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Text,
    Thought,
)
from datalfred.definitions.prices import ModelPrice
from datalfred.lake.sql.models import Chart, ColumnSummary, QueryRun, ResultSummary

SONNET = "anthropic.claude-sonnet-4-6"
RUN = QueryRun(query_id="q-1", sql="SELECT 1", state="SUCCEEDED", bytes_scanned=1200)
RESULT = ResultSummary(
    columns=(ColumnSummary(name="country", type="varchar"), ColumnSummary(name="n", type="bigint")),
    row_count=3,
    rows=(("IE", "42"), (None, "1")),
    rows_omitted=1,
)
CHART = Chart(kind="bar", x="country", y=("n",), title="Orders by country")
APPROVAL = PendingApproval(
    id="a-1",
    action="redrive",
    target="arn:aws:states:eu-west-1:123456789012:execution:orders:1",
    summary="Runs it again.",
    requester="local:ana",
    created_at="2026-11-20T00:00:00Z",
    expires_at="2026-11-20T00:15:00Z",
)


def used(agent="supervisor", model="offline", given=10, written=5):
    return ModelUsed(agent, model, given, written, 3)


def called(operation="run_query", group="athena", trace_id="t-1", **given):
    return OperationCalled("data_analyst", group, operation, given, trace_id)


def returned(body, operation="run_query", group="athena", trace_id="t-1"):
    text = body if isinstance(body, str) else json.dumps(body)
    return OperationReturned("data_analyst", group, operation, text, trace_id)


def queried(**more):
    return {
        "evidence": "Athena query q-1 read 1.2 KB",
        "run": RUN.model_dump(),
        "result": RESULT.model_dump(),
        "chart": CHART.model_dump(),
        "pending_approval": None,
        **more,
    }


def built(*events, price=None):
    builder = AnswerBuilder("demo lake", "session-1", *([price] if price else []))
    for event in events:
        builder.feed(event)
    return builder.build()


def test_an_answer_has_the_keys_that_are_promised_and_no_other():
    assert set(built(Text("42.")).model_dump()) == {
        "answer",
        "target",
        "session_id",
        "query_type",
        "agents",
        "operations",
        "sql",
        "tables",
        "charts",
        "citations",
        "pending_approvals",
        "usage",
        "cost_usd",
        "model",
        "abstained",
        "guardrail",
    }


def test_a_turn_becomes_one_answer():
    answer = built(
        used(),
        AgentAsked("data_analyst", "supervisor", "How many?"),
        used("data_analyst"),
        Thought("data_analyst", "Hm."),
        called(sql="SELECT 1"),
        returned(queried()),
        used("data_analyst"),
        AgentAnswered("data_analyst", "42."),
        used(),
        Text("There are "),
        Text("42.\n"),
    )

    assert json.loads(answer.model_dump_json()) == {
        "answer": "There are 42.",
        "target": "demo lake",
        "session_id": "session-1",
        "query_type": "tool",
        "agents": ["supervisor", "data_analyst"],
        "operations": [
            {
                "agent": "data_analyst",
                "action_group": "athena",
                "operation": "run_query",
                "input": {"sql": "SELECT 1"},
                "status": "succeeded",
            }
        ],
        "sql": [
            {
                "sql": "SELECT 1",
                "query_id": "q-1",
                "bytes_scanned": 1200,
                "bytes_estimated": None,
                "estimate_is_upper_bound": False,
                "cost_usd": None,
                "reused": False,
            }
        ],
        "tables": [
            {
                "title": "Orders by country",
                "columns": ["country", "n"],
                "rows": [["IE", "42"], [None, "1"]],
                "rows_omitted": 1,
            }
        ],
        "charts": [
            {
                "kind": "bar",
                "x": "country",
                "y": ["n"],
                "title": "Orders by country",
                "data": {
                    "title": "Orders by country",
                    "columns": ["country", "n"],
                    "rows": [["IE", "42"], [None, "1"]],
                    "rows_omitted": 1,
                },
            }
        ],
        "citations": [],
        "pending_approvals": [],
        "usage": {"input_tokens": 40, "output_tokens": 20},
        "cost_usd": 0.0,
        "model": "offline",
        "abstained": False,
        "guardrail": "NONE",
    }


def test_three_calls_cost_their_sum():
    answer = built(
        used(model=SONNET, given=1_000_000, written=0),
        used(model=SONNET, given=0, written=1_000_000),
        used(model=SONNET, given=1_000, written=1_000),
    )

    assert answer.cost_usd == pytest.approx(3.0 + 15.0 + 0.018)
    assert answer.usage.input_tokens == 1_001_000


def test_a_model_without_a_price_costs_an_unknown_amount_never_nothing():
    assert built(used(model="offline"), used(model="qwen3:8b")).cost_usd is None


def test_a_turn_without_a_model_call_costs_nothing():
    answer = built(Text("Blocked."))

    assert answer.cost_usd == 0.0
    assert answer.model == ""


def test_prices_may_come_from_elsewhere():
    answer = built(used(model="own"), price=lambda _model: ModelPrice(1.0, 2.0))

    assert answer.cost_usd == pytest.approx(20 / 1_000_000)


@pytest.mark.parametrize(
    ("events", "query_type"),
    [
        ((), "general"),
        ((called(),), "tool"),
        ((Citation("Raise it.", "s3://a"),), "rag"),
        ((Retrieved("run_guy", "why", ()),), "rag"),
        ((called(), Citation("Raise it.", "s3://a")), "mixed"),
    ],
    ids=["words", "operation", "citation", "lookup", "both"],
)
def test_a_turn_is_named_after_what_it_used(events, query_type):
    assert built(Text("x"), *events).query_type == query_type


def test_an_abstention_is_known_by_its_first_words():
    assert built(Text("I cannot answer that: no such table.")).abstained
    assert not built(Text("There are 42. I cannot answer that other part.")).abstained


def test_results_find_their_calls_even_in_one_step():
    error = {"error": {"code": "NOT_FOUND", "message": "no"}}
    answer = built(
        called("describe_table", "glue", table="a"),
        called("describe_table", "glue", table="b"),
        called("run_query"),
        called("stop_query"),
        returned(error, "describe_table", "glue"),
        returned({"evidence": "x"}, "describe_table", "glue"),
        returned("no JSON"),
    )

    assert [each.status for each in answer.operations] == [
        "failed",
        "succeeded",
        "failed",
        "unanswered",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        '"text"',
        json.dumps({"run": "q-1", "result": [], "chart": 5, "pending_approval": {"id": 1}}),
        json.dumps({"run": {"query_id": "q-1"}, "result": {"columns": []}}),
    ],
)
def test_an_observation_that_does_not_parse_costs_the_enrichment_only(body):
    answer = built(called(), returned(body), Text("There are 42."))

    assert answer.answer == "There are 42."
    assert (answer.sql, answer.tables, answer.charts, answer.pending_approvals) == ((), (), (), ())


def test_one_broken_part_leaves_the_others():
    answer = built(called(), returned(queried(result={"odd": True})))

    assert [each.query_id for each in answer.sql] == ["q-1"]
    assert answer.tables == ()


def test_a_chart_of_columns_that_are_not_there_is_left_out():
    chart = {**CHART.model_dump(), "y": ["revenue"]}

    answer = built(called(), returned(queried(chart=chart)))

    assert answer.charts == ()
    assert len(answer.tables) == 1


@pytest.mark.parametrize(
    ("change", "title"),
    [({"chart": None}, "Result of query q-1"), ({"chart": None, "run": None}, "Result")],
)
def test_a_table_without_a_chart_is_named_after_its_query(change, title):
    assert built(called(), returned(queried(**change))).tables[0].title == title


def test_a_result_that_was_read_twice_is_shown_once():
    answer = built(
        called(), returned(queried()), called(trace_id="t-2"), returned(queried(), trace_id="t-2")
    )

    assert len(answer.operations) == 2
    assert len(answer.sql) == len(answer.tables) == len(answer.charts) == 1


def test_an_action_that_waits_is_shown_with_its_end():
    asked = called("request_redrive", "step_functions")
    body = {"pending_approval": APPROVAL.model_dump(), "candidates": [], "evidence": "x"}

    answer = built(asked, returned(body, "request_redrive", "step_functions"))

    (waiting,) = answer.pending_approvals
    assert waiting.model_dump() == {
        "id": "a-1",
        "action": "redrive",
        "target": APPROVAL.target,
        "expires_at": "2026-11-20T00:15:00Z",
        "summary": "Runs it again.",
        "sql": "",
    }


def test_a_statement_keeps_the_estimate_that_it_began_with():
    priced = {"bytes": 1500, "cost_usd": 0.1, "upper_bound": True}
    body = queried(estimate=priced, run={**RUN.model_dump(), "bytes_scanned": 0})

    (used,) = built(
        called(), returned(body), called(trace_id="t-2"), returned(queried(), trace_id="t-2")
    ).sql

    assert (used.bytes_estimated, used.estimate_is_upper_bound) == (1500, True)
    assert used.bytes_scanned == 1200


def test_a_query_that_waits_shows_its_price_and_its_text():
    waiting = APPROVAL.model_copy(
        update={"action": "query", "summary": "Reads 2 GB ($0.01).", "details": {"sql": "SELECT 2"}}
    )

    (shown,) = built(
        called(), returned({"pending_approval": waiting.model_dump()})
    ).pending_approvals

    assert (shown.summary, shown.sql) == ("Reads 2 GB ($0.01).", "SELECT 2")


def test_citations_are_shown_once_each():
    cited = Citation("Raise the memory.", "s3://runbooks/a.md")

    answer = built(cited, cited, Citation("Or split it.", "s3://runbooks/b.md"))

    assert [each.uri for each in answer.citations] == ["s3://runbooks/a.md", "s3://runbooks/b.md"]


def test_nothing_of_the_trace_is_shown_when_the_guardrail_intervened():
    answer = built(
        used(model=SONNET),
        called(sql="SELECT secret"),
        returned(queried(pending_approval=APPROVAL.model_dump())),
        Citation("secret", "s3://a"),
        GuardrailActed("INTERVENED"),
        GuardrailActed("NONE"),
        Text("I may not say that."),
    )

    assert answer.guardrail == "INTERVENED"
    assert answer.answer == "I may not say that."
    assert "secret" not in answer.model_dump_json()
    assert answer.operations == answer.agents == answer.pending_approvals == ()
    assert answer.usage.input_tokens == 10
    assert answer.cost_usd


def test_a_guardrail_that_only_looked_hides_nothing():
    answer = built(called(), returned(queried()), GuardrailActed("NONE"))

    assert answer.guardrail == "NONE"
    assert answer.sql


def test_the_first_failure_is_why_there_is_no_answer():
    builder = AnswerBuilder("demo lake", "session-1")
    assert builder.failure is None

    builder.feed(Failed("THROTTLED", "Slower."))
    builder.feed(Failed("UNAVAILABLE", "Later."))

    assert builder.failure == Failed("THROTTLED", "Slower.")


def test_a_table_says_in_its_title_that_columns_are_missing():
    cut = RESULT.model_copy(update={"columns_omitted": 340, "rows_omitted": 0})

    (found,) = enrichments({"result": cut.model_dump()})

    assert found.title == "Result (the first 2 of 342 columns)"
