"""EMR Serverless job runs: how they ended, and where they wrote their logs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from datalfred import clients
from datalfred.bedrock.failures import error_code
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.jobs.models import JobDescription, JobSummary
from datalfred.lake.jobs.parents import listed, of_each
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.telling import end_of

FAILED = {"FAILED"}
RUNNING = {"SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED"}
_APPLICATION_PAGES, _RUN_PAGES = 2, 2
_DEFAULT_GROUP = "/aws/emr-serverless"

Record = Mapping[str, Any]


def summaries(since: datetime, gaps: Gaps) -> list[JobSummary] | None:
    """The job runs of every application that run or were created since then; None if unknown."""
    call = clients.client("emr-serverless").list_applications
    action = "emr-serverless:ListApplications"
    applications = listed(action, call, "applications", gaps, most=_APPLICATION_PAGES)
    if applications is None:
        return None
    return of_each(applications, "application", _id, partial(_runs, since), gaps)


def describe(application: str, run: str, *, tail: int) -> JobDescription:
    """One job run, with at most ``tail`` lines of its driver's log.

    Raises:
        NotFoundError: there is no such application or run.
    """
    service = clients.client("emr-serverless")
    try:
        found = service.get_job_run(applicationId=application, jobRunId=run)["jobRun"]
    except service.exceptions.ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        raise NotFoundError("EMR Serverless job run", f"{application}/{run}") from None
    gaps = Gaps()
    group, stream = _log_place(found)
    return JobDescription(
        job=summary(found),
        reason=shown(found.get("stateDetails") or ""),
        attempt=found.get("attempt"),
        settings=_settings(found),
        log_group=group,
        log_stream=stream,
        log_tail=end_of(group, stream, gaps, limit=tail) if tail else (),
        gaps=gaps.sentences(),
    )


def summary(run: Record) -> JobSummary:
    """A run of ``GetJobRun`` or ``ListJobRuns`` in one line."""
    state = run["state"]
    ended = state not in RUNNING
    return JobSummary(
        id=f"emr_serverless:{run['applicationId']}/{run.get('jobRunId') or run.get('id')}",
        kind="emr_serverless",
        name=shown(run.get("name", ""), 120),
        status=state,
        failed=state in FAILED,
        running=not ended,
        started_at=moments.iso(run.get("startedAt") or run.get("createdAt")),
        stopped_at=moments.iso(run.get("endedAt") or run.get("updatedAt")) if ended else "",
    )


def _id(application: Record) -> str:
    return str(application["id"])


def _runs(since: datetime, application: Record, gaps: Gaps) -> Iterable[JobSummary] | None:
    call = clients.client("emr-serverless").list_job_runs
    action, given = "emr-serverless:ListJobRuns", {"applicationId": application["id"]}
    found: dict[str, Record] = {}
    for narrowed in ({"createdAtAfter": since}, {"states": ["RUNNING"]}):
        runs = listed(action, call, "jobRuns", gaps, most=_RUN_PAGES, **given, **narrowed)
        if runs is None:
            return None
        found.update((run["id"], run) for run in runs)
    return [
        summary(run)
        for run in found.values()
        # An emulation may not filter by time: what is older is dropped here as well.
        if run["createdAt"] >= since or run["state"] in RUNNING
    ]


def _log_place(run: Record) -> tuple[str, str]:
    """Group and stream of the driver's standard error.

    Source: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html
    """
    overrides = run.get("configurationOverrides", {}).get("monitoringConfiguration", {})
    watched = overrides.get("cloudWatchLoggingConfiguration", {})
    prefix = watched.get("logStreamNamePrefix", "")
    stream = f"applications/{run['applicationId']}/jobs/{run['jobRunId']}/SPARK_DRIVER/stderr"
    return (
        watched.get("logGroupName") or _DEFAULT_GROUP,
        f"{prefix}/{stream}" if prefix else stream,
    )


def _settings(run: Record) -> dict[str, str]:
    spark = run.get("jobDriver", {}).get("sparkSubmit", {})
    known = {
        "release": run.get("releaseLabel"),
        "entry_point": spark.get("entryPoint"),
        "arguments": " ".join(spark.get("entryPointArguments", [])),
        "spark_parameters": spark.get("sparkSubmitParameters"),
        "timeout_minutes": run.get("executionTimeoutMinutes"),
        "execution_seconds": run.get("totalExecutionDurationSeconds"),
    }
    return {name: shown(str(value), 400) for name, value in known.items() if value}
