"""Run guy: the state of pipelines, why runs fail, what logs and alarms say, requests to run again.

An intent is found by rules, the pipeline by name among those that exist; two that fit are asked
back. A redrive is requested only where the person asks for one in so many words.
"""

import re
from collections.abc import Callable, Sequence

from datalfred.models.offline import ops_wording
from datalfred.models.offline.conversation import Conversation, Decision, Step
from datalfred.models.offline.follow_up import unwrap
from datalfred.models.offline.run_guy_logs import answer_jobs, answer_log_groups, answer_logs
from datalfred.models.offline.run_guy_turn import Work, call, failure, one_pipeline
from datalfred.models.offline.run_guy_words import (
    ABORTED,
    ALARMS,
    ARN,
    ERRORS,
    FAILED,
    GROUP_NAME,
    HISTORY,
    JOB_ID,
    JOBS,
    LOG_GROUPS,
    LOGS,
    QUOTED,
    RUNNING,
    SUCCEEDED,
    WHY,
    wants_redrive,
)
from datalfred.models.offline.text import clean
from datalfred.models.offline.windows import exact_range, now_of, window_of
from datalfred.models.offline.wording import CANNOT

OPERATIONS = frozenset(
    {
        "list_pipelines",
        "list_executions",
        "diagnose_execution",
        "request_redrive",
        "list_log_groups",
        "search_logs",
        "query_logs",
        "list_alarms",
        "list_jobs",
        "describe_job",
    }
)


def decide(talk: Conversation) -> Decision:
    """The next step of run guy."""
    question, earlier = unwrap(clean(talk.question))
    work = Work(talk, question, earlier or [clean(q) for q in talk.asked_before()])
    if not question:
        return Decision(
            f"{CANNOT}: there is no question. Ask, for example, which pipelines failed last night."
        )
    for fits, handle in _INTENTS:
        if fits(question):
            return handle(work)
    return _status(work)


def _redrive(work: Work) -> Decision:
    step = work.last("request_redrive")
    if step:
        return Decision(ops_wording.redrive(step))
    arn = ARN.search(work.question)
    if arn:
        return call("request_redrive", execution_arn=arn[0], reason=work.question[:500])
    pipeline, decision = one_pipeline(work, needed=True)
    if decision:
        return decision
    return call("request_redrive", pipeline=pipeline, reason=work.question[:500])


def _why(work: Work) -> Decision:
    step = work.last("diagnose_execution")
    if step:
        return (
            failure(step, "the failure could not be diagnosed")
            if step.error
            else Decision(ops_wording.diagnosis(step))
        )
    arn = ARN.search(work.question)
    if arn:
        return call("diagnose_execution", execution_arn=arn[0])
    job = JOB_ID.search(work.question)
    if job:
        return answer_jobs(work)
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    return call("diagnose_execution", pipeline=pipeline)


def _alarms(work: Work) -> Decision:
    step = work.last("list_alarms")
    if step is None:
        return call("list_alarms")
    if step.error:
        return failure(step, "the alarms could not be listed")
    everything = re.search(
        r"\b(?:all|list|which alarms (?:exist|are there|do we have)|how many alarms|what alarms)\b",
        work.question,
        re.IGNORECASE,
    )
    return Decision(ops_wording.alarms(step, every=bool(everything)))


def _running(work: Work) -> Decision:
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    step = work.last("list_executions")
    if step is None:
        return call("list_executions", pipeline=pipeline, status="RUNNING")
    if step.error:
        return failure(step, "the executions could not be listed")
    return Decision(ops_wording.executions(step, pipeline, "running", "now", None))


def _history(work: Work) -> Decision:
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    window = window_of(work.question, 168)
    steps = work.talk.results("list_executions")
    status = _status_word(work.question)
    pages = steps[-1].result.get("pages", 1) if steps else 1
    if not steps or (isinstance(pages, int) and len(steps) < min(pages, 5) and not steps[-1].error):
        page = len(steps) + 1 if steps else None
        return call(
            "list_executions", pipeline=pipeline, status=status, hours=window.hours, page=page
        )
    if steps[-1].error:
        return failure(steps[-1], "the executions could not be listed")
    now = now_of(str(steps[-1].result.get("evidence") or ""), window.hours)
    exact = exact_range(work.question, now) if now else None
    words = exact.label if exact else window.words
    return Decision(ops_wording.executions(_joined(steps), pipeline, status.lower(), words, exact))


