import json

import pytest

from datalfred.answers.session import Session
from datalfred.answers.session_report import session_report
from datalfred.answers.turns import Moment, PastTurn
from datalfred.bedrock.runtime import (
    AgentAsked,
    Citation,
    Failed,
    GuardrailActed,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Text,
)
from tests.answers.rendered import active, headings, shown, tokens
from tests.answers.test_markdown import HOSTILE

SONNET = "anthropic.claude-sonnet-4-6"
SQL = "SELECT country,\n  count(*)\nFROM sales.orders"
EXECUTION = {
    "arn": "arn:execution:night",
    "name": "night",
    "pipeline": "orders",
    "status": "FAILED",
    "started_at": "2026-11-20T02:00:00Z",
}
DIAGNOSIS = {
    "execution": EXECUTION,
    "facts": [
        {"statement": "The run ended.", "source": "ecs:X", "at": "2026-11-20T02:10:00Z"},
        {"statement": "It had 2048 MiB.", "source": "ecs:Y", "at": "2026-11-19T01:00:00Z"},
    ],
    "hypotheses": [{"statement": "It needed more memory.", "facts": [1]}],
    "gaps": ["No permission for logs:GetLogEvents."],
}
RUN = {"query_id": "q-1", "sql": SQL, "state": "SUCCEEDED", "bytes_scanned": 1_200_000}
APPROVAL = {
    "id": "ab" * 16,
    "action": "redrive",
    "target": "arn:execution:night",
    "summary": "Runs Load again.",
    "requester": "local:ana",
    "created_at": "2026-11-20T10:00:01Z",
    "expires_at": "2026-11-20T10:15:00Z",
}
OUTCOME = {
    **APPROVAL,
    "state": "EXECUTED",
    "decided_by": "local:ben",
    "outcome": "It was redriven.",
    "trail": [{"at": "2026-11-20T10:05:00Z", "event": "executed", "who": "local:ben", "note": ""}],
}


def returned(body, operation="run_query", group="athena", agent="data_analyst"):
    return OperationReturned(agent, group, operation, json.dumps(body), "t-1")


def turn(*events, question="how many?", second=0, **named):
    moments = tuple(Moment(f"2026-11-20T10:00:{second:02}Z", event) for event in events)
    known = {"asked_at": f"2026-11-20T10:00:{second:02}Z", "user": "local:ana"}
    return PastTurn(question, target="local: demo lake", moments=moments, **{**known, **named})


def told(*turns, is_open=False, approvals=(), gaps=()):
    session = Session("s-1", turns, is_open, approvals, gaps)
    return session_report(session, target="local: demo lake", written_at="2026-11-20T11:00:00Z")


def section(text, heading):
    return text.split(f"## {heading}\n\n")[1].split("\n\n## ")[0]


DIAGNOSED = returned(
    {"evidence": "orders failed: 2 facts", "diagnosis": DIAGNOSIS},
    "diagnose_execution", "step_functions", "run_guy",
)  # fmt: skip
QUERIED = returned(
    {
        "evidence": "Athena q-1 scanned 1.2 MB",
        "run": {**RUN, "cost_usd": 0.000048},
        "estimate": {"bytes": 1_300_000, "cost_usd": 0.00005, "upper_bound": True},
    }
)
ASKED = returned(
    {"evidence": "Approval ab is PENDING", "pending_approval": APPROVAL},
    "request_redrive", "step_functions", "run_guy",
)  # fmt: skip


def test_the_first_lines_say_who_asked_when_and_how_it_ended():
    failed = turn(Failed("X", "Bedrock was busy."), question="again?", second=30)
    title, summary = told(turn(Text("42.")), failed, is_open=True).split("\n\n")[:2]

    assert title == "# Session `s-1`: how many?"
    assert summary == (
        "2 questions by local:ana from 2026-11-20T10:00:00Z to 2026-11-20T10:00:30Z: "
        "1 answered, 1 failed. The session is open: it can be continued."
    )


def test_facts_causes_and_what_is_not_known_never_mix():
    text = told(turn(AgentAsked("run_guy", "supervisor", "?"), DIAGNOSED, Text("Memory.")))

    assert "1. The run ended. (ecs:X)" in section(text, "Facts")
    assert "run\\_guy, step\\_functions.diagnose\\_execution: orders failed" in section(
        text, "Facts"
    )
    assert "It needed more memory. (possible; facts 2 speak" in section(text, "Possible causes")
    assert section(text, "Not known") == "- orders: No permission for logs:GetLogEvents."
    for statement, home in (
        ("The run ended.", "Facts"),
        ("It needed more memory.", "Possible causes"),
        ("No permission", "Not known"),
    ):
        homes = ("Facts", "Possible causes", "Not known")
        assert [each for each in homes if statement in section(text, each)] == [home]


