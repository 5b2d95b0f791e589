"""Dated prices. What has no price here costs an unknown amount, never nothing."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_TERABYTE = 1024**4
_GIGABYTE = 1024**3
_MEGABYTE = 1024**2
_SMALLEST_CUTOFF = 10_000_000
"""Athena takes no smaller ``BytesScannedCutoffPerQuery``."""
_PROFILES = ("eu.", "us.", "apac.", "au.", "jp.", "global.")


@dataclass(frozen=True)
class ModelPrice:
    """US dollars for a million tokens."""

    input_usd_per_million: float
    output_usd_per_million: float

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars for that many tokens."""
        spent = input_tokens * self.input_usd_per_million
        return (spent + output_tokens * self.output_usd_per_million) / 1_000_000


@cache
def _prices() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "prices.json").read_text("utf-8"))  # type: ignore[no-any-return]  # JSON has no type


def dated() -> str:
    """The day the prices were read, ISO 8601."""
    return str(_prices()["as_of"])


def price_of(model_id: str) -> ModelPrice | None:
    """The price of a model or of an inference profile of it; None when it is not known.

    Args:
        model_id: a model id, or one with the prefix of its inference profile, such as
            ``eu.anthropic.claude-sonnet-4-6``; geographic profiles of the newer models cost more.
    """
    prefix, base = split_profile(model_id)
    price = _prices()["models_per_million_tokens"].get(base)
    if price is None:
        return None
    surcharge = _prices()["regional_profile_surcharge"]
    dearer = prefix not in {"", "global."} and base in surcharge["models"]
    factor = surcharge["factor"] if dearer else 1.0
    return ModelPrice(price["input"] * factor, price["output"] * factor)


def split_profile(model_id: str) -> tuple[str, str]:
    """The prefix of an inference profile (``eu.``; empty for none) and the model id behind it."""
    prefix = next((each for each in _PROFILES if model_id.startswith(each)), "")
    return prefix, model_id.removeprefix(prefix)


def service_price(what: str) -> float:
    """US dollars for one unit of what a stage is billed for besides models and queries.

    Args:
        what: its name among the ``services`` of ``prices.json``, which ends in the unit.
    """
    return float(_prices()["services"][what]["usd"])


def service_prices() -> dict[str, tuple[float, str]]:
    """Each of these prices with its source, by name."""
    services = _prices()["services"]
    return {what: (each["usd"], each["source"]) for what, each in services.items()}


def athena_cost(bytes_scanned: int) -> float:
    """US dollars of one Athena query: whole megabytes, rounded up, and at least the minimum.

    Source: https://aws.amazon.com/athena/pricing/
    """
    athena = _prices()["athena"]
    whole = -(-bytes_scanned // _MEGABYTE) * _MEGABYTE
    billed = max(whole, athena["minimum_bytes"]) if bytes_scanned else 0
    return float(billed / _TERABYTE * athena["usd_per_terabyte"])


def athena_bytes(usd: float) -> int:
    """The bytes that one Athena query reads for that many US dollars."""
    return int(usd / _prices()["athena"]["usd_per_terabyte"] * _TERABYTE)


def cutoff_bytes(usd: float) -> int:
    """The ``BytesScannedCutoffPerQuery`` of a workgroup whose queries may cost that much."""
    return max(_SMALLEST_CUTOFF, athena_bytes(usd))


def insights_cost(bytes_scanned: int) -> float:
    """US dollars of one Logs Insights query."""
    return float(bytes_scanned / _GIGABYTE * _prices()["logs_insights"]["usd_per_gigabyte"])
