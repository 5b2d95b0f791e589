"""The functions behind the agents: there, of this handler, role and environment."""

from collections.abc import Mapping
from typing import Any

from datalfred import settings
from datalfred.cli.doctor.stage import Stage
from datalfred.definitions.functions import function_environment
from datalfred.definitions.handlers import APPROVER_HANDLER, handler_of
from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import APPROVER
from datalfred.errors import ConfigurationError, OperatorError, UnavailableError

_ABSENT = ("ResourceNotFoundException",)
_DECIDED = {"DATALFRED_SEMANTICS_URI"}
"""Variables whose values a stage decides."""


def in_order(stage: Stage, what: str) -> str:
    """Whether a function is what the deployment makes of it.

    Raises:
        OperatorError: it is not there, or something about it differs.
    """
    found, name = configuration(stage, what), stage.name(what)
    if problem := _problem(stage, what, found):
        raise OperatorError(
            f"The function {name} {problem}",
            hint=f"Deploy it again: make deploy STAGE={stage.stage}.",
        )
    return f"{name} runs {found['Handler']}"


def configuration(stage: Stage, what: str) -> Mapping[str, Any]:
    """What Lambda says of a function.

    Raises:
        OperatorError: there is no such function.
    """
    name = stage.name(what)
    arn = stage.account.arn("lambda", f"function:{name}")
    found = stage.account.find(
        "lambda", "get_function_configuration", arn, _ABSENT, FunctionName=name
    )
    if found is None:
        raise OperatorError(
            f"There is no function {name} in {stage.account.bedrock_region}.",
            hint=f"Deploy it: make deploy STAGE={stage.stage}.",
        )
    return found


def chosen_by(stage: Stage, what: str) -> settings.Settings:
    """The settings that a function reads from its environment.

    Raises:
        OperatorError: there is no such function, or its environment cannot be read.
    """
    with settings.using(_variables(configuration(stage, what))):
        return settings.load()


def _problem(stage: Stage, what: str, found: Mapping[str, Any]) -> str:
    handler = APPROVER_HANDLER if what == APPROVER else handler_of(what)
    role = role_name(stage.project, stage.stage, what)
    if found.get("State", "Active") in {"Failed", "Inactive"} or (
        found.get("LastUpdateStatus") == "Failed"
    ):
        why = found.get("LastUpdateStatusReason") or found.get("StateReason") or ""
        return f"is out of order. {why}".strip()
    if found["Handler"] != handler:
        return f"runs {found['Handler']}, not {handler}."
    if found["Role"].rpartition("/")[2] != role:
        return f"has the role {found['Role']}, not {role}."
    return _problem_of_variables(stage, _variables(found))


def _problem_of_variables(stage: Stage, variables: Mapping[str, str]) -> str:
    expected = function_environment(stage.project, stage.stage)
    missing = [name for name in expected if name not in variables]
    if missing:
        return f"lacks the variables {', '.join(missing)}."
    for name, value in expected.items():
        if name not in _DECIDED and variables[name] != value:
            return f"has {name} {variables[name]!r}, not {value!r}."
    try:
        with settings.using(variables):
            settings.load()
    except ConfigurationError as error:
        return f"cannot read its settings: {error.message}"
    return ""


def _variables(found: Mapping[str, Any]) -> dict[str, str]:
    hidden = found.get("Environment", {}).get("Error")
    if hidden:  # it is encrypted with a key that whoever asks may not use
        raise UnavailableError(
            f"The environment of {found['FunctionName']} cannot be read: {hidden.get('Message')}",
            hint="Allow kms:Decrypt with the key of its environment to whoever asks.",
        )
    return dict(found.get("Environment", {}).get("Variables", {}))
