import pytest

from datalfred.bedrock.turn_failures import CORRECTIONS, OperationCall, TurnFailures
from datalfred.errors import (
    AlreadyFailedError,
    CeilingReachedError,
    InvalidInputError,
    NotFoundError,
    QueryFailedError,
    RefusedError,
)

MISSING = NotFoundError("table", "order", near=["orders"])


def wrong_sql(message="line 1:8: mismatched input 'FORM'", sql="SELECT 1 FORM x"):
    return QueryFailedError(message, sql=sql)


def query(sql, operation="/run_query", **more):
    return OperationCall(operation, {"sql": sql, **more})


def described(table="order"):
    return OperationCall("/describe_table", {"database": "sales", "table": table})


def test_a_call_that_failed_is_answered_with_the_earlier_message():
    turns = TurnFailures()
    turns.note("t-1", described(), MISSING)

    with pytest.raises(AlreadyFailedError) as caught:
        turns.check("t-1", described())

    assert MISSING.message in caught.value.message
    assert caught.value.earlier is MISSING
    assert "Do not call it again" in caught.value.hint


def test_another_call_and_another_turn_are_free():
    turns = TurnFailures()
    turns.note("t-1", described(), MISSING)

    turns.check("t-1", described("orders"))
    turns.check("t-2", described())


def test_the_order_of_parameters_does_not_make_another_call():
    turns = TurnFailures()
    turns.note("t-1", OperationCall("/x", {"a": 1, "b": 2}), MISSING)

    with pytest.raises(AlreadyFailedError):
        turns.check("t-1", OperationCall("/x", {"b": 2, "a": 1}))


def test_calls_without_a_turn_are_not_remembered():
    turns = TurnFailures()

    assert turns.note("", described(), MISSING) is MISSING
    turns.check("", described())


def test_a_statement_may_be_corrected_twice_and_is_reported_then():
    turns = TurnFailures()
    hints = []
    for attempt in range(CORRECTIONS + 1):
        turns.check("t-1", query(f"SELECT {attempt} FORM x"))
        hints.append(turns.note("t-1", query(f"SELECT {attempt} FORM x"), wrong_sql()).hint)

    assert hints[:-1] == ["", ""]
    assert "do not retry" in hints[-1]
    for operation in ("/run_query", "/estimate_query"):
        with pytest.raises(AlreadyFailedError, match="mismatched input 'FORM'") as caught:
            turns.check("t-1", query("SELECT 1", operation))
        assert "do not retry" in caught.value.hint
    turns.check("t-1", described())
    turns.check("t-2", query("SELECT 1"))


def test_what_the_parser_refuses_counts_as_a_correction_too():
    turns = TurnFailures()
    for attempt in range(CORRECTIONS + 1):
        error = InvalidInputError("sql", "it is empty.", "one SELECT")
        turns.note("t-1", query(" " * attempt), error)

    with pytest.raises(AlreadyFailedError):
        turns.check("t-1", query("SELECT 1"))


@pytest.mark.parametrize(
    "error", [RefusedError("No writes."), InvalidInputError("page", "There is no page 9.", "1")]
)
def test_a_failure_that_no_other_sql_would_mend_uses_up_no_correction(error):
    turns = TurnFailures()
    for attempt in range(CORRECTIONS + 2):
        assert turns.note("t-1", query(f"SELECT {attempt}"), error).hint == error.hint

    turns.check("t-1", query("SELECT 9"))


def test_a_refusal_from_memory_does_not_hide_what_was_said_first():
    turns = TurnFailures()
    turns.note("t-1", described(), MISSING)
    for _ in range(3):
        with pytest.raises(AlreadyFailedError) as caught:
            turns.check("t-1", described())
        turns.note("t-1", described(), caught.value)

    assert caught.value.earlier is MISSING


def test_a_call_above_the_ceiling_was_never_made_and_did_not_fail():
    turns = TurnFailures()
    turns.note("t-1", described(), CeilingReachedError("Enough."))

    turns.check("t-1", described())


def test_only_the_last_thousand_turns_are_remembered():
    turns = TurnFailures()
    for number in range(1_001):
        turns.note(f"turn-{number}", described(), MISSING)

    turns.check("turn-0", described())
    with pytest.raises(AlreadyFailedError):
        turns.check("turn-1", described())
