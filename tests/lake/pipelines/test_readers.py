from dataclasses import replace
from datetime import timedelta

import pytest

from datalfred.lake import moments
from datalfred.lake.pipelines import readers
from datalfred.lake.pipelines.dossier import MOST_FACTS, Dossier
from datalfred.lake.pipelines.history import Failure
from tests.lake.pipelines.test_diagnosis import denying


@pytest.fixture
def read(stack):
    """What a reader adds of a failure with these parameters, answer and cause."""

    def read(service, **told):
        now = moments.now()
        failure = Failure("State", ("State",), "Error", "", now - timedelta(seconds=5), now)
        dossier = Dossier()
        readers.read(replace(failure, service=service, **told), dossier)
        return dossier

    return read


def said(dossier):
    return " ".join(fact.statement for fact in dossier.facts)


def test_a_state_without_a_service_adds_nothing(read):
    dossier = read("")

    assert (dossier.facts, dossier.gaps.sentences(), dossier.kind) == ((), (), "")


@pytest.mark.parametrize("name", ["arn:aws:lambda:eu-west-1:123456789012:function:check", "check"])
@pytest.mark.parametrize("alias", ["", ":live"])
def test_a_function_is_known_by_its_name(read, name, alias):
    assert read("lambda", parameters={"FunctionName": name + alias}).resource == "check"


def test_a_function_that_is_not_named_is_a_gap(read):
    dossier = read("lambda", cause='{"errorMessage": "boom"}')

    assert "The function raised Error: boom" in said(dossier)
    assert "No function" in dossier.gaps.sentences()[0]


def test_a_function_that_is_gone_leaves_gaps(read):
    gaps = read("lambda", parameters={"FunctionName": "gone"}).gaps.sentences()

    assert any("lambda:GetFunctionConfiguration" in gap for gap in gaps)
    assert any("logs:FilterLogEvents" in gap for gap in gaps)


def test_a_function_that_logged_nothing_is_a_gap(stack, read):
    stack.client("logs").create_log_group(logGroupName="/aws/lambda/silent")
    stack.aws.functions.register("silent", lambda *_: None)

    gaps = read("lambda", parameters={"FunctionName": "silent"}).gaps.sentences()

    assert gaps == ("The log group /aws/lambda/silent holds no line in that time.",)


def test_a_function_may_log_into_a_group_of_its_own(stack, read, monkeypatch):
    client = stack.client("lambda")
    configured = {
        "MemorySize": 128,
        "Timeout": 3,
        "LastModified": "2026-11-19T10:00:00.000+0000",
        "LoggingConfig": {"LogGroup": "/own/group"},
    }
    monkeypatch.setattr(client, "get_function_configuration", lambda **_: configured)
    logs = stack.client("logs")
    logs.create_log_group(logGroupName="/own/group")
    logs.create_log_stream(logGroupName="/own/group", logStreamName="s")
    event = {"timestamp": moments.milliseconds(moments.now()), "message": "ERROR here"}
    logs.put_log_events(logGroupName="/own/group", logStreamName="s", logEvents=[event])

    dossier = read("lambda", parameters={"FunctionName": "own"})

    assert [line.message for line in dossier.lines] == ["ERROR here"]
    assert "it was last changed at 2026-11-19" in said(dossier)


def test_a_query_that_did_not_start_is_a_gap(read):
    assert "No query" in read("athena").gaps.sentences()[0]


@pytest.mark.parametrize(
    "told",
    [
        {"answer": {"QueryExecutionId": "q-1"}},
        {"cause": '{"QueryExecution": {"QueryExecutionId": "q-1"}}'},
    ],
)
def test_a_query_is_known_from_the_answer_or_the_cause(stack, read, monkeypatch, told):
    query = {
        "QueryExecutionId": "q-1",
        "Query": "SELECT  email\nFROM t WHERE email = 'ana@example.org'",
        "Status": {
            "State": "FAILED",
            "AthenaError": {"ErrorMessage": "COLUMN_NOT_FOUND: Column 'x' cannot be resolved"},
        },
        "Statistics": {"DataScannedInBytes": 1_000_000, "TotalExecutionTimeInMillis": 90_000},
        "WorkGroup": "primary",
    }
    athena = stack.client("athena")
    monkeypatch.setattr(athena, "get_query_execution", lambda **_: {"QueryExecution": query})

    dossier = read("athena", **told)

    assert dossier.resource == "q-1"
    assert "ended as FAILED after 1 min 30 s; it read 1,000,000 bytes" in said(dossier)
    assert "Athena says: COLUMN_NOT_FOUND" in said(dossier)
    assert "Its SQL: SELECT email FROM t WHERE email = '{EMAIL}'" in said(dossier)


def test_a_query_without_a_reason_adds_none(stack, read, monkeypatch):
    query = {"QueryExecutionId": "q", "Query": "SELECT 1", "Status": {"State": "CANCELLED"}}
    athena = stack.client("athena")
    monkeypatch.setattr(athena, "get_query_execution", lambda **_: {"QueryExecution": query})

    assert "Athena says" not in said(read("athena", answer={"QueryExecutionId": "q"}))


def test_a_query_that_may_not_be_read_is_a_gap(read, monkeypatch):
    denying(monkeypatch, "athena", "get_query_execution")

    gaps = read("athena", answer={"QueryExecutionId": "q"}).gaps.sentences()

    assert gaps == ("No permission for athena:GetQueryExecution.",)


def test_a_step_that_is_not_named_is_a_gap(read):
    assert "No run" in read("elasticmapreduce").gaps.sentences()[0]
    assert "No run" in read("emr-serverless").gaps.sentences()[0]


def test_a_task_that_ecs_forgot_without_a_record_is_a_gap(stack, read):
    answer = {"Tasks": [{"TaskArn": "arn:aws:ecs:eu-west-1:123456789012:task/lake/0123"}]}

    dossier = read("ecs", parameters={"Cluster": "lake"}, answer=answer)

    assert any("forgets stopped tasks" in gap for gap in dossier.gaps.sentences())
    assert dossier.facts == ()


def test_a_dossier_that_is_full_takes_no_more_facts():
    dossier = Dossier()
    for number in range(MOST_FACTS + 5):
        dossier.fact(f"fact {number}", "test", signal=True)

    assert len(dossier.facts) == MOST_FACTS
    assert dossier.signals[-1][0] == MOST_FACTS - 1


def test_a_full_diagnosis_has_no_more_facts_than_the_dossier_holds():
    opening, levels, reader, alarms, changes = 1, 3 * 2, 3 + 3, 4, 3

    assert opening + levels + reader + alarms + changes <= MOST_FACTS
