from datetime import timedelta

import pytest

from datalfred import settings
from datalfred.errors import InvalidInputError, NotFoundError, RefusedError
from datalfred.lake import moments
from datalfred.lake.pipelines import executions, machines, redrive
from tests.pipelines_stack import failed

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def pipelines(stack):
    """Three pipelines: one failed twice, one succeeded after it failed, one succeeded."""
    stack.machine("orders-ingestion", {"Type": "Fail", "Error": "Broken", "Cause": "No orders."})
    stack.machine("orders-report", {"Type": "Fail", "Error": "Broken"})
    stack.machine("customer-sync", {"Comment": "Copies customers.", "Type": "Pass"})
    stack.runs = {
        "failed": [stack.run("orders-ingestion", {"day": n}) for n in (1, 2)],
        "settled": [stack.run("orders-report")],
    }
    stack.machine("orders-report", {"Type": "Pass"})
    stack.runs["succeeded"] = [stack.run("orders-report"), stack.run("customer-sync")]
    return stack


def listed(pipeline="", status="", since=HOUR):
    records, complete = executions.list_executions(pipeline, status, moments.now() - since)
    assert complete
    return [record["executionArn"] for record in records]


def test_executions_of_all_pipelines_are_listed_newest_first(pipelines):
    runs = pipelines.runs

    assert listed() == [
        *reversed(runs["succeeded"]),
        *runs["settled"],
        *reversed(runs["failed"]),
    ]


@pytest.mark.parametrize(
    "name", ["orders-ingestion", "Orders Ingestion", "ingest", "ORDERS_INGEST"]
)
def test_a_fragment_names_its_pipeline(pipelines, name):
    assert listed(name) == list(reversed(pipelines.runs["failed"]))


def test_an_arn_names_its_pipeline(pipelines):
    arn = pipelines.machines["customer-sync"]

    assert machines.resolve(arn).name == "customer-sync"


def test_a_fragment_of_several_pipelines_is_refused_with_their_names(pipelines):
    with pytest.raises(NotFoundError) as caught:
        listed("orders")

    assert caught.value.near == ("orders-ingestion", "orders-report")


def test_a_name_that_is_nearly_right_is_refused_with_the_near_one(pipelines):
    with pytest.raises(NotFoundError) as caught:
        listed("ordres-ingestion")

    assert caught.value.near[0] == "orders-ingestion"


def test_executions_are_listed_by_status(pipelines):
    assert listed(status="succeeded") == list(reversed(pipelines.runs["succeeded"]))
    assert listed("orders-report", "FAILED") == pipelines.runs["settled"]
    assert listed(status="timed out") == []


def test_an_unknown_status_is_refused_with_the_known_ones(pipelines):
    with pytest.raises(InvalidInputError, match="broken") as caught:
        listed(status="broken")

    assert "TIMED_OUT" in caught.value.hint


def test_what_started_before_the_window_is_left_out(pipelines):
    assert listed(since=timedelta(seconds=-60)) == []


def test_every_page_of_a_long_list_is_read(pipelines, monkeypatch):
    monkeypatch.setattr(executions, "_PAGE", 1)

    assert len(listed("orders-ingestion")) == 2


def test_a_list_beyond_the_bounds_says_that_it_is_not_complete(pipelines, monkeypatch):
    monkeypatch.setattr(executions, "_PAGE", 1)
    monkeypatch.setattr(executions, "_PAGES_PER_PIPELINE", 1)

    records, complete = executions.list_executions("ingest", "", moments.now() - HOUR)

    assert (len(records), complete) == (1, False)


def test_a_failed_execution_is_summarised_with_its_state_and_words(pipelines):
    arn = pipelines.runs["failed"][0]

    (found,) = executions.summaries([executions.describe(arn)])

    assert (found.pipeline, found.status) == ("orders-ingestion", "FAILED")
    assert (found.failed_state, found.error, found.cause) == ("Only", "Broken", "No orders.")
    assert found.redrivable
    assert found.duration_seconds is not None


def test_pipelines_are_listed_with_their_newest_execution(pipelines):
    page = machines.list_pipelines("", 1)

    by_name = {found.name: found for found in page.items}
    assert list(by_name) == ["customer-sync", "orders-ingestion", "orders-report"]
    assert by_name["orders-report"].last_status == "SUCCEEDED"
    assert by_name["orders-ingestion"].last_execution == pipelines.runs["failed"][1]
    assert (page.total, page.pages) == (3, 1)


