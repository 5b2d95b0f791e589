"""Queries in the form of Athena's user guide, where its dialect is not Trino's alone."""

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
