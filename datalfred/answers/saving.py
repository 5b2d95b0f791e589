"""Says when a smaller model would have been cheaper, and by how much."""

from collections.abc import Callable, Mapping
from itertools import pairwise

from datalfred.answers.models import Answer
from datalfred.definitions.prices import ModelPrice, price_of, split_profile

WORTH_SAYING_USD = 0.05
"""An answer that cost less is not worth a remark."""


def suggestion(
    answer: Answer,
    models: Mapping[str, str],
    *,
    threshold_usd: float = WORTH_SAYING_USD,
    price: Callable[[str], ModelPrice | None] = price_of,
) -> str:
    """One sentence that names the saving with the next smaller size; empty when there is none.

    Args:
        answer: what was answered, with its model, usage and cost.
        models: size to model id, the largest size first.
        threshold_usd: below this cost nothing is said.
        price: the price of a model by its id; None when it is not known.
    """
    if answer.cost_usd is None or answer.cost_usd < threshold_usd:
        return ""
    profile, model = split_profile(answer.model)
    smaller = _smaller_than(model, models)
    known = price(profile + models[smaller]) if smaller else None
    if known is None:
        return ""
    would_cost = known.cost(answer.usage.input_tokens, answer.usage.output_tokens)
    saved = answer.cost_usd - would_cost
    if saved <= 0:
        return ""
    share = round(100 * saved / answer.cost_usd)
    return (
        f"This answer cost ${answer.cost_usd:.2f}; with the size {smaller} the same tokens would "
        f"have cost ${would_cost:.2f}, {share} % less."
    )


def _smaller_than(model: str, models: Mapping[str, str]) -> str:
    """The size after that of ``model``; empty when there is none or the model has no size."""
    for size, smaller in pairwise(models):
        if models[size] == model:
            return smaller
    return ""
