"""Trino's meaning, case by case: values, types and failures that its documentation gives.

A file of expressions is a list of groups; each names the ``source`` of its ``cases``: a page of
Trino's documentation with its anchor, or a class of Trino's own tests.
"""

import re
from pathlib import Path

import pytest
import yaml

from datalfred.local.aws.athena.failures import StatementError

_FOLDER = Path(__file__).parent / "cases"
_EXPRESSIONS = (
    *("numbers", "casts", "text", "moments", "collections", "documents", "conditions"),
    *(
        "refusals",
        "functions",
        "trino_text",
        "trino_numbers",
        "trino_moments",
        "trino_collections",
        "trino_documents",
    ),
)
_SOURCE = re.compile(
    r"https://trino\.io/docs/current/(functions|language|sql)/[a-z-]+\.html#[a-z0-9_-]+"
    r"|io\.trino\.[a-z.]+\.(Abstract)?Test\w+"
)


def _read(file):
    return yaml.safe_load((_FOLDER / f"{file}.yaml").read_text(encoding="utf-8"))


def _named(file, case):
    return pytest.param(case, id=f"{file}: {case['sql'][:90]}")


def _sourced(*files):
    """The cases of some files; a group that names no source of Trino's is refused."""
    found = []
    for file in files:
        for group in _read(file):
            unsourced = set(group) != {"source", "cases"} or not _SOURCE.fullmatch(group["source"])
            if unsourced or not group["cases"]:
                pytest.fail(f"{file}.yaml: a group of cases without a source of Trino's: {group}")
            found += [_named(file, case) for case in group["cases"]]
    return found


def _fails(evaluate, sql, expected):
    with pytest.raises(StatementError) as failure:
        evaluate(sql)
    assert str(failure.value).startswith(expected)


@pytest.mark.parametrize("case", _sourced(*_EXPRESSIONS))
def test_an_expression_has_trinos_value_and_type(evaluate, case):
    if "error" in case:
        _fails(evaluate, f"SELECT {case['sql']}", case["error"])
        return

    rows, columns = evaluate(f"SELECT {case['sql']}")

    assert rows == [(case["value"],)]
    assert str(columns[0][1]) == case["type"]


@pytest.mark.parametrize("case", _sourced("queries"))
def test_a_query_has_trinos_rows_and_names(evaluate, case):
    if "error" in case or "refused" in case:
        _fails(evaluate, case["sql"], case.get("error", "NOT_SUPPORTED"))
        return

    rows, columns = evaluate(case["sql"])

    assert rows == [tuple(row) for row in case["rows"]]
    if "names" in case:
        assert [name for name, _ in columns] == case["names"]


@pytest.mark.parametrize("case", _sourced("failures"))
def test_a_query_fails_as_trino_fails_it_or_is_refused(evaluate, case):
    _fails(evaluate, case["sql"], case["error"])
