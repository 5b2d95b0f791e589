import math

import pytest

from datalfred.cli.costs_page import SCALES, costs_page
from datalfred.definitions import costs
from datalfred.definitions.costs import Usage
from datalfred.definitions.prices import dated, service_prices

MODELS = costs.european_models()


def test_a_question_costs_its_tokens_at_the_price_of_the_regional_profile():
    usage = Usage(1, input_tokens=1_000_000, output_tokens=100_000)

    assert costs.question_cost(usage, MODELS["medium"]) == pytest.approx((1.0 + 0.5) * 1.1)
    assert costs.question_cost(usage, MODELS["small"]) == pytest.approx(0.8 + 0.32)


def test_each_service_is_paid_for_what_the_usage_takes_of_it():
    usage = Usage(
        questions_per_day=10,
        operations=2,
        operation_gigabyte_seconds=3.0,
        query_share=0.25,
        query_bytes=1024**4,
        guardrail_text_units=5,
        log_bytes=1024**3,
    )

    paid = costs.variable_costs(usage, MODELS["medium"])

    assert paid["Athena"] == pytest.approx(300 * 0.25 * 5.0)
    assert paid["Lambda"] == pytest.approx(300 * 2 * (0.2e-6 + 3 * 0.0000133334))
    assert paid["guardrail"] == pytest.approx(300 * 5 * 0.00015)
    assert paid["CloudWatch Logs"] == pytest.approx(300 * 0.50)
    assert paid["DynamoDB"] == pytest.approx(300 * 2 * 0.75e-6)
    assert paid["KMS"] == pytest.approx(300 * 2 * 3e-6)
    assert paid["model"] == pytest.approx(300 * costs.question_cost(usage, MODELS["medium"]))


def test_a_smaller_size_never_costs_more():
    totals = [costs.total(Usage(1_000), model) for model in MODELS.values()]

    assert list(MODELS) == ["large", "medium", "small"]
    assert totals == sorted(totals, reverse=True)


def test_what_questions_cost_grows_with_them_and_what_is_fixed_does_not():
    model = MODELS["large"]
    fixed = sum(costs.fixed_costs().values())
    one, ten = (costs.total(Usage(scale), model) - fixed for scale in (1_000, 10_000))

    assert ten == pytest.approx(10 * one)
    assert costs.total(Usage(0), model) == pytest.approx(fixed)


def test_a_knowledge_base_costs_by_use_and_not_by_the_hour():
    model = MODELS["medium"]
    added = costs.total(Usage(1_000), model, knowledge=True) - costs.total(Usage(1_000), model)

    assert added == pytest.approx(sum(costs.knowledge_costs(Usage(1_000), model).values()))
    idle = costs.total(Usage(0), model, knowledge=True) - costs.total(Usage(0), model)
    assert idle < 0.10


def test_a_classic_collection_costs_hundreds_before_the_first_question():
    assert 340 < costs.classic_floor() < 351


def test_a_model_without_a_price_makes_the_total_unknown_instead_of_small():
    assert math.isnan(costs.total(Usage(50), "somebody.else-1"))
    assert math.isnan(costs.total(Usage(50), "somebody.else-1", knowledge=True))


def test_every_price_is_positive_and_names_its_source():
    for what, (usd, source) in service_prices().items():
        assert usd > 0, what
        assert "price list" in source, what


def test_the_page_is_dated_and_shows_every_scale_size_price_and_assumption():
    page = costs_page()

    assert f"Prices of {dated()}" in page
    for scale in SCALES:
        assert f"\n| {scale:,} | $" in page
    for size, model in MODELS.items():
        assert f"| {size} | `{model}` |" in page
    for what in service_prices():
        assert f"| {what.replace('_', ' ')} |" in page
    for name in Usage.__dataclass_fields__:
        assert name == "questions_per_day" or f"| {name.replace('_', ' ')} |" in page
    assert "nan" not in page


def test_a_figure_of_the_page_is_what_the_functions_say():
    total = costs.total(Usage(1_000), MODELS["large"])

    assert f"| 1,000 | ${total:,.0f} |" in costs_page()
