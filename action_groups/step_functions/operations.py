"""The operations on pipelines. None of them changes anything of a pipeline."""

from datetime import timedelta
from typing import Annotated

from action_groups.step_functions.models import (
    DiagnosedExecution,
    Executions,
    Pipelines,
    RequestedRedrive,
)
from datalfred.approvals.requests import request_redrive as ask_for_redrive
from datalfred.approvals.store import open_requests
from datalfred.bedrock.action_group import requester
from datalfred.bedrock.resolver import parameter
from datalfred.lake import moments
from datalfred.lake.paging import counted, cut, fitting
from datalfred.lake.pipelines import diagnosis, executions, machines
from datalfred.lake.pipelines.models import Diagnosis

EXECUTIONS_PER_PAGE = 20

Page = Annotated[int, parameter("Number of the page, 1 or more. Default 1.", ge=1)]


def list_pipelines(
    name: Annotated[
        str,
        parameter(
            "A fragment of the pipeline's name; case, dashes and underscores do not matter. "
            "Default empty: all pipelines.",
            max_length=200,
        ),
    ] = "",
    page: Page = 1,
) -> Pipelines:
    """List the pipelines (Step Functions state machines) by name.

    Each comes with the status and start of its newest execution, 25 a page. Use it to find a
    pipeline's exact name.
    """
    found = machines.list_pipelines(name, page)
    return Pipelines(
        evidence=f"Step Functions lists {counted(found.total, 'pipeline')}{_like(name)}; "
        f"page {found.page} of {found.pages}.",
        pipelines=found.items,
        total=found.total,
        page=found.page,
        pages=found.pages,
    )


def list_executions(
    pipeline: Annotated[
        str,
        parameter(
            "Name of a pipeline, or a fragment that names exactly one. Default empty: all.",
            max_length=300,
        ),
    ] = "",
    status: Annotated[
        str,
        parameter(
            "One of RUNNING, SUCCEEDED, FAILED (also what timed out), TIMED_OUT, ABORTED, "
            "PENDING_REDRIVE. Default empty: all.",
            max_length=20,
        ),
    ] = "",
    hours: Annotated[
        int,
        parameter(
            "Only executions that started in this many past hours, 1 to 2160. Default 168: a week.",
            ge=1,
            le=2160,
        ),
    ] = 168,
    page: Page = 1,
) -> Executions:
    """List executions of pipelines, newest first, 20 a page.

    Each comes with status, start, stop and duration; those that failed with their failed state,
    error and cause. For the reasons of one use diagnose_execution.
    """
    since = moments.now() - timedelta(hours=hours)
    records, complete = executions.list_executions(pipeline.strip(), status, since)
    found = cut(records, page, EXECUTIONS_PER_PAGE)
    more = "" if complete else " at least"
    return Executions(
        evidence=f"Step Functions lists{more} {counted(found.total, 'execution')}"
        f"{' of ' + pipeline if pipeline else ''}{' as ' + status if status else ''} "
        f"since {moments.iso(since)}.",
        executions=fitting(executions.summaries(found.items)),
        total=found.total,
        page=found.page,
        pages=found.pages,
    )


def diagnose_execution(
    pipeline: Annotated[
        str,
        parameter(
            "Name of a pipeline, or a fragment that names exactly one: its newest failed execution "
            "is diagnosed, else its newest. Default empty: the newest failure of any pipeline.",
            max_length=300,
        ),
    ] = "",
    execution_arn: Annotated[
        str,
        parameter(
            "ARN of one execution, as list_executions returns it; wins over pipeline. "
            "Default empty.",
            max_length=400,
        ),
    ] = "",
) -> DiagnosedExecution:
    """Find out why an execution failed.

    Returns the failed state, what the service behind it (ECS, EMR, Glue, Lambda, Athena, another
    execution) says of its run, log lines, alarms, what changed since the last success, ranked
    hypotheses with the facts that speak for them, and what could not be looked up. It changes
    nothing. Report facts as facts and hypotheses as hypotheses.
    """
    arn = diagnosis.choose(pipeline.strip(), execution_arn.strip())
    found = diagnosis.diagnose(arn)
    return DiagnosedExecution(evidence=_evidence(found), diagnosis=found)


def request_redrive(
    pipeline: Annotated[
        str,
        parameter(
            "Name of the pipeline whose failed execution shall run again. Default empty, then "
            "execution_arn is needed.",
            max_length=300,
        ),
    ] = "",
    execution_arn: Annotated[
        str,
        parameter(
            "ARN of the failed execution; needed when the pipeline has several. Default empty.",
            max_length=400,
        ),
    ] = "",
    reason: Annotated[
        str, parameter("Why the person wants it, in their words. Default empty.", max_length=1000)
    ] = "",
) -> RequestedRedrive:
    """Ask for a failed execution to be run again from its failed state.

    Use it only when the person asks for it in so many words. It does not run anything: it writes a
    request that a person must approve outside this conversation. When several executions fit, they
    come back as candidates: ask the person which one is meant.
    """
    asked = ask_for_redrive(
        open_requests(),
        pipeline=pipeline,
        execution_arn=execution_arn,
        reason=reason,
        requester=requester().user,
    )
    approval = asked.approval
    if approval is None:
        return RequestedRedrive(
            evidence=f"{len(asked.candidates)} failed executions fit {pipeline}; ask which.",
            pending_approval=None,
            candidates=fitting(asked.candidates),
        )
    warning = f" {asked.plan.warning}" if asked.plan and asked.plan.warning else ""
    return RequestedRedrive(
        evidence=f"Approval {approval.id} is {approval.state} until {approval.expires_at}; "
        f"nothing has been redriven yet.{warning}",
        pending_approval=approval,
    )


def _evidence(found: Diagnosis) -> str:
    execution = found.execution
    where = f" in {execution.failed_state}" if execution.failed_state else ""
    behind = f", {found.resource_kind} {found.resource}" if found.resource else ""
    return (
        f"{execution.pipeline} {execution.name} {execution.status}{where}{behind}: "
        f"{counted(len(found.facts), 'fact')}, {counted(len(found.log_lines), 'log line')}, "
        f"{counted(len(found.gaps), 'gap')}."
    )


def _like(name: str) -> str:
    return f" like {name!r}" if name else ""
