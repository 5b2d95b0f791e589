"""The rules of typical causes: which words speak for them, and what helps.

A rule is data. Its words are those of AWS and of the runtimes that run there; where the words of
one cause hold those of another (a script that is missing is also a *key that does not exist*), the
more precise rule takes the fact for itself (``instead_of``).
"""

import re

from datalfred.lake.pipelines.rules.answers import ANSWERS
from datalfred.lake.pipelines.rules.contents import CONTENTS
from datalfred.lake.pipelines.rules.resources import RESOURCES
from datalfred.lake.pipelines.rules.shape import Blame, Rule
from datalfred.lake.pipelines.rules.surroundings import SURROUNDINGS

__all__ = ["ABORTED", "CHANGED", "CHECK_FAILED", "LESS_DATA", "RULES", "Blame", "Rule"]

_NEVER = re.compile(r"(?!)")
"""The pattern of a rule that is applied by code: no words speak for it."""

RULES: tuple[Rule, ...] = (*RESOURCES, *SURROUNDINGS, *CONTENTS, *ANSWERS)

CHANGED = Rule(
    "definition_changed",
    _NEVER,
    "definition",
    "The definition was changed after the last success, which may have broken it.",
    "Look at the changed states; a mended definition needs a new execution, not a redrive.",
)
ABORTED = Rule(
    "aborted",
    _NEVER,
    "nothing",
    "A person or a program stopped the execution; nothing has to be wrong with it.",
    "Ask who stopped it and why before it is run again.",
)
LESS_DATA = Rule(
    "data_missing",
    _NEVER,
    "data",
    "Less data arrived than the pipeline's own check wants: something upstream is late or empty.",
    "Look whether the upstream load ran; when the data is there, redrive if the check comes after "
    "the failed state, else start a new execution.",
)
CHECK_FAILED = Rule(
    "check_failed",
    _NEVER,
    "data",
    "A check of the pipeline's own ended it: what it compared was not as it has to be.",
    "Compare the values that the check looked at with those of the last success.",
)
