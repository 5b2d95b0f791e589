"""Patterns for JSON messages: ``{ $.level = "ERROR" && $.duration > 1000 }``."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datalfred.local.aws.logs.patterns.values import (
    OPERATOR,
    VALUE,
    Comparison,
    Condition,
    Conditions,
    PatternError,
    comparison,
)

_STEP = r"""\.?\[\s*(?:\d+|\*|'[^']+'|"[^"]+")\s*\]|\.[\w@-]+|\.\*"""
_LEAF = re.compile(
    rf"(?P<selector>\$(?:{_STEP})+)\s*"
    rf"(?:IS\s+(?P<is>NULL|TRUE|FALSE)\b|NOT\s+(?P<missing>EXISTS)\b|{OPERATOR}\s*(?:{VALUE}))"
)
_STEPS = re.compile(_STEP)
_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}
_MOST_WILDCARDS = 3

_ANY = object()


@dataclass(frozen=True)
class _Selector:
    """A path into a document; at most one of its steps is a wildcard."""

    steps: tuple[object, ...]

    def values(self, document: object) -> Iterator[object]:
        """The nodes that the path reaches; none when a step is missing."""
        nodes = [document]
        for step in self.steps:
            nodes = [child for node in nodes for child in _children(node, step)]
        return iter(nodes)


def compile_structured(text: str) -> Callable[[str], bool]:
    """Holds of a message that is one JSON document and meets the conditions.

    A field that is missing, an object or a list meets no comparison, not even ``!=``.

    Raises:
        PatternError: the text between the braces is no condition.
    """
    if not text.strip():
        raise PatternError("there is no condition between the braces")
    wildcards = 0

    def condition(leaf: re.Match[str]) -> Condition:
        nonlocal wildcards
        selector = _selector(leaf["selector"])
        wildcards += sum(step is _ANY for step in selector.steps)
        if wildcards > _MOST_WILDCARDS:
            raise PatternError(f"it has more than {_MOST_WILDCARDS} wildcard selectors")
        return _condition(selector, leaf)

    holds = Conditions(text, _LEAF, condition).parse()

    def matches(message: str) -> bool:
        if not message.lstrip().startswith(("{", "[")):
            return False
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return holds(document)

    return matches


def _condition(selector: _Selector, leaf: re.Match[str]) -> Condition:
    if leaf["missing"]:
        return lambda document: not any(True for _ in selector.values(document))
    if leaf["is"]:
        constant = _CONSTANTS[leaf["is"]]
        return lambda document: any(value is constant for value in selector.values(document))
    compare: Comparison = comparison(leaf)
    return lambda document: any(
        compare(node)
        for node in selector.values(document)
        if isinstance(node, str | int | float | bool)
    )


def _selector(text: str) -> _Selector:
    steps: list[object] = []
    for found in _STEPS.findall(text):
        name = found.lstrip(".").strip("[] ")
        if name == "*":
            steps.append(_ANY)
        elif found.endswith("]"):
            steps.append(int(name) if name.isdigit() else name[1:-1])
        else:
            steps.append(name)
    if sum(step is _ANY for step in steps) > 1:
        raise PatternError(f"{text} has more than one wildcard")
    return _Selector(tuple(steps))


def _children(node: object, step: object) -> list[object]:
    if isinstance(node, dict):
        if step is _ANY:
            return list(node.values())
        return [node[step]] if isinstance(step, str) and step in node else []
    if isinstance(node, list):
        if step is _ANY:
            return list(node)
        return [node[step]] if isinstance(step, int) and step < len(node) else []
    return []
