"""What a target gets of an event: all of it, a part, a constant, or a template filled in.

Source: *Amazon EventBridge input transformation* in the user guide.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"\.([\w@:-]+)|\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_VARIABLE = re.compile(r"<([\w.-]+)>")

_ABSENT = object()


class InputError(ValueError):
    """An input that cannot be made."""


def check_input(target: Mapping[str, Any]) -> None:
    """Looks at what a target asks to get.

    Raises:
        InputError: it asks for two things, or a path is none.
    """
    given = [name for name in ("Input", "InputPath", "InputTransformer") if name in target]
    if len(given) > 1:
        raise InputError(
            "Only one of Input, InputPath, or InputTransformer must be provided for target"
            f" {target.get('Id')}."
        )
    if "InputPath" in target:
        _steps(target["InputPath"])
    for path in target.get("InputTransformer", {}).get("InputPathsMap", {}).values():
        _steps(path)


def input_of(target: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]) -> str:
    """The text that a target gets: JSON, or what a template of plain text makes.

    Args:
        target: as it was put.
        event: the event.
        rule: ``rule-arn``, ``rule-name`` and ``event.ingestion-time``.

    Raises:
        InputError: the filled template is no JSON.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = _at(event, target["InputPath"])
        return json.dumps(None if found is _ABSENT else found)
    if "InputTransformer" in target:
        return _transformed(target["InputTransformer"], event, rule)
    return json.dumps(event)


def _transformed(
    transformer: Mapping[str, Any], event: Mapping[str, Any], rule: Mapping[str, str]
) -> str:
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {f"aws.events.{name}": value for name, value in rule.items()}
    values["aws.events.event.json"] = dict(event)
    values["aws.events.event"] = {k: v for k, v in event.items() if k != "detail"}
    template = transformer["InputTemplate"]
    filled = _fill(template, values)
    try:
        made = json.loads(filled)
    except ValueError:
        raise InputError(f"The filled template is no JSON: {filled[:200]}") from None
    # A template that is one text in quotes is delivered as it reads.
    return filled if not isinstance(made, str) else json.dumps(made)


def _fill(template: str, values: Mapping[str, Any]) -> str:
    """The template with its variables replaced: as JSON, inside of quotes as text."""
    pieces, place = [], 0
    for found in _VARIABLE.finditer(template):
        name = found[1]
        if name not in values:
            continue
        before = template[: found.start()]
        quoted = (len(re.findall(r'(?<!\\)"', before)) % 2) == 1
        pieces += [template[place : found.start()], _shown(values[name], quoted=quoted)]
        place = found.end()
    return "".join(pieces) + template[place:]


def _shown(value: Any, *, quoted: bool) -> str:
    if value is _ABSENT:
        return ""
    if not quoted:
        return json.dumps(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def _steps(path: str) -> list[str | int]:
    if not path.startswith("$"):
        raise InputError(f"Invalid JSON path {path!r}.")
    steps: list[str | int] = []
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise InputError(f"Invalid JSON path {path!r}.")
        name, index, *quoted = found.groups()
        steps.append(int(index) if index else name or next(filter(None, quoted)))
        place = found.end()
    return steps


def _at(event: Any, path: str) -> Any:
    for step in _steps(path):
        try:
            event = event[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return event
