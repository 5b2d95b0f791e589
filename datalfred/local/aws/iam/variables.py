"""Policy variables: ``${aws:PrincipalAccount}`` in resources and conditions.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

import re
from collections.abc import Sequence
from typing import Protocol


class Context(Protocol):
    """The values of a request's condition keys, by their names in lower case."""

    def get(self, key: str, default: Sequence[str], /) -> Sequence[str]:
        """The values of a key, ``default`` where the request lacks it."""
        ...


_VARIABLE = re.compile(r"\$\{\s*([^}$*?,\s][^},]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
_SPECIAL = re.compile(r"[*?$]")


def variables_in(text: str) -> tuple[str, ...]:
    """The keys that a text takes from the request, in lower case."""
    return tuple(found[1].lower() for found in _VARIABLE.finditer(text))


def filled(text: str, context: Context) -> str | None:
    """The text with the request's values; None when one is missing that has no default.

    A wildcard in a value stands for itself.
    """
    missing = False

    def value(found: re.Match[str]) -> str:
        nonlocal missing
        values = context.get(found[1].lower(), ())
        if len(values) == 1:
            return _SPECIAL.sub(lambda special: f"${{{special[0]}}}", values[0])
        missing = missing or found[2] is None
        return found[2] or ""

    replaced = _VARIABLE.sub(value, text)
    return None if missing else replaced
