import pytest

from datalfred.definitions.prices import athena_bytes, athena_cost, dated, insights_cost, price_of


def test_a_model_costs_what_its_tokens_cost():
    price = price_of("anthropic.claude-haiku-4-5-20251001-v1:0")

    assert pytest.approx(1.0 + 0.5) == price.cost(1_000_000, 100_000)


def test_a_geographic_profile_of_a_newer_model_costs_a_tenth_more_and_a_global_one_does_not():
    base = price_of("anthropic.claude-sonnet-4-6").input_usd_per_million

    assert (
        pytest.approx(base * 1.1)
        == price_of("eu.anthropic.claude-sonnet-4-6").input_usd_per_million
    )
    assert base == price_of("global.anthropic.claude-sonnet-4-6").input_usd_per_million
    assert pytest.approx(0.8) == price_of("us.amazon.nova-pro-v1:0").input_usd_per_million


def test_an_unknown_model_has_no_price():
    assert price_of("somebody.else-1") is None


def test_output_costs_more_than_input_for_every_model():
    for model in ("anthropic.claude-sonnet-4-6", "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"):
        price = price_of(model)
        assert price.output_usd_per_million > price.input_usd_per_million


def test_the_built_in_model_is_free():
    assert price_of("offline").cost(10_000, 10_000) == 0.0


def test_athena_bills_at_least_ten_megabytes_unless_nothing_was_scanned():
    assert athena_cost(0) == 0.0
    assert athena_cost(1) == athena_cost(10 * 1024**2)
    assert pytest.approx(5.0) == athena_cost(1024**4)


def test_athena_bills_whole_megabytes():
    assert athena_cost(20 * 1024**2 + 1) == athena_cost(21 * 1024**2)


def test_insights_bills_by_the_gigabyte():
    assert pytest.approx(0.005) == insights_cost(1024**3)


def test_prices_are_dated():
    assert dated() == "2026-11-20"


def test_a_budget_buys_as_many_bytes_as_they_cost():
    assert athena_cost(athena_bytes(5.0)) == pytest.approx(5.0)
