"""Which functions are evaluated, and which are refused with a word that says why."""

import pytest

from datalfred.local.aws.athena.failures import RequestError, StatementError
from datalfred.local.aws.athena.translate.functions.refused import REFUSED
from datalfred.local.aws.athena.translate.functions.registry import (
    executed_functions,
    refused_functions,
)


def test_no_function_is_both_evaluated_and_refused():
    executed, refused = executed_functions(), refused_functions()

    assert not set(executed) & set(refused)
    assert list(executed) == sorted(executed)
    assert {"sum", "row_number", "regexp_like", "json_value", "map_zip_with"} <= set(executed)
    assert {"approx_set", "st_point", "xxhash64"} <= set(refused)


def test_the_table_of_refusals_names_nothing_that_is_evaluated():
    assert set(REFUSED) == set(refused_functions())


@pytest.mark.parametrize("name", refused_functions())
def test_a_refused_function_says_that_trino_has_it(evaluate, name):
    with pytest.raises(StatementError) as refusal:
        evaluate(f"SELECT {name}(1)")

    said = f"The function {name} exists in Trino, the embedded AWS does not evaluate it"
    assert str(refusal.value).startswith(f"NOT_SUPPORTED: line 1:8: {said}")


@pytest.mark.parametrize("name", executed_functions())
def test_an_evaluated_function_is_never_called_unknown_or_refused(evaluate, name):
    said = ""
    try:
        evaluate(f"SELECT {name}(1, 2, 3, 4, 5, 6, 7, 8, 9)")
    except (StatementError, RequestError) as failure:
        said = str(failure)

    assert "not registered" not in said
    assert "exists in Trino" not in said
