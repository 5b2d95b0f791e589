"""Tells the three kinds of patterns apart and compiles each."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from datalfred.local.aws.logs.patterns.delimited import compile_delimited
from datalfred.local.aws.logs.patterns.structured import compile_structured
from datalfred.local.aws.logs.patterns.terms import Predicate, compile_terms
from datalfred.local.aws.logs.patterns.values import PatternError

_LONGEST = 1024


@dataclass(frozen=True)
class Pattern:
    """A compiled filter pattern; called with a message, it says whether that matches.

    Attributes:
        matches: whether a message matches.
        extracted: the values of a message that the pattern names, as a metric filter may use them:
            by selector (``$.latency``) of a JSON message, by field (``$bytes``) of a line of words.
    """

    matches: Predicate
    extracted: Callable[[str], dict[str, str]]

    def __call__(self, message: str) -> bool:
        """Whether ``message`` matches."""
        return self.matches(message)


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Pattern:
    """Compiles a filter pattern; an empty one matches all messages.

    Raises:
        PatternError: the pattern is not one that CloudWatch Logs understands.
    """
    if len(pattern) > _LONGEST:
        raise PatternError(f"it is longer than {_LONGEST} characters", _LONGEST)
    text = pattern.rstrip()
    if not text:
        return Pattern(lambda _: True, lambda _: {})
    start = len(text) - len(text.lstrip())
    for opening, closing, compiled in (
        ("{", "}", compile_structured),
        ("[", "]", compile_delimited),
    ):
        if text[start] == opening:
            if not text.endswith(closing):
                raise PatternError(f"{opening!r} is never closed", start)
            # Blanks in place of what is not read let errors say where they are.
            matches, extracted = compiled(" " * (start + 1) + text[start + 1 : -1])
            return Pattern(matches, extracted)
    return Pattern(compile_terms(text), lambda _: {})
