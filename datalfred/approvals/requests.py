"""Asking for a redrive: what a model may do, which is to write down what a person asked for."""

from dataclasses import dataclass

from datalfred.approvals.inbox import Requests
from datalfred.approvals.models import PendingApproval
from datalfred.approvals.terms import redrive_summary
from datalfred.bedrock.untrusted import plainly
from datalfred.errors import CorrectableError, InvalidInputError, RefusedError
from datalfred.lake import names
from datalfred.lake.logs.lines import shown
from datalfred.lake.pipelines import executions, redrive
from datalfred.lake.pipelines.models import ExecutionSummary
from datalfred.lake.pipelines.redrive import RedrivePlan

MOST_CANDIDATES = 10
_REASON_BYTES = 300
_ELSEWHERE = "Start a new execution instead, outside Datalfred."


@dataclass(frozen=True)
class RedriveRequest:
    """What came of asking.

    Attributes:
        approval: what waits for a person now; None when the name fits several executions.
        candidates: those executions.
        plan: what the redrive would do.
    """

    approval: PendingApproval | None
    candidates: tuple[ExecutionSummary, ...] = ()
    plan: RedrivePlan | None = None


def request_redrive(
    store: Requests, *, pipeline: str, execution_arn: str, reason: str, requester: str
) -> RedriveRequest:
    """Writes a pending approval, if exactly one redrivable execution is meant.

    Args:
        store: where approvals wait.
        pipeline: name or fragment of a name.
        execution_arn: the execution itself; wins over ``pipeline``.
        reason: the person's words for why.
        requester: typed identity that the channel proved.

    Raises:
        RefusedError: nobody's identity is proved, Step Functions would not redrive it, or it would
            only fail again: the diagnosis blames what it would run with unchanged.
        InvalidInputError: neither a pipeline nor an execution is named, or they disagree.
        NotFoundError: there is no such pipeline or execution.
        CorrectableError: nothing of that name has failed.
    """
    if not requester:
        raise RefusedError(
            "This channel cannot prove who asks, so a redrive cannot be asked for here.",
            hint="Ask in Slack or in the terminal (datalfred chat), where the person is known.",
        )
    pipeline, execution_arn = pipeline.strip(), execution_arn.strip()
    if not execution_arn:
        found = _failed(pipeline)
        if len(found) > 1:
            return RedriveRequest(None, executions.summaries(found[:MOST_CANDIDATES]))
        execution_arn = found[0]["executionArn"]
    plan = redrive.plan(execution_arn)
    if pipeline and not names.holding(pipeline.rpartition(":")[2], [plan.pipeline]):
        raise InvalidInputError(
            "pipeline",
            f"The execution belongs to {plan.pipeline}, not to {pipeline}.",
            "the pipeline of the execution, or empty",
        )
    _check_worthwhile(plan)
    approval = store.create(
        action="redrive",
        target=execution_arn,
        summary=redrive_summary(execution_arn, plan.failed_state, plan.warning),
        requester=requester,
        details={
            "pipeline": plan.pipeline,
            "failed_state": plan.failed_state,
            "input_digest": plan.input_digest,
            "redrive_count": str(plan.redrive_count),
            "reason": shown(reason, _REASON_BYTES),
            **({"warning": plan.warning} if plan.warning else {}),
        },
    )
    return RedriveRequest(approval, (), plan)


def _check_worthwhile(plan: RedrivePlan) -> None:
    """Refuses what Step Functions would not redrive, and what a redrive cannot mend."""
    name = plainly(plan.diagnosis.execution.name)
    if not plan.redrivable:
        raise RefusedError(
            f"{name} of {plan.pipeline} cannot be redriven: {plan.reason.rstrip('.')}.",
            hint=_ELSEWHERE,
        )
    if plan.blamed:
        raise RefusedError(
            f"A redrive of {name} of {plan.pipeline} is not offered. {plan.blamed}",
            hint=plan.diagnosis.hypotheses[0].remedy or _ELSEWHERE,
        )


def _failed(pipeline: str) -> tuple[executions.Record, ...]:
    """The executions that the name may mean; at least one."""
    if not pipeline:
        raise InvalidInputError(
            "pipeline", "Neither a pipeline nor an execution is named.", "a name, or execution_arn"
        )
    found = redrive.candidates(pipeline)
    if not found:
        raise CorrectableError(
            f"No execution of {pipeline} has failed since it last succeeded.",
            hint="list_executions shows what ran; name an execution by its ARN to redrive it.",
        )
    return found
