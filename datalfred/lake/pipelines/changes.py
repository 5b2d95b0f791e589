"""What is different from the last execution of the pipeline that succeeded."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from datalfred import clients
from datalfred.lake import moments
from datalfred.lake.pipelines import baseline, executions, history, readers
from datalfred.lake.pipelines.baseline import Baseline
from datalfred.lake.pipelines.definitions import Difference
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.executions import Record
from datalfred.lake.pipelines.history import Failure, History
from datalfred.lake.pipelines.machines import Pipeline

_MUCH_LONGER, _NOTICEABLE_SECONDS = 2.0, 60.0
_MUCH_MORE = 2.0
_MOST_KEYS = 6
_VALUE_CHARACTERS = 60
_HISTORY = "states:GetExecutionHistory"
_COMPARED = (
    "task_definition",
    "image",
    "memory_mib",
    "cpu_units",
    "memory_mb",
    "timeout_seconds",
    "worker_type",
    "workers",
    "glue_version",
    "release",
    "entry_point",
    "jar",
)
"""The settings of a run whose change may matter."""
_RUN_SOURCES = {
    "emr": "elasticmapreduce:DescribeStep",
    "emr_serverless": "emr-serverless:GetJobRun",
    "glue": "glue:GetJobRun",
    "lambda": "lambda:GetFunctionConfiguration",
}
_FOR_EXECUTION = "states:DescribeStateMachineForExecution"


def last_success(failed: Record, dossier: Dossier) -> Record | None:
    """The newest execution of the pipeline that succeeded before, as ``DescribeExecution`` says it.

    That there is none, or only a later one, is a fact.
    """
    machine = Pipeline("", failed["stateMachineArn"])
    succeeded = dossier.gaps.attempt(
        "states:ListExecutions", partial(executions.newest, machine, statuses=["SUCCEEDED"])
    )
    if succeeded is None:
        dossier.fact("No execution of this pipeline has succeeded yet.", "states:ListExecutions")
        return None
    if succeeded["startDate"] > failed["startDate"]:
        dossier.fact(
            f"A later execution succeeded: {succeeded['name']}.",
            "states:ListExecutions",
            at=moments.iso(succeeded.get("stopDate")),
        )
        return None
    action = "states:DescribeExecution"
    return dossier.gaps.attempt(action, partial(executions.describe, succeeded["executionArn"]))


def good_run(before: Record, failure: Failure, dossier: Dossier) -> Dossier | None:
    """What the failed state's service says of its run in the last success; None without such a run.

    What it logged then becomes the dossier's measure of what is usual.
    """
    stepfunctions = clients.client("stepfunctions")
    read = dossier.gaps.attempt(
        _HISTORY, partial(history.read, stepfunctions, before["executionArn"], pages=2)
    )
    if read is None:
        return None
    good, visited = Dossier(), baseline.visit(read, failure.state)
    if visited:
        readers.read(visited, good)
    dossier.usual = Baseline(good.read_lines, good.settings, baseline.figures(read))
    return good if visited else None


def settings(good: Dossier | None, dossier: Dossier) -> None:
    """Adds what the failed run ran with that the good one did not: image, memory, workers."""
    if good is None or good.kind != dossier.kind:
        return
    shifts = [
        f"{name} was {then}, is {now}"
        for name in _COMPARED
        if (then := good.settings.get(name)) != (now := dossier.settings.get(name)) and then and now
    ]
    if shifts:
        source = (
            "ecs:DescribeTasks" if dossier.kind == "ecs" else _RUN_SOURCES.get(dossier.kind, "")
        )
        dossier.changes["code"] = dossier.fact(
            f"What runs changed after the last success: {'; '.join(shifts)}.", source or _HISTORY
        )


def volumes(read: History | None, dossier: Dossier) -> None:
    """Adds the numbers of this execution's states that are far from those of the last success."""
    if read is None:
        return
    then = dossier.usual.figures
    shifts, less, more = [], False, False
    for name, now in baseline.figures(read).items():
        usual = then.get(name)
        if usual is None or not _far(usual, now):
            continue
        less = less or now < usual
        more = more or now > usual
        shifts.append(f"{name} was {usual:.10g}, is {now:.10g}")
    if shifts:
        index = dossier.fact(
            f"Numbers far from the last success: {'; '.join(shifts[:_MOST_KEYS])}.", _HISTORY
        )
        dossier.changes["volume"] = index
        if less:
            dossier.changes["less"] = index
        if more:
            dossier.changes["size"] = index