def test_an_execution_that_was_diagnosed_twice_is_told_as_it_was_seen_last():
    newer = {**DIAGNOSIS, "facts": [{"statement": "It was redriven.", "source": "states:X"}] * 2}
    later = returned({"diagnosis": newer}, "diagnose_execution", "step_functions")

    facts = section(told(turn(DIAGNOSED), turn(later, second=9)), "Facts")

    assert facts.count("### orders, execution night") == 1
    assert "It was redriven." in facts
    assert "The run ended." not in facts


def test_the_timeline_is_in_order_and_holds_what_was_asked_done_and_decided():
    looked_up = Retrieved("run_guy", "oom", (Citation("a", "b"),))
    text = told(
        turn(AgentAsked("run_guy", "supervisor", "?"), looked_up, DIAGNOSED, ASKED, Text("ok")),
        approvals=[OUTCOME],
    )

    rows = [line.split(" | ") for line in section(text, "Timeline").splitlines()[2:]]

    assert [at.removeprefix("| ") for at, _ in rows] == sorted(
        at.removeprefix("| ") for at, _ in rows
    )
    assert [what.removesuffix(" |") for _, what in rows] == [
        "The execution of orders started.",
        "orders: The run ended.",
        "local:ana asked: how many?",
        "supervisor asked run\\_guy.",
        "run\\_guy looked for passages of runbooks and found 1.",
        "run\\_guy called step\\_functions.diagnose\\_execution, which succeeded.",
        "run\\_guy called step\\_functions.request\\_redrive, which succeeded.",
        "The question was answered.",
        "Approval abababab: executed by local:ben.",
    ]


def test_a_query_is_told_with_its_sql_estimate_and_price():
    again = returned({"run": {**RUN, "cost_usd": 0.000048}}, "get_query_results")

    text = told(turn(QUERIED, ModelUsed("supervisor", SONNET, 1_000, 100, 5)), turn(again))

    assert section(text, "SQL") == (
        "Query `q-1`: 1,200,000 bytes read, \\$0.000048 (estimated at most 1,300,000 bytes).\n\n"
        f"```sql\n{SQL}\n```"
    )
    assert section(text, "Cost") == (
        f"- Models ({SONNET}): 1,100 tokens, \\$0.004500.\n- Queries: \\$0.000048."
    )


def test_a_result_that_was_reused_cost_nothing_and_an_unknown_price_is_no_zero():
    reused = returned({"run": {**RUN, "query_id": "q-2", "reused": True}})
    unpriced = returned({"run": RUN})
    model = ModelUsed("supervisor", "my-own-model", 10, 1, 5)

    text = told(turn(reused, unpriced, model))

    assert "Query `q-2`: an earlier result was given again, at no cost (no estimate)." in text
    assert section(text, "Cost") == (
        "- Models (my-own-model): 11 tokens, cost not known.\n- Queries: cost not known."
    )


def test_approvals_are_told_with_what_became_of_them_or_that_it_is_not_known():
    known, lost = told(turn(ASKED), approvals=[OUTCOME]), told(turn(ASKED))
    other = {**APPROVAL, "id": "cd" * 16}
    both = told(turn(ASKED, returned({"pending_approval": other})), approvals=[OUTCOME])

    assert "**EXECUTED**, asked by local:ana, decided by local:ben." in section(known, "Approvals")
    assert "what became of it is not known here. Runs Load again." in section(lost, "Approvals")
    assert len(section(both, "Approvals").splitlines()) == 2
    assert "nothing was asked of a person" in section(told(turn(Text("a"))), "Approvals")


@pytest.mark.parametrize(
    ("past", "words", "gap"),
    [
        (turn(Failed("X", "Bedrock was busy.")), "not answered: Bedrock was busy.", "not answered"),
        (turn(Text("half"), finished=False), "The person stopped the answer.", "stopped"),
        (turn(Text("I cannot answer that: why.")), "I cannot answer that", "The agents abstained."),
    ],
)
def test_a_question_without_an_answer_is_open(past, words, gap):
    text = told(past)

    assert words in section(text, "Questions and answers")
    assert gap in section(text, "Not known")


