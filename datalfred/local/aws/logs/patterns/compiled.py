"""Tells the three kinds of patterns apart and compiles each."""

from collections.abc import Callable
from functools import lru_cache

from datalfred.local.aws.logs.patterns.delimited import compile_delimited
from datalfred.local.aws.logs.patterns.structured import compile_structured
from datalfred.local.aws.logs.patterns.terms import compile_terms
from datalfred.local.aws.logs.patterns.values import PatternError

Predicate = Callable[[str], bool]

_LONGEST = 1024


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Predicate:
    """A function that says whether a message matches ``pattern``; an empty pattern matches all.

    Raises:
        PatternError: the pattern is not one that CloudWatch Logs understands.
    """
    if len(pattern) > _LONGEST:
        raise PatternError(f"it is longer than {_LONGEST} characters")
    text = pattern.strip()
    if not text:
        return lambda _: True
    for opening, closing, compiled in (
        ("{", "}", compile_structured),
        ("[", "]", compile_delimited),
    ):
        if text.startswith(opening):
            if not text.endswith(closing):
                raise PatternError(f"{opening!r} is never closed")
            return compiled(text[1:-1])
    return compile_terms(text)
