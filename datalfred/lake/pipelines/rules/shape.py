"""What a rule is."""

import re
from dataclasses import dataclass

Blame = str
"""What has to change before a run can succeed: ``size``, ``input``, ``definition``, ``data``,
``access``, ``image``, ``code``, ``quota``, ``resource``, ``connection`` or ``time``; or
``nothing``, where it may pass by itself."""


@dataclass(frozen=True)
class Rule:
    """One typical cause.

    Attributes:
        cause: names it, for whoever counts or compares causes.
        pattern: words that speak for it.
        blames: what has to change before a run can succeed.
        statement: the hypothesis in one sentence.
        remedy: what to do about it.
        weight: added to the evidence; precise words weigh more than common ones.
        instead_of: causes for which a fact does not speak that speaks for this one.
    """

    cause: str
    pattern: re.Pattern[str]
    blames: Blame
    statement: str
    remedy: str
    weight: int = 2
    instead_of: frozenset[str] = frozenset()


def words(text: str) -> re.Pattern[str]:
    """A pattern in which spaces are escaped, for whatever case."""
    return re.compile(text, re.IGNORECASE | re.VERBOSE)
