"""What operations said about pipelines, logs, alarms and jobs, in words: the verdict first."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.models.offline.conversation import Step
from datalfred.models.offline.text import stem, words_of
from datalfred.models.offline.unknowns import gaps_of
from datalfred.models.offline.wording import CANNOT, fitted, table

_MOST_LINES = 5
BAD = ("FAILED", "TIMED_OUT", "ABORTED")
"""How executions end badly."""


def as_dict(value: object) -> Mapping[str, Any]:
    """An object of a result, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def as_dicts(value: object) -> list[Mapping[str, Any]]:
    """The objects of a list of a result."""
    return [x for x in value if isinstance(x, Mapping)] if isinstance(value, list | tuple) else []


def evidence_of(step: Step) -> str:
    """The line in which an operation says what it looked up."""
    return str(step.result.get("evidence") or "")


def shortened(text: object, most: int = 220) -> str:
    """A text in one line of at most so many characters."""
    plain = re.sub(r"\s+", " ", str(text or "")).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def when(text: object) -> str:
    """A moment as people read it, in UTC."""
    found = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)", str(text or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(text or "an unknown time")


def redrive(step: Step) -> str:
    """What was requested, until when it can be approved, and how; or which runs fit."""
    if step.error:
        return f"{CANNOT}: the redrive was not requested. {step.error}"
    waiting = as_dict(step.result.get("pending_approval"))
    if waiting.get("id"):
        return fitted(
            [
                f"Nothing has run yet: approval **{waiting['id']}** is pending.",
                shortened(waiting.get("summary"), 500),
                (
                    f"It can be approved until {when(waiting.get('expires_at'))}. A person "
                    f"approves it with:"
                    f" `datalfred approvals approve {waiting['id']}`"
                ),
                evidence_of(step),
            ]
        )
    candidates = as_dicts(step.result.get("candidates"))
    if not candidates:
        return (
            f"{CANNOT}: no failed execution fits, so there is nothing to run again. "
            f"{evidence_of(step)}"
        )
    lines = [
        (
            f"- {c.get('pipeline')} {c.get('name')}: {c.get('status')} at "
            f"{when(c.get('started_at'))}, {c.get('arn')}"
        )
        for c in candidates[:8]
    ]
    return fitted(
        [
            "Several failed executions fit. Which one shall run again? Answer with its ARN:",
            "\n".join(lines),
            evidence_of(step),
        ]
    )


def diagnosis(step: Step) -> str:
    """Verdict, facts with sources, hypotheses marked as such, gaps, and what a redrive can do."""
    found = as_dict(step.result.get("diagnosis"))
    execution = as_dict(found.get("execution"))
    facts = as_dicts(found.get("facts"))
    guesses = as_dicts(found.get("hypotheses"))
    parts = [_verdict(execution, guesses)]
    if facts:
        said = [
            f"- {shortened(f.get('statement'), 180)} ({f.get('source') or 'no source'})"
            for f in facts[:7]
        ]
        parts.append("Facts:\n" + "\n".join(said))
    if guesses:
        parts.append("Hypotheses:\n" + "\n".join(_hypothesis(h) for h in guesses[:3]))
    lines = _log_lines(as_dicts(found.get("log_lines")), 2)
    parts.append(f"Log lines:\n{lines}" if lines else "")
    gaps = [shortened(g, 140) for g in found.get("gaps") or ()]
    parts.append("Not looked up: " + "; ".join(gaps[:3]).rstrip(".") + "." if gaps else "")
    parts.append(f"Redrive: {shortened(found.get('redrive'), 200)}" if found.get("redrive") else "")
    return fitted([*parts, evidence_of(step)])


def diagnosis_short(step: Step) -> str:
    """The verdict of a diagnosis, its first remedy and its evidence."""
    found = as_dict(step.result.get("diagnosis"))
    guesses = as_dicts(found.get("hypotheses"))
    lines = [_hypothesis(h) for h in guesses[:1]]
    return fitted(
        [_verdict(as_dict(found.get("execution")), guesses), "\n".join(lines), evidence_of(step)]
    )


def advice(step: Step) -> str:
    """Whether a redrive can help, what to do first, and that nothing was requested."""
    found = as_dict(step.result.get("diagnosis"))
    execution, guesses = as_dict(found.get("execution")), as_dicts(found.get("hypotheses"))
    name = execution.get("pipeline") or "the pipeline"
    said = shortened(found.get("redrive"), 300)
    remedy = shortened(guesses[0].get("remedy"), 200) if guesses else ""
    failed = execution.get("status") in BAD
    return fitted(
        [
            f"**{name}**: {said}" if said and failed else "",
            _verdict(execution, guesses),
            f"First (a hypothesis): {remedy}" if remedy and failed else "",
            f'Nothing was requested. Say "redrive {name}" to ask for it; a person then approves it.'
            if failed
            else "Only a failed execution can be redriven, so nothing was requested.",
            evidence_of(step),
        ]
    )


