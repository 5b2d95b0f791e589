"""Partition expressions: what each keeps of six partitions."""

import pytest

from datalfred.local.aws.glue.expressions import ExpressionError, compile_expression

KEYS = {
    "dt": "date",
    "country": "string",
    "hour": "int",
    "price": "decimal(10,2)",
    "at": "timestamp",
}
PARTITIONS = [
    {"dt": f"2025-01-0{n}", "country": country, "hour": str(n + 7), "price": f"{n}.50", "at": "x"}
    for n, country in enumerate(["FR", "DE", "FR", "it's", "__HIVE_DEFAULT_PARTITION__", "D_E"], 1)
]


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("", "123456"),
        ("dt = '2025-01-03'", "3"),
        ("dt = date '2025-01-03'", "3"),
        ("DT >= DATE '2025-01-04' AND dt < date '2025-01-06'", "45"),
        ("dt between '2025-01-02' and '2025-01-04'", "234"),
        ("dt not between '2025-01-02' and '2025-01-05'", "16"),
        ("not dt = '2025-01-03'", "12456"),
        ("country in ('FR', 'DE')", "123"),
        ("country not in ('FR')", "246"),
        ("country <> 'FR'", "246"),
        ("country != 'FR'", "246"),
        ("country is null", "5"),
        ("country is not null", "12346"),
        ("country = 'it''s'", "4"),
        ('country = "FR"', "13"),
        ("country like 'F%'", "13"),
        ("country like 'D_E'", "6"),
        ("country not like '%E'", "134"),
        ("hour > 9 and hour <= 12", "345"),
        ("hour = '8' or hour = 9", "12"),
        ("hour in (8, 13)", "16"),
        ("(hour = 8 or hour = 9) and country = 'DE'", "2"),
        ("hour = 8 or hour = 9 and country = 'FR'", "1"),
        ("price < 2.5", "1"),
        ("price = 2.50", "2"),
        ("`hour` > 12", "6"),
        ("at = timestamp 'x'", "123456"),
    ],
)
def test_an_expression_keeps_its_partitions(expression, days):
    holds = compile_expression(expression, KEYS)

    assert "".join(p["dt"][-1] for p in PARTITIONS if holds(p)) == days


@pytest.mark.parametrize(
    "expression",
    [
        "amount = 1",
        "dt =",
        "dt",
        "dt = country",
        "dt = '2025-01-01' and",
        "dt = '1' dt = '2'",
        "(dt = '1'",
        "hour = 'x'",
        "hour like '1%'",
        "country like 5",
        "country in 'FR'",
        "country in ('FR'",
        "country between 'A' or 'B'",
        "country is 5",
        "country not 5",
        "upper(country) = 'FR'",
        "country ~ 'FR'",
        "'FR' = country",
    ],
)
def test_an_expression_that_glue_would_refuse_is_refused(expression):
    with pytest.raises(ExpressionError) as caught:
        compile_expression(expression, KEYS)

    assert str(caught.value)


def test_a_key_of_a_type_that_cannot_be_filtered_by_is_refused():
    with pytest.raises(ExpressionError, match="array"):
        compile_expression("tags = 'a'", {"tags": "array<string>"})
