"""Compares what Athena answered with what the reference evaluates."""

from dataclasses import dataclass

from tests.support.trino_reference.nodes import ANY_ORDER, EAGER, LAZY
from tests.support.trino_reference.queries import Query
from tests.support.trino_reference.values import TrinoError, text

RIGHT, REFUSED, FAILED, UNDECIDED = "right", "refused", "failed as it must", "undecided"


@dataclass(frozen=True)
class Answer:
    """What came back: rows and types, or a failure."""

    rows: list
    types: list
    failure: str = ""


def verdict(query: Query, answer: Answer) -> str:
    """One of the four words, or what is wrong.

    Undecided is an error of a row that an engine may evaluate or not: Trino does not say whether
    it computes what a condition, an outer side or an unused branch makes unnecessary.
    """
    rows, code = _evaluated(query, LAZY)
    if answer.failure:
        return _judged_failure(query, answer.failure, code)
    if code:
        rows, code = _evaluated(query, ANY_ORDER)
        if code:
            skipped = any(word in query.sql for word in ("INTERSECT", "EXCEPT", "HAVING"))
            return UNDECIDED if skipped else f"no {code}, but {answer.rows}"
    wanted_types = [str(kind) for kind in query.types]
    if answer.types != wanted_types:
        return f"types {answer.types}, not {wanted_types}"
    found = [_plain(row, query.types) for row in answer.rows]
    wanted = [_plain([text(value) for value in row], query.types) for row in rows]
    if not query.ordered:
        found, wanted = sorted(found, key=_place), sorted(wanted, key=_place)
    return RIGHT if found == wanted else f"rows {found}, not {wanted}"


def _evaluated(query, mode):
    try:
        return query.run(mode), ""
    except TrinoError as error:
        return [], error.code


def _judged_failure(query, failure, code):
    if failure.startswith("NOT_SUPPORTED"):
        return REFUSED
    if not failure.startswith(_OF_ROWS):
        return f"failed: {failure}"
    if code:
        return FAILED
    # A join may test half of its condition on rows that find no partner.
    possible = _evaluated(query, EAGER)[1] or " JOIN " in query.sql
    return UNDECIDED if possible else f"failed: {failure}"


_OF_ROWS = (
    "DIVISION_BY_ZERO",
    "INVALID_CAST_ARGUMENT",
    "INVALID_FUNCTION_ARGUMENT",
    "NUMERIC_VALUE_OUT_OF_RANGE",
)


def _plain(row, types):
    """Doubles with nine digits and one zero: their sums depend on the order of rows."""
    return tuple(
        f"{float(cell) + 0.0:.9g}" if cell is not None and kind.name == "double" else cell
        for cell, kind in zip(row, types, strict=True)
    )


def _place(row):
    return [(cell is None, cell or "") for cell in row]
