"""Which model answers for each size of team, by default: ``agents/sizes.yaml``."""

from functools import cache
from typing import Any

from datalfred.definitions.content import content_folder
from datalfred.definitions.naming import SIZES
from datalfred.errors import ConfigurationError


@cache
def default_models() -> dict[str, str]:
    """Size to model id, the most capable first.

    Raises:
        ConfigurationError: the file cannot be read, or does not name each size once.
    """
    import yaml  # noqa: PLC0415 -- a Lambda never asks for sizes and never reads YAML

    path = content_folder("agents") / "sizes.yaml"
    try:
        models: Any = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigurationError(str(path), f"cannot be read: {error}.") from error
    if not isinstance(models, dict) or tuple(models) != SIZES:
        raise ConfigurationError(str(path), f"names other sizes than {', '.join(SIZES)}.")
    return {size: str(model) for size, model in models.items()}
