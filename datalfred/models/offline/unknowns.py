"""What a result says that it does not know."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from datalfred.models.offline.conversation import Step

_MOST_GAPS, _MOST_LETTERS = 3, 160


def gaps_of(result: Mapping[str, Any]) -> str:
    """The gaps of a result in one sentence; empty when it has none."""
    found = result.get("gaps")
    given = found if isinstance(found, list | tuple) else ()
    gaps = [said for gap in given if (said := _one_line(gap))]
    if not gaps:
        return ""
    more = f" (and {len(gaps) - _MOST_GAPS} more)" if len(gaps) > _MOST_GAPS else ""
    return f"Not known: {'; '.join(gaps[:_MOST_GAPS])}{more}."


def unknown_of(steps: Iterable[Step]) -> str:
    """The gaps of several results, each said once."""
    return " ".join(dict.fromkeys(said for step in steps if (said := gaps_of(step.result))))


def _one_line(gap: object) -> str:
    plain = re.sub(r"\s+", " ", str(gap or "")).strip().rstrip(".")
    return plain if len(plain) <= _MOST_LETTERS else f"{plain[: _MOST_LETTERS - 1]}…"
