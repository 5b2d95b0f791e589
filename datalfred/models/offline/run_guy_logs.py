"""Log groups, log lines and jobs."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

import re
from collections.abc import Sequence

from datalfred.models.offline import ops_wording
from datalfred.models.offline.conversation import Decision, Step
from datalfred.models.offline.pipelines_view import Pipeline, named
from datalfred.models.offline.run_guy_runs import answer_failures
from datalfred.models.offline.run_guy_turn import Work, call, failure, one_pipeline
from datalfred.models.offline.run_guy_words import (
    ERRORS,
    FAILED,
    GROUP_NAME,
    JOB_ID,
    LINES,
    ONE_JOB,
    PATTERN_AFTER,
    PER_TIME,
    QUOTED,
    RUNNING,
    SUCCEEDED,
    WHY,
)
from datalfred.models.offline.windows import window_of
from datalfred.models.offline.wording import CANNOT


def answer_log_groups(work: Work) -> Decision:
    """The log groups."""
    step = work.last("list_log_groups")
    if step is None:
        return call("list_log_groups")
    return (
        failure(step, "the log groups could not be listed")
        if step.error
        else Decision(ops_wording.log_groups(step))
    )


def answer_logs(work: Work) -> Decision:
    """Lines of the log group that is named, or that the pipeline meant writes to."""
    searched = work.last("search_logs") or work.last("query_logs")
    if searched and not searched.error:
        return Decision(ops_wording.log_search(searched))
    if searched and len(work.talk.results(searched.operation)) > 1:
        return failure(searched, "the logs could not be searched")
    group = GROUP_NAME.search(work.question)
    if group and searched is None:
        return _search(work, group[0].rstrip("."))
    step = work.last("list_log_groups")
    if step is None:
        return call("list_log_groups")
    if step.error:
        return failure(step, "the log groups could not be listed")
    names = [str(g.get("name")) for g in ops_wording.as_dicts(step.result.get("log_groups"))]
    if not names:
        return Decision(f"{CANNOT}: there are no log groups.")
    return _in_group(work, names)


def _in_group(work: Work, names: Sequence[str]) -> Decision:
    """Searches the group that the words name; else the one that the pipeline writes to."""
    groups = [Pipeline(n) for n in names]
    here = named(work.question, groups).fitting
    dashed = re.search(r"\w-\w", work.question)  # may be the whole name of a pipeline
    if len(here) == 1 and (not dashed or here[0].rsplit("/", 1)[-1] in work.question):
        return _search(work, here[0])
    pipeline, decision = one_pipeline(work)
    if decision and decision.calls:
        return decision
    own = _group_of_pipeline(work, pipeline) if pipeline else ""
    if isinstance(own, Decision):
        return own
    if own or len(here) == 1:
        return _search(work, own or here[0])
    return _by_words(work, names)


def _by_words(work: Work, names: Sequence[str]) -> Decision:
    """The few groups that the words of the talk fit; else a question back."""
    for text in [work.question, *reversed(work.earlier)]:
        fitting = named(text, [Pipeline(n) for n in names]).fitting
        if 1 <= len(fitting) <= 5:
            return _search(work, ",".join(fitting))
        if fitting:
            return Decision(f"Which log group do you mean: {', '.join(fitting[:8])}?")
    if ERRORS.search(work.question):
        return answer_failures(work)
    return Decision(f"Which log group do you mean? There are: {', '.join(names[:20])}.")


def _group_of_pipeline(work: Work, pipeline: str) -> str | Decision:
    """The log group that the diagnosis of a pipeline read, if any."""
    step = work.last("diagnose_execution")
    if step is None:
        return call("diagnose_execution", pipeline=pipeline)
    found = ops_wording.as_dict(step.result.get("diagnosis"))
    lines = ops_wording.as_dicts(found.get("log_lines"))
    return next((str(line["log_group"]) for line in lines if line.get("log_group")), "")


def _search(work: Work, group: str) -> Decision:
    per = PER_TIME.search(work.question)
    if per and "query_logs" in work.talk.operations:
        pattern = (
            "| filter @message like /(?i)(error|exception)/ "
            if ERRORS.search(work.question)
            else ""
        )
        width = {"minute": "1m", "hour": "1h", "day": "1d"}[per[1].lower()]
        query = f"fields @timestamp {pattern}| stats count(*) as lines by bin({width})"
        hours = window_of(work.question, 24, 720).hours
        return call("query_logs", log_groups=group, query=query, hours=hours)
    lines = LINES.search(work.question)
    limit = min(50, int(next(n for n in lines.groups() if n))) if lines else None
    hours = window_of(work.question, 48 if lines else 24, 720).hours
    pattern = _pattern(work.question)
    return call("search_logs", log_group=group, pattern=pattern, hours=hours, limit=limit)


def _pattern(text: str) -> str:
    quoted = QUOTED.search(text)
    if quoted:
        return f'"{quoted[1]}"'
    after = PATTERN_AFTER.search(text)
    if after and after[1].lower() not in ("errors", "error", "error"):
        word = after[1]
        return (
            f'?"{word.lower()}" ?"{word.capitalize()}" ?"{word.upper()}"'
            if word.islower()
            else f'"{word}"'
        )
    if re.search(r"\btime-?outs?\b|\btimed out\b", text, re.IGNORECASE):
        return '?"timed out" ?timeout ?Timeout ?TimeoutError'
    if ERRORS.search(text):
        return "?ERROR ?Error ?error ?Exception ?FATAL ?Traceback"
    return "?WARN ?Warning ?warning" if re.search(r"\bwarn\w*\b", text, re.IGNORECASE) else ""


def answer_jobs(work: Work) -> Decision:
    """Jobs by kind and state, or one job."""
    described = work.last("describe_job")
    if described:
        return (
            failure(described, "the job could not be described")
            if described.error
            else Decision(ops_wording.job(described))
        )
    identity = JOB_ID.search(work.question)
    if identity:
        return call("describe_job", job_id=identity[0])
    step = work.last("list_jobs")
    if step is None:
        hours = window_of(work.question, 24, 720).hours
        return call(
            "list_jobs", kind=_kind(work.question), status=_job_status(work.question), hours=hours
        )
    if step.error:
        return failure(step, "the jobs could not be listed")
    return _one_job(work, step) or Decision(ops_wording.jobs(step))


def _one_job(work: Work, step: Step) -> Decision | None:
    """As in "why did the nightly task stop" wants one job described."""
    found = [j for j in ops_wording.as_dicts(step.result.get("jobs")) if j.get("id")]
    fits = set(named(work.question, [Pipeline(str(j.get("name"))) for j in found]).fitting)
    chosen = [j for j in found if str(j.get("name")) in fits]
    if not ONE_JOB.search(work.question):
        return None
    if not chosen and re.search(r"\b(?:jobs|tasks|steps)\b", work.question, re.IGNORECASE):
        return None
    chosen = chosen or [j for j in found if j.get("failed")] or found
    return call("describe_job", job_id=str(chosen[0]["id"])) if chosen else None


def _kind(text: str) -> str:
    """The one kind of job that is named; empty for none or several."""
    lowered = text.lower()
    if re.search(r"\bemr[ _-]serverless\b", lowered):
        return "emr_serverless"
    known = (
        ("ecs", "ecs"),
        ("container", "ecs"),
        ("fargate", "ecs"),
        ("emr", "emr"),
        ("spark", "emr"),
        ("glue", "glue"),
    )
    kinds = {kind for word, kind in known if re.search(rf"\b{word}s?\b", lowered)}
    return kinds.pop() if len(kinds) == 1 else ""


def _job_status(text: str) -> str:
    if FAILED.search(text) or WHY.search(text):
        return "failed"
    return "running" if RUNNING.search(text) else "succeeded" if SUCCEEDED.search(text) else ""
