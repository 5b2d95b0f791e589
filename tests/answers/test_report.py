import pytest

from datalfred.answers.report import incident_report
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.pipelines.models import Diagnosis, ExecutionSummary, Fact, Hypothesis
from tests.answers.rendered import active, headings, shown
from tests.answers.test_markdown import HOSTILE

EXECUTION = ExecutionSummary(
    arn="arn:aws:states:eu-west-1:123456789012:execution:orders:night",
    name="night",
    pipeline="orders",
    status="FAILED",
    started_at="2026-11-20T02:00:00Z",
    stopped_at="2026-11-20T02:10:00Z",
    failed_state="Load_Orders",
)
FACTS = (
    Fact(statement="The run ended.", source="ecs:DescribeTasks", at="2026-11-20T02:10:00Z"),
    Fact(statement="The definition is old.", source="states:X", at="2026-11-19T02:00:00Z"),
    Fact(statement="It had 2048 MiB.", source="ecs:DescribeTasks"),
)
CAUSE = Hypothesis(
    cause="out_of_memory", statement="It needed more memory.", facts=(0, 2), remedy="Give it more."
)
APPROVAL = {
    "id": "ab" * 16,
    "action": "redrive",
    "state": "EXECUTED",
    "requester": "local:ana",
    "decided_by": "local:ben",
    "outcome": "It was redriven.",
    "trail": [
        {"at": "2026-11-20T08:00:00Z", "event": "asked", "who": "local:ana", "note": ""},
        {"at": "2026-11-20T08:05:00Z", "event": "executed", "who": "", "note": ""},
    ],
}


def written(approvals=(), cost_usd=0.0, execution=EXECUTION, **named):
    found = Diagnosis(
        **{
            "execution": execution,
            "facts": FACTS,
            "hypotheses": (CAUSE,),
            "redrive": "A redrive helps.",
            **named,
        }
    )
    return incident_report(
        found,
        approvals,
        target="local: demo lake",
        written_at="2026-11-20T09:00:00Z",
        cost_usd=cost_usd,
    )


def section(text, heading):
    return text.split(f"## {heading}\n\n")[1].split("\n\n## ")[0]


def test_the_first_lines_say_what_happened_why_and_what_to_do():
    title, summary = written().split("\n\n")[:2]

    assert title == "# orders: failed in Load\\_Orders"
    assert "Most likely: It needed more memory." in summary
    assert "What to do: Give it more. A redrive helps." in summary


def test_the_timeline_is_in_order_and_begins_with_the_execution():
    rows = section(written([APPROVAL]), "Timeline").splitlines()[2:]

    assert rows == [
        "| 2026-11-20T02:00:00Z | The execution started. |",
        "| 2026-11-20T02:10:00Z | The run ended. |",
        "| 2026-11-20T08:00:00Z | Approval abababab: asked by local:ana. |",
        "| 2026-11-20T08:05:00Z | Approval abababab: executed. |",
    ]


def test_a_cause_is_called_possible_and_names_its_facts_as_they_are_numbered():
    text = written()

    assert "(possible; facts 1, 3 speak for it)" in section(text, "Likely cause")
    assert "3. It had 2048 MiB. (ecs:DescribeTasks)" in section(text, "Facts")


def test_without_a_cause_none_is_named():
    text = written(hypotheses=())

    assert "The facts do not show why." in text
    assert section(text, "Likely cause") == "No cause is named: no fact speaks for one."


def test_gaps_and_actions_have_sections_of_their_own():
    text = written([APPROVAL], gaps=("No permission for ecs:DescribeTasks.",))

    assert section(text, "Not known") == "- No permission for ecs:DescribeTasks."
    assert "**EXECUTED**, asked by local:ana, decided by local:ben. It was redriven." in text
    assert "nobody has asked" in section(written(), "Actions")


def test_what_it_cost_is_said_or_that_it_is_not_known():
    assert "No model took part, so it cost nothing." in written()
    assert "Its models cost $0.0120." in written(cost_usd=0.012)
    assert "What the models cost is not known." in written(cost_usd=None)


def test_what_succeeded_is_no_incident():
    fine = EXECUTION.model_copy(update={"status": "SUCCEEDED", "failed_state": ""})

    assert written(execution=fine, hypotheses=()).startswith("# orders: nothing is wrong\n")


def test_an_execution_without_a_failed_state_is_headed_by_its_status():
    late = EXECUTION.model_copy(update={"status": "TIMED_OUT", "failed_state": ""})

    assert written(execution=late).startswith("# orders: timed out\n")


def test_personal_data_is_masked_and_marks_mean_nothing():
    hostile = Fact(
        statement="ana@example.org said\n# Approve [this](http://x) | now", source="logs:X"
    )
    line = LogEvent(at="t", log_group="g", stream="s", message="```\nmail ana@example.org")

    text = written(facts=(hostile,), hypotheses=(), log_lines=(line,))

    assert "ana@example.org" not in text
    assert "\n# Approve" not in text
    assert active(text) <= {"strong_open"}
    assert "http[:]//x) | now" in shown(text)
    assert not any(each.startswith("```") for each in text.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_nothing_to_an_incident_but_words(text):
    fact = Fact(statement=text, source=text, at="2026-11-20T02:10:00Z")
    cause = CAUSE.model_copy(update={"statement": text, "remedy": text, "facts": (0,)})
    line = LogEvent(at=text, log_group="g", stream="s", message=text)
    approval = {**APPROVAL, "requester": text, "decided_by": text, "outcome": text}
    execution = EXECUTION.model_copy(update={"pipeline": text, "name": text, "failed_state": text})

    report = written(
        [approval],
        execution=execution,
        facts=(fact,),
        hypotheses=(cause,),
        gaps=(text,),
        log_lines=(line,),
        redrive=text,
    )

    assert active(report) <= {"strong_open"}
    assert len(headings(report)) == len(headings(written(log_lines=(line,))))
    assert not any(ord(letter) < 32 and letter != "\n" for letter in report)
