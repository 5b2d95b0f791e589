"""Glue job runs: how they ended, and where they wrote their logs."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from datalfred import clients
from datalfred.bedrock.failures import error_code
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.jobs.models import JobDescription, JobSummary
from datalfred.lake.jobs.parents import listed, of_each
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.search import tail as tail_of

FAILED = {"FAILED", "ERROR", "TIMEOUT", "EXPIRED"}
RUNNING = {"STARTING", "RUNNING", "STOPPING", "WAITING"}
_JOB_PAGES = 3
_RUNS_PER_JOB = 20
_DEFAULT_GROUP = "/aws-glue/jobs"

Record = Mapping[str, Any]


def summaries(since: datetime, gaps: Gaps) -> list[JobSummary] | None:
    """The newest runs of every job that run or started since then; None when Glue is silent."""
    call = clients.client("glue").list_jobs
    names = listed("glue:ListJobs", call, "JobNames", gaps, most=_JOB_PAGES, mark="NextToken")
    if names is None:
        return None
    return of_each(names, "job", str, partial(_runs, since), gaps)


def describe(job: str, run: str, *, tail: int) -> JobDescription:
    """One run, with at most ``tail`` lines of its log.

    Raises:
        NotFoundError: there is no such job or run.
    """
    glue = clients.client("glue")
    try:
        found = glue.get_job_run(JobName=job, RunId=run)["JobRun"]
    except glue.exceptions.ClientError as error:
        if error_code(error) != "EntityNotFoundException":
            raise
        raise NotFoundError("Glue job run", f"{job}/{run}") from None
    gaps = Gaps()
    group, events = _log(found, gaps, limit=tail) if tail else ("", ())
    return JobDescription(
        job=summary(found),
        reason=shown(found.get("ErrorMessage") or found.get("StateDetail") or ""),
        attempt=found.get("Attempt"),
        settings=_settings(found),
        log_group=group,
        log_stream=events[0].stream if events else "",
        log_tail=events,
        gaps=gaps.sentences(),
    )


def summary(run: Record) -> JobSummary:
    """A run of ``GetJobRun`` in one line."""
    state = run["JobRunState"]
    return JobSummary(
        id=f"glue:{run['JobName']}/{run['Id']}",
        kind="glue",
        name=run["JobName"],
        status=state,
        failed=state in FAILED,
        running=state in RUNNING,
        started_at=moments.iso(run.get("StartedOn")),
        stopped_at=moments.iso(run.get("CompletedOn")),
    )


def _runs(since: datetime, job: str, gaps: Gaps) -> list[JobSummary] | None:
    call = clients.client("glue").get_job_runs
    answer = gaps.attempt("glue:GetJobRuns", lambda: call(JobName=job, MaxResults=_RUNS_PER_JOB))
    if answer is None:
        return None
    found = [run for run in answer["JobRuns"] if _began(run, since)]
    if answer.get("NextToken") and len(found) == len(answer["JobRuns"]):
        gaps.add(f"Only the newest {len(found)} runs of a job were read.")
    return [summary(run) for run in found]


def _began(run: Record, since: datetime) -> bool:
    return run["JobRunState"] in RUNNING or run.get("StartedOn", since) >= since


def _log(run: Record, gaps: Gaps, *, limit: int) -> tuple[str, tuple[LogEvent, ...]]:
    """The end of a run's log: what it printed and, in a group of its own, what went wrong."""
    base = run.get("LogGroupName") or _DEFAULT_GROUP
    found: dict[str, tuple[LogEvent, ...]] = {}
    for group in (f"{base}/error", f"{base}/output"):
        events = gaps.attempt("logs:GetLogEvents", partial(_tail_or_none, group, run["Id"], limit))
        if events:
            found[group] = events
    if not found and not gaps.sentences():
        gaps.add(f"No log stream: {base}/error and {base}/output hold none for {run['Id']}.")
    # Of equal times, what was printed comes before what went wrong.
    merged = sorted(chain(*reversed(found.values())), key=lambda event: event.at)
    return next(iter(found), f"{base}/error"), tuple(merged[-limit:])


def _tail_or_none(group: str, stream: str, limit: int) -> tuple[LogEvent, ...]:
    try:
        return tail_of(group, stream, limit=limit)
    except NotFoundError:
        return ()


def _settings(run: Record) -> dict[str, str]:
    known = {
        "worker_type": run.get("WorkerType"),
        "workers": run.get("NumberOfWorkers"),
        "glue_version": run.get("GlueVersion"),
        "timeout_minutes": run.get("Timeout"),
        "execution_seconds": run.get("ExecutionTime"),
        "arguments": ", ".join(f"{k}={v}" for k, v in sorted(run.get("Arguments", {}).items())),
    }
    return {name: shown(str(value), 400) for name, value in known.items() if value}
