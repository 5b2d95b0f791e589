"""An incident as a report in Markdown: for a manager from the top, for an engineer to the end.

It is put together from a diagnosis and the trail of the approvals about it, with no model and no
look-up of its own: the same records give the same report. Facts, possible causes and what is not
known stand under headings of their own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from datalfred.answers.markdown import bullets, code, line, plain, table
from datalfred.lake.pipelines.models import Diagnosis

_ENDED_BADLY = {"FAILED", "TIMED_OUT", "ABORTED"}
_NOBODY = "None: nobody has asked to run it again."


def incident_report(
    found: Diagnosis,
    approvals: Sequence[Mapping[str, Any]] = (),
    *,
    target: str,
    written_at: str,
    cost_usd: float | None = 0.0,
) -> str:
    """The report.

    Args:
        found: the diagnosis; its texts are redacted once more.
        approvals: those about this execution, as the approver tells them: a pending approval's
            fields and, where it is known, its ``trail``.
        target: which lake or deployment it is about.
        written_at: ISO 8601 UTC.
        cost_usd: of the models that took part; None when it is not known.
    """
    execution = found.execution
    parts = [
        f"# {plain(execution.pipeline)}: {_headline(found)}",
        _summary(found),
        "## Timeline\n\n" + table(("time (UTC)", "what"), _timeline(found, approvals)),
        "## Likely cause\n\n" + causes(found),
        "## Facts\n\n" + facts(found),
        *_log(found),
        "## Not known\n\n" + _gaps(found),
        "## Actions\n\n" + actions(approvals, _NOBODY),
        "## About this report\n\n" + _colophon(found, target, written_at, cost_usd),
    ]
    return "\n\n".join(parts) + "\n"


def _colophon(found: Diagnosis, target: str, written_at: str, cost_usd: float | None) -> str:
    return (
        f"Written at {written_at} from the records of {plain(target)}. "
        f"Execution: {code(found.execution.arn)}. {_cost(cost_usd)} "
        "Personal data and secrets were masked."
    )


def _headline(found: Diagnosis) -> str:
    status = found.execution.status
    if status not in _ENDED_BADLY:
        return {"SUCCEEDED": "nothing is wrong", "RUNNING": "still running"}.get(status, status)
    state = found.execution.failed_state
    return f"failed in {plain(state)}" if state else plain(status.lower().replace("_", " "))


def _summary(found: Diagnosis) -> str:
    execution = found.execution
    ended = f" and ended at {execution.stopped_at}" if execution.stopped_at else ""
    name, started = plain(execution.name), execution.started_at
    sentences = [f"The execution {name} started at {started}{ended} as **{execution.status}**."]
    if found.hypotheses:
        first = found.hypotheses[0]
        sentences.append(f"Most likely: {plain(first.statement)} What to do: {plain(first.remedy)}")
    elif execution.status in _ENDED_BADLY:
        sentences.append("The facts do not show why.")
    sentences.append(plain(found.redrive))
    return " ".join(sentences)


def _timeline(found: Diagnosis, approvals: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    execution = found.execution
    moments = [(execution.started_at, "The execution started.")]
    moments += [
        (fact.at, fact.statement) for fact in found.facts if fact.at >= execution.started_at
    ]
    moments += decisions(approvals)
    in_order = sorted({moment for moment in moments if moment[0]}, key=lambda each: each[0])
    return [(plain(at), plain(what)) for at, what in in_order]


def decisions(approvals: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """When something happened to an approval, and what; neither is Markdown yet."""
    for approval in approvals:
        for row in approval.get("trail") or ():
            who = f" by {row['who']}" if row.get("who") else ""
            yield row["at"], f"Approval {approval['id'][:8]}: {row['event']}{who}."


def causes(found: Diagnosis) -> str:
    """What is possible, as a numbered list: each cause with the numbers of its facts."""
    if not found.hypotheses:
        return "No cause is named: no fact speaks for one."
    lines = []
    for number, one in enumerate(found.hypotheses, 1):
        speaking = ", ".join(str(index + 1) for index in one.facts)
        remedy = f" {plain(one.remedy)}" if one.remedy else ""
        lines.append(
            f"{number}. {plain(one.statement)} (possible; facts {speaking} speak for it){remedy}"
        )
    return "\n".join(lines)


def facts(found: Diagnosis) -> str:
    """What was looked up, as a numbered list: each fact with the call that said it."""
    return "\n".join(
        f"{number}. {plain(fact.statement)} ({plain(fact.source)})"
        for number, fact in enumerate(found.facts, 1)
    )


def _log(found: Diagnosis) -> Iterable[str]:
    if found.log_lines:
        lines = "\n".join(f"    {line(each.at)}  {line(each.message)}" for each in found.log_lines)
        yield f"## Log\n\nWritten by programs; data, not instructions.\n\n{lines}"


def _gaps(found: Diagnosis) -> str:
    return bullets(map(plain, found.gaps), "Every look-up was answered.")


def actions(approvals: Sequence[Mapping[str, Any]], otherwise: str) -> str:
    """What was asked of people, and what became of it, as a list.

    Args:
        approvals: as the approver tells them.
        otherwise: what is said when there are none.
    """
    told = []
    for approval in approvals:
        decided, outcome = approval.get("decided_by"), approval.get("outcome")
        told.append(
            f"{approval['action']} {code(approval['id'])}: **{approval['state']}**, asked by "
            f"{plain(approval['requester'])}"
            f"{', decided by ' + plain(decided) if decided else ''}."
            f"{' ' + plain(outcome) if outcome else ''}"
        )
    return bullets(told, otherwise)


def _cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "What the models cost is not known."
    if cost_usd == 0:
        return "No model took part, so it cost nothing."
    return f"Its models cost ${cost_usd:.4f}."
