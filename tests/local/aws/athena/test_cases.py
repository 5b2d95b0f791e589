"""Trino's meaning, case by case: values, types and failures that its documentation gives."""

from pathlib import Path

import pytest
import yaml

from datalfred.local.aws.athena.failures import StatementError

_FOLDER = Path(__file__).parent / "cases"
_EXPRESSIONS = ("numbers", "casts", "text", "moments", "collections", "documents", "conditions")


def _cases(*files):
    return [
        pytest.param(case, id=f"{file}: {case['sql'][:90]}")
        for file in files
        for case in yaml.safe_load((_FOLDER / f"{file}.yaml").read_text(encoding="utf-8"))
    ]


def _fails(evaluate, sql, expected):
    with pytest.raises(StatementError) as failure:
        evaluate(sql)
    assert str(failure.value).startswith(expected)


@pytest.mark.parametrize("case", _cases(*_EXPRESSIONS))
def test_an_expression_has_trinos_value_and_type(evaluate, case):
    if "error" in case:
        _fails(evaluate, f"SELECT {case['sql']}", case["error"])
        return

    rows, columns = evaluate(f"SELECT {case['sql']}")

    assert rows == [(case["value"],)]
    assert str(columns[0][1]) == case["type"]


@pytest.mark.parametrize("case", _cases("queries"))
def test_a_query_has_trinos_rows_and_names(evaluate, case):
    if "error" in case or "refused" in case:
        _fails(evaluate, case["sql"], case.get("error", "NOT_SUPPORTED"))
        return

    rows, columns = evaluate(case["sql"])

    assert rows == [tuple(row) for row in case["rows"]]
    if "names" in case:
        assert [name for name, _ in columns] == case["names"]


@pytest.mark.parametrize("case", _cases("failures"))
def test_a_query_fails_as_trino_fails_it_or_is_refused(evaluate, case):
    _fails(evaluate, case["sql"], case["error"])
