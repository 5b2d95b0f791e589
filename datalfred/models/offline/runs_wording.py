"""What operations said about executions, in words: lists, the newest, comparisons, failures."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from datalfred.models.offline.conversation import Step
from datalfred.models.offline.ops_wording import (
    BAD,
    as_dict,
    as_dicts,
    evidence_of,
    shortened,
    when,
)
from datalfred.models.offline.pipelines_view import Pipeline
from datalfred.models.offline.time_span import TimeRange
from datalfred.models.offline.wording import fitted, table

Execution = Mapping[str, Any]


def executions(step: Step, pipeline: str, status: str, words: str, exact: TimeRange | None) -> str:
    """How many executions there were, and the newest of them."""
    found = as_dicts(step.result.get("executions"))
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
        return fitted([f"No {state}executions{of} {words}.", evidence_of(step)])
    noun = "execution" if total == 1 else "executions"
    head = f"**{total}** {state}{noun}{of} {words}:"
    return fitted([head, execution_table(found, with_pipeline=not pipeline), evidence_of(step)])


def within(step: Step, bounds: TimeRange) -> Step:
    """A listing with only the executions that started in a range."""
    found = [e for e in as_dicts(step.result.get("executions")) if _inside(e, bounds)]
    return Step(
        step.operation, step.input, {**step.result, "executions": found, "total": len(found)}
    )


def _inside(execution: Execution, bounds: TimeRange) -> bool:
    try:
        started = datetime.fromisoformat(str(execution.get("started_at", ""))).replace(tzinfo=None)
    except ValueError:
        return True
    return (bounds.start is None or started >= bounds.start) and (
        bounds.end is None or started < bounds.end
    )


def execution_table(found: Sequence[Execution], *, with_pipeline: bool) -> str:
    """Executions as a table; of more than ten, the first ten."""
    names = ["execution", "status", "started", "took", "failed state", "error"]
    rows = []
    for e in found[:10]:
        row = [str(e.get("pipeline") or "")] if with_pipeline else []
        rows.append(
            [
                *row,
                str(e.get("name") or ""),
                str(e.get("status") or ""),
                when(e.get("started_at")),
                _took(e),
                str(e.get("failed_state") or ""),
                shortened(e.get("error") or e.get("cause") or "", 60),
            ]
        )
    return table([*(["pipeline"] if with_pipeline else []), *names], rows, len(found))


def latest(step: Step, pipeline: str) -> str:
    """The newest execution of a pipeline."""
    found = as_dicts(step.result.get("executions"))
    if not found:
        return fitted([f"**{pipeline}** has no executions in that window.", evidence_of(step)])
    newest = found[0]
    status = str(newest.get("status") or "unknown")
    length = f", took {_took(newest)}" if _took(newest) else ""
    stopped = f", stopped {when(newest.get('stopped_at'))}" if newest.get("stopped_at") else ""
    head = (
        f"**{pipeline}**: the newest execution {newest.get('name') or ''} is **{status}** "
        f"(started {when(newest.get('started_at'))}{stopped}{length})."
    )
    why = ""
    if status in BAD:
        state = newest.get("failed_state")
        why = (
            f"It failed{f' in state {state}' if state else ''}: "
            f"{newest.get('error') or 'no error name'}. {shortened(newest.get('cause'), 300)}"
        ).strip()
        good = next((e for e in found if e.get("status") == "SUCCEEDED"), None)
        why += "" if why.endswith(".") else "."
        why += f" Last success in that window: {when(good.get('started_at'))}." if good else ""
    return fitted([head, why.strip(), evidence_of(step)])


def _seconds(execution: Execution) -> float | None:
    took = execution.get("duration_seconds")
    return float(took) if isinstance(took, int | float) else None


def _took(execution: Execution) -> str:
    seconds = _seconds(execution)
    return "" if seconds is None else spoken_length(seconds)


def spoken_length(seconds: float) -> str:
    """A duration as in "14 min 31 s"."""
    whole = int(seconds)
    if whole < 60:
        return f"{seconds:g} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def pipelines(found: Sequence[Pipeline], evidence: str) -> str:
    """All pipelines with the state of their newest execution; failures first in words."""
    if not found:
        return fitted(["There are no pipelines.", evidence])
    bad = [p.name for p in found if p.status in BAD]
    running = [p.name for p in found if p.status == "RUNNING"]
    head = f"{len(found)} pipelines: " + (
        f"**{len(bad)} failed last** ({', '.join(bad)})" if bad else "none failed last"
    )
    head += f"; {len(running)} running ({', '.join(running)})." if running else "; none is running."
    lines = [
        f"- {p.name}: {p.status or 'never ran'}"
        + (f", started {when(p.started_at)}" if p.started_at else "")
        for p in found
    ]
    return fitted([head, "\n".join(lines[:25]), evidence])


# --- one pipeline's past -----------------------------------------------------------------------


def last_success(step: Step, pipeline: str, words: str) -> str:
    """When a pipeline last succeeded, and how it went since."""
    found = as_dicts(step.result.get("executions"))
    good = next((n for n, e in enumerate(found) if e.get("status") == "SUCCEEDED"), None)
    if good is None:
        return fitted(
            [
                f"**{pipeline}** did not succeed {words} ({len(found)} executions).",
                evidence_of(step),
            ]
        )
    run = found[good]
    length = f", took {_took(run)}" if _took(run) else ""
    head = (
        f"**{pipeline}** last succeeded with {run.get('name')}: started "
        f"{when(run.get('started_at'))}, stopped {when(run.get('stopped_at'))}{length}."
    )
    return fitted([head, _afterwards(found[:good]), evidence_of(step)])


def _afterwards(later: Sequence[Execution]) -> str:
    if not later:
        return "That is its newest execution."
    said = ", ".join(f"{e.get('name')} {e.get('status')}" for e in later[:5])
    return f"Since then {len(later)} executions, none of them a success: {said}."


def failing_since(step: Step, pipeline: str, words: str) -> str:
    """Since when a pipeline has been failing without a success in between."""
    found = as_dicts(step.result.get("executions"))
    ended = [e for e in found if e.get("status") != "RUNNING"]
    row = 0
    while row < len(ended) and ended[row].get("status") in BAD:
        row += 1
    if not row:
        newest = f" Its newest finished execution, {ended[0].get('name')}, is " if ended else ""
        state = f"{ended[0].get('status')} ({when(ended[0].get('started_at'))})." if ended else ""
        return fitted([f"**{pipeline}** is not failing.{newest}{state}", evidence_of(step)])
    first = ended[row - 1]
    before = (
        f"The run before, {ended[row].get('name')}, succeeded "
        f"({when(ended[row].get('started_at'))})."
        if row < len(ended)
        else f"There was no success {words}."
    )
    head = (
        f"**{pipeline}** has failed since {when(first.get('started_at'))}: "
        f"{row} execution{'' if row == 1 else 's'} in a row. {before}"
    )
    return fitted([head, execution_table(found, with_pipeline=False), evidence_of(step)])


def durations(step: Step, pipeline: str, words: str, *, extreme: str) -> str:
    """How long the newest execution took, or the longest or shortest, beside the others."""
    found = as_dicts(step.result.get("executions"))
    timed = [e for e in found if _seconds(e) is not None]
    if not timed:
        return fitted([f"No finished execution of **{pipeline}** {words}.", evidence_of(step)])
    chosen = timed[0]
    if extreme:
        pick = max if extreme == "longest" else min
        chosen = pick(timed, key=lambda e: _seconds(e) or 0.0)
    which = (
        f"{extreme} of {len(timed)} executions {words}" if extreme else "newest finished execution"
    )
    head = (
        f"**{pipeline}**: the {which}, {chosen.get('name')}, took **{_took(chosen)}** "
        f"({chosen.get('status')}, started {when(chosen.get('started_at'))})."
    )
    if found[0].get("status") == "RUNNING":
        head += f" {found[0].get('name')} is running since {when(found[0].get('started_at'))}."
    others = [_seconds(e) or 0.0 for e in timed if e.get("status") == "SUCCEEDED"]
    mean = (
        f"The {len(others)} that succeeded {words} took {spoken_length(sum(others) / len(others))} "
        "on average."
        if others
        else ""
    )
    return fitted([head, mean, execution_table(timed, with_pipeline=False), evidence_of(step)])


def by_duration(step: Step, words: str, *, fastest: bool) -> str:
    """The finished executions of all pipelines by how long they took."""
    found = [e for e in as_dicts(step.result.get("executions")) if _seconds(e) is not None]
    if not found:
        return fitted([f"No finished execution {words}.", evidence_of(step)])
    found.sort(key=lambda e: _seconds(e) or 0.0, reverse=not fastest)
    first = found[0]
    head = (
        f"The {'shortest' if fastest else 'longest'} of {len(found)} executions {words}: "
        f"**{first.get('pipeline')}** {first.get('name')} took **{_took(first)}** "
        f"({first.get('status')})."
    )
    return fitted([head, execution_table(found, with_pipeline=True), evidence_of(step)])


def rate(step: Step, pipeline: str, words: str) -> str:
    """How many of the finished executions succeeded, in percent."""
    found = as_dicts(step.result.get("executions"))
    done = [e for e in found if e.get("status") in ("SUCCEEDED", *BAD)]
    of = f" of **{pipeline}**" if pipeline else ""
    if not done:
        return fitted([f"No finished execution{of} {words}.", evidence_of(step)])
    good = sum(e.get("status") == "SUCCEEDED" for e in done)
    head = (
        f"**{100 * good / len(done):.1f} %** of the finished executions{of} {words} succeeded: "
        f"{good} of {len(done)}; {len(done) - good} failed."
    )
    return fitted([head, execution_table(done, with_pipeline=not pipeline), evidence_of(step)])


def compared(step: Step, pipeline: str) -> str:
    """The two newest executions of each pipeline, side by side."""
    found = as_dicts(step.result.get("executions"))
    grouped: dict[str, list[Execution]] = {}
    for e in found:
        grouped.setdefault(str(e.get("pipeline") or pipeline), []).append(e)
    if not grouped:
        return fitted(["There are no executions to compare.", evidence_of(step)])
    lines = [_pair(name, runs) for name, runs in grouped.items()]
    if len(grouped) == 1:
        runs = next(iter(grouped.values()))[:2]
        return fitted([lines[0], execution_table(runs, with_pipeline=False), evidence_of(step)])
    worse = [n for n, r in grouped.items() if r[0].get("status") in BAD]
    head = f"The newest run of {len(grouped)} pipelines beside the one before; {len(worse)} failed:"
    return fitted([head, "\n".join(f"- {line}" for line in lines[:15]), evidence_of(step)])


def _pair(name: str, runs: Sequence[Execution]) -> str:
    new = runs[0]
    said = f"**{name}**: {new.get('status')} ({when(new.get('started_at'))}"
    said += f", {_took(new)})" if _took(new) else ")"
    if len(runs) < 2:
        return f"{said}; there is no run before it to compare with."
    old = runs[1]
    said += f", before {old.get('status')} ({when(old.get('started_at'))}"
    said += f", {_took(old)})" if _took(old) else ")"
    a, b = _seconds(new), _seconds(old)
    if a is None or b is None:
        return f"{said}."
    return f"{said}; {spoken_length(abs(a - b))} {'longer' if a >= b else 'shorter'}."


# --- failures of all pipelines -----------------------------------------------------------------


def failures(
    listed: Step, looked: Sequence[Step], known: Sequence[Pipeline], words: str, theme: str = ""
) -> str:
    """Every failed execution, newest first, each with its cause in a line."""
    found = as_dicts(listed.result.get("executions"))
    total = listed.result.get("total", len(found))
    if not found:
        return fitted([f"No execution failed {words}.", _still_bad(known), evidence_of(listed)])
    causes = {}
    for step in looked:
        diagnosis = as_dict(step.result.get("diagnosis"))
        causes[str(as_dict(diagnosis.get("execution")).get("arn"))] = _cause(diagnosis)
    now = {p.name: p.status for p in known}
    room = 1_500 // max(1, min(len(found), 12)) - 70
    lines = [
        _failure_line(e, causes.get(str(e.get("arn")), ""), now, max(70, min(room, 220)))
        for e in found[:12]
    ]
    head = f"**{total} execution{'' if total == 1 else 's'} failed** {words}, newest first:"
    if theme:
        head = f"**{total} failed execution{'' if total == 1 else 's'}** {words} {theme}:"
    rest = total - len(lines) if isinstance(total, int) else 0
    if rest > 0:
        lines.append(f"- … and {rest} more.")
    deeper = len(found) - len(looked)
    more = (
        f"The newest {len(looked)} were looked into; for the other {deeper} the error is as the "
        'run reported it. Ask "why did NAME fail" for the whole diagnosis.'
        if looked and deeper > 0
        else 'Ask "why did NAME fail" for the whole diagnosis.'
    )
    return fitted([head, "\n".join(lines), more, evidence_of(listed)])


def _still_bad(known: Sequence[Pipeline]) -> str:
    bad = [f"{p.name} ({p.status}, {when(p.started_at)})" for p in known if p.status in BAD]
    return f"Pipelines whose newest execution failed earlier: {', '.join(bad)}." if bad else ""


def _cause(diagnosis: Mapping[str, Any]) -> str:
    guesses = as_dicts(diagnosis.get("hypotheses"))
    return f"most likely: {guesses[0].get('statement')}" if guesses else ""


def _failure_line(execution: Execution, cause: str, now: Mapping[str, str], room: int) -> str:
    name = str(execution.get("pipeline") or "")
    state = f" in {execution['failed_state']}" if execution.get("failed_state") else ""
    reported = ": ".join(str(x) for x in (execution.get("error"), execution.get("cause")) if x)
    said = cause or reported or "no cause was reported"
    error = (
        f" ({shortened(execution.get('error'), 40)})" if cause and execution.get("error") else ""
    )
    healed = " It has succeeded since." if now.get(name) == "SUCCEEDED" else ""
    how = "timed out" if execution.get("status") == "TIMED_OUT" else "failed"
    return (
        f"- **{name}** {how}{state} at {when(execution.get('started_at'))}{error}: "
        f"{shortened(said, room)}{healed}"
    )


def failing_most(step: Step, words: str) -> str:
    """Pipelines by how often they failed."""
    counts = Counter(str(e.get("pipeline")) for e in as_dicts(step.result.get("executions")))
    if not counts:
        return fitted([f"No execution failed {words}.", evidence_of(step)])
    most = max(counts.values())
    names = [n for n, c in sorted(counts.items()) if c == most]
    times = "1 time" if most == 1 else f"{most} times"
    head = f"**{' and '.join(names[:5])}** failed most often {words}: {times}"
    lines = [f"- {n}: {c}" for n, c in counts.most_common(15)]
    return fitted(
        [f"{head}{' each' if len(names) > 1 else ''}.", "\n".join(lines), evidence_of(step)]
    )


def stuck(step: Step, pipeline: str, now: datetime | None) -> str:
    """What is running and for how long; whether that is too long is for people to judge."""
    found = as_dicts(step.result.get("executions"))
    of = f" of **{pipeline}**" if pipeline else ""
    if not found:
        return fitted([f"Nothing is stuck: no execution{of} is running.", evidence_of(step)])
    lines = [
        f"- **{e.get('pipeline')}** {e.get('name')}: running since {when(e.get('started_at'))}"
        f"{_age(e, now)}"
        for e in sorted(found, key=lambda e: str(e.get("started_at")))[:10]
    ]
    head = (
        f"**{len(found)}** execution{'' if len(found) == 1 else 's'}{of} running, the oldest "
        "first. Whether one is stuck shows beside how long it usually takes:"
    )
    return fitted([head, "\n".join(lines), evidence_of(step)])


def _age(execution: Execution, now: datetime | None) -> str:
    try:
        began = datetime.fromisoformat(str(execution.get("started_at"))).replace(tzinfo=None)
    except ValueError:
        return ""
    return f", for {spoken_length((now - began).total_seconds())}" if now and now >= began else ""
