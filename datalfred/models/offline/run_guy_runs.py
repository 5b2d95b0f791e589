"""What executions tell: the state, the past and the failures of one pipeline or of all."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.models.offline import ops_wording, runs_wording
from datalfred.models.offline.conversation import Decision, Step, ToolCall
from datalfred.models.offline.run_guy_turn import Work, call, failure, one_pipeline
from datalfred.models.offline.run_guy_words import (
    ABORTED,
    ANY_OF,
    FAILED,
    FASTEST,
    FASTEST_OR_SLOWEST,
    ONE_FAILURE,
    RUNNING,
    SUCCEEDED,
    THEMES,
    TONIGHT,
)
from datalfred.models.offline.time_span import TimeRange
from datalfred.models.offline.windows import Window, exact_range, now_of, window_of
from datalfred.models.offline.wording import CANNOT

_LONG = 720
"""Hours to look back for a last success: a month."""
_LOOKED_INTO = 3
_LOOKED_INTO_FOR_A_THEME = 6


def _listing(work: Work, pipeline: str, status: str, hours: int) -> Step | Decision:
    """All pages, up to five, of the executions; or the next call; or why there are none."""
    steps = work.talk.results("list_executions")
    pages = steps[-1].result.get("pages", 1) if steps else 1
    if not steps or (isinstance(pages, int) and len(steps) < min(pages, 5) and not steps[-1].error):
        page = len(steps) + 1 if steps else None
        return call("list_executions", pipeline=pipeline, status=status, hours=hours, page=page)
    if steps[-1].error:
        return failure(steps[-1], "the executions could not be listed")
    entries = [e for s in steps for e in ops_wording.as_dicts(s.result.get("executions"))]
    last = steps[-1]
    return Step(last.operation, last.input, {**steps[0].result, "executions": entries})


def answer_running(work: Work) -> Decision:
    """What runs now."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    step = _listing(work, pipeline, "RUNNING", 168)
    if isinstance(step, Decision):
        return step
    return Decision(runs_wording.executions(step, pipeline, "running", "now", None))


def answer_stuck(work: Work) -> Decision:
    """What runs, the oldest first, and for how long already."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    step = _listing(work, pipeline, "RUNNING", 168)
    if isinstance(step, Decision):
        return step
    now = now_of(ops_wording.evidence_of(step), 168)
    return Decision(runs_wording.stuck(step, pipeline, now))


def answer_history(work: Work) -> Decision:
    """The executions of a window, of one state where one is named."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    window = window_of(work.question, 168)
    status = _status_word(work.question)
    step = _listing(work, pipeline, status, window.hours)
    if isinstance(step, Decision):
        return step
    exact = _exact(work, step, window)
    words = exact.label if exact else window.words
    return Decision(runs_wording.executions(step, pipeline, status.lower(), words, exact))


def _exact(work: Work, step: Step, window: Window) -> TimeRange | None:
    now = now_of(ops_wording.evidence_of(step), window.hours)
    return exact_range(work.question, now) if now else None


def _status_word(text: str) -> str:
    if re.search(r"\bhappen(?:s|ed)?\b", text, re.IGNORECASE):
        return "FAILED"  # "how often does that happen?"
    for pattern, status in (
        (FAILED, "FAILED"),
        (RUNNING, "RUNNING"),
        (ABORTED, "ABORTED"),
        (SUCCEEDED, "SUCCEEDED"),
    ):
        if pattern.search(text):
            return status
    return ""


def answer_status(work: Work) -> Decision:
    """The newest run of one pipeline, or of all."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    if not pipeline:
        if FAILED.search(work.question) and not SUCCEEDED.search(work.question):
            return answer_failures(work)
        return _overview(work)
    step = _listing(work, pipeline, "", window_of(work.question, 168).hours)
    return step if isinstance(step, Decision) else Decision(runs_wording.latest(step, pipeline))


def answer_overview(work: Work) -> Decision:
    """All pipelines, whatever was spoken of before."""
    _, decision = one_pipeline(work)
    if decision and (decision.calls or not work.pipelines):
        return decision
    return _overview(work)


def _overview(work: Work) -> Decision:
    steps = work.talk.results("list_pipelines")
    return Decision(runs_wording.pipelines(work.pipelines, ops_wording.evidence_of(steps[-1])))


def _of_one(work: Work, hours: int) -> tuple[str, Step | Decision, Window]:
    """The executions of the pipeline that is meant; without one, a question back."""
    window = window_of(work.question, hours)
    pipeline, decision = one_pipeline(work, needed=True)
    step = decision or _listing(work, pipeline, "", window.hours)
    return pipeline, step, window


def answer_last_success(work: Work) -> Decision:
    """When a pipeline last succeeded."""
    pipeline, step, window = _of_one(work, _LONG)
    if isinstance(step, Decision):
        return step
    return Decision(runs_wording.last_success(step, pipeline, window.words))


def answer_since(work: Work) -> Decision:
    """Since when a pipeline has been failing."""
    pipeline, step, window = _of_one(work, _LONG)
    if isinstance(step, Decision):
        return step
    return Decision(runs_wording.failing_since(step, pipeline, window.words))


def answer_duration(work: Work) -> Decision:
    """How long a pipeline takes."""
    window = window_of(work.question, 168)
    pipeline, decision = one_pipeline(work)
    step = decision or _listing(work, pipeline, "", window.hours)
    if isinstance(step, Decision):
        return step
    if not pipeline:
        exact = _exact(work, step, window)
        step = runs_wording.within(step, exact) if exact else step
        words = exact.label if exact else window.words
        fast = bool(FASTEST.search(work.question))
        return Decision(runs_wording.by_duration(step, words, fastest=fast))
    extreme = ""
    if FASTEST_OR_SLOWEST.search(work.question):
        extreme = "shortest" if FASTEST.search(work.question) else "longest"
    return Decision(runs_wording.durations(step, pipeline, window.words, extreme=extreme))


def answer_compared(work: Work) -> Decision:
    """The newest run beside the one before, of one pipeline or of all."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    step = _listing(work, pipeline, "", max(72, window_of(work.question, 168).hours))
    return step if isinstance(step, Decision) else Decision(runs_wording.compared(step, pipeline))


