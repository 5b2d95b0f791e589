from datetime import UTC, datetime

from datalfred.lake.logs.models import LogEvent
from datalfred.lake.pipelines import baseline, causes, changes, history, hypotheses
from datalfred.lake.pipelines.baseline import Baseline
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.history import Failure

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)


def event(number, kind, before, **details):
    return {
        "id": number,
        "type": kind,
        "previousEventId": before,
        "timestamp": AT,
        **({"someEventDetails": details} if details else {}),
    }


def good(output='{"Payload": {"rows": 120, "status_code": 200, "fine": true}}'):
    return history.of(
        [
            event(1, "ExecutionStarted", 0),
            event(2, "TaskStateEntered", 1, name="Count"),
            event(3, "TaskScheduled", 2, resourceType="lambda", resource="invoke", parameters="{}"),
            event(4, "TaskSucceeded", 3, output=output),
            event(5, "TaskStateExited", 4, name="Count"),
            event(6, "PassStateEntered", 5, name="Rest"),
            event(7, "PassStateExited", 6, name="Rest"),
        ]
    )


def line(message):
    return LogEvent(at="2026-11-20T02:00:00Z", log_group="g", stream="s", message=message)


def test_a_state_that_went_well_is_read_as_a_run():
    found = baseline.visit(good(), "Count")

    assert (found.state, found.service, found.call) == ("Count", "lambda", "invoke")
    assert found.cause_data["Payload"]["rows"] == 120


def test_a_state_that_was_not_entered_or_called_nothing_is_no_run():
    assert baseline.visit(good(), "Load") is None
    assert baseline.visit(good(), "Rest") is None


def test_the_numbers_of_a_result_are_figures_but_codes_are_not():
    assert baseline.figures(good()) == {"Count: rows": 120.0}


def test_a_result_that_is_no_json_has_no_figures():
    assert baseline.figures(good("plain")) == {}
    assert baseline.figures(good('{"Payload": "plain"}')) == {}


def test_lists_and_what_services_count_are_figures():
    assert baseline.figures(good('{"Payload": {"files": ["a", "b"]}}')) == {
        "Count: files (entries)": 2.0
    }
    assert baseline.figures(good('{"KeyCount": 24, "MaxKeys": 9, "Contents": [1, 2]}')) == {
        "Count: KeyCount": 24.0,
        "Count: Contents (entries)": 2.0,
    }
    assert baseline.figures(good("[1, 2]")) == {}


def test_a_function_named_by_its_arn_and_the_items_of_a_map_are_figures():
    read = history.of(
        [
            event(1, "TaskStateEntered", 0, name="List"),
            event(2, "LambdaFunctionScheduled", 1, resource="arn:f"),
            event(3, "LambdaFunctionSucceeded", 2, output='{"count": 251}'),
            event(4, "TaskStateExited", 3, name="List"),
            event(5, "MapStateEntered", 4, name="Each"),
            event(6, "MapStateStarted", 5, length=251),
        ]
    )

    assert baseline.figures(read) == {"List: count": 251.0, "Each: items": 251.0}


def test_more_to_do_speaks_for_a_run_that_took_too_long():
    dossier = Dossier()
    dossier.fact("It failed.", "states:X", words="States.Timeout")
    dossier.usual = Baseline(figures={"Count: rows": 12.0})
    changes.volumes(good(), dossier)

    ((rule, cause),) = causes.found({"status": "TIMED_OUT"}, None, dossier)

    assert (rule.cause, cause.facts) == ("time_limit", (0, 1))


def test_a_line_is_usual_whatever_its_numbers_are():
    usual = Baseline(frozenset({baseline.bare("ERROR retry 3 of 5")}))

    assert usual.is_usual(line("ERROR retry 4 of 5"))
    assert not usual.is_usual(line("ERROR broken"))


def test_a_complaint_that_every_good_run_makes_is_no_evidence():
    dossier = Dossier()
    dossier.usual = Baseline(frozenset({baseline.bare("ERROR statistics denied")}))

    dossier.log([line("ERROR statistics denied"), line("ERROR KeyError: 'x'")], "logs:X")

    assert [fact.statement for fact in dossier.facts] == [
        "The log says: ERROR KeyError: 'x'",
        "Of the log's complaints, 1 line also stood in the last success's log.",
    ]
    assert [fact.statement for _, fact in dossier.signals] == ["ERROR KeyError: 'x'"]


def test_numbers_that_fell_far_are_a_fact_and_less():
    dossier = Dossier()
    dossier.usual = Baseline(figures={"Count: rows": 1_000_000.0, "Count: gone": 1.0})

    changes.volumes(good(), dossier)

    assert "Count: rows was 1000000, is 120" in dossier.facts[0].statement
    assert dossier.changes["less"] == 0


def test_numbers_near_the_usual_are_no_fact():
    dossier = Dossier()
    dossier.usual = Baseline(figures={"Count: rows": 130.0})

    changes.volumes(good(), dossier)
    changes.volumes(None, dossier)

    assert dossier.facts == ()


def test_settings_of_another_kind_of_run_are_not_compared():
    dossier, other = Dossier(), Dossier()
    dossier.kind, other.kind = "glue", "ecs"
    other.settings, dossier.settings = {"image": "a"}, {"image": "b"}

    changes.settings(other, dossier)
    changes.settings(None, dossier)

    assert dossier.facts == ()


def test_a_changed_image_speaks_for_a_fault_of_the_code():
    dossier, before = Dossier(), Dossier()
    dossier.kind = before.kind = "ecs"
    before.settings, dossier.settings = {"image": "loader:1"}, {"image": "loader:2"}
    dossier.fact("It failed.", "states:X", words="NullPointerException")
    changes.settings(before, dossier)

    ((rule, cause),) = causes.found({"status": "FAILED"}, None, dossier)

    assert "image was loader:1, is loader:2" in dossier.facts[1].statement
    assert (rule.cause, cause.facts) == ("code_error", (0, 1))


def test_a_check_that_ended_it_names_what_it_may_have_looked_at():
    dossier = Dossier()
    dossier.failed_fact = dossier.fact("The state Differ failed.", "states:X")
    dossier.changes["volume"] = dossier.fact("Numbers far from the last success.", "states:X")
    failure = Failure("Differ", ("Differ",), "E", "", None, AT, chosen_by="Compare")

    ((rule, cause),) = causes.found({"status": "FAILED"}, failure, dossier)

    assert rule is hypotheses.CHECK_FAILED
    assert cause.facts == (0, 1)


def test_the_name_of_a_state_speaks_for_nothing():
    dossier = Dossier()
    dossier.fact("The state OutOfMemory failed.", "states:X", words="KeyError: 'x'")

    ((rule, _),) = hypotheses.ranked(dossier.facts, dossier.signals)

    assert rule.cause == "code_error"


def test_every_blame_has_its_advice():
    blames = {rule.blames for rule in hypotheses.RULES}

    assert blames <= set(causes.REDRIVE_ADVICE)
    assert {cause for rule in hypotheses.RULES for cause in rule.instead_of} <= {
        rule.cause for rule in hypotheses.RULES
    }
