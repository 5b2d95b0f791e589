"""A small language for functions that DuckDB can say in one expression.

A line is ``name(type, ...) -> type = DuckDB's text``; ``{0}`` in it is the first argument. A line
that starts with blanks continues the one before. Capital letters (T, K, V) stand for any type;
the same letter is the same type. A name may have many lines: the first whose types are the
arguments' own is taken, else the first to which they coerce. The result ``same`` is the varchar of
the first argument's length, ``self`` the first argument's own type.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.typed import Typed, made_of
from datalfred.local.aws.athena.translate.types import Type

_LINE = re.compile(r"(\w+)\((.*?)\) -> (.+?) = (.+)")
_LONG = 200
_NAMES = {
    "timestamp": types.TIMESTAMP,
    "time": types.TIME,
    "timestamptz": types.TIMESTAMP_TZ,
    "interval": types.DAY_TO_SECOND,
    "months": types.YEAR_TO_MONTH,
}


@dataclass(frozen=True)
class Signature:
    """One line: parameter types, result type, text."""

    parameters: tuple[Type, ...]
    result: Type
    template: str


def parse(lines: str) -> dict[str, list[Signature]]:
    """The functions that ``lines`` define."""
    known: dict[str, list[Signature]] = {}
    for line in re.sub(r"\n +", " ", lines).strip().splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f"No signature: {line}")
        names = tuple(_type(part) for part in _split(match[2]))
        known.setdefault(match[1], []).append(Signature(names, _type(match[3]), match[4]))
    return known


def _split(inside: str) -> list[str]:
    parts, depth = [""], 0
    for character in inside:
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def _type(written: str) -> Type:
    base, _, inside = written.partition("(")
    if not inside:
        return _NAMES.get(base, Type(base))
    return Type(base, items=tuple(_type(part) for part in _split(inside[:-1])))


def choose(signatures: Sequence[Signature], arguments: Sequence[Typed]) -> Typed | None:
    """The call of the signature that fits the arguments, or None when none does."""
    fitting = [s for s in signatures if len(s.parameters) == len(arguments)]
    for exact in (True, False):
        for signature in fitting:
            letters = _match(signature, arguments, exact=exact)
            if letters is not None:
                return _apply(signature, letters, arguments)
    return None


def _match(
    signature: Signature, arguments: Sequence[Typed], *, exact: bool
) -> Mapping[str, Type] | None:
    letters: dict[str, Type] = {}
    for parameter, argument in zip(signature.parameters, arguments, strict=True):
        if not _unify(parameter, argument.type, letters):
            return None
    for parameter, argument in zip(signature.parameters, arguments, strict=True):
        wanted = replace_letters(parameter, letters)
        same = argument.type.name == wanted.name
        if argument.type.name == "unknown" and wanted.items:
            continue
        if not (same if exact else types.coerces(argument.type, wanted)):
            return None
    return letters


def _unify(parameter: Type, given: Type, letters: dict[str, Type]) -> bool:
    if len(parameter.name) == 1:
        wider = types.common_type(letters.get(parameter.name, given), given)
        if wider is None:
            return False
        letters[parameter.name] = wider
        return True
    if given.name == "unknown":
        return True
    if parameter.items:
        same = parameter.name == given.name and len(parameter.items) == len(given.items)
        pairs = zip(parameter.items, given.items, strict=False)
        return same and all(_unify(one, two, letters) for one, two in pairs)
    return True


def replace_letters(kind: Type, letters: Mapping[str, Type]) -> Type:
    """``kind`` with each letter replaced by the type that it stands for."""
    if len(kind.name) == 1:
        return letters.get(kind.name, types.UNKNOWN)
    if kind.items:
        return replace(kind, items=tuple(replace_letters(item, letters) for item in kind.items))
    return kind


def _apply(signature: Signature, letters: Mapping[str, Type], arguments: Sequence[Typed]) -> Typed:
    ready = [
        coerce(argument, _wanted(replace_letters(parameter, letters), argument.type))
        for parameter, argument in zip(signature.parameters, arguments, strict=True)
    ]
    result = replace_letters(signature.result, letters)
    return made_of(fill(signature.template, ready), _like(result, ready), ready)


def _like(result: Type, ready: Sequence[Typed]) -> Type:
    """The result type, where it is said by the first argument's."""
    if result.name == "self":
        return ready[0].type
    if result.name == "same":
        return types.text_like(ready[0].type)
    if result.items:
        return replace(result, items=tuple(_like(item, ready) for item in result.items))
    return result


def _wanted(parameter: Type, given: Type) -> Type:
    """A varchar or a timestamp is taken in whatever length or precision it has."""
    return given if given.name == parameter.name and not parameter.items else parameter


def _must_bind(template: str, index: int, argument: Typed) -> bool:
    often = template.count(f"{{{index}}}") > 1
    if argument.query:
        return often or "LAMBDA" in template
    return often and (len(argument.sql) > _LONG or argument.volatile)


def fill(template: str, arguments: Sequence[Typed]) -> str:
    """The template's text with the arguments in their places.

    An argument that the template names twice is evaluated once, as a field of a lambda's parameter,
    when it is long or volatile, lest nested calls grow beyond measure or one random number become
    two; so is a subquery, which DuckDB allows in no lambda.
    """
    bound = [
        index for index, argument in enumerate(arguments) if _must_bind(template, index, argument)
    ]
    if bound:
        bound += [i for i, each in enumerate(arguments) if each.query and i not in bound]
    parameter = f"_a{len(template)}"
    texts = [
        f"{parameter}.a{index}" if index in bound else argument.sql
        for index, argument in enumerate(arguments)
    ]
    written = template.format(*texts)
    if bound:
        fields = ", ".join(f"'a{index}': {arguments[index].sql}" for index in sorted(bound))
        written = f"list_transform([{{{fields}}}], LAMBDA {parameter} : {written})[1]"
    return f"({written})"
