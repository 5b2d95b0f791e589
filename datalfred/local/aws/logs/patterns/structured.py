"""Patterns for JSON messages: ``{ $.level = "ERROR" && $.duration > 1000 }``."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.local.aws.logs.patterns.values import (
    MOST_EXPRESSIONS,
    OPERATOR,
    VALUE,
    Comparison,
    Condition,
    Conditions,
    PatternError,
    Quota,
    as_text,
    comparison,
)

_STEP = r"""\.?\[\s*(?:\d+|\*|'[^']+'|"[^"]+")\s*\]|\.[\w@-]+|\.\*"""
_LEAF = re.compile(
    rf"(?P<selector>\$(?:{_STEP})+)\s*"
    rf"(?:IS\s+(?P<is>NULL|TRUE|FALSE)\b|NOT\s+(?P<missing>EXISTS)\b|{OPERATOR}\s*(?:{VALUE}))",
    re.DOTALL,
)
_SELECTOR = re.compile(rf"\$(?:{_STEP})+")
_STEPS = re.compile(_STEP)
_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}
_MOST_WILDCARDS = 3

_ANY = object()
_NO_DOCUMENT = object()


@dataclass(frozen=True)
class Selector:
    """A path into a document; at most one of its steps is a wildcard."""

    steps: tuple[object, ...]

    def values(self, document: object) -> Sequence[object]:
        """The nodes that the path reaches; none when a step is missing."""
        nodes = [document]
        for step in self.steps:
            if len(nodes) == 1:  # the usual case, for each of very many messages
                nodes = _children(nodes[0], step)
            else:
                nodes = [child for node in nodes for child in _children(node, step)]
        return nodes


class StructuredPattern:
    """Holds of a message that is one JSON document and meets the conditions.

    A field that is missing, an object or a list meets no comparison, not even ``!=``.

    Raises:
        PatternError: the text is no condition.
    """

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise PatternError("there is no condition between the braces")
        self._selectors: dict[str, Selector] = {}
        self._wildcards = Quota("wildcard selectors", _MOST_WILDCARDS)
        self._expressions = Quota("regular expressions", MOST_EXPRESSIONS)
        self._holds = Conditions(text, _LEAF, self._condition).parse()

    def matches(self, message: str) -> bool:
        """Whether the message meets the conditions."""
        document = _document(message)
        return document is not _NO_DOCUMENT and self._holds(document)

    def extracted(self, message: str) -> dict[str, str]:
        """The values in a message that the pattern names, by the selectors as they are written."""
        document = _document(message)
        return {
            text: as_text(value)
            for text, selector in self._selectors.items()
            for value in selector.values(document)
            if value is None or isinstance(value, str | int | float)
        }

    def _condition(self, leaf: re.Match[str]) -> Condition:
        selector = selector_of(leaf["selector"])
        self._selectors[leaf["selector"]] = selector
        self._wildcards.use(when=_ANY in selector.steps)
        self._expressions.use(when=leaf["regex"] is not None)
        return _condition(selector, leaf)


def _document(message: str) -> object:
    if not message.lstrip().startswith(("{", "[")):
        return _NO_DOCUMENT
    try:
        return _READS(message)
    except (ValueError, RecursionError):
        return _NO_DOCUMENT


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python reads, are no JSON."""
    raise ValueError(constant)


_READS = json.JSONDecoder(parse_constant=_refuse).decode
"""Made once: `json.loads` would make a decoder for each message."""


def _condition(selector: Selector, leaf: re.Match[str]) -> Condition:
    if leaf["missing"]:
        return lambda document: not selector.values(document)
    if leaf["is"]:
        constant = _CONSTANTS[leaf["is"]]
        return lambda document: any(value is constant for value in selector.values(document))
    compare: Comparison = comparison(leaf)

    def holds(document: object) -> bool:
        for node in selector.values(document):
            if isinstance(node, str | int | float) and compare(node):
                return True
        return False

    return holds


def selector_of(text: str) -> Selector:
    """The path of ``$.a.b[0]``.

    Raises:
        PatternError: it is none, or has more than one wildcard.
    """
    if not _SELECTOR.fullmatch(text):
        raise PatternError(f"{text} selects nothing")
    steps: list[object] = []
    for found in _STEPS.findall(text):
        name = found.lstrip(".").strip("[] ")
        if name == "*":
            steps.append(_ANY)
        elif found.endswith("]"):
            steps.append(int(name) if name.isdigit() else name[1:-1])
        else:
            steps.append(name)
    if steps.count(_ANY) > 1:
        raise PatternError(f"{text} has more than one wildcard")
    return Selector(tuple(steps))


def compile_structured(text: str) -> tuple[Callable[[str], bool], Callable[[str], dict[str, str]]]:
    """What tells whether a message matches, and what it then gives.

    Raises:
        PatternError: the text between the braces is no condition.
    """
    pattern = StructuredPattern(text)
    return pattern.matches, pattern.extracted


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
