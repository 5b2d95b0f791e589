"""What is wrong with a definition, in the words of Step Functions.

moto's interpreter reads the grammar; it does not see that a state leads nowhere.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.local.aws.faults import FaultError

_FINAL = {"Succeed", "Fail"}


def check(definition: str) -> None:
    """Finds transitions without a target.

    Args:
        definition: Amazon States Language.

    Raises:
        FaultError: ``InvalidDefinition``, with every problem and where it is.
    """
    try:
        machine = json.loads(definition)
    except ValueError as problem:
        raise _invalid([f"INVALID_JSON_DESCRIPTION: {problem}"]) from None
    if not isinstance(machine, dict):
        raise _invalid(["SCHEMA_VALIDATION_FAILED: the definition is not an object at /"])
    problems = list(_machine(machine, ""))
    if problems:
        raise _invalid(problems)


def _invalid(problems: list[str]) -> FaultError:
    text = ", ".join(f"'{problem}'" for problem in problems)
    return FaultError("InvalidDefinition", f"Invalid State Machine Definition: {text}")


def _machine(machine: Mapping[str, Any], path: str) -> Iterator[str]:
    states = machine.get("States")
    if not isinstance(states, dict) or not states:
        yield f"SCHEMA_VALIDATION_FAILED: Missing 'States' at {path or '/'}"
        return
    if machine.get("StartAt") not in states:
        target = machine.get("StartAt")
        yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {path}/StartAt"
    for name, state in states.items():
        yield from _state(state, states, f"{path}/States/{name}")


def _state(state: Mapping[str, Any], states: Mapping[str, Any], path: str) -> Iterator[str]:
    for where, target in _targets(state):
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {path}{where}"
    kind = state.get("Type")
    if kind != "Choice" and kind not in _FINAL and not ({"Next", "End"} & state.keys()):
        yield f"SCHEMA_VALIDATION_FAILED: neither 'Next' nor 'End' is there at {path}"
    for number, branch in enumerate(state.get("Branches", [])):
        yield from _machine(branch, f"{path}/Branches[{number}]")
    for name in ("Iterator", "ItemProcessor"):
        if name in state:
            yield from _machine(state[name], f"{path}/{name}")


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the state leads, and at which place of it that is said."""
    for name in ("Next", "Default"):
        if name in state:
            yield f"/{name}", state[name]
    for name in ("Choices", "Catch"):
        for number, item in enumerate(state.get(name, [])):
            if "Next" in item:
                yield f"/{name}[{number}]/Next", item["Next"]
