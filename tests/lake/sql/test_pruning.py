import pytest
from sqlglot import exp, parse_one

from datalfred.lake.sql.pruning import pruning_of

KINDS = {"month": "string", "day": "date", "n": "int", "x": "double", "at": "timestamp"}
PARTITIONS = [
    {"month": "2026-08", "day": "2026-08-01", "n": "7", "x": "1.5", "at": "2026-08-01 00:00:00"},
    {"month": "2026-09", "day": "2026-09-01", "n": "08", "x": "5.6", "at": "2026-09-01 00:00:00"},
    {"month": "2026-10", "day": "2026-10-01", "n": "10", "x": "7", "at": "2026-10-01 00:00:00"},
]


def left(where, joined=""):
    """How many partitions a predicate leaves, and whether all of it was understood."""
    tree = parse_one(f"SELECT * FROM t {joined} WHERE {where}", dialect="athena")
    mention = next(each for each in tree.find_all(exp.Table) if each.name == "t")
    pruning = pruning_of(mention, KINDS)
    return sum(pruning.keeps(values) for values in PARTITIONS), pruning.exact


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ("month = '2026-10' OR month = '2026-08'", 2),
        ("(month = '2026-10' AND status = 'a') OR (month = '2026-08' AND status = 'b')", 2),
        ("month LIKE '2026-1%'", 1),
        ("month LIKE '2026_08'", 3),
        ("day >= DATE '2026-09-01'", 2),
        ("day BETWEEN DATE '2026-09-01' AND DATE '2026-09-30'", 1),
        ("CAST(day AS varchar) >= '2026-10'", 1),
        ("CAST(month || '' AS varchar) = 'x' OR month = '2026-10'", 3),
        ("n = 8", 1),
        ("n < 10", 2),
        ("n IN (7, 8)", 2),
        ("n <> 9007199254740993", 3),
        ("CAST(n AS bigint) = 8", 1),
        ("x > 2.5", 2),
        ("month = CAST('2026-10' AS varchar)", 1),
        ("CAST(month AS date) = DATE '2026-10-01'", 3),
    ],
)
def test_a_predicate_of_the_keys_own_kind_prunes(where, count):
    assert left(where)[0] == count


@pytest.mark.parametrize(
    "where",
    [
        "day >= TIMESTAMP '2026-09-01 00:00:01'",
        "day = DATE '2026-9-1'",
        "at >= TIMESTAMP '2026-10-01 00:00:00'",
        "CAST(n AS varchar) = '8'",
        "CAST(x AS integer) = 6",
        "month > 5",
        "day > '2026-09-01'",
        "month NOT IN ('2026-10')",
        "month NOT LIKE '2026%'",
        "substr(month, 1, 4) = '2027'",
        "month IN (SELECT max(month) FROM t)",
    ],
)
def test_a_predicate_that_may_mean_more_than_its_text_prunes_nothing_and_says_so(where):
    assert left(where) == (3, False)


def test_a_predicate_that_names_no_key_leaves_the_estimate_exact():
    assert left("status = 'x' AND month = '2026-10'") == (1, True)


def test_an_inner_joins_condition_prunes_and_an_outer_ones_does_not():
    assert left("true", "JOIN u ON t.month = '2026-10'")[0] == 1
    assert left("true", "LEFT JOIN u ON t.month = '2026-10'")[0] == 3
