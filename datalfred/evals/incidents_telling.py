"""The scores of incidents as a person reads them, and as a program does."""

from collections.abc import Sequence
from typing import Any

from datalfred.evals.incidents_run import Scored

_WIDTH = 44


def as_text(scored: Sequence[Scored]) -> str:
    """A line for each case, its problems below it, and the figures of all."""
    lines = [f"{'incident':<{_WIDTH}} {'cause':>5} {'facts':>5} {'claims':>6} {'actions':>7}"]
    for one in scored:
        lines.append(
            f"{one.incident.id:<{_WIDTH}} {_mark(one.score.cause):>5} "
            f"{_mark(one.score.evidence):>5} {_mark(not one.score.false_claim):>6} "
            f"{_mark(not one.score.false_action):>7}"
        )
        lines.extend(f"    {problem}" for problem in one.score.problems)
    told = figures(scored)
    lines.append(
        f"{told['cases']} incidents: cause in first place {told['cause']:.1%}, evidence "
        f"{told['evidence']:.1%}, false claims {told['false_claims']}, false actions "
        f"{told['false_actions']}; a diagnosis takes {told['median_seconds']:.2f} s "
        f"(at most {told['slowest_seconds']:.2f} s) and at most {told['most_calls']} calls."
    )
    return "\n".join(lines)


def as_object(scored: Sequence[Scored]) -> dict[str, Any]:
    """The figures, and each case with its problems."""
    cases = [
        {
            "id": one.incident.id,
            "batch": one.incident.batch,
            "right": one.score.right,
            **one.score.model_dump(mode="json"),
            "causes": [hypothesis.cause for hypothesis in one.found.hypotheses],
            "seconds": round(one.seconds, 3),
            "calls": one.calls,
        }
        for one in scored
    ]
    return {**figures(scored), "incidents": cases}


def figures(scored: Sequence[Scored]) -> dict[str, Any]:
    """Shares (0 to 1) and counts over all cases; there is at least one."""
    seconds = sorted(one.seconds for one in scored)
    return {
        "cases": len(scored),
        "right": sum(one.score.right for one in scored),
        "cause": sum(one.score.cause for one in scored) / len(scored),
        "evidence": sum(one.score.evidence for one in scored) / len(scored),
        "false_claims": sum(one.score.false_claim for one in scored),
        "false_actions": sum(one.score.false_action for one in scored),
        "median_seconds": round(seconds[len(seconds) // 2], 3),
        "slowest_seconds": round(seconds[-1], 3),
        "most_calls": max(one.calls for one in scored),
    }


def _mark(good: bool) -> str:  # noqa: FBT001 -- a formatter of one value
    return "ok" if good else "WRONG"
