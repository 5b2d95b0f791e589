"""Event patterns: which events a rule, or a filter policy of SNS, picks.

Source: *Comparison operators for use in event patterns* in the user guide of EventBridge. Numbers
are equal when they are written alike (300, 300.0 and 3.0e2 differ); to ``numeric``, and everywhere
in a filter policy of SNS, when they have the same value.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 4096
_OR = "$or"
_MOST_NUMBER = 5e9
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda left, right: left == right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}

Test = Callable[[Any], bool]
"""Whether one value, which is no list and no object, passes."""

Matches = Callable[[Any], bool]
"""Whether a whole event matches."""


class PatternError(ValueError):
    """A pattern that EventBridge would refuse."""


class Written(float):
    """A number that knows how it was written."""

    text: str

    def __new__(cls, text: str) -> "Written":
        """The number that ``text`` spells."""
        made = super().__new__(cls, text)
        made.text = text
        return made


def read_json(text: str) -> Any:
    """A JSON document whose numbers know how they were written.

    Raises:
        ValueError: it is none.
    """
    return json.loads(text, parse_int=Written, parse_float=Written)


def compile_pattern(text: str, *, by_value: bool = False) -> Matches:
    """A function that says whether an event, read by :func:`read_json`, matches.

    Args:
        text: the pattern.
        by_value: whether numbers are equal by their value, as in a filter policy of SNS.

    Raises:
        PatternError: EventBridge would refuse the pattern.
    """
    if len(text) > _LONGEST:
        raise PatternError(f"it is longer than {_LONGEST} characters")
    try:
        pattern = read_json(text)
    except ValueError as problem:
        raise PatternError(f"it is no JSON: {problem}") from None
    if not isinstance(pattern, dict):
        raise PatternError("Filter is not an object")
    return _Compiler(by_value=by_value).object_of(pattern)


def _leaves(value: Any) -> Iterator[Any]:
    """The values of a field: itself, or the members of a list that are none of either."""
    if isinstance(value, list):
        for member in value:
            yield from _leaves(member)
    elif not isinstance(value, dict):
        yield value


_MISSING: list[Any] = []
"""A field that is not there has no leaves."""


class _Compiler:
    def __init__(self, *, by_value: bool) -> None:
        self._by_value = by_value

    def object_of(self, pattern: Mapping[str, Any]) -> Matches:
        """All fields of an object have to match; of a list of objects, one object does."""
        if not pattern:
            raise PatternError("Empty objects are not allowed")
        parts = [self._part(name, value) for name, value in pattern.items()]

        def matches(event: Any) -> bool:
            if isinstance(event, list):
                found = [member for member in event if isinstance(member, dict)]
                return any(all(part(one) for part in parts) for one in found)
            holder = event if isinstance(event, dict) else {}
            return all(part(holder) for part in parts)

        return matches

    def _part(self, name: str, value: Any) -> Callable[[Mapping[str, Any]], bool]:
        if name == _OR and _is_choice(value):
            choices = [self.object_of(choice) for choice in value]
            return lambda event: any(choice(event) for choice in choices)
        if isinstance(value, dict):
            inner = self.object_of(value)
            return lambda event: inner(event.get(name, {}))
        if not isinstance(value, list):
            raise PatternError(f'"{name}" must be an object or an array')
        if not value:
            raise PatternError("Empty arrays are not allowed")
        field = self._field(value)
        return lambda event: field(event.get(name, _MISSING))

    def _field(self, alternatives: Sequence[Any]) -> Matches:
        presence = {bool(a["exists"]) for a in alternatives if _is_exists(a)}
        tests = [self._test(a) for a in alternatives if not _is_exists(a)]

        def matches(value: Any) -> bool:
            leaves = list(_leaves(value))
            if bool(leaves) in presence:
                return True
            return any(test(leaf) for leaf in leaves for test in tests)

        return matches

    def _test(self, wanted: Any) -> Test:
        if not isinstance(wanted, dict):
            if isinstance(wanted, list):
                raise PatternError("Match value must be String, number, true, false, or null")
            return lambda value: self._same(value, wanted)
        if len(wanted) != 1:
            raise PatternError("Only one key allowed in match expression")
        ((kind, argument),) = wanted.items()
        if kind == "anything-but":
            return self._anything_but(argument)
        if kind == "numeric":
            return _numeric(argument)
        if kind == "cidr":
            return _cidr(argument)
        return _text_test(kind, argument)

    def _same(self, value: Any, wanted: Any) -> bool:
        if isinstance(value, Written) and isinstance(wanted, Written):
            return value == wanted if self._by_value else value.text == wanted.text
        return type(value) is type(wanted) and bool(value == wanted)

    def _anything_but(self, argument: Any) -> Test:
        if isinstance(argument, dict):
            if len(argument) != 1:
                raise PatternError("anything-but takes one filter")
            ((kind, inner),) = argument.items()
            texts = inner if isinstance(inner, list) else [inner]
            tests = [_text_test(kind, text) for text in _texts(texts, kind)]
            return lambda value: not any(test(value) for test in tests)
        unwanted = argument if isinstance(argument, list) else [argument]
        if not unwanted or not all(isinstance(one, str | Written) for one in unwanted):
            raise PatternError("anything-but takes texts or numbers")
        return lambda value: not any(self._same(value, one) for one in unwanted)


def _is_choice(value: Any) -> bool:
    """Whether ``$or`` is the word, not the name of a field."""
    return (
        isinstance(value, list) and len(value) > 1 and all(isinstance(one, dict) for one in value)
    )


def _is_exists(alternative: Any) -> bool:
    if not isinstance(alternative, dict) or "exists" not in alternative:
        return False
    if len(alternative) > 1 or not isinstance(alternative["exists"], bool):
        raise PatternError("exists takes true or false")
    return True


def _texts(given: Sequence[Any], kind: str) -> Sequence[str]:
    if not given or not all(isinstance(text, str) for text in given):
        raise PatternError(f"{kind} takes texts")
    return given


def _text_test(kind: str, argument: Any) -> Test:
    """A test of texts: prefix, suffix, equals-ignore-case or wildcard."""
    if kind in {"prefix", "suffix"}:
        fold = isinstance(argument, dict) and set(argument) == {"equals-ignore-case"}
        (text,) = _texts([argument["equals-ignore-case"] if fold else argument], kind)
        return _ended(kind, text, fold=fold)
    if kind == "equals-ignore-case":
        (text,) = _texts([argument], kind)
        return lambda value: isinstance(value, str) and value.casefold() == text.casefold()
    if kind == "wildcard":
        (text,) = _texts([argument], kind)
        return _like(_literals(text))
    raise PatternError(f"Unrecognized match type {kind}")


def _ended(kind: str, text: str, *, fold: bool) -> Test:
    wanted = text.casefold() if fold else text

    def test(value: Any) -> bool:
        if not isinstance(value, str):
            return False
        found = value.casefold() if fold else value
        return found.startswith(wanted) if kind == "prefix" else found.endswith(wanted)

    return test


def _literals(text: str) -> list[str]:
    """The texts between the asterisks of a wildcard; a backslash takes an asterisk literally."""
    literals, before = [""], ""
    for piece in re.findall(r"\\[*\\]|.", text, re.DOTALL):
        if piece == "\\":
            raise PatternError("Invalid escape character in wildcard")
        if piece == "*":
            if before == "*":
                raise PatternError("Consecutive wildcard characters are not allowed")
            literals.append("")
        else:
            literals[-1] += piece[-1]
        before = piece
    return literals


def _like(literals: Sequence[str]) -> Test:
    """Whether a text has these literals in this order, with anything between them.

    Each is looked for once, from where the one before ended: no value makes the search long.
    """
    first, *middle = literals

    def test(value: Any) -> bool:
        if not isinstance(value, str) or not value.startswith(first):
            return False
        if not middle:
            return value == first
        place, end = len(first), len(value) - len(middle[-1])
        for literal in middle[:-1]:
            found = value.find(literal, place, end)
            if found < 0:
                return False
            place = found + len(literal)
        return place <= end and value.endswith(middle[-1])

    return test


def _numeric(argument: Any) -> Test:
    if not isinstance(argument, list) or len(argument) not in {2, 4}:
        raise PatternError("Value of numeric must be an array of one or two comparisons")
    signs, numbers = argument[::2], argument[1::2]
    if not all(sign in _COMPARISONS for sign in signs if isinstance(sign, str)):
        raise PatternError("Unrecognized numeric range operator")
    if not all(isinstance(sign, str) for sign in signs) or not all(
        isinstance(number, Written) and abs(number) <= _MOST_NUMBER for number in numbers
    ):
        raise PatternError("numeric takes operators and numbers from -5e9 to 5e9")
    if len(signs) == 2 and {sign[0] for sign in signs} != {"<", ">"}:  # noqa: PLR2004 -- two comparisons
        raise PatternError("Bad numeric range operator")
    bounds = list(zip(signs, numbers, strict=True))
    return lambda value: (
        isinstance(value, Written)
        and all(_COMPARISONS[sign](value, number) for sign, number in bounds)
    )


def _cidr(argument: Any) -> Test:
    try:
        network = ipaddress.ip_network(argument, strict=False)
    except (ValueError, TypeError):
        raise PatternError("Malformed CIDR") from None

    def test(value: Any) -> bool:
        try:
            return isinstance(value, str) and ipaddress.ip_address(value) in network
        except ValueError:
            return False

    return test
