"""Executions: which there were, how they ended, and the one that a question is about."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from datalfred import clients
from datalfred.bedrock.failures import error_code
from datalfred.errors import InvalidInputError, NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import each
from datalfred.lake.logs.lines import shown
from datalfred.lake.pipelines import history, machines
from datalfred.lake.pipelines.machines import Pipeline
from datalfred.lake.pipelines.models import ExecutionSummary

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE")
ENDED_BADLY = {"FAILED", "TIMED_OUT", "ABORTED"}
_PAGES_PER_PIPELINE = 10
_PAGE = 200
_CAUSE_BYTES = 240
_EVENTS_FOR_SUMMARY = 100
_GONE = {"ExecutionDoesNotExist", "InvalidArn"}

Record = Mapping[str, Any]


def list_executions(pipeline: str, status: str, since: datetime) -> tuple[tuple[Record, ...], bool]:
    """The records of executions that started since then, newest first, as the API gives them.

    Args:
        pipeline: name, fragment or ARN; empty for every pipeline.
        status: one of :data:`STATUSES`, or empty; ``FAILED`` includes ``TIMED_OUT``.
        since: beginning of the window.

    Returns:
        The records, and whether these are all.

    Raises:
        InvalidInputError: the status is none.
        NotFoundError: the pipeline's name means none, or several.
    """
    wanted = _statuses(status)
    chosen = [machines.resolve(pipeline)] if pipeline else machines.all_pipelines()

    def of(one: Pipeline) -> tuple[list[Record], bool]:
        return _of_pipeline(one, since)

    answers = each(of, [one for one in chosen if not one.express])
    found = [record for records, _ in answers for record in records if record["status"] in wanted]
    newest_first = sorted(found, key=lambda record: record["startDate"], reverse=True)
    return tuple(newest_first), all(complete for _, complete in answers)


def newest(pipeline: Pipeline, *, statuses: Iterable[str] = ()) -> Record | None:
    """The newest execution of a pipeline, of these statuses where any are given."""
    stepfunctions = clients.client("stepfunctions")
    found: list[Record] = []
    for chosen in statuses or ("",):
        narrowed = {"statusFilter": chosen} if chosen else {}
        answer = stepfunctions.list_executions(
            stateMachineArn=pipeline.arn, maxResults=1, **narrowed
        )
        found.extend(answer["executions"])
    return max(found, key=lambda record: record["startDate"], default=None)


def describe(execution_arn: str) -> Record:
    """``DescribeExecution``.

    Raises:
        NotFoundError: there is no such execution.
    """
    stepfunctions = clients.client("stepfunctions")
    try:
        described: Record = stepfunctions.describe_execution(executionArn=execution_arn)
    except stepfunctions.exceptions.ClientError as error:
        if error_code(error) not in _GONE:
            raise
        raise NotFoundError("execution", execution_arn) from None
    return described


def summaries(records: Iterable[Record]) -> tuple[ExecutionSummary, ...]:
    """The executions with what is known of their failures; several calls for each that failed."""
    return tuple(each(_summarised, records))


def summary(described: Record, failed_state: str = "") -> ExecutionSummary:
    """An execution of ``DescribeExecution`` or ``ListExecutions`` in one shape."""
    started, stopped = described["startDate"], described.get("stopDate")
    arn = described["executionArn"]
    return ExecutionSummary(
        arn=arn,
        name=described["name"],
        pipeline=described["stateMachineArn"].rpartition(":")[2],
        status=described["status"],
        started_at=moments.iso(started),
        stopped_at=moments.iso(stopped),
        duration_seconds=round((stopped - started).total_seconds(), 1) if stopped else None,
        failed_state=failed_state,
        error=shown(described.get("error") or "", 120),
        cause=shown(said(described.get("cause") or ""), _CAUSE_BYTES),
        redrive_count=described.get("redriveCount", 0),
        redrivable=described.get("redriveStatus") == "REDRIVABLE",
    )


def said(cause: str) -> str:
    """The sentence inside a cause that is JSON, as ``.sync`` integrations and Lambda write it."""
    data = history.parsed(cause)
    for container in data.get("Containers", []):
        if container.get("Reason"):
            return str(container["Reason"])
    for name in ("errorMessage", "ErrorMessage", "StoppedReason", "StateDetails"):
        if data.get(name):
            return str(data[name])
    if data.get("Cause"):
        return said(str(data["Cause"]))
    status = _status(data)
    return _reason(status.get("StateChangeReason")) or _failure(status) or cause


def _status(data: Record) -> Record:
    for name in ("QueryExecution", "Step", "Cluster"):
        status = data.get(name, {}).get("Status")
        if isinstance(status, dict):
            return status
    return {}


def _reason(said: Any) -> str:
    """Athena says why in words, EMR in a code and words."""
    if not isinstance(said, Mapping):
        return str(said or "")
    return ": ".join(filter(None, (said.get("Code"), said.get("Message"))))


def _failure(status: Record) -> str:
    details = status.get("FailureDetails") or {}
    return details.get("Message") or details.get("Reason") or ""


def _statuses(status: str) -> set[str]:
    wanted = status.strip().upper().replace(" ", "_")
    if wanted and wanted not in STATUSES:
        raise InvalidInputError("status", f"{status!r} is none.", f"{', '.join(STATUSES)} or empty")
    if wanted == "FAILED":
        return {"FAILED", "TIMED_OUT"}
    return {wanted} if wanted else set(STATUSES)


def _of_pipeline(pipeline: Pipeline, since: datetime) -> tuple[list[Record], bool]:
    """Pages newest first, until one reaches back before the window."""
    stepfunctions = clients.client("stepfunctions")
    request: dict[str, Any] = {"stateMachineArn": pipeline.arn, "maxResults": _PAGE}
    found: list[Record] = []
    for _ in range(_PAGES_PER_PIPELINE):
        answer = stepfunctions.list_executions(**request)
        inside = [record for record in answer["executions"] if record["startDate"] >= since]
        found.extend(inside)
        if not answer.get("nextToken") or len(inside) < len(answer["executions"]):
            return found, True
        request["nextToken"] = answer["nextToken"]
    return found, False


def _summarised(record: Record) -> ExecutionSummary:
    if record["status"] not in ENDED_BADLY:
        return summary(record)
    described = describe(record["executionArn"])
    # One short page: a list names the failed state where that is cheap, a diagnosis always does.
    read = history.read(
        clients.client("stepfunctions"),
        record["executionArn"],
        pages=1,
        events_a_page=_EVENTS_FOR_SUMMARY,
    )
    failure = read.failure()
    return summary(described, failure.state if failure else "")
