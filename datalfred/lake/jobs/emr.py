"""EMR steps: how they ended, and where they wrote their logs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from datalfred import clients
from datalfred.bedrock.failures import error_code
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.jobs import emr_archive
from datalfred.lake.jobs.models import JobDescription, JobSummary
from datalfred.lake.jobs.parents import listed, of_each
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.search import tail as tail_of

FAILED = {"FAILED", "INTERRUPTED"}
RUNNING = {"PENDING", "RUNNING", "CANCEL_PENDING"}
_CLUSTER_PAGES, _STEP_PAGES = 2, 2

Record = Mapping[str, Any]


def summaries(since: datetime, gaps: Gaps) -> list[JobSummary] | None:
    """The steps of every cluster that run, or were added since then; None when EMR is silent."""
    call = clients.client("emr").list_clusters
    action = "elasticmapreduce:ListClusters"
    clusters = listed(action, call, "Clusters", gaps, most=_CLUSTER_PAGES, mark="Marker")
    if clusters is None:
        return None
    alive = [cluster for cluster in clusters if _ended(cluster) is None or _ended(cluster) >= since]
    return of_each(alive, "cluster", _id, partial(_steps, since), gaps)


def describe(cluster: str, step: str, *, tail: int) -> JobDescription:
    """One step, with at most ``tail`` lines of its log.

    Raises:
        NotFoundError: there is no such cluster or step.
    """
    emr = clients.client("emr")
    try:
        found = emr.describe_step(ClusterId=cluster, StepId=step)["Step"]
    except emr.exceptions.ClientError as error:
        if error_code(error) != "InvalidRequestException":
            raise
        raise NotFoundError("EMR step", f"{cluster}/{step}") from None
    status = found["Status"]
    failure = status.get("FailureDetails", {})
    gaps = Gaps()
    group, events = _log(cluster, found, gaps, limit=tail) if tail else ("", ())
    said = (failure.get("Message") or failure.get("Reason"), _reason(status))
    return JobDescription(
        job=summary(cluster, found),
        reason=shown(". ".join(dict.fromkeys(filter(None, said)))),
        settings=_settings(found, failure),
        log_group=group,
        log_stream=step if group else "",
        log_tail=events,
        gaps=gaps.sentences(),
    )


def summary(cluster: str, step: Record) -> JobSummary:
    """A step of ``DescribeStep`` or ``ListSteps`` in one line."""
    state = step["Status"]["State"]
    timeline = step["Status"].get("Timeline", {})
    return JobSummary(
        id=f"emr:{cluster}/{step['Id']}",
        kind="emr",
        name=shown(step.get("Name", ""), 120),
        status=state,
        failed=state in FAILED,
        running=state in RUNNING,
        started_at=moments.iso(timeline.get("StartDateTime") or timeline.get("CreationDateTime")),
        stopped_at=moments.iso(timeline.get("EndDateTime")),
    )


def cluster_state(cluster: str) -> str:
    """The state of a cluster with EMR's code and words for it, as the end of a sentence."""
    emr = clients.client("emr")
    status = emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]
    reason = status.get("StateChangeReason", {})
    said = (reason.get("Code"), reason.get("Message", "").rstrip("."))
    return shown(f"{': '.join((status['State'], *filter(None, said)))}.", 240)


def _ended(cluster: Record) -> Any:
    return cluster["Status"].get("Timeline", {}).get("EndDateTime")


def _id(cluster: Record) -> str:
    return str(cluster["Id"])


def _steps(since: datetime, cluster: Record, gaps: Gaps) -> Iterable[JobSummary] | None:
    call = clients.client("emr").list_steps
    action, given = "elasticmapreduce:ListSteps", {"ClusterId": cluster["Id"]}
    steps = listed(action, call, "Steps", gaps, most=_STEP_PAGES, mark="Marker", **given)
    return steps and [
        summary(cluster["Id"], step)
        for step in steps
        if step["Status"]["State"] in RUNNING
        or step["Status"].get("Timeline", {}).get("CreationDateTime", since) >= since
    ]


def _reason(status: Record) -> str:
    reason = status.get("StateChangeReason", {})
    return reason.get("Message") or reason.get("Code") or ""


def _log(cluster: str, step: Record, gaps: Gaps, *, limit: int) -> tuple[str, tuple[LogEvent, ...]]:
    """The end of a step's log: in CloudWatch where the cluster sends it there, else in S3."""
    record = gaps.attempt(
        "elasticmapreduce:DescribeCluster",
        lambda: clients.client("emr").describe_cluster(ClusterId=cluster)["Cluster"],
    )
    watched = (
        (record or {}).get("MonitoringConfiguration", {}).get("CloudWatchLogConfiguration", {})
    )
    group = watched.get("LogGroupName") or f"/aws/emr/{cluster}/steps"
    events = gaps.attempt("logs:GetLogEvents", lambda: _tail_or_none(group, step["Id"], limit))
    if events:
        return group, events
    uri = step["Status"].get("FailureDetails", {}).get("LogFile") or _usual(cluster, step, record)
    if not uri.startswith("s3"):
        gaps.add(f"No log: the cluster {cluster} keeps none in CloudWatch or S3.")
        return "", ()
    archived = gaps.attempt("s3:GetObject", lambda: emr_archive.tail(uri, limit=limit))
    return uri.rpartition("/")[0], archived or ()


def _usual(cluster: str, step: Record, record: Record | None) -> str:
    """Where EMR archives a step's standard error, under the cluster's log folder."""
    folder = step.get("LogUri") or (record or {}).get("LogUri") or ""
    return f"{folder.rstrip('/')}/{cluster}/steps/{step['Id']}/stderr.gz" if folder else ""


def _tail_or_none(group: str, stream: str, limit: int) -> tuple[LogEvent, ...]:
    try:
        return tail_of(group, stream, limit=limit)
    except NotFoundError:
        return ()


def _settings(step: Record, failure: Record) -> dict[str, str]:
    config = step.get("Config", {})
    known = {
        "jar": config.get("Jar"),
        "main_class": config.get("MainClass"),
        "arguments": " ".join(config.get("Args", [])),
        "action_on_failure": step.get("ActionOnFailure"),
        "log_file": failure.get("LogFile"),
    }
    return {name: shown(str(value), 400) for name, value in known.items() if value}