_OF_CHANGE = re.compile(
    r"\b(?:chang\w+|differ\w*|definition|succeeded|success|longer|shorter)\b", re.IGNORECASE
)


def changed(step: Step) -> str:
    """What differs from the last success; who did it no operation tells."""
    found = as_dict(step.result.get("diagnosis"))
    execution = as_dict(found.get("execution"))
    guesses = as_dicts(found.get("hypotheses"))
    facts = [f for f in as_dicts(found.get("facts")) if _OF_CHANGE.search(str(f.get("statement")))]
    lines = [
        f"- {shortened(f.get('statement'), 220)} ({f.get('source') or 'no source'})"
        for f in facts[:8]
    ]
    head = f"**{execution.get('pipeline')}**, execution {execution.get('name')}: "
    head += (
        "what was found to differ from the last success, or not to:"
        if lines
        else "no difference from the last success was found."
    )
    gaps = [shortened(g, 140) for g in found.get("gaps") or ()]
    return fitted(
        [
            head,
            "\n".join(lines),
            _verdict(execution, guesses),
            "Who changed something, no operation here can tell (CloudTrail may).",
            "Not looked up: " + "; ".join(gaps[:3]).rstrip(".") + "." if gaps else "",
            evidence_of(step),
        ]
    )


def _verdict(execution: Mapping[str, Any], guesses: Sequence[Mapping[str, Any]]) -> str:
    name, status = (
        execution.get("pipeline") or "The pipeline",
        str(execution.get("status") or "unknown"),
    )
    at = when(execution.get("stopped_at") or execution.get("started_at"))
    if status not in BAD:
        return (
            f"**{name}** did not fail: its newest execution {execution.get('name') or ''} is "
            f"{status} ({at})."
        )
    verb = {"TIMED_OUT": "timed out", "ABORTED": "was aborted"}.get(status, "failed")
    where = f" in state {execution['failed_state']}" if execution.get("failed_state") else ""
    error = f": {execution['error']}" if execution.get("error") else ""
    likely = f" Most likely: {shortened(guesses[0].get('statement'), 200)}" if guesses else ""
    cause = "" if guesses else f" {shortened(execution.get('cause'))}"
    return f"**{name}** {verb}{where} at {at}{error}.{likely}{cause}".rstrip()


def _hypothesis(raw: Mapping[str, Any]) -> str:
    remedy = f" Remedy: {shortened(raw.get('remedy'), 160)}" if raw.get("remedy") else ""
    basis = ", ".join(str(int(i) + 1) for i in raw.get("facts") or () if isinstance(i, int))
    return f"- {shortened(raw.get('statement'), 180)}{f' (facts {basis})' if basis else ''}{remedy}"


def _log_lines(events: Sequence[Mapping[str, Any]], most: int = _MOST_LINES) -> str:
    return "\n".join(f"- {e.get('at')} {shortened(e.get('message'), 170)}" for e in events[:most])


def alarms(step: Step, *, every: bool, about: str = "") -> str:
    """Which alarms are in ALARM, and why; all of them, or those of a pipeline, when asked."""
    found = as_dicts(step.result.get("alarms"))
    own = [a for a in found if about and _shares_words(f"{a.get('name')}", about)]
    ringing = [a for a in own or found if a.get("state") == "ALARM"]
    count = len(ringing)
    head = (
        f"**{count} alarm{'' if count == 1 else 's'} firing**" if ringing else "No alarm is firing"
    )
    head += f", of {len(own or found)} alarms"
    head += f" named like **{about}**" if own else ""
    head += ":" if ringing or every or own else "."
    lead = f"No alarm is named like **{about}**. Of all alarms:" if about and not own else ""
    shown = found if every and not own else own or ringing
    lines = [
        f"- {a.get('name')}: {a.get('state')}"
        + (f", {shortened(a.get('reason'), 160)}" if a.get("state") == "ALARM" else "")
        for a in shown[:15]
    ]
    return fitted([lead, head, "\n".join(lines), evidence_of(step)])


def _shares_words(name: str, pipeline: str) -> bool:
    """Whether all but the last word of a pipeline's name stand in another name."""
    said, own = {stem(w) for w in words_of(name)}, [stem(w) for w in words_of(pipeline)]
    return set(own[:-1] or own) <= said


