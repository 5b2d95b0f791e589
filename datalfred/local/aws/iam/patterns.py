"""Names with wildcards, as IAM policies match them.

``*`` stands for any text and ``?`` for one character. An ARN is matched part by part, so that a
wildcard never crosses the colon between two of its first five parts; an ARN of fewer than six parts
stands for one whose missing parts are ``*``.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
and https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

import re
from functools import lru_cache

_ARN_PARTS = 6
_REMEMBERED = 4096


@lru_cache(maxsize=_REMEMBERED)
def text_pattern(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """What a text with wildcards matches."""
    return re.compile(_expression(pattern, any_one="."), re.DOTALL | ignore_case * re.IGNORECASE)


@lru_cache(maxsize=_REMEMBERED)
def arn_pattern(pattern: str) -> re.Pattern[str]:
    """What an ARN with wildcards matches; ``*`` alone matches everything."""
    if pattern == "*":
        return re.compile(r".*", re.DOTALL)
    parts = pattern.split(":", _ARN_PARTS - 1)
    parts += ["*"] * (_ARN_PARTS - len(parts))
    first = [_expression(part, any_one="[^:]") for part in parts[:-1]]
    return re.compile(":".join([*first, _expression(parts[-1], any_one=".")]), re.DOTALL)


def _expression(pattern: str, *, any_one: str) -> str:
    """A regular expression; ``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves."""
    written, place = "", 0
    for found in re.finditer(r"\$\{([*?$])\}|\*|\?", pattern):
        written += re.escape(pattern[place : found.start()])
        if found[1]:
            written += re.escape(found[1])
        else:
            written += f"{any_one}*" if found[0] == "*" else any_one
        place = found.end()
    return written + re.escape(pattern[place:])
