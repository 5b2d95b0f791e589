"""What operations said about pipelines, logs, alarms and jobs, in words: the verdict first."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from datalfred.models.offline.conversation import Step
from datalfred.models.offline.pipelines_view import Pipeline
from datalfred.models.offline.time_span import TimeRange
from datalfred.models.offline.wording import CANNOT, fitted, table

_MOST_LINES = 5
_BAD = ("FAILED", "TIMED_OUT", "ABORTED")


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [x for x in value if isinstance(x, Mapping)] if isinstance(value, list | tuple) else []


def _evidence(step: Step) -> str:
    return str(step.result.get("evidence") or "")


def _short(text: object, most: int = 220) -> str:
    plain = re.sub(r"\s+", " ", str(text or "")).strip()
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def _when(text: object) -> str:
    found = re.match(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)", str(text or ""))
    return f"{found[1]} {found[2]} UTC" if found else str(text or "an unknown time")


def redrive(step: Step) -> str:
    """What was requested, until when it can be approved, and how; or which runs fit."""
    if step.error:
        return f"{CANNOT}: the redrive was not requested. {step.error}"
    waiting = _dict(step.result.get("pending_approval"))
    if waiting.get("id"):
        return fitted(
            [
                f"Nothing has run yet: approval **{waiting['id']}** is pending.",
                _short(waiting.get("summary"), 500),
                (
                    f"It can be approved until {_when(waiting.get('expires_at'))}. A person "
                    f"approves it with:"
                    f" `datalfred approvals approve {waiting['id']}`"
                ),
                _evidence(step),
            ]
        )
    candidates = _dicts(step.result.get("candidates"))
    if not candidates:
        return (
            f"{CANNOT}: no failed execution fits, so there is nothing to run again. "
            f"{_evidence(step)}"
        )
    lines = [
        (
            f"- {c.get('pipeline')} {c.get('name')}: {c.get('status')} at "
            f"{_when(c.get('started_at'))}, {c.get('arn')}"
        )
        for c in candidates[:8]
    ]
    return fitted(
        [
            "Several failed executions fit. Which one shall run again? Answer with its ARN:",
            "\n".join(lines),
            _evidence(step),
        ]
    )


def diagnosis(step: Step) -> str:
    """Verdict, facts with sources, hypotheses marked as such, gaps, and what a redrive can do."""
    found = _dict(step.result.get("diagnosis"))
    execution = _dict(found.get("execution"))
    facts = _dicts(found.get("facts"))
    guesses = _dicts(found.get("hypotheses"))
    parts = [_verdict(execution, guesses)]
    if facts:
        said = [
            f"- {_short(f.get('statement'), 180)} ({f.get('source') or 'no source'})"
            for f in facts[:7]
        ]
        parts.append("Facts:\n" + "\n".join(said))
    if guesses:
        parts.append("Hypotheses:\n" + "\n".join(_hypothesis(h) for h in guesses[:3]))
    lines = _log_lines(_dicts(found.get("log_lines")), 2)
    parts.append(f"Log lines:\n{lines}" if lines else "")
    gaps = [_short(g, 140) for g in found.get("gaps") or ()]
    parts.append("Not looked up: " + "; ".join(gaps[:3]) + "." if gaps else "")
    parts.append(f"Redrive: {_short(found.get('redrive'), 200)}" if found.get("redrive") else "")
    return fitted([*parts, _evidence(step)])


def _verdict(execution: Mapping[str, Any], guesses: Sequence[Mapping[str, Any]]) -> str:
    name, status = (
        execution.get("pipeline") or "The pipeline",
        str(execution.get("status") or "unknown"),
    )
    at = _when(execution.get("stopped_at") or execution.get("started_at"))
    if status not in _BAD:
        return (
            f"**{name}** did not fail: its newest execution {execution.get('name') or ''} is "
            f"{status} ({at})."
        )
    verb = {"TIMED_OUT": "timed out", "ABORTED": "was aborted"}.get(status, "failed")
    where = f" in state {execution['failed_state']}" if execution.get("failed_state") else ""
    error = f": {execution['error']}" if execution.get("error") else ""
    likely = f" Most likely: {_short(guesses[0].get('statement'), 200)}" if guesses else ""
    cause = "" if guesses else f" {_short(execution.get('cause'))}"
    return f"**{name}** {verb}{where} at {at}{error}.{likely}{cause}".rstrip()


def _hypothesis(raw: Mapping[str, Any]) -> str:
    remedy = f" Remedy: {_short(raw.get('remedy'), 160)}" if raw.get("remedy") else ""
    basis = ", ".join(str(int(i) + 1) for i in raw.get("facts") or () if isinstance(i, int))
    return f"- {_short(raw.get('statement'), 180)}{f' (facts {basis})' if basis else ''}{remedy}"


def _log_lines(events: Sequence[Mapping[str, Any]], most: int = _MOST_LINES) -> str:
    return "\n".join(f"- {e.get('at')} {_short(e.get('message'), 170)}" for e in events[:most])


def executions(step: Step, pipeline: str, status: str, words: str, exact: TimeRange | None) -> str:
    """How many executions there were, and the newest of them."""
    found = _dicts(step.result.get("executions"))
    total = step.result.get("total", len(found))
    if exact:
        found = [e for e in found if _inside(e, exact)]
        total = len(found)
    of = f" of **{pipeline}**" if pipeline else ""
    state = {
        "failed": "failed ",
        "running": "running ",
        "succeeded": "succeeded ",
        "aborted": "aborted ",
    }.get(status, "")
    if not found:
        return fitted([f"No {state}executions{of} {words}.", _evidence(step)])
    noun = "execution" if total == 1 else "executions"
    head = f"**{total}** {state}{noun}{of} {words}:"
    return fitted([head, _execution_table(found, with_pipeline=not pipeline), _evidence(step)])


def _inside(execution: Mapping[str, Any], bounds: TimeRange) -> bool:
    try:
        started = datetime.fromisoformat(str(execution.get("started_at", ""))).replace(tzinfo=None)
    except ValueError:
        return True
    return (bounds.start is None or started >= bounds.start) and (
        bounds.end is None or started < bounds.end
    )


def _execution_table(found: Sequence[Mapping[str, Any]], *, with_pipeline: bool) -> str:
    names = [
        *(["pipeline"] if with_pipeline else []),
        "execution",
        "status",
        "started",
        "failed state",
        "error",
    ]
    rows = []
    for e in found[:10]:
        row = [str(e.get("pipeline") or "")] if with_pipeline else []
        cause = e.get("error") or e.get("cause") or ""
        rows.append(
            [
                *row,
                str(e.get("name") or ""),
                str(e.get("status") or ""),
                _when(e.get("started_at")),
                str(e.get("failed_state") or ""),
                _short(cause, 60),
            ]
        )
    return table(names, rows, len(found))


def latest(step: Step, pipeline: str) -> str:
    """The newest execution of a pipeline."""
    found = _dicts(step.result.get("executions"))
    if not found:
        return fitted([f"**{pipeline}** has no executions in that window.", _evidence(step)])
    newest = found[0]
    status = str(newest.get("status") or "unknown")
    took = newest.get("duration_seconds")
    length = f", took {_length(took)}" if isinstance(took, int | float) else ""
    stopped = f", stopped {_when(newest.get('stopped_at'))}" if newest.get("stopped_at") else ""
    head = (
        f"**{pipeline}**: the newest execution {newest.get('name') or ''} is **{status}** "
        f"(started {_when(newest.get('started_at'))}{stopped}{length})."
    )
    why = ""
    if status in _BAD:
        state = newest.get("failed_state")
        why = (
            f"It failed{f' in state {state}' if state else ''}: "
            f"{newest.get('error') or 'no error name'}. {_short(newest.get('cause'), 300)}"
        )
        good = next((e for e in found if e.get("status") == "SUCCEEDED"), None)
        why += f" Last success in that window: {_when(good.get('started_at'))}." if good else ""
    return fitted([head, why.strip(), _evidence(step)])


def _length(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:g} s"
    return (
        f"{whole // 60} min {whole % 60} s"
        if whole < 3600
        else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


def pipelines(found: Sequence[Pipeline], evidence: str) -> str:
    """All pipelines with the state of their newest execution; failures first in words."""
    if not found:
        return fitted(["There are no pipelines.", evidence])
    bad = [p.name for p in found if p.status in _BAD]
    running = [p.name for p in found if p.status == "RUNNING"]
    head = f"{len(found)} pipelines: " + (
        f"**{len(bad)} failed last** ({', '.join(bad)})" if bad else "none failed last"
    )
    head += f"; {len(running)} running ({', '.join(running)})." if running else "; none is running."
    rows = [
        [p.name, p.status or "never ran", _when(p.started_at) if p.started_at else ""]
        for p in found
    ]
    lines = [
        f"- {name}: {status}" + (f", started {started}" if started else "")
        for name, status, started in rows
    ]
    return fitted([head, "\n".join(lines[:25]), evidence])


def alarms(step: Step, *, every: bool) -> str:
    """Which alarms are in ALARM, and why; all of them when asked."""
    found = _dicts(step.result.get("alarms"))
    ringing = [a for a in found if a.get("state") == "ALARM"]
    count = len(ringing)
    head = (
        f"**{count} alarm{'' if count == 1 else 's'} firing**" if ringing else "No alarm is firing"
    )
    head += f", of {len(found)} alarms" + (":" if ringing or every else ".")
    shown = found if every else ringing
    lines = [
        f"- {a.get('name')}: {a.get('state')}"
        + (f", {_short(a.get('reason'), 160)}" if a.get("state") == "ALARM" else "")
        for a in shown[:15]
    ]
    return fitted([head, "\n".join(lines), _evidence(step)])


def log_groups(step: Step) -> str:
    """The log groups."""
    found = _dicts(step.result.get("log_groups"))
    lines = [
        f"- {g.get('name')}"
        + (f" ({int(g['bytes']):,} bytes)" if isinstance(g.get("bytes"), int) else "")
        for g in found[:30]
    ]
    return fitted(
        [
            f"There are {step.result.get('total', len(found))} log groups:",
            "\n".join(lines),
            _evidence(step),
        ]
    )


def log_search(step: Step) -> str:
    """How many lines matched, and the newest; or the table of an Insights query."""
    query = _dict(step.result.get("query"))
    if query:
        columns = [str(c) for c in query.get("columns") or ()]
        rows = [[str(v) for v in r] for r in query.get("rows") or () if isinstance(r, list | tuple)]
        head = (
            f"{len(rows)} rows from {', '.join(map(str, query.get('log_groups') or ()))}:"
            if rows
            else "No log line matches."
        )
        return fitted(
            [head, table(columns, rows), f"Insights query: `{query.get('query')}`", _evidence(step)]
        )
    search = _dict(step.result.get("search"))
    count = search.get("count", 0)
    groups = ", ".join(map(str, search.get("log_groups") or ()))
    bound = "" if search.get("complete", True) else "at least "
    what = f" match `{search['pattern']}`" if search.get("pattern") else ""
    span = f" between {_when(search.get('start'))} and {_when(search.get('end'))}"
    head = (
        f"**{bound}{count} log lines**{what} in {groups}{span}"
        if count
        else f"No log lines{what} in {groups}{span}"
    )
    events = _dicts(search.get("events"))
    lines = "\n".join(
        f"- {e.get('at')} [{e.get('log_group')} {e.get('stream')}] {_short(e.get('message'), 200)}"
        for e in events[:_MOST_LINES]
    )
    return fitted([head + (":" if events else "."), lines, _evidence(step)])


def jobs(step: Step) -> str:
    """The jobs of a listing."""
    found = _dicts(step.result.get("jobs"))
    total = step.result.get("total", len(found))
    failed = sum(bool(j.get("failed")) for j in found)
    if not found:
        return fitted(["No such jobs.", _evidence(step)])
    rows = [
        [
            str(j.get("kind")),
            str(j.get("name")),
            str(j.get("status")),
            _when(j.get("started_at")),
            str(j.get("id")),
        ]
        for j in found[:10]
    ]
    lines = [
        f"- {kind} {name}: {status}, started {at} ({identity})"
        for kind, name, status, at, identity in rows
    ]
    return fitted(
        [f"**{total} jobs**, {failed} of those shown failed:", "\n".join(lines), _evidence(step)]
    )


def job(step: Step) -> str:
    """One job: why it stopped, its settings, and the end of its log."""
    found = _dict(step.result.get("job"))
    inner = _dict(found.get("job"))
    code = f", exit code {found['exit_code']}" if found.get("exit_code") is not None else ""
    head = (
        f"**{inner.get('name') or inner.get('id')}** ({inner.get('kind')}) is "
        f"{inner.get('status')}{code}: "
        f"{_short(found.get('reason'), 300) or 'no reason was given'}"
    )
    settings = ", ".join(f"{k} {v}" for k, v in list(_dict(found.get("settings")).items())[:6])
    lines = _log_lines(_dicts(found.get("log_tail"))[-_MOST_LINES:])
    gaps = "; ".join(_short(g, 140) for g in found.get("gaps") or ())
    return fitted(
        [
            head,
            f"Settings: {settings}." if settings else "",
            f"End of its log:\n{lines}" if lines else "",
            f"Not looked up: {gaps}." if gaps else "",
            _evidence(step),
        ]
    )