def log_groups(step: Step) -> str:
    """The log groups."""
    found = as_dicts(step.result.get("log_groups"))
    lines = [
        f"- {g.get('name')}"
        + (f" ({int(g['bytes']):,} bytes)" if isinstance(g.get("bytes"), int) else "")
        for g in found[:30]
    ]
    return fitted(
        [
            f"There are {step.result.get('total', len(found))} log groups:",
            "\n".join(lines),
            evidence_of(step),
        ]
    )


def log_search(step: Step) -> str:
    """How many lines matched, and the newest; or the table of an Insights query."""
    query = as_dict(step.result.get("query"))
    if query:
        columns = [str(c) for c in query.get("columns") or ()]
        rows = [[str(v) for v in r] for r in query.get("rows") or () if isinstance(r, list | tuple)]
        head = (
            f"{len(rows)} rows from {', '.join(map(str, query.get('log_groups') or ()))}:"
            if rows
            else "No log line matches."
        )
        return fitted(
            [
                head,
                table(columns, rows),
                f"Insights query: `{query.get('query')}`",
                evidence_of(step),
            ]
        )
    search = as_dict(step.result.get("search"))
    count = search.get("count", 0)
    groups = ", ".join(map(str, search.get("log_groups") or ()))
    bound = "" if search.get("complete", True) else "at least "
    what = f" match `{search['pattern']}`" if search.get("pattern") else ""
    span = f" between {when(search.get('start'))} and {when(search.get('end'))}"
    head = (
        f"**{bound}{count} log lines**{what} in {groups}{span}"
        if count
        else f"No log lines{what} in {groups}{span}"
    )
    events = as_dicts(search.get("events"))
    limit = step.input.get("limit")
    most = limit if isinstance(limit, int) else _MOST_LINES
    groups_seen = {str(e.get("log_group")) for e in events}
    short = most > _MOST_LINES and len(groups_seen) == 1
    lines = "\n".join(
        f"- {str(e.get('at'))[:19]} {shortened(e.get('message'), max(60, 1_400 // most))}"
        if short
        else f"- {e.get('at')} [{e.get('log_group')} {e.get('stream')}] "
        f"{shortened(e.get('message'), 200 if most == _MOST_LINES else 90)}"
        for e in events[:most]
    )
    return fitted([head + (":" if events else "."), lines, evidence_of(step)])


def jobs(step: Step) -> str:
    """The jobs of a listing."""
    found = as_dicts(step.result.get("jobs"))
    total = step.result.get("total", len(found))
    failed = sum(bool(j.get("failed")) for j in found)
    if not found:
        return fitted([_no_jobs(step), evidence_of(step)])
    rows = [
        [
            str(j.get("kind")),
            str(j.get("name")),
            str(j.get("status")),
            when(j.get("started_at")),
            str(j.get("id")),
        ]
        for j in found[:10]
    ]
    lines = [
        f"- {kind} {name}: {status}, started {at} ({identity})"
        for kind, name, status, at, identity in rows
    ]
    return fitted(
        [
            f"**{total} job{'' if total == 1 else 's'}**, {failed} of those shown failed:",
            "\n".join(lines),
            _unknown_kinds(step),
            evidence_of(step),
        ]
    )


def _no_jobs(step: Step) -> str:
    """That there are none, only as far as the services answered."""
    unknown = _unknown_kinds(step)
    if step.result.get("total", 0) is None:
        return f"{CANNOT}: no kind of job that you ask for could be listed. {unknown}"
    return f"No such jobs were found. {unknown}" if unknown else "No such jobs."


def _unknown_kinds(step: Step) -> str:
    """The kinds of which nothing is known, and what else is missing."""
    kinds = [str(kind) for kind in step.result.get("unknown") or ()]
    said = f"Unknown: {' and '.join(kinds)} jobs." if kinds else ""
    return f"{said} {gaps_of(step.result)}".strip()


def job(step: Step) -> str:
    """One job: why it stopped, its settings, and the end of its log."""
    found = as_dict(step.result.get("job"))
    inner = as_dict(found.get("job"))
    code = f", exit code {found['exit_code']}" if found.get("exit_code") is not None else ""
    head = (
        f"**{inner.get('name') or inner.get('id')}** ({inner.get('kind')}) is "
        f"{inner.get('status')}{code}: "
        f"{shortened(found.get('reason'), 300) or 'no reason was given'}"
    )
    settings = ", ".join(f"{k} {v}" for k, v in list(as_dict(found.get("settings")).items())[:6])
    lines = _log_lines(as_dicts(found.get("log_tail"))[-_MOST_LINES:])
    gaps = "; ".join(shortened(g, 140) for g in found.get("gaps") or ())
    return fitted(
        [
            head,
            f"Settings: {settings}." if settings else "",
            f"End of its log:\n{lines}" if lines else "",
            f"Not looked up: {gaps}." if gaps else "",
            evidence_of(step),
        ]
    )
