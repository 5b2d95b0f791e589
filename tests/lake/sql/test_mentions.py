import pytest
from sqlglot import exp

from datalfred.lake.sql.columns import columns_read
from datalfred.lake.sql.guard import check
from datalfred.lake.sql.mentions import RecursiveReadError, mentions

COLUMNS = frozenset({"a", "b", "c", "k", "address"})


def parsed(sql):
    return check(sql, database="d").tree


@pytest.mark.parametrize(
    ("sql", "times"),
    [
        ("SELECT * FROM t", [1]),
        ("SELECT * FROM d.t JOIN t USING (k)", [1, 1]),
        ("SELECT * FROM e.t", []),
        ("WITH x AS (SELECT a FROM t) SELECT * FROM x", [1]),
        ("WITH x AS (SELECT a FROM t) SELECT 1", []),
        ("WITH x AS (SELECT a FROM t) SELECT * FROM x p JOIN x q ON p.a = q.a", [2]),
        (
            "WITH x AS (SELECT a FROM t), y AS (SELECT p.a FROM x p, x q) SELECT * FROM y, y z",
            [4],
        ),
        ("WITH t AS (SELECT a FROM t) SELECT * FROM t, t u", [2]),
        ("SELECT * FROM (WITH x AS (TABLE t) SELECT * FROM x UNION ALL SELECT * FROM x)", [2]),
    ],
)
def test_a_table_is_read_wherever_its_common_table_is_named(sql, times):
    found = [(table.db, count) for table, count in mentions(parsed(sql)) if table.name == "t"]

    assert [count for database, count in found if database != "e"] == times


def test_how_often_a_recursion_reads_a_table_is_not_told():
    steps = "SELECT 1 UNION ALL SELECT n FROM x JOIN t ON a = n"
    sql = f"WITH RECURSIVE x(n) AS ({steps}) SELECT n FROM x"

    with pytest.raises(RecursiveReadError):
        mentions(parsed(sql))


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT a FROM t", "a"),
        ('SELECT A, "B" FROM t', "ab"),
        ("SELECT count(*) FROM t", ""),
        ("SELECT count(*), max(c) FROM t WHERE b = 1 GROUP BY a ORDER BY k", "abck"),
        ("SELECT * FROM t", "*"),
        ("TABLE t", "*"),
        ("SELECT t.* FROM t JOIN u ON t.a = u.a", "*"),
        ("SELECT u.* FROM t JOIN u ON t.a = u.b", "a"),
        ("SELECT x.*, t.b FROM t JOIN (SELECT 1 AS q) x ON true", "b"),
        ("SELECT x.* FROM (t JOIN u ON t.a = u.a) x", "*"),
        ("SELECT q FROM t JOIN u USING (k)", "k"),
        ("SELECT q FROM t NATURAL JOIN u", "*"),
        ("SELECT u.c FROM t JOIN u ON t.a = u.b", "a"),
        ("SELECT d.t.b FROM d.t", "b"),
        ("SELECT t.address.city FROM t", "+"),
        ("SELECT address.city FROM t", "+"),
        ("SELECT n FROM (SELECT a AS n FROM t) WHERE b = 1", "a"),
        ("SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.q = t.c)", "ac"),
        ("SELECT s FROM t CROSS JOIN UNNEST(c) AS v(s)", "c"),
        ("SELECT y FROM t MATCH_RECOGNIZE (MEASURES a AS y PATTERN (A) DEFINE A AS b > 1)", "*"),
    ],
)
def test_the_columns_are_those_that_the_query_may_name(sql, columns):
    tree = parsed(sql)
    mention = next(each for each in tree.find_all(exp.Table) if each.name == "t")
    wanted = {"*": COLUMNS, "+": {"address"}}.get(columns, set(columns))

    assert columns_read(mention, COLUMNS) == wanted
