"""What is wrong with a definition, in the words of Step Functions.

moto's interpreter reads the grammar; it does not see that a state leads nowhere or is never
reached, or that an EXPRESS machine waits for a job. What AWS runs and nobody here does is refused
by name, never run otherwise.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.stepfunctions.sdk_calls import boto_name

_FINAL = {"Succeed", "Fail"}


_ITEM_FORMATS = {"CSV", "JSON"}
_ITEM_SOURCES = ("s3:getObject", "s3:listObjectsV2")
_RUN = {
    *("athena", "aws-sdk", "dynamodb", "ecs", "elasticmapreduce", "emr-serverless"),
    *("events", "glue", "lambda", "sns", "sqs", "states"),
}
_NOT_RUN = {
    *("apigateway", "batch", "bedrock", "codebuild", "databrew", "eks", "emr-containers", "http"),
    *("mediaconvert", "sagemaker"),
}
"""Optimized integrations of AWS that nobody here answers."""
_WAITING = (".sync", ".sync:2", ".waitForTaskToken")


def check(definition: str, kind: str = "STANDARD") -> None:
    """Finds what is wrong with a definition.

    Args:
        definition: Amazon States Language.
        kind: STANDARD or EXPRESS.

    Raises:
        FaultError: ``InvalidDefinition``, with every problem and where it is; or
            ``NotImplementedException`` for what AWS would run.
    """
    try:
        machine = json.loads(definition)
    except ValueError as problem:
        raise _invalid([f"INVALID_JSON_DESCRIPTION: {problem}"]) from None
    if not isinstance(machine, dict):
        raise _invalid(["SCHEMA_VALIDATION_FAILED: the definition is not an object at /"])
    problems = list(_no_objects(machine, "")) or list(_machine(machine, ""))
    problems += [] if kind == "STANDARD" else list(_too_slow(machine, ""))
    if problems:
        raise _invalid(problems)
    for what in _not_run(machine, ""):
        raise FaultError("NotImplementedException", f"The embedded AWS does not run {what}.")


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
    if machine.get("StartAt") in states:
        for name in sorted(states.keys() - _reached(states, machine["StartAt"])):
            place = f"{path}/States/{name}"
            yield f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at {place}'


def _no_objects(machine: Any, path: str) -> Iterator[str]:
    """Machines and states that are no objects, which nothing else here expects."""
    if not isinstance(machine, dict):
        yield f"SCHEMA_VALIDATION_FAILED: Expected value of type Object at {path}"
        return
    states = machine.get("States")
    for name, state in states.items() if isinstance(states, dict) else ():
        place = f"{path}/States/{name}"
        if not isinstance(state, dict):
            yield f"SCHEMA_VALIDATION_FAILED: Expected value of type Object at {place}"
            continue
        for program, inside in _programs(state, place):
            yield from _no_objects(program, inside)


def _reached(states: Mapping[str, Any], first: str) -> set[str]:
    reached, waiting = {first}, [first]
    while waiting:
        targets = {target for _, target in _targets(states[waiting.pop()])} & states.keys()
        waiting += targets - reached
        reached |= targets
    return reached


def _programs(state: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The state machines inside a state, and where they stand."""
    for number, branch in enumerate(state.get("Branches", [])):
        yield branch, f"{path}/Branches[{number}]"
    for name in ("Iterator", "ItemProcessor"):
        if name in state:
            yield state[name], f"{path}/{name}"


def everywhere(machine: Mapping[str, Any], path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every state, and where it stands."""
    for name, state in machine.get("States", {}).items():
        place = f"{path}/States/{name}"
        yield state, place
        for program, inside in _programs(state, place):
            yield from everywhere(program, inside)


def _too_slow(machine: Mapping[str, Any], path: str) -> Iterator[str]:
    """What an EXPRESS machine may not hold.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html.
    """
    for state, place in everywhere(machine, path):
        if str(state.get("Resource", "")).endswith(_WAITING):
            yield (
                "SCHEMA_VALIDATION_FAILED: Express state machine does not support the service "
                f"integration pattern of {state['Resource']} at {place}/Resource"
            )
        if _mode(state) == "DISTRIBUTED":
            yield (
                "SCHEMA_VALIDATION_FAILED: Express state machine does not support a Map state in "
                f"Distributed mode at {place}"
            )


def _mode(state: Mapping[str, Any]) -> str:
    return str(state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode", "INLINE"))


def _service(state: Mapping[str, Any]) -> str:
    """The service of an integration, such as ``glue``; empty for other resources."""
    _, _, rest = str(state.get("Resource", "")).partition(":states:::")
    return rest.partition(":")[0]


def _is_unknown_call(state: Mapping[str, Any]) -> bool:
    """Whether a state calls a service of the SDK for which boto3 has no client."""
    if _service(state) != "aws-sdk":
        return False
    name = str(state["Resource"]).partition(":states:::aws-sdk:")[2].partition(":")[0]
    return not boto_name(name)


def _not_run(machine: Mapping[str, Any], path: str) -> Iterator[str]:
    """What AWS runs and the embedded AWS does not."""
    for state, place in everywhere(machine, path):
        if _service(state) in _NOT_RUN or _is_unknown_call(state):
            yield f"the service integration {state['Resource']} ({place}/Resource)"
        if "ItemBatcher" in state:
            yield f"an ItemBatcher ({place}/ItemBatcher)"
        if "WriterConfig" in state.get("ResultWriter", {}):
            yield f"a WriterConfig ({place}/ResultWriter/WriterConfig)"
        reader = state.get("ItemReader", {})
        if reader and not str(reader.get("Resource")).endswith(_ITEM_SOURCES):
            yield f"an ItemReader of {reader.get('Resource')} ({place}/ItemReader/Resource)"
        config = reader.get("ReaderConfig", {})
        if config.get("InputType", "JSON") not in _ITEM_FORMATS:
            yield f"an ItemReader of {config['InputType']} ({place}/ItemReader/ReaderConfig)"
        for name in config.keys() & {"CSVDelimiter", "ItemsPointer", "Transformation"}:
            yield f"{name} ({place}/ItemReader/ReaderConfig/{name})"


def _state(state: Mapping[str, Any], states: Mapping[str, Any], path: str) -> Iterator[str]:
    for where, target in _targets(state):
        if target not in states:
            yield f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {target} at {path}{where}"
    if _service(state) and _service(state) not in _RUN | _NOT_RUN:
        yield (
            f"SCHEMA_VALIDATION_FAILED: The resource provided {state['Resource']} is not "
            "recognized. The value is not a valid resource ARN, or the resource is not available "
            f"in this region. at {path}/Resource"
        )
    kind = state.get("Type")
    if kind != "Choice" and kind not in _FINAL and not ({"Next", "End"} & state.keys()):
        yield f"SCHEMA_VALIDATION_FAILED: neither 'Next' nor 'End' is there at {path}"
    for program, place in _programs(state, path):
        yield from _machine(program, place)


def _targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Where the state leads, and at which place of it that is said."""
    for name in ("Next", "Default"):
        if name in state:
            yield f"/{name}", state[name]
    for name in ("Choices", "Catch"):
        for number, item in enumerate(state.get(name, [])):
            if "Next" in item:
                yield f"/{name}[{number}]/Next", item["Next"]
