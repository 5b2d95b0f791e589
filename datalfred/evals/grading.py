"""Grades an answer on the operation that was called and on the value, never on prose."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from datalfred.answers.models import Answer
from datalfred.evals.cases import Expectation

_TOLERANCE = 1e-6
_ROUNDED = 0.006
"""Answers may round to cents; a reference average may not."""


class Verdict(StrEnum):
    """How an answer did."""

    RIGHT = "right"
    ABSTAINED = "abstained"
    WRONG = "wrong"


@dataclass(frozen=True)
class Grade:
    """A verdict and, unless right, what was missing."""

    verdict: Verdict
    reason: str = ""


def grade(answer: Answer, expect: Expectation, truth: Sequence[Sequence[Any]]) -> Grade:
    """Holds an answer against what was expected.

    Args:
        answer: what came back.
        expect: what a right answer must show.
        truth: the rows of ``expect.sql``; empty when there is none.
    """
    if expect.abstains:
        verdict = Verdict.RIGHT if answer.abstained else Verdict.WRONG
        return Grade(verdict, "" if answer.abstained else "answered what cannot be answered")
    if answer.abstained:
        return Grade(Verdict.ABSTAINED, answer.answer)
    for problem in (
        _operation_problem(answer, expect),
        _value_problem(answer, expect, truth),
        _names_problem(answer, expect),
        _words_problem(answer, expect),
    ):
        if problem:
            return Grade(Verdict.WRONG, problem)
    return Grade(Verdict.RIGHT)


def _operation_problem(answer: Answer, expect: Expectation) -> str:
    called = {f"{each.action_group}.{each.operation}" for each in answer.operations}
    if expect.operation and not called & set(expect.operation.split("|")):
        return f"called {sorted(called)}, not {expect.operation}"
    return ""


def _value_problem(answer: Answer, expect: Expectation, truth: Sequence[Sequence[Any]]) -> str:
    if not expect.sql:
        return ""
    results = [table.rows for table in answer.tables]
    if any(_rows_match(truth, rows, ordered=expect.ordered) for rows in results):
        return ""
    return f"expected {_short(truth)}, got {_short(results[-1]) if results else 'no table'}"


def _names_problem(answer: Answer, expect: Expectation) -> str:
    cells = {str(cell) for table in answer.tables for row in table.rows for cell in row}
    missing = [name for name in expect.names if name not in cells and name not in answer.answer]
    if missing:
        return f"does not name {missing}"
    if expect.only and answer.tables:
        listed = {str(row[0]) for row in answer.tables[-1].rows}
        if listed - set(expect.names):
            return f"also names {sorted(listed - set(expect.names))}"
    return ""


def _words_problem(answer: Answer, expect: Expectation) -> str:
    said = answer.answer.lower()
    missing = [w for w in expect.words if not any(each in said for each in w.lower().split("|"))]
    return f"does not say {missing}" if missing else ""


def _rows_match(
    truth: Sequence[Sequence[Any]], rows: Sequence[Sequence[str | None]], *, ordered: bool
) -> bool:
    """Every true row stands in the answer, each with all its values; further columns may."""
    if len(truth) != len(rows):
        return False
    if ordered:
        return all(_row_matches(true, row) for true, row in zip(truth, rows, strict=True))
    left = list(rows)
    for true in truth:
        match = next((row for row in left if _row_matches(true, row)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _row_matches(true: Sequence[Any], row: Sequence[str | None]) -> bool:
    cells = list(row)
    for value in true:
        match = next((index for index, cell in enumerate(cells) if _same(value, cell)), None)
        if match is None:
            return False
        cells.pop(match)
    return True


def _same(value: Any, cell: str | None) -> bool:
    if value is None or cell is None:
        return value is None and cell is None
    try:
        expected, actual = float(value), float(cell)
    except (TypeError, ValueError):
        return str(value).strip() == cell.strip() or cell.startswith(str(value))
    return math.isclose(expected, actual, rel_tol=_TOLERANCE, abs_tol=_ROUNDED)


def _short(rows: Sequence[Sequence[Any]]) -> str:
    text = str([tuple(str(cell) for cell in row) for row in rows[:3]])
    return text if len(rows) <= 3 else f"{text} and {len(rows) - 3} more"  # noqa: PLR2004 -- as many as are shown