def _joined(steps: Sequence[Step]) -> Step:
    """All pages of a listing as one."""
    entries = [e for s in steps for e in s.result.get("executions") or ()]
    return Step(steps[-1].operation, steps[-1].input, {**steps[0].result, "executions": entries})


def _status_word(text: str) -> str:
    for pattern, status in (
        (FAILED, "FAILED"),
        (RUNNING, "RUNNING"),
        (ABORTED, "ABORTED"),
        (SUCCEEDED, "SUCCEEDED"),
    ):
        if pattern.search(text):
            return status
    return ""


def _status(work: Work) -> Decision:
    """The newest run of one pipeline, or of all."""
    pipeline, decision = one_pipeline(work)
    if decision:
        return decision
    if not pipeline:
        if FAILED.search(work.question) and not SUCCEEDED.search(work.question):
            return _failed_runs(work)
        steps = work.talk.results("list_pipelines")
        return Decision(
            ops_wording.pipelines(work.pipelines, str(steps[-1].result.get("evidence") or ""))
        )
    step = work.last("list_executions")
    if step is None:
        return call("list_executions", pipeline=pipeline, hours=window_of(work.question, 168).hours)
    if step.error:
        return failure(step, "the executions could not be listed")
    return Decision(ops_wording.latest(step, pipeline))


def _failed_runs(work: Work) -> Decision:
    window = window_of(
        work.question, 24 if re.search(r"\bnight|today|overnight|morning\b", work.question) else 168
    )
    step = work.last("list_executions")
    if step is None:
        return call("list_executions", status="FAILED", hours=window.hours)
    if step.error:
        return failure(step, "the executions could not be listed")
    return Decision(ops_wording.executions(step, "", "failed", window.words, None))


def _asks_why(text: str) -> bool:
    return bool(WHY.search(text))


def _asks_jobs(text: str) -> bool:
    if JOB_ID.search(text):
        return True
    plain = re.sub(r"\bstep functions?\b", " ", text, flags=re.IGNORECASE)
    return bool(JOBS.search(plain)) and not re.search(
        r"\b(?:pipelines?|workflows?|state machines?|executions?)\b", plain, re.IGNORECASE
    )


def _asks_logs(text: str) -> bool:
    return bool(LOGS.search(text)) or bool(GROUP_NAME.search(text) and not ARN.search(text))


def _asks_jobs_why(text: str) -> bool:
    """A job of a service by its kind, rather than a pipeline."""
    return _asks_jobs(text) and bool(
        re.search(
            r"\b(?:ecs|emr|glue|spark|container|emr serverless)\b|" + JOB_ID.pattern,
            text,
            re.IGNORECASE,
        )
    )


def _asks_history(text: str) -> bool:
    return bool(HISTORY.search(text))


_INTENTS: tuple[tuple[Callable[[str], bool], Callable[[Work], Decision]], ...] = (
    (wants_redrive, _redrive),
    (lambda t: bool(ALARMS.search(t)), _alarms),
    (
        lambda t: bool(LOG_GROUPS.search(t)) and not ERRORS.search(t) and not QUOTED.search(t),
        answer_log_groups,
    ),
    (lambda t: _asks_logs(t) and not re.search(r"\bwhy\b", t, re.IGNORECASE), answer_logs),
    (_asks_jobs_why, answer_jobs),
    (_asks_why, _why),
    (_asks_history, _history),
    (lambda t: bool(RUNNING.search(t)) and not FAILED.search(t), _running),
    (
        lambda t: _asks_jobs(t) and bool(re.search(r"\b(?:tasks|jobs|steps)\b", t, re.IGNORECASE)),
        answer_jobs,
    ),
)