def _far(usual: float, now: float) -> bool:
    return not usual / _MUCH_MORE <= now <= usual * _MUCH_MORE if usual > 0 else now > 0


def compare(failed: Record, before: Record | None, read: History | None, dossier: Dossier) -> None:
    """Adds what else is different: the definition, the input, the duration."""
    if before is not None:
        _definition(failed, before, read, dossier)
        _input(failed, before, dossier)
        _duration(failed, before, dossier)


def _definition(failed: Record, before: Record, read: History | None, dossier: Dossier) -> None:
    then, now = (
        dossier.gaps.attempt(_FOR_EXECUTION, partial(_machine_of, record["executionArn"]))
        for record in (before, failed)
    )
    if then is None or now is None:
        return
    since = moments.iso(before["startDate"])
    if then["definition"] == now["definition"]:
        dossier.fact(
            f"The definition is the one that succeeded at {since}.", _FOR_EXECUTION, at=since
        )
    else:
        difference = Difference(then["definition"], now["definition"])
        failure = read.failure() if read else None
        dossier.changed_here = bool(read and failure and difference.matters_to(failure, read))
        dossier.changes["definition"] = dossier.fact(
            f"The definition changed after the last success at {since}: {difference.told()}.",
            _FOR_EXECUTION,
            at=moments.iso(now.get("updateDate")),
        )


def _machine_of(execution_arn: str) -> Mapping[str, Any]:
    stepfunctions = clients.client("stepfunctions")
    found: Mapping[str, Any] = stepfunctions.describe_state_machine_for_execution(
        executionArn=execution_arn
    )
    return found


def _input(failed: Record, before: Record, dossier: Dossier) -> None:
    old, new = _leaves(before), _leaves(failed)
    differing = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    since = moments.iso(before["startDate"])
    if not differing:
        dossier.fact(f"The input is the one that succeeded at {since}.", "states:DescribeExecution")
        return
    said = "; ".join(f"{name} {_shift(name, old, new)}" for name in differing[:_MOST_KEYS])
    dossier.changes["input"] = dossier.fact(
        f"The input differs from the one that succeeded at {since}: {said}.",
        "states:DescribeExecution",
        at=moments.iso(failed["startDate"]),
    )


def _leaves(record: Record) -> dict[str, str]:
    """The values of an input by their paths, such as ``costs[1].spend``, each as JSON."""
    try:
        given = json.loads(record.get("input") or "{}")
    except ValueError:
        given = record["input"]
    return dict(_walk("", given))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _walk(f"{path}.{name}" if path else name, each)
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from _walk(f"{path}[{number}]", each)
    else:
        yield path or "the whole", json.dumps(value, ensure_ascii=False)


def _shift(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    if name not in new:
        return "is missing"
    if name not in old:
        return f"is new ({_short(new[name])})"
    return f"was {_short(old[name])}, is {_short(new[name])}"


def _short(text: str) -> str:
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[:_VALUE_CHARACTERS]}…"


def _duration(failed: Record, before: Record, dossier: Dossier) -> None:
    taken, usual = _seconds(failed), _seconds(before)
    if taken is None or usual is None:
        return
    much_longer = taken > _MUCH_LONGER * usual and taken - usual > _NOTICEABLE_SECONDS
    index = dossier.fact(
        f"It ran for {moments.spoken(taken)}; the last success took {moments.spoken(usual)}"
        f"{', less than half of that' if much_longer else ''}.",
        "states:DescribeExecution",
    )
    if much_longer:
        dossier.changes["time"] = index


def _seconds(record: Record) -> float | None:
    started, stopped = record["startDate"], record.get("stopDate")
    return (stopped - started).total_seconds() if isinstance(stopped, datetime) else None
