"""Runs are listed by what they belong to: a cluster, an application, a job definition.

What one of these does not answer is unknown and costs nobody else's runs.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from datalfred.lake.calls import Gaps, each, pages

_MOST_NAMED = 5

Parent = TypeVar("Parent")
Run = TypeVar("Run")


def listed(  # noqa: D417 -- request holds the call's own arguments
    action: str,
    call: Callable[..., Any],
    key: str,
    gaps: Gaps,
    *,
    most: int,
    mark: str = "nextToken",
    **request: Any,
) -> list[Any] | None:
    """The items of an AWS list call; None when it did not answer, and a gap if there are more.

    Args:
        action: the IAM action behind the call.
        call: the method of a boto3 client.
        key: where the items stand in each page.
        gaps: takes what is not known.
        most: how many pages to read.
        mark: what the service calls the mark of the next page.
    """
    found = gaps.attempt(action, lambda: pages(call, key, most=most, mark=mark, **request))
    if found is None:
        return None
    items, whole = found
    if not whole:
        gaps.add(f"{action} has more than the {len(items):,} that were read.")
    return items


def of_each(
    parents: Sequence[Parent],
    noun: str,
    name: Callable[[Parent], str],
    read: Callable[[Parent, Gaps], Iterable[Run] | None],
    gaps: Gaps,
) -> list[Run] | None:
    """The runs of all parents; None when there are parents and none of them answered.

    Args:
        parents: to what the runs belong.
        noun: what a parent is, such as ``cluster``.
        name: its name.
        read: its runs, None when they are not known; what it notes is said once for all parents.
        gaps: takes what is not known, with the names of the parents.
    """

    def attempt(parent: Parent) -> tuple[Iterable[Run] | None, tuple[str, ...]]:
        own = Gaps()
        return read(parent, own), own.sentences()

    answers = each(attempt, parents)
    missing: dict[str, list[str]] = {}
    for parent, (_, sentences) in zip(parents, answers, strict=True):
        for sentence in sentences:
            missing.setdefault(sentence, []).append(name(parent))
    for sentence, names in missing.items():
        gaps.add(f"{sentence} {_named(noun, names, len(parents))}")
    known = [runs for runs, _ in answers if runs is not None]
    return [run for runs in known for run in runs] if known or not parents else None


def _named(noun: str, names: Sequence[str], total: int) -> str:
    """``(2 of 9 clusters: lake, etl)``."""
    shown = ", ".join(names[:_MOST_NAMED])
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    of = f"{len(names)} of {total} {noun}s" if total > 1 else noun
    return f"({of}: {shown}{more})"
