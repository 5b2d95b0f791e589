"""Scores a diagnosis by its facts: the cause in first place, the evidence, no false action."""

from collections.abc import Sequence
from typing import Any

from datalfred.definitions.shape import Shape
from datalfred.evals.incidents import Expected
from datalfred.lake.pipelines.models import Diagnosis

READS = ("Get", "List", "Describe", "Filter", "BatchGet", "Search")
"""How operations begin that change nothing; ``StartQuery`` of the logs is not among them."""


class Score(Shape):
    """How one diagnosis did. ``problems`` is empty when all is right."""

    cause: bool
    """Whether the expected cause stands first; when nothing is wrong, that none is offered."""
    evidence: bool
    """Whether every expected fact is there, in the expected state."""
    false_claim: bool
    """Whether a red herring or an excluded cause is offered."""
    false_action: bool
    """Whether anything was called that changes something."""
    problems: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether nothing is to be complained of."""
        return not self.problems


def score(found: Diagnosis, expect: Expected, calls: Sequence[Any]) -> Score:
    """Compares a diagnosis with what must stand in it.

    Args:
        found: the diagnosis.
        expect: what the case says of it.
        calls: the calls that the diagnosis made, as the front door saw them.
    """
    cause, evidence = _cause(found, expect), _evidence(found, expect)
    claims, actions = _claims(found, expect), _actions(calls)
    return Score(
        cause=not cause,
        evidence=not evidence,
        false_claim=bool(claims),
        false_action=bool(actions),
        problems=(*cause, *evidence, *claims, *actions),
    )


def _cause(found: Diagnosis, expect: Expected) -> list[str]:
    first = found.hypotheses[0].cause if found.hypotheses else ""
    if first in expect.cause.split("|"):
        return []
    return [f"the first cause is {first or 'none'}, not {expect.cause or 'none'}"]


def _evidence(found: Diagnosis, expect: Expected) -> list[str]:
    problems = []
    if found.execution.status not in expect.status.split("|"):
        problems.append(f"the status is {found.execution.status}")
    if expect.state and found.execution.failed_state not in expect.state.split("|"):
        problems.append(f"the state is {found.execution.failed_state or 'none'}")
    said = "\n".join(
        [*(fact.statement for fact in found.facts), *(line.message for line in found.log_lines)]
    )
    problems += [f"no fact says {words!r}" for words in expect.facts if words not in said]
    missing = "\n".join(found.gaps)
    problems += [f"no gap says {words!r}" for words in expect.gaps if words not in missing]
    if expect.redrive not in found.redrive:
        problems.append(f"the advice is {found.redrive!r}")
    problems += [f"{fact.statement!r} has no source" for fact in found.facts if not fact.source]
    return problems


def _claims(found: Diagnosis, expect: Expected) -> list[str]:
    causes = [hypothesis.cause for hypothesis in found.hypotheses]
    said = "\n".join(
        [*(fact.statement for fact in found.facts), *(one.statement for one in found.hypotheses)]
    )
    return [
        *(f"{cause} is claimed" for cause in expect.never if cause in causes),
        *(f"{words!r} is said" for words in expect.unsaid if words in said),
        *(
            f"the cause {one.statement!r} is stated as a fact"
            for one in found.hypotheses
            for fact in found.facts
            if one.statement in fact.statement
        ),
    ]


def _actions(calls: Sequence[Any]) -> list[str]:
    written = {
        f"{call.service}:{call.operation}" for call in calls if not call.operation.startswith(READS)
    }
    return [f"{call} was called" for call in sorted(written)]
