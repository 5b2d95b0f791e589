"""Patterns for plain text: ``ERROR "exit code" -DEBUG``, ``?ERROR ?WARN``, ``%regex%``."""

import re
from collections.abc import Callable

from datalfred.local.aws.logs.patterns.values import (
    MOST_EXPRESSIONS,
    PatternError,
    Quota,
    expression,
    unescaped,
)

_TERM = re.compile(
    r'(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>(?:[^%\\]|\\.)+)%|(?P<bare>[^\s"]+))'
    r"(?=\s|$)",
    re.DOTALL,
)
_BARE = re.compile(r"\w+")

Predicate = Callable[[str], bool]


def compile_terms(text: str) -> Predicate:
    """A term matches wherever it stands in the message, letter case included.

    All plain terms must stand there and no excluded one. Terms with a question mark mean "any of
    them"; beside other terms they are ignored, as CloudWatch ignores them.

    Raises:
        PatternError: a quote is never closed, or a bare term holds signs that need quotes.
    """
    groups: dict[str, list[Predicate]] = {"": [], "?": [], "-": []}
    quota = Quota("regular expressions", MOST_EXPRESSIONS)
    position = len(text) - len(text.lstrip())
    while position < len(text):
        term = _TERM.match(text, position)
        if term is None:
            raise PatternError(f"{text[position : position + 20]!r} is no term", position)
        try:
            quota.use(when=term["regex"] is not None)
            groups[term["sign"]].append(_predicate(term))
        except PatternError as error:
            raise PatternError(error.problem, position) from None
        position = term.end()
        position += len(text[position:]) - len(text[position:].lstrip())
    wanted, optional, excluded = groups[""], groups["?"], groups["-"]
    if optional and not wanted and not excluded:
        return lambda message: any(holds(message) for holds in optional)
    return lambda message: (
        all(holds(message) for holds in wanted) and not any(holds(message) for holds in excluded)
    )


def _predicate(term: re.Match[str]) -> Predicate:
    if term["regex"] is not None:
        return expression(term["regex"])
    if term["quoted"] is not None:
        wanted = unescaped(term["quoted"])
        # The guide: a blank in double quotes matches everything.
        return lambda message: not wanted.strip() or wanted in message
    bare = term["bare"]
    if not _BARE.fullmatch(bare):
        raise PatternError(f"invalid character(s) in term {bare!r}; put it in double quotes")
    return lambda message: bare in message