def test_pipelines_are_paged(pipelines, monkeypatch):
    monkeypatch.setattr(machines, "PAGE_SIZE", 2)

    second = machines.list_pipelines("", 2)

    assert [found.name for found in second.items] == ["orders-report"]
    with pytest.raises(InvalidInputError, match="no page 3"):
        machines.list_pipelines("", 3)


def test_a_comment_describes_a_pipeline(pipelines):
    pipelines.machine(
        "described",
        {"Comment": "Copies.", "StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": True}}},
    )

    assert machines.list_pipelines("describ", 1).items[0].description == "Copies."


def test_express_pipelines_have_no_executions_to_list(pipelines):
    pipelines.client("stepfunctions").create_state_machine(
        name="express-flow",
        type="EXPRESS",
        roleArn="arn:aws:iam::123456789012:role/pipelines",
        definition='{"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}',
    )

    assert listed("express-flow") == []
    assert machines.list_pipelines("express", 1).items[0].last_status == ""
    with pytest.raises(RefusedError, match="EXPRESS state machine cannot be redriven"):
        redrive.candidates("express-flow")


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("plain words", "plain words"),
        ('{"errorMessage": "boom", "errorType": "ValueError"}', "boom"),
        ('{"ErrorMessage": "no column"}', "no column"),
        (
            '{"StoppedReason": "Task failed", "Containers": [{"Reason": "OutOfMemory"}]}',
            "OutOfMemory",
        ),
        ('{"StoppedReason": "Task failed", "Containers": [{"ExitCode": 1}]}', "Task failed"),
        ('{"Cause": "{\\"errorMessage\\": \\"inner\\"}"}', "inner"),
        ('{"Step": {"Status": {"FailureDetails": {"Message": "no path"}}}}', "no path"),
        ('{"QueryExecution": {"Status": {"StateChangeReason": "timed out"}}}', "timed out"),
        ('{"QueryExecution": {"Status": "odd"}}', '{"QueryExecution": {"Status": "odd"}}'),
    ],
)
def test_the_sentence_inside_a_cause_is_what_is_said(cause, words):
    assert executions.said(cause) == words


def test_a_plan_says_what_a_redrive_would_do(pipelines):
    arn = pipelines.runs["failed"][1]

    plan = redrive.plan(arn)

    assert (plan.pipeline, plan.failed_state) == ("orders-ingestion", "Only")
    assert (plan.redrivable, plan.redrive_count) == (True, 0)
    assert len(plan.input_digest) == 64
    assert plan.input_digest != redrive.plan(pipelines.runs["failed"][0]).input_digest


def test_a_plan_of_an_execution_that_succeeded_says_why_not(pipelines):
    plan = redrive.plan(pipelines.runs["succeeded"][0])

    assert not plan.redrivable
    assert plan.reason
    assert plan.warning == ""


def test_a_plan_warns_where_the_original_input_is_to_blame(pipelines):
    pipelines.machine("campaign-import", {"Type": "Pass", "InputPath": "$.campaign"})

    plan = redrive.plan(pipelines.run("campaign-import"))

    assert "original input" in plan.blamed
    assert plan.warning == ""


def test_a_plan_does_not_warn_where_a_redrive_can_help(pipelines):
    pipelines.cluster()
    pipelines.machine("loader", pipelines.task("loader"))
    pipelines.workload("ecs", "loader", failed("OutOfMemoryError: killed", exit_code=137))

    assert redrive.plan(pipelines.run("loader")).warning == ""


def test_candidates_are_what_failed_since_the_last_success(pipelines):
    found = [record["executionArn"] for record in redrive.candidates("orders")]

    assert found == list(reversed(pipelines.runs["failed"]))


def test_candidates_of_an_unknown_pipeline_are_not_found(pipelines):
    with pytest.raises(NotFoundError):
        redrive.candidates("nowhere")


@pytest.mark.parametrize(
    ("known", "there"),
    [
        ("orders-*", ["orders-ingestion", "orders-report"]),
        ("customer-sync, orders-r*", ["customer-sync", "orders-report"]),
    ],
)
def test_pipelines_that_the_settings_do_not_name_are_not_there(pipelines, known, there):
    with settings.using({**settings.environment(), "DATALFRED_PIPELINES": known}):
        assert [each.name for each in machines.all_pipelines()] == there
        with pytest.raises(NotFoundError):
            machines.resolve("customer-sync" if "customer-sync" not in there else "ingestion")
