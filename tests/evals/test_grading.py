from decimal import Decimal

import pytest

from datalfred.answers.models import Answer, OperationUse, Table, TokenUsage
from datalfred.evals.cases import Expectation
from datalfred.evals.grading import Verdict, grade


def answered(words="42 orders.", *, rows=(), operations=("athena.run_query",), abstained=False):
    used = [operation.split(".") for operation in operations]
    return Answer(
        answer=words,
        target="evals",
        session_id="one",
        query_type="tool",
        agents=("supervisor",),
        operations=tuple(
            OperationUse(
                agent="data_analyst",
                action_group=group,
                operation=operation,
                input={},
                status="succeeded",
            )
            for group, operation in used
        ),
        sql=(),
        tables=(Table(title="", columns=("a", "b"), rows=tuple(rows)),) if rows else (),
        charts=(),
        citations=(),
        pending_approvals=(),
        usage=TokenUsage(),
        cost_usd=0.0,
        model="offline",
        abstained=abstained,
        guardrail="NONE",
    )


def verdict(answer, truth=(), **expect):
    return grade(answer, Expectation(**expect), truth).verdict


@pytest.mark.parametrize(
    ("truth", "rows", "right"),
    [
        ([(42,)], [("42",)], True),
        ([(42,)], [("FR", "42")], True),
        ([(42,)], [("43",)], False),
        ([(42,)], [("42",), ("43",)], False),
        ([(Decimal("12.345678"),)], [("12.35",)], True),
        ([(1234567.0,)], [("1234567.5",)], True),
        ([(None,)], [(None,)], True),
        ([(None,)], [("",)], False),
        ([("FR", 1), ("DE", 2)], [("DE", "2"), ("FR", "1")], True),
        ([("FR", 1), ("DE", 2)], [("DE", "1"), ("FR", "2")], False),
        ([("2026-03-01", 5)], [("2026-03-01 00:00:00.000", "5")], True),
        ([("a", "a")], [("a", "b")], False),
        ([], [("a", "b")], False),
    ],
)
def test_a_value_is_right_when_every_true_row_stands_in_the_answer(truth, rows, right):
    found = verdict(answered(rows=rows), truth, sql="SELECT 1")

    assert found == (Verdict.RIGHT if right else Verdict.WRONG)


def test_order_counts_only_when_it_belongs_to_the_answer():
    truth, rows = [("FR", 2), ("DE", 1)], [("DE", "1"), ("FR", "2")]

    assert verdict(answered(rows=rows), truth, sql="SELECT 1") == Verdict.RIGHT
    assert verdict(answered(rows=rows), truth, sql="SELECT 1", ordered=True) == Verdict.WRONG
    assert verdict(answered(rows=rows[::-1]), truth, sql="SELECT 1", ordered=True) == Verdict.RIGHT


def test_an_answer_without_a_table_has_no_value():
    found = grade(answered(), Expectation(sql="SELECT 1"), [(1,), (2,), (3,), (4,)])

    assert found.verdict == Verdict.WRONG
    assert "no table" in found.reason
    assert "and 1 more" in found.reason


@pytest.mark.parametrize(
    ("operation", "right"),
    [("athena.run_query", True), ("glue.search_tables|athena.run_query", True), ("glue.x", False)],
)
def test_the_operation_must_have_been_called(operation, right):
    assert (verdict(answered(), operation=operation) == Verdict.RIGHT) is right


@pytest.mark.parametrize(
    ("words", "right"), [(["42"], True), (["ORDERS"], True), (["x|42"], True), (["43"], False)]
)
def test_words_are_looked_for_whatever_their_case(words, right):
    assert (verdict(answered(), words=words) == Verdict.RIGHT) is right


def test_names_stand_in_the_words_or_in_a_table():
    assert verdict(answered("customers"), names=["customers"]) == Verdict.RIGHT
    assert verdict(answered(rows=[("customers", "1")]), names=["customers"]) == Verdict.RIGHT
    assert verdict(answered(), names=["customers"]) == Verdict.WRONG


def test_a_list_that_must_be_whole_holds_nothing_else():
    rows = [("customers", "1"), ("orders", "2")]

    assert verdict(answered(rows=rows), names=["customers"], only=True) == Verdict.WRONG
    assert verdict(answered(rows=rows), names=["customers", "orders"], only=True) == Verdict.RIGHT


def test_to_abstain_is_neither_right_nor_wrong_unless_it_is_expected():
    silent = answered("I cannot answer that.", abstained=True)

    assert verdict(silent, operation="athena.run_query") == Verdict.ABSTAINED
    assert verdict(silent, abstains=True) == Verdict.RIGHT
    assert verdict(answered(), abstains=True) == Verdict.WRONG
