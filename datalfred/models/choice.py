"""Chooses the language model from the settings."""

import importlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from datalfred import clients
from datalfred.definitions.naming import SIZES
from datalfred.errors import ConfigurationError, ModelUnavailableError
from datalfred.models.abandonable import Abandonable
from datalfred.models.port import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from datalfred.settings import Settings

_MODEL_TIMEOUT_SECONDS = 300
_GEOGRAPHIES = {"ap": "apac"}


def from_settings(settings: "Settings", size: str = SIZES[0]) -> Model:
    """The model that the settings name.

    Args:
        settings: ``model``, ``model_name``, ``model_endpoint`` and ``model_api_key``.
        size: of Bedrock's models, when no ``model_name`` is set.

    Raises:
        ConfigurationError: there is no such kind of model or no such size; the message lists those
            that there are.
        ModelUnavailableError: no inference profile of the size exists.
    """
    makers: dict[str, Callable[[], Model]] = {
        "offline": _offline,
        "openai": lambda: Abandonable(_openai(settings)),
        "bedrock": lambda: Abandonable(_bedrock(settings, size)),
    }
    maker = makers.get(settings.model)
    if maker is None:
        choices = ", ".join(makers)
        raise ConfigurationError(
            "DATALFRED_MODEL", f"{settings.model!r} is no model.", hint=f"Choose one of: {choices}."
        )
    return maker()


def profile_name(settings: "Settings", size: str) -> str:
    """The name of a size's inference profile: ``{project}_{domain}_{stage}_{size}``.

    The deployment adds ``_`` and six digits of the model to it: a profile that is made anew for
    another model stands beside the old one for a moment.

    Raises:
        ConfigurationError: there is no such size.
    """
    if size not in SIZES:
        choices = ", ".join(SIZES)
        raise ConfigurationError(
            "model size", f"{size!r} is no size.", hint=f"Choose one of: {choices}."
        )
    return f"{settings.project_name}_{settings.domain_name}_{settings.stage_name}_{size}"


def profiles(settings: "Settings", client: Any) -> dict[str, dict[str, Any]]:
    """The inference profiles of the stage, by size: those that exist.

    Args:
        settings: project, domain and stage.
        client: boto3's ``bedrock``.
    """
    wanted = {profile_name(settings, size): size for size in SIZES}
    found = {}
    pages = client.get_paginator("list_inference_profiles").paginate(typeEquals="APPLICATION")
    for page in pages:
        for profile in page["inferenceProfileSummaries"]:
            name = profile["inferenceProfileName"]
            if size := wanted.get(name) or wanted.get(name.rpartition("_")[0]):
                found[size] = profile
    return {size: found[size] for size in SIZES if size in found}


def _offline() -> Model:
    # By string: the built-in model reads grammars that nothing else needs.
    module = importlib.import_module("datalfred.models.offline.model")
    model: Model = module.OfflineModel()
    return model


def _openai(settings: "Settings") -> Model:
    from datalfred.models.openai import DEFAULT_ENDPOINT, OpenAiModel  # noqa: PLC0415 -- if chosen

    if not settings.model_name:
        raise ConfigurationError(
            "DATALFRED_MODEL_NAME",
            "a server needs the name of one of its models.",
            hint="Set it to a name that the server lists, such as qwen3:8b.",
        )
    endpoint = settings.model_endpoint or DEFAULT_ENDPOINT
    if not _is_url(endpoint):
        raise ConfigurationError(
            "DATALFRED_MODEL_ENDPOINT",
            f"{endpoint!r} is no URL of a server.",
            hint=f"Set it to one such as {DEFAULT_ENDPOINT}.",
        )
    return OpenAiModel(
        endpoint,
        settings.model_name,
        api_key=settings.model_api_key,
    )


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port beyond 65535, an open bracket
        return False


def _bedrock(settings: "Settings", size: str) -> Model:
    from datalfred.models.bedrock import BedrockModel  # noqa: PLC0415 -- if chosen

    runtime = clients.client("bedrock-runtime", read_timeout=_MODEL_TIMEOUT_SECONDS)
    if settings.model_name:
        return BedrockModel(runtime, settings.model_name)
    name = profile_name(settings, size)
    available = profiles(settings, clients.client("bedrock"))
    if size not in available:
        others = ", ".join(available) or "none"
        raise ModelUnavailableError(
            f"The size {size} is not deployed: there is no inference profile {name}.",
            hint=f"Available sizes: {others}.",
        )
    profile = available[size]
    return BedrockModel(runtime, profile["inferenceProfileArn"], name=_priced_name(profile))


def _priced_name(profile: dict[str, Any]) -> str:
    """The model id of a profile, with the prefix of a geography where that changes the price."""
    arns = [model["modelArn"] for model in profile["models"]]
    model = arns[0].rpartition("/")[2]
    regions = {arn.split(":")[3] for arn in arns}
    if len(regions) == 1 or "" in regions:  # one region, or all of them: the price of the model
        return str(model)
    continent = min(regions).partition("-")[0]
    return f"{_GEOGRAPHIES.get(continent, continent)}.{model}"
