"""What Step Functions says of an execution. Knows executions by their attributes alone."""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datalfred.local.aws.stepfunctions.execution import Execution
    from datalfred.local.aws.stepfunctions.map_run import MapRun

_DATA = ("input", "output", "parameters", "assignedVariables")


def described(execution: "Execution", *, with_data: bool) -> dict[str, Any]:
    """The answer of DescribeExecution."""
    answer = {**listed(execution), "inputDetails": {"included": True}}
    if with_data:
        answer["input"] = execution.execution_input
    if execution.status == "SUCCEEDED":
        answer["outputDetails"] = {"included": True}
        if with_data:
            answer["output"] = execution.output
    for name in ("error", "cause"):
        if getattr(execution, name) is not None:
            answer[name] = getattr(execution, name)
    answer["redriveStatus"], reason = execution.redrive_status()
    if reason:
        answer["redriveStatusReason"] = reason
    return answer


def sync_described(execution: "Execution") -> dict[str, Any]:
    """The answer of StartSyncExecution, with what AWS would bill: 100 ms and 64 MB at a time."""
    told = described(execution, with_data=True)
    redrives = {name for name in told if name.startswith("redrive")}
    lasted = (told["stopDate"] - told["startDate"]).total_seconds() * 1000
    billed = {
        "billedMemoryUsedInMB": 64,
        "billedDurationInMilliseconds": max(1, math.ceil(lasted / 100)) * 100,
    }
    kept = {name: value for name, value in told.items() if name not in redrives}
    return {**kept, "billingDetails": billed}


def listed(execution: "Execution") -> dict[str, Any]:
    """One execution in the answer of ListExecutions."""
    answer = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": execution.start_date,
        "redriveCount": execution.redrive_count,
    }
    if execution.stop_date is not None:
        answer["stopDate"] = execution.stop_date
    if execution.redrive_date is not None:
        answer["redriveDate"] = execution.redrive_date
    if execution.map_run is not None:
        answer["mapRunArn"] = execution.map_run.arn
    return answer


def map_run_described(run: "MapRun") -> dict[str, Any]:
    """The answer of DescribeMapRun."""
    return {
        **map_run_listed(run),
        "status": run.status,
        "maxConcurrency": run.limits.concurrency,
        "toleratedFailurePercentage": run.limits.tolerated_percentage or 0.0,
        "toleratedFailureCount": run.limits.tolerated_count or 0,
        "itemCounts": run.counts(),
        "executionCounts": run.counts(),
        "redriveCount": run.redrive_count,
        **({"redriveDate": run.redrive_date} if run.redrive_date else {}),
    }


def map_run_listed(run: "MapRun") -> dict[str, Any]:
    """One Map Run in the answer of ListMapRuns."""
    answer: dict[str, Any] = {
        "executionArn": run.parent.exec_arn,
        "mapRunArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "startDate": run.start_date,
    }
    return answer | ({"stopDate": run.stop_date} if run.stop_date else {})


def machine_of(execution: "Execution") -> dict[str, Any]:
    """The answer of DescribeStateMachineForExecution: the machine as it was for this execution."""
    machine: Any = execution.state_machine
    return {
        "stateMachineArn": execution.state_machine_arn,
        "name": machine.name,
        "definition": machine.definition,
        "roleArn": machine.roleArn,
        "updateDate": machine.update_date.replace(tzinfo=UTC),  # moto's moments are naive, in UTC
    }


def events(
    history: Sequence[Mapping[str, Any]], *, newest_first: bool, with_data: bool
) -> list[dict[str, Any]]:
    """The events of GetExecutionHistory, all of them."""
    ordered = reversed(history) if newest_first else iter(history)
    return [_event(event, with_data=with_data) for event in ordered]


def _event(event: Mapping[str, Any], *, with_data: bool) -> dict[str, Any]:
    answer = {
        name: _details(value, with_data=with_data) if isinstance(value, Mapping) else value
        for name, value in event.items()
    }
    return {**answer, "timestamp": datetime.fromisoformat(event["timestamp"])}


def _details(details: Mapping[str, Any], *, with_data: bool) -> dict[str, Any]:
    return {name: value for name, value in details.items() if with_data or name not in _DATA}
