"""What a redrive of an execution would do, before anybody decides whether it happens.

Nothing here changes anything: the call that does belongs to the approver alone.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from datalfred import clients
from datalfred.bedrock.untrusted import plainly
from datalfred.errors import NotFoundError, RefusedError
from datalfred.lake import moments
from datalfred.lake.calls import each
from datalfred.lake.pipelines import diagnosis, executions, history, hypotheses, machines, reruns
from datalfred.lake.pipelines.executions import ENDED_BADLY, Record
from datalfred.lake.pipelines.machines import Pipeline
from datalfred.lake.pipelines.models import Diagnosis

REDRIVABLE_FOR = timedelta(days=14)
"""Step Functions redrives an execution only within 14 days of its end.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""


EXPRESS = "Execution of an EXPRESS state machine cannot be redriven"
"""The words of AWS, which keeps no execution of such a machine that could be asked about.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""
_ELSEWHERE = "Start a new execution instead, outside Datalfred."
_CHILD = "REDRIVABLE_BY_MAP_RUN"
_MOST_NEAR = 5


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
        warning: what whoever decides should know besides: what ran since, which items or branches
            are concerned; empty when there is nothing.
        blamed: why it would only fail again: the likeliest cause lies in the original input or
            definition, which it would run with; empty when that is not so.
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
    blamed: str
    diagnosis: Diagnosis


def candidates(pipeline: str) -> tuple[Record, ...]:
    """The failed executions that a name may mean, newest first.

    Of every pipeline whose name holds the fragment, the executions that ended badly after its last
    success and within the time that Step Functions redrives; what succeeded later is settled. Where
    there are none, the one that runs, or the last that failed before that time: neither can be
    redriven, and its plan says why.

    Raises:
        NotFoundError: no pipeline has such a name; ``near`` names the likeliest.
        RefusedError: it names EXPRESS state machines alone.
    """
    chosen = machines.matching(pipeline) or (machines.resolve(pipeline),)
    standard = [machine for machine in chosen if not machine.express]
    if not standard:
        named = ", ".join(plainly(machine.name) for machine in chosen[:_MOST_NEAR])
        raise RefusedError(f"{EXPRESS}: {named}.", hint=_ELSEWHERE)
    found = [record for records in each(_unsettled, standard) for record in records]
    if not found:
        found = [record for record in each(_unredrivable, standard) if record is not None][:1]
    return tuple(sorted(found, key=lambda record: record["startDate"], reverse=True))


def plan(execution_arn: str) -> RedrivePlan:
    """What a redrive of this execution would do.

    Raises:
        NotFoundError: there is no such execution; ``near`` names failed ones of its pipeline.
        RefusedError: it is one of an EXPRESS state machine.
    """
    if ":express:" in execution_arn:
        raise RefusedError(f"{EXPRESS}.", hint=_ELSEWHERE)
    described = _described(execution_arn)
    found = diagnosis.diagnose(execution_arn)
    redrivable = described.get("redriveStatus") == "REDRIVABLE"
    read = history.read(clients.client("stepfunctions"), execution_arn)
    blamed = found.redrive if redrivable and _blames_original(found) else ""
    return RedrivePlan(
        execution_arn=execution_arn,
        pipeline=found.execution.pipeline,
        failed_state=reruns.state(read),
        input_digest=hashlib.sha256((described.get("input") or "").encode()).hexdigest(),
        redrive_count=described.get("redriveCount", 0),
        redrivable=redrivable,
        reason="" if redrivable else _why_not(described),
        warning=" ".join(filter(None, _notes(described, read))) if redrivable else "",
        blamed=blamed,
        diagnosis=found,
    )


def _described(execution_arn: str) -> Record:
    try:
        return executions.describe(execution_arn)
    except NotFoundError:
        parts = execution_arn.split(":")
        machine = parts[6] if len(parts) > 6 and parts[5] == "execution" else ""  # noqa: PLR2004 -- the parts of an ARN
        known = next((one for one in machines.all_pipelines() if one.name == machine), None)
        near = [str(record["executionArn"]) for record in _unsettled(known)] if known else []
        raise NotFoundError("execution", execution_arn, near=near[:_MOST_NEAR]) from None


def _why_not(described: Record) -> str:
    if described.get("redriveStatus") == _CHILD:
        return "It is a child of a Map Run and runs again when the execution that started it does"
    return str(described.get("redriveStatusReason") or f"Its status is {described['status']}")


def _notes(described: Record, read: history.History) -> Iterator[str]:
    """What whoever decides should know, though it need not speak against the redrive."""
    if ended_in := reruns.fail_state(read):
        yield f"It ended in the Fail state {plainly(ended_in)}, which fails again at once."
    stepfunctions = clients.client("stepfunctions")
    machine = described["stateMachineArn"]
    newest = stepfunctions.list_executions(stateMachineArn=machine, maxResults=1)["executions"]
    for record in newest:
        if record["status"] not in ENDED_BADLY and record["startDate"] > described["startDate"]:
            yield f"A newer execution, {plainly(record['name'])}, is {record['status']}."
    if _changed_since(described):
        yield "The definition has been changed since; a redrive runs the one that it began with."
    yield reruns.sentence(read)


def _changed_since(described: Record) -> bool:
    """Whether the pipeline is no longer what the execution ran."""
    stepfunctions = clients.client("stepfunctions")
    now = stepfunctions.describe_state_machine(stateMachineArn=described["stateMachineArn"])
    then = stepfunctions.describe_state_machine_for_execution(
        executionArn=described["executionArn"]
    )
    return bool(history.parsed(now["definition"]) != history.parsed(then["definition"]))


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
    since = moments.now() - REDRIVABLE_FOR
    records, _ = executions.list_executions(pipeline.arn, "", since)
    unsettled = []
    for record in records:
        if record["status"] == "SUCCEEDED":
            break
        if record["status"] in ENDED_BADLY:
            unsettled.append(record)
    return unsettled


def _unredrivable(pipeline: Pipeline) -> Record | None:
    """The newest execution, where it runs or has failed too long ago."""
    newest = executions.newest(pipeline)
    return None if newest is None or newest["status"] == "SUCCEEDED" else newest
