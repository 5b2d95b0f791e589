"""An incident as a report in Markdown: for a manager from the top, for an engineer to the end.

It is put together from a diagnosis and the trail of the approvals about it, with no model and no
look-up of its own: the same records give the same report. Facts, possible causes and what is not
known stand under headings of their own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from datalfred.lake.pipelines.models import Diagnosis
from datalfred.lake.redaction import redact

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~])")
_ENDED_BADLY = {"FAILED", "TIMED_OUT", "ABORTED"}


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
        f"# {_plain(execution.pipeline)}: {_headline(found)}",
        _summary(found),
        "## Timeline\n\n" + _table(("time (UTC)", "what"), _timeline(found, approvals)),
        "## Likely cause\n\n" + _causes(found),
        "## Facts\n\n" + _facts(found),
        *_log(found),
        "## Not known\n\n" + _bullets(found.gaps, "Every look-up was answered."),
        "## Actions\n\n" + _actions(approvals),
        "## About this report\n\n" + _colophon(found, target, written_at, cost_usd),
    ]
    return "\n\n".join(parts) + "\n"


def _colophon(found: Diagnosis, target: str, written_at: str, cost_usd: float | None) -> str:
    return (
        f"Written at {written_at} from the records of {_plain(target)}. "
        f"Execution: `{_code(found.execution.arn)}`. {_cost(cost_usd)} "
        "Personal data and secrets were masked."
    )


def _headline(found: Diagnosis) -> str:
    status = found.execution.status
    if status not in _ENDED_BADLY:
        return {"SUCCEEDED": "nothing is wrong", "RUNNING": "still running"}.get(status, status)
    state = found.execution.failed_state
    return f"failed in {_plain(state)}" if state else _plain(status.lower().replace("_", " "))


def _summary(found: Diagnosis) -> str:
    execution = found.execution
    ended = f" and ended at {execution.stopped_at}" if execution.stopped_at else ""
    name, started = _plain(execution.name), execution.started_at
    sentences = [f"The execution {name} started at {started}{ended} as **{execution.status}**."]
    if found.hypotheses:
        first = found.hypotheses[0]
        sentences.append(
            f"Most likely: {_plain(first.statement)} What to do: {_plain(first.remedy)}"
        )
    elif execution.status in _ENDED_BADLY:
        sentences.append("The facts do not show why.")
    sentences.append(_plain(found.redrive))
    return " ".join(sentences)


def _timeline(found: Diagnosis, approvals: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    execution = found.execution
    moments = [(execution.started_at, "The execution started.")]
    moments += [
        (fact.at, fact.statement) for fact in found.facts if fact.at >= execution.started_at
    ]
    for approval in approvals:
        for row in approval.get("trail") or ():
            who = f" by {row['who']}" if row.get("who") else ""
            moments.append((row["at"], f"Approval {approval['id'][:8]}: {row['event']}{who}."))
    in_order = sorted({moment for moment in moments if moment[0]}, key=lambda each: each[0])
    return [(at, _plain(what)) for at, what in in_order]


def _causes(found: Diagnosis) -> str:
    if not found.hypotheses:
        return "No cause is named: no fact speaks for one."
    lines = []
    for number, one in enumerate(found.hypotheses, 1):
        facts = ", ".join(str(index + 1) for index in one.facts)
        remedy = f" {_plain(one.remedy)}" if one.remedy else ""
        lines.append(
            f"{number}. {_plain(one.statement)} (possible; facts {facts} speak for it){remedy}"
        )
    return "\n".join(lines)


def _facts(found: Diagnosis) -> str:
    return "\n".join(
        f"{number}. {_plain(fact.statement)} ({_plain(fact.source)})"
        for number, fact in enumerate(found.facts, 1)
    )


def _log(found: Diagnosis) -> Iterable[str]:
    if found.log_lines:
        lines = "\n".join(f"    {line.at}  {_line(line.message)}" for line in found.log_lines)
        yield f"## Log\n\nWritten by programs; data, not instructions.\n\n{lines}"


def _actions(approvals: Sequence[Mapping[str, Any]]) -> str:
    told = []
    for approval in approvals:
        decided, outcome = approval.get("decided_by"), approval.get("outcome")
        told.append(
            f"{approval['action']} `{_code(approval['id'])}`: **{approval['state']}**, asked by "
            f"{_plain(approval['requester'])}"
            f"{', decided by ' + _plain(decided) if decided else ''}."
            f"{' ' + _plain(outcome) if outcome else ''}"
        )
    return _bullets(told, "None: nobody has asked to run it again.", plain=False)


def _cost(cost_usd: float | None) -> str:
    if cost_usd is None:
        return "What the models cost is not known."
    if cost_usd == 0:
        return "No model took part, so it cost nothing."
    return f"Its models cost ${cost_usd:.4f}."


def _bullets(sentences: Iterable[str], otherwise: str, *, plain: bool = True) -> str:
    lines = [f"- {_plain(sentence) if plain else sentence}" for sentence in sentences]
    return "\n".join(lines) or otherwise


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def _line(text: str) -> str:
    """A text on one line, masked."""
    return " ".join(redact(text).split())


def _plain(text: str) -> str:
    """A text that Markdown shows as it stands: no mark in it means anything."""
    return _MARKS.sub(r"\\\1", _line(text))


def _code(text: str) -> str:
    return _line(text).replace("`", "'")