def test_a_diagnosis_that_is_none_is_no_fact():
    text = told(turn(returned({"evidence": "e", "diagnosis": {"facts": 7}})))

    assert section(text, "Possible causes") == "No cause is named: nothing was diagnosed."


def test_an_operation_that_failed_is_a_gap_and_no_fact():
    broken = returned({"error": {"code": "QUERY_FAILED", "message": "Column x is unknown."}})
    garbled = OperationReturned("a", "athena", "run_query", "no json", "t-2")

    text = told(turn(broken, garbled))

    assert "Question 1: athena.run\\_query failed. Column x is unknown." in section(
        text, "Not known"
    )
    assert section(text, "Facts") == "What the operations looked up:\n\nNothing."


def test_of_a_turn_that_the_guardrail_blocked_nothing_from_the_trace_is_told():
    text = told(turn(DIAGNOSED, QUERIED, GuardrailActed("INTERVENED"), Text("Sorry.")))

    assert "The guardrail blocked the question or its answer." in text
    assert "orders" not in text
    assert "SELECT" not in text
    assert "called" not in section(text, "Timeline")


def test_of_a_session_of_which_words_alone_are_known_that_is_said():
    past = turn(Text("42."), traced=False, asked_at="", user="")

    text = told(past, gaps=["No trace was kept."])

    assert "1 question: 1 answered." in text
    assert section(text, "Timeline") == "Nobody noted when things happened."
    assert section(text, "Cost") == "What this session cost was not kept."
    assert section(text, "Not known").startswith("- No trace was kept.\n- Of question 1 the words")


def test_where_a_part_was_traced_the_cost_is_that_of_this_part():
    text = told(turn(ModelUsed("s", "offline", 3, 1, 1)), turn(Text("a"), traced=False))

    assert section(text, "Cost").endswith("Of questions without a trace the cost is not known.")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_from_anywhere_is_only_read(text):
    hostile = {
        **DIAGNOSIS,
        "execution": {**EXECUTION, "pipeline": text, "name": text},
        "facts": [{"statement": text, "source": text, "at": "2026-11-20T02:10:00Z"}] * 2,
        "hypotheses": [{"statement": text, "facts": [0], "remedy": text}],
        "gaps": [text],
        "log_lines": [{"at": text, "log_group": "g", "stream": "s", "message": text}],
    }
    approval = {**OUTCOME, "outcome": text, "requester": text, "decided_by": text}
    events = (
        AgentAsked(text, text, text),
        OperationCalled("a", "athena", "run_query", {"sql": text}, "t"),
        returned({"evidence": text, "diagnosis": hostile}, text, text, text),
        returned({"run": {**RUN, "sql": text, "query_id": text}}),
        returned({"error": {"message": text}}),
        returned({"pending_approval": {**APPROVAL, "summary": text}}),
        Text(text),
    )
    safe, report = (
        told(turn(*said, question=question, user=user), approvals=[approved])
        for said, question, user, approved in (
            ((*(DIAGNOSED, QUERIED, ASKED), Text("ok")), "q?", "local:ana", OUTCOME),
            (events, text, text, approval),
        )
    )

    assert active(report) <= {"strong_open"}  # the state of the approval
    assert report.count("**EXECUTED**,") == 1
    assert len(headings(report)) == len(headings(safe))
    assert not any(ord(letter) < 32 and letter != "\n" for letter in report)
    assert "\u202e" not in report


def test_people_in_questions_answers_sql_and_logs_are_masked():
    mail = "ana.maria@example.org"
    line = {"at": "t", "log_group": "g", "stream": "s", "message": f"mail {mail}"}
    diagnosed = returned({"diagnosis": {**DIAGNOSIS, "log_lines": [line]}})
    query = returned({"run": {**RUN, "sql": f"SELECT '{mail}'"}, "evidence": mail})

    text = told(turn(diagnosed, query, Text(f"She is {mail}"), question=f"who is {mail}?"))

    assert "ana" not in text.replace("local:ana", "").replace("data\\_analyst", "")
    assert text.count("{EMAIL}") + text.count("\\{EMAIL\\}") >= 6


def test_the_words_of_a_long_question_are_all_there():
    text = told(turn(Text("ok"), question="why " * 80 + "\nend"))

    assert "Asked in full" in text
    assert "end" in shown(text) + "".join(token.content for token in tokens(text))
