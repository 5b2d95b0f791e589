import pytest

from datalfred.lake.sql.guard import check
from datalfred.lake.sql.personal import personal_outputs

T = "customer.customers"


@pytest.mark.parametrize(
    ("sql", "outputs"),
    [
        (f"SELECT email, city FROM {T}", {"email"}),
        (f"SELECT * FROM {T}", {"email"}),
        (f"SELECT c.EMAIL AS contact FROM {T} c", {"contact"}),
        (f"SELECT city, lower(email) FROM {T}", {"_col1"}),
        (f"SELECT concat(city, ' ', email) AS line FROM {T}", {"line"}),
        (f"SELECT max(email) AS last FROM {T}", {"last"}),
        (f"SELECT x FROM (SELECT email AS x FROM {T})", {"x"}),
        (f"SELECT y AS z FROM (SELECT city, email FROM {T}) AS t (a, y)", {"z"}),
        (f"WITH a (p, q) AS (SELECT email, city FROM {T}) SELECT p, q FROM a", {"p"}),
        (
            f"WITH a AS (SELECT email p FROM {T}), b AS (SELECT p AS q FROM a) SELECT q r FROM b",
            {"r"},
        ),
        (f"SELECT city FROM {T} UNION SELECT email FROM {T}", {"city"}),
        (f"SELECT city FROM {T} UNION (SELECT email FROM {T})", {"city"}),
        (f"SELECT (SELECT max(email) FROM {T}) AS m", {"m"}),
        (f"SELECT CAST(ROW(email) AS ROW(x varchar)).x AS v FROM {T}", {"v"}),
        (f"SELECT count(email) AS n, count_if(email LIKE 'a%') AS m FROM {T}", set()),
        (f"SELECT approx_distinct(email) FROM {T}", set()),
        (f"SELECT city FROM {T} WHERE email IS NULL", set()),
        ("VALUES (1)", set()),
    ],
)
def test_what_is_made_of_a_personal_column_is_personal(sql, outputs):
    found = personal_outputs(check(sql).tree, ["Email"])

    assert found - {"email"} == outputs - {"email"}
    assert "email" in found


def test_without_personal_columns_nothing_is_masked():
    assert personal_outputs(check(f"SELECT email FROM {T}").tree, []) == frozenset()
