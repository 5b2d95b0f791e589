"""Loads a Lambda handler by the string that names it everywhere: template, logs, laptop."""

import importlib
from collections.abc import Callable
from typing import Any

from datalfred.errors import ConfigurationError

Handler = Callable[[dict[str, Any], Any], Any]


def load_handler(dotted: str) -> Handler:
    """The function behind ``package.module.function``.

    Raises:
        ConfigurationError: there is no such module or function.
    """
    module_name, _, function_name = dotted.rpartition(".")
    try:
        handler = getattr(importlib.import_module(module_name), function_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        raise ConfigurationError("handler", f"{dotted!r} cannot be loaded: {error}.") from error
    if not callable(handler):
        raise ConfigurationError("handler", f"{dotted!r} is no function.")
    return handler  # type: ignore[no-any-return]  # what importlib gives has no type


def handler_of(group: str) -> str:
    """The handler string of an action group's function."""
    return f"action_groups.{group}.handler.handler"


APPROVER_HANDLER = "datalfred.approvals.handler.handler"
