import pytest

from datalfred.definitions.naming import SIZES
from datalfred.definitions.prices import price_of
from datalfred.definitions.sizes import default_models
from datalfred.errors import ConfigurationError


@pytest.fixture(autouse=True)
def forget():
    default_models.cache_clear()
    yield
    default_models.cache_clear()


def test_each_size_has_a_model_with_a_known_price():
    models = default_models()

    assert tuple(models) == SIZES
    assert all(price_of(model) for model in models.values())


def test_a_smaller_size_costs_less():
    costs = [price_of(model).cost(1_000_000, 100_000) for model in default_models().values()]

    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("large: [", "cannot be read"), ("huge: x", "other sizes"), ("- large", "other sizes")],
)
def test_a_wrong_file_of_sizes_is_refused(tmp_path, monkeypatch, text, problem):
    (tmp_path / "sizes.yaml").write_text(text, "utf-8")
    monkeypatch.setattr("datalfred.definitions.sizes.content_folder", lambda _name: tmp_path)

    with pytest.raises(ConfigurationError, match=problem):
        default_models()
