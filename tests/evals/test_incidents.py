import json

import pytest
from click.testing import CliRunner

from datalfred.cli.evals import evals
from datalfred.errors import ConfigurationError
from datalfred.evals import incidents, incidents_telling
from datalfred.evals.incidents import Expected, Incident, load_incidents
from datalfred.evals.incidents_grading import score
from datalfred.evals.incidents_run import run
from datalfred.lake.pipelines.models import Diagnosis, ExecutionSummary, Fact, Hypothesis
from datalfred.local.aws.front_door import Call

pytestmark = pytest.mark.timeout(600)  # whoever asks first plays them all


@pytest.fixture(scope="module")
def scored():
    """Every incident, played and diagnosed once, on one embedded AWS."""
    return tuple(run(load_incidents(), lambda *_: None))


def test_the_incidents_are_many_and_of_every_kind():
    cases = load_incidents()

    assert len(cases) >= 185
    assert sum(case.id.startswith("quiet-") for case in cases) >= 5
    assert sum(bool(case.noise or case.other) for case in cases) >= 2
    assert sum(case.batch > 1 for case in cases) >= 105
    assert sum(bool(case.denied) for case in cases) >= 8


def test_the_cause_stands_first_in_nine_incidents_of_ten(scored):
    assert incidents_telling.figures(scored)["cause"] >= 0.9


def test_the_evidence_of_nine_incidents_of_ten_is_complete(scored):
    assert incidents_telling.figures(scored)["evidence"] >= 0.9


def test_no_red_herring_is_claimed(scored):
    assert [one.incident.id for one in scored if one.score.false_claim] == []


def test_no_diagnosis_calls_anything_that_changes_something(scored):
    assert [one.incident.id for one in scored if one.score.false_action] == []
    assert all(one.calls for one in scored)


def test_what_a_diagnosis_may_not_read_is_a_gap_and_never_a_cause(scored):
    blind = [one for one in scored if one.incident.denied]

    assert all(one.incident.expect.gaps for one in blind)
    assert all(any("No permission" in gap for gap in one.found.gaps) for one in blind)
    causes = {hypothesis.cause for one in blind for hypothesis in one.found.hypotheses}
    assert "permission_denied" not in causes


def test_a_diagnosis_without_a_cause_says_that_it_knows_none(scored):
    mute = [
        one
        for one in scored
        if not one.found.hypotheses and one.found.execution.status in {"FAILED", "TIMED_OUT"}
    ]

    assert mute
    assert all(any("no cause" in gap for gap in one.found.gaps) for one in mute)


def test_every_hypothesis_names_facts_that_there_are(scored):
    for one in scored:
        for hypothesis in one.found.hypotheses:
            assert all(0 <= index < len(one.found.facts) for index in hypothesis.facts)


def test_no_diagnosis_is_too_large_for_a_result(scored):
    assert max(len(one.found.model_dump_json().encode()) for one in scored) < 24_000


def test_the_scores_are_told_as_text_and_as_an_object(scored):
    text = incidents_telling.as_text(scored)
    told = incidents_telling.as_object(scored)

    assert f"{len(scored)} incidents: cause in first place" in text
    assert told["cases"] == len(scored) == len(told["incidents"])
    assert json.loads(json.dumps(told)) == told


def test_the_command_plays_the_incidents(monkeypatch):
    few = load_incidents()[:1]
    monkeypatch.setattr(incidents, "load_incidents", lambda: few)

    told = CliRunner().invoke(evals, ["run", "incidents", "--json"])
    text = CliRunner().invoke(evals, ["run", "incidents"])

    assert json.loads(told.stdout)["incidents"][0]["id"] == few[0].id
    assert "1 incidents: cause in first place" in text.stdout


def diagnosis(*statements, causes=()):
    facts = tuple(Fact(statement=statement, source="states:X") for statement in statements)
    return Diagnosis(
        execution=ExecutionSummary(
            arn="a", name="n", pipeline="p", status="FAILED", failed_state="Load"
        ),
        facts=facts,
        hypotheses=tuple(
            Hypothesis(cause=cause, statement=f"It was {cause}.", facts=(0,)) for cause in causes
        ),
        redrive="It may succeed.",
    )


@pytest.mark.parametrize(
    ("found", "expected", "problem"),
    [
        (diagnosis("x", causes=["b", "a"]), Expected(cause="a"), "the first cause is b, not a"),
        (diagnosis("x", causes=["b"]), Expected(), "the first cause is b, not none"),
        (diagnosis("x"), Expected(status="SUCCEEDED"), "the status is FAILED"),
        (diagnosis("x"), Expected(state="Other"), "the state is Load"),
        (diagnosis("x"), Expected(facts=("exit code 1",)), "no fact says 'exit code 1'"),
        (diagnosis("x"), Expected(gaps=("logs:X",)), "no gap says 'logs:X'"),
        (diagnosis("x"), Expected(redrive="will not"), "the advice is 'It may succeed.'"),
        (diagnosis("x"), Expected(unsaid=("x",)), "'x' is said"),
        (diagnosis("x", causes=["a"]), Expected(cause="a", never=("a",)), "a is claimed"),
        (
            diagnosis("It was a.", causes=["a"]),
            Expected(cause="a"),
            "the cause 'It was a.' is stated as a fact",
        ),
    ],
)
def test_what_is_wrong_with_a_diagnosis_is_said(found, expected, problem):
    assert score(found, expected, ()).problems == (problem,)


def test_a_call_that_changes_something_is_a_false_action():
    def call(operation):
        return Call("states", "", "", operation, ("POST", "/", ""))

    found = score(diagnosis("x"), Expected(), [call("RedriveExecution"), call("ListExecutions")])

    assert found.problems == ("states:RedriveExecution was called",)
    assert found.false_action


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cases: [", "no YAML"),
        ("cases: [{id: a, story: b, expect: {}}]", "name a demo pipeline or give a definition"),
        (
            f"cases: [{2 * '{id: a, story: b, pipeline: c, expect: {}}, '}]",
            "two cases have the id a",
        ),
    ],
)
def test_a_broken_incident_is_named(tmp_path, monkeypatch, text, problem):
    (tmp_path / "evals" / "incidents").mkdir(parents=True)
    (tmp_path / "evals" / "incidents" / "broken.yaml").write_text(text, "utf-8")
    monkeypatch.setattr(incidents, "content_folder", lambda name: tmp_path / name)

    with pytest.raises(ConfigurationError, match=problem):
        load_incidents()


def test_an_incident_has_one_pipeline():
    with pytest.raises(ValueError, match="one of both"):
        Incident(id="a", story="b", pipeline="c", definition={"StartAt": "d"}, expect=Expected())
