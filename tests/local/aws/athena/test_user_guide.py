"""Queries in the form of Athena's user guide, where its dialect is not Trino's alone."""

import pytest

from datalfred.local.aws.athena.failures import RequestError

_HEADERS = "ARRAY[CAST(ROW('Host', 'a') AS ROW(name varchar, value varchar)), NULL]"


def test_an_array_of_rows_is_unnested_as_rows_under_one_name_and_as_columns_under_many(evaluate):
    # https://docs.aws.amazon.com/athena/latest/ug/query-examples-waf-logs.html
    one, _ = evaluate(
        f"SELECT header.name, header FROM (VALUES {_HEADERS}) l(headers) "
        "CROSS JOIN UNNEST(headers) AS t(header)"
    )
    many, _ = evaluate(
        f"SELECT name, value, n FROM (VALUES {_HEADERS}) l(headers) "
        "CROSS JOIN UNNEST(headers) WITH ORDINALITY AS t(name, value, n)"
    )

    assert one == [("Host", "{name=Host, value=a}"), (None, None)]
    assert many == [("Host", "a", "1"), (None, None, "2")]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("json_exists('{}', 'lax $.a' FALSE ON ERROR)", "json_exists with ERROR"),
        ("json_query('{}', 'lax $' WITH CONDITIONAL ARRAY WRAPPER)", "json_query with CONDITIONAL"),
    ],
)
def test_clauses_of_json_functions_that_are_not_read_are_refused_by_name(evaluate, call, said):
    # https://trino.io/docs/current/functions/json.html#json-exists and #json-query
    with pytest.raises(RequestError, match=f"^{said} is not supported by the embedded Athena"):
        evaluate(f"SELECT {call}")
