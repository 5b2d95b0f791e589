"""What a redrive of an execution would do, before anybody decides whether it happens.

Nothing here changes anything: the call that does belongs to the approver alone.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import each
from datalfred.lake.pipelines import diagnosis, executions, hypotheses, machines
from datalfred.lake.pipelines.executions import ENDED_BADLY, Record
from datalfred.lake.pipelines.machines import Pipeline
from datalfred.lake.pipelines.models import Diagnosis

REDRIVABLE_FOR = timedelta(days=14)
"""Step Functions redrives an execution only within 14 days of its end.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""


@dataclass(frozen=True)
class RedrivePlan:
    """A redrive as it would happen now.

    Attributes:
        execution_arn: the execution.
        pipeline: its state machine's name.
        failed_state: where it would begin again.
        input_digest: SHA-256 of the original input, which it would run with.
        redrive_count: how often it was redriven so far.
        redrivable: whether Step Functions would do it.
        reason: why not.
        warning: why it would probably fail again; empty when nothing speaks against it.
        diagnosis: what is known of the failure.
    """

    execution_arn: str
    pipeline: str
    failed_state: str
    input_digest: str
    redrive_count: int
    redrivable: bool
    reason: str
    warning: str
    diagnosis: Diagnosis


def candidates(pipeline: str) -> tuple[Record, ...]:
    """The failed executions that a name may mean, newest first.

    Of every pipeline whose name holds the fragment, the executions that ended badly after its last
    success and within the time that Step Functions redrives; what succeeded later is settled.

    Raises:
        NotFoundError: no pipeline has such a name.
    """
    chosen = machines.matching(pipeline)
    if not chosen:
        raise NotFoundError("pipeline", pipeline)
    found = [record for records in each(_unsettled, chosen) for record in records]
    return tuple(sorted(found, key=lambda record: record["startDate"], reverse=True))


def plan(execution_arn: str) -> RedrivePlan:
    """What a redrive of this execution would do.

    Raises:
        NotFoundError: there is no such execution.
    """
    described = executions.describe(execution_arn)
    found = diagnosis.diagnose(execution_arn)
    redrivable = described.get("redriveStatus") == "REDRIVABLE"
    why_not = described.get("redriveStatusReason") or f"its status is {described['status']}"
    return RedrivePlan(
        execution_arn=execution_arn,
        pipeline=found.execution.pipeline,
        failed_state=found.execution.failed_state,
        input_digest=hashlib.sha256((described.get("input") or "").encode()).hexdigest(),
        redrive_count=described.get("redriveCount", 0),
        redrivable=redrivable,
        reason="" if redrivable else why_not,
        warning=found.redrive if redrivable and _blames_original(found) else "",
        diagnosis=found,
    )


def _blames_original(found: Diagnosis) -> bool:
    """Whether the likeliest cause lies in what a redrive would run again unchanged."""
    if not found.hypotheses:
        return False
    likeliest = found.hypotheses[0].remedy
    return any(
        rule.remedy == likeliest and rule.blames in {"input", "definition"}
        for rule in (*hypotheses.RULES, hypotheses.CHANGED)
    )


def _unsettled(pipeline: Pipeline) -> list[Record]:
    if pipeline.express:
        return []
    since = moments.now() - REDRIVABLE_FOR
    records, _ = executions.list_executions(pipeline.arn, "", since)
    unsettled = []
    for record in records:
        if record["status"] == "SUCCEEDED":
            break
        if record["status"] in ENDED_BADLY:
            unsettled.append(record)
    return unsettled
