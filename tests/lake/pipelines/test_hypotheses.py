import pytest

from datalfred.lake.pipelines.hypotheses import RULES, ranked
from datalfred.lake.pipelines.models import Fact


def fact(statement, source="states:GetExecutionHistory"):
    return Fact(statement=statement, source=source)


def causes(*facts):
    return ranked(facts, list(enumerate(facts)))


@pytest.mark.parametrize(
    ("words", "blames"),
    [
        ("OutOfMemoryError: Container killed due to memory usage", "size"),
        ("The run ended as STOPPED with exit code 137.", "size"),
        ("Runtime exited with error: signal: killed", "size"),
        ("Query exhausted resources at this scale factor", "size"),
        ("OSError: [Errno 28] No space left on device", "size"),
        ("CannotPullContainerError: pull image manifest has been retried", "image"),
        ("AnalysisException: Column 'tier' does not exist", "data"),
        ("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", "data"),
        ("HIVE_BAD_DATA: Field amount's type INT64 in parquet is incompatible", "data"),
        ("HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch", "data"),
        ("An error occurred (NoSuchKey) when calling the GetObject operation", "data"),
        ("Path does not exist: s3://demo-lake/returns/day=2026-11-19", "data"),
        ("Partition day=2026-11-19 not found", "data"),
        ("AnalysisException: [PATH_NOT_FOUND] Path does not exist: s3://a", "data"),
        ("The secret crm/api has expired", "access"),
        ("401 Unauthorized: authentication failed", "access"),
        ("AccessDeniedException: not authorized to perform: s3:GetObject", "access"),
        ("ThrottlingException: Rate exceeded", "nothing"),
        ("ConcurrentRunsExceededException: Concurrent runs exceeded for job x", "nothing"),
        ("Host EC2 (instance i-1) terminated.", "nothing"),
        ("ConnectionError: connection refused", "nothing"),
        ("The state Query failed with States.Timeout.", "time"),
        ("Task timed out after 900.00 seconds", "time"),
        ("The state Read failed with States.Runtime: Invalid path '$.day'", "input"),
        ("jsonschema ValidationError: 'budget' is a required property", "input"),
    ],
)
def test_the_words_of_a_typical_cause_are_recognised(words, blames):
    (rule, hypothesis), *_ = causes(fact("The execution failed."), fact(words))

    assert rule.blames == blames
    assert hypothesis.facts == (1,)
    assert hypothesis.remedy


def test_what_nothing_speaks_for_is_not_said():
    assert causes(fact("The state Load failed with Weird: it broke.")) == ()


def test_a_line_of_a_log_weighs_less_than_what_the_service_says():
    found = causes(
        fact("The log says: ERROR timed out", "logs:GetLogEvents"),
        fact("The log says: ERROR timed out again", "logs:GetLogEvents"),
        fact("ValidationError: 'budget' is missing"),
    )

    assert [rule.blames for rule, _ in found] == ["input", "time"]


def test_more_facts_for_the_same_cause_rank_it_higher():
    found = causes(fact("AccessDenied"), fact("Rate exceeded"), fact("throttled by the service"))

    assert [hypothesis.facts for _, hypothesis in found] == [(1, 2), (0,)]


def test_a_path_that_is_missing_is_no_changed_schema():
    (_, hypothesis), *others = causes(
        fact("AnalysisException: [PATH_NOT_FOUND] Path does not exist")
    )

    assert "not arrived" in hypothesis.statement
    assert others == []


def test_at_most_four_hypotheses_are_returned():
    everything = (
        "OutOfMemory, column x not found, AccessDenied, Throttling, States.Timeout, NoSuchKey"
    )

    assert len(causes(fact(everything))) == 4


def test_only_signals_speak_for_a_cause():
    facts = [fact("The execution timeout-test is FAILED."), fact("AccessDenied")]

    found = ranked(facts, [(1, facts[1])])

    assert [rule.blames for rule, _ in found] == ["access"]


def test_every_rule_says_what_to_do():
    assert all(rule.statement.endswith(".") and rule.remedy.endswith(".") for rule in RULES)
