"""What may be the cause, of all that a dossier holds, and whether a redrive can help."""

from collections.abc import Mapping, Sequence

from datalfred.lake.pipelines import hypotheses
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.executions import Record
from datalfred.lake.pipelines.history import Failure
from datalfred.lake.pipelines.hypotheses import Cause
from datalfred.lake.pipelines.models import Hypothesis
from datalfred.lake.pipelines.rules import Rule

REDRIVE_ADVICE: Mapping[str, str] = {
    "size": "A redrive helps once it has more memory or disk; with the same it will fail again.",
    "data": "A redrive helps once the data is right; until then it will fail again.",
    "access": "A redrive helps once the secret or permission is mended.",
    "image": "A redrive helps once the image can be pulled.",
    "code": "A redrive helps once the code is mended and deployed under the same name.",
    "resource": "A redrive helps once what it calls is there again under the same name.",
    "quota": "A redrive helps once the limit is raised or the work is smaller.",
    "connection": "A redrive helps once both sides agree again on how to connect.",
    "nothing": "A redrive may succeed as it is.",
    "time": "A redrive helps if what made it slow has passed; it keeps the original timeout.",
    "input": "A redrive will not help: it runs the original input again.",
    "definition": "A redrive will hardly help: it runs the original definition again.",
    "unknown": "It can be redriven; the facts do not show whether that helps.",
}
"""What a redrive can do, by what the likeliest hypothesis blames."""

_SPEAKS_TOO: Mapping[str, tuple[str, ...]] = {"image": ("code",), "time": ("size",)}
"""Which other changes speak for a cause: with more to do, a run needs more time."""


def found(described: Record, failure: Failure | None, dossier: Dossier) -> tuple[Cause, ...]:
    """The possible causes, best first; none for which no fact speaks.

    Args:
        described: the execution, as ``DescribeExecution`` says it.
        failure: where it failed; None when that is not known.
        dossier: all facts.
    """
    if described["status"] == "ABORTED":
        return ((hypotheses.ABORTED, hypotheses.hypothesis(hypotheses.ABORTED, 0)),)
    by_words = hypotheses.ranked(dossier.facts, dossier.signals)
    told = [(rule, _of_resource(rule, cause, failure, dossier)) for rule, cause in by_words]
    if not told:
        told.extend(_of_check(failure, dossier))
    changed = dossier.changes.get("definition")
    if changed is not None and dossier.changed_here:
        told.append((hypotheses.CHANGED, hypotheses.hypothesis(hypotheses.CHANGED, changed)))
    return tuple(told)


def redrive(described: Record, causes: Sequence[Cause]) -> str:
    """Whether running it again can help, and why not when it cannot."""
    if described.get("redriveStatus") != "REDRIVABLE":
        reason = described.get("redriveStatusReason") or "Step Functions does not say why"
        return f"It cannot be redriven: {reason}."
    return REDRIVE_ADVICE[causes[0][0].blames if causes else "unknown"]


def _of_check(failure: Failure | None, dossier: Dossier) -> list[Cause]:
    """What a Fail state says that a Choice led to: a check of the pipeline's own."""
    if failure is None or not failure.chosen_by or dossier.failed_fact is None:
        return []
    less = dossier.changes.get("less")
    rule = hypotheses.CHECK_FAILED if less is None else hypotheses.LESS_DATA
    speaking = [dossier.failed_fact, *([less] if less is not None else [])]
    if less is None and (differs := dossier.changes.get("volume")) is not None:
        speaking.append(differs)
    return [(rule, hypotheses.hypothesis(rule, *speaking))]


def _of_resource(
    rule: Rule, cause: Hypothesis, failure: Failure | None, dossier: Dossier
) -> Hypothesis:
    """The hypothesis with what is known of the resource, and with the change that speaks for it."""
    statement, facts = cause.statement, cause.facts
    if rule.blames == "size" and (size := _size(dossier.settings)):
        statement += f" It had {size}."
    if rule.blames == "time" and failure:
        statement += f" The state is {failure.state}."
    for change in (rule.blames, *_SPEAKS_TOO.get(rule.blames, ())):
        changed = dossier.changes.get(change)
        if changed is not None and changed not in facts:
            facts = (*facts, changed)
    return cause.model_copy(update={"statement": statement, "facts": facts})


def _size(settings: Mapping[str, str]) -> str:
    if memory := settings.get("memory_mib"):
        return f"{memory} MiB"
    if memory := settings.get("memory_mb"):
        return f"{memory} MB"
    worker, workers = settings.get("worker_type"), settings.get("workers", "")
    return f"{workers} workers of type {worker}".strip() if worker else ""
