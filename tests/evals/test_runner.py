import json

from datalfred import cli
from datalfred.errors import UnavailableError
from datalfred.evals.cases import Case, CaseFile, Expectation
from datalfred.evals.grading import Verdict
from datalfred.evals.runner import run


def case(name, question, *after, **expect):
    return Case(id=name, question=question, after=after, expect=Expectation(**expect))


SUITE = {
    "bikes": CaseFile(
        lake="bike_sharing",
        cases=(
            case("count", "how many trips are there?", sql="SELECT count(*) FROM mobility.trips"),
            case("lie", "how many trips are there?", sql="SELECT 1 + count(*) FROM mobility.trips"),
            case("poem", "write me a poem about autumn", abstains=True),
            case("chatter", "hello", "which databases are there?", words=["data"]),
        ),
    )
}


def test_a_suite_is_asked_over_the_wire_and_graded(monkeypatch, capsys):
    steps = []

    graded = list(run(SUITE, lambda step, fraction: steps.append((step, fraction))))

    assert [each.grade.verdict for each in graded] == ["right", "wrong", "right", "right"]
    assert ("bikes: how many trips are there?", 0.0) in steps

    monkeypatch.setattr("datalfred.evals.cases.load_suite", lambda _name: SUITE)
    monkeypatch.setattr("datalfred.evals.runner.run", lambda _suite, _report, _size: graded)
    cli.cli(["evals", "run", "--json"], standalone_mode=False)
    printed = json.loads(capsys.readouterr().out)
    assert printed["files"] == {"bikes": {"right": 3, "wrong": 1}}
    assert printed["cases"][1]["reason"]

    cli.cli(["evals", "run"], standalone_mode=False)
    text = capsys.readouterr().out
    assert "wrong     bikes/lie: how many trips are there?" in text
    assert "75.0%" in text


def test_a_turn_that_fails_is_wrong_and_the_suite_goes_on(monkeypatch):
    def fail(*_arguments):
        raise UnavailableError("The agent fell silent.")

    monkeypatch.setattr("datalfred.evals.runner._ask", fail)

    graded = list(run(SUITE, lambda *_: None))

    assert {each.grade.verdict for each in graded} == {Verdict.WRONG}
    assert "The agent fell silent." in graded[0].grade.reason