def answer_failing_most(work: Work) -> Decision:
    """Which pipeline fails most often."""
    window = window_of(work.question, 168)
    step = _listing(work, "", "FAILED", window.hours)
    if isinstance(step, Decision):
        return step
    return Decision(runs_wording.failing_most(step, window.words))


def answer_rate(work: Work) -> Decision:
    """What share of executions succeeded."""
    window = window_of(work.question, 168)
    pipeline, decision = one_pipeline(work)
    step = decision or _listing(work, pipeline, "", window.hours)
    if isinstance(step, Decision):
        return step
    return Decision(runs_wording.rate(step, pipeline, window.words))


def answer_start(work: Work) -> Decision:
    """A new execution is not started; its newest state shows whether a redrive may be asked."""
    pipeline, decision = one_pipeline(work, needed=True)
    step = decision or _listing(work, pipeline, "", 168)
    if isinstance(step, Decision):
        return step
    return Decision(
        f"{CANNOT}: I start no new executions. A failed one can be requested again: say "
        f'"redrive {pipeline}".\n\n{runs_wording.latest(step, pipeline)}'
    )


def answer_schedule(work: Work) -> Decision:
    """When a pipeline runs next: nothing here knows, but its past starts show a rhythm."""
    pipeline, step, window = _of_one(work, 168)
    if isinstance(step, Decision):
        return step
    past = runs_wording.executions(step, pipeline, "", window.words, None)
    about = next(p.description for p in work.pipelines if p.name == pipeline)
    if re.search(r"\d\d:\d\d|\b(?:every|each|hourly|daily|nightly|weekly)\b", about):
        return Decision(f"**{pipeline}** says of itself: {about} What it did so far:\n\n{past}")
    return Decision(f"{CANNOT}: no operation here shows schedules. What it did so far:\n\n{past}")


def answer_failures(work: Work) -> Decision:
    """Every failure of a window, newest first, the newest of them looked into."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    tonight = TONIGHT.search(work.question) or not FAILED.search(work.question)
    window = window_of(work.question, 24 if tonight else 168)
    step = _listing(work, pipeline, "FAILED", window.hours)
    if isinstance(step, Decision):
        return step
    exact = _exact(work, step, window)
    if exact:
        step = runs_wording.within(step, exact)
    found = ops_wording.as_dicts(step.result.get("executions"))
    looked = work.talk.results("diagnose_execution")
    chosen = _newest_of_each(found)[: 1 if ONE_FAILURE.search(work.question) else _LOOKED_INTO]
    if chosen and not looked:
        return _diagnosed(chosen)
    if len(chosen) == 1 and not looked[-1].error:
        return Decision(ops_wording.diagnosis(looked[-1]))
    words = exact.label if exact else window.words
    return Decision(runs_wording.failures(step, looked, work.pipelines, words))


def answer_theme(work: Work) -> Decision:
    """Which failures have one kind of cause, such as memory."""
    theme = next(t for t in THEMES if t.asked.search(work.question))
    window = window_of(work.question, 48)
    step = _listing(work, "", "FAILED", window.hours)
    if isinstance(step, Decision):
        return step
    found = ops_wording.as_dicts(step.result.get("executions"))
    looked = work.talk.results("diagnose_execution")
    if found and not looked:
        return _diagnosed(_newest_of_each(found)[:_LOOKED_INTO_FOR_A_THEME])
    known = {str(_execution(s).get("arn")): str(s.result) for s in looked}
    fits = [
        e
        for e in found
        if theme.seen.search(f"{e.get('error')} {e.get('cause')} {known.get(str(e.get('arn')))}")
    ]
    if not fits:
        words = f"None of the {len(found)} failed executions {window.words} shows {theme.name}."
        return Decision(f"{words}\n\n{ops_wording.evidence_of(step)}")
    shown = Step(step.operation, step.input, {**step.result, "executions": fits})
    shown = Step(step.operation, step.input, {**shown.result, "total": len(fits)})
    return Decision(runs_wording.failures(shown, looked, (), window.words, f"showing {theme.name}"))


def _execution(step: Step) -> Mapping[str, Any]:
    return ops_wording.as_dict(ops_wording.as_dict(step.result.get("diagnosis")).get("execution"))


def _newest_of_each(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    newest: dict[str, Mapping[str, Any]] = {}
    for execution in found:
        if execution.get("arn"):
            newest.setdefault(str(execution.get("pipeline")), execution)
    return list(newest.values())


def _diagnosed(chosen: Sequence[Mapping[str, Any]]) -> Decision:
    return Decision(
        calls=tuple(
            ToolCall("diagnose_execution", {"execution_arn": str(e["arn"])}) for e in chosen
        )
    )


def asks_theme(text: str) -> bool:
    """Whether a text asks for failures of one kind."""
    return any(t.asked.search(text) for t in THEMES) and bool(ANY_OF.search(text))
