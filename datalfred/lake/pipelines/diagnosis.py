"""Why an execution failed: facts, each with the call it came from; hypotheses; gaps.

Stages, in this order, and the rule of each:

1. **Which execution.** A name means a pipeline's newest failed execution, else its newest.
2. **Where it failed.** The history is followed to the state that really failed, through Map,
   Parallel, Catch and into executions that it started, the children of a Map Run among them. Of
   an execution that succeeded, what failed on the way and was caught or retried.
3. **What the service says.** The reader of that service adds how the run ended and the telling
   lines of its log. A call that is denied or finds nothing becomes a gap, never an error.
4. **What else was so.** Alarms that rang; what changed since the last success: the definition, the
   input, the image or size of what ran, the numbers that the states gave. A line of the log that
   stands in the log of the last success too is no evidence.
5. **What may be the cause.** Rules over the facts; no hypothesis without a fact.

No model takes part: the same records give the same diagnosis.
"""

from datetime import datetime, timedelta
from functools import partial

from datalfred import clients
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import each
from datalfred.lake.logs import alarms
from datalfred.lake.paging import counted
from datalfred.lake.pipelines import (
    causes,
    changes,
    executions,
    history,
    machines,
    map_runs,
    readers,
)
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.executions import ENDED_BADLY, Record
from datalfred.lake.pipelines.history import Failure, History
from datalfred.lake.pipelines.machines import Pipeline
from datalfred.lake.pipelines.models import Diagnosis

_DEEPEST = 3
_ALARM_MARGIN = timedelta(hours=1)
_MOST_ALARMS = 4
_MOST_GAPS = 8
_SHORTEST_NAME = 4
_HISTORY = "states:GetExecutionHistory"
_DESCRIBE = "states:DescribeExecution"
_NO_CAUSE = (
    "The words of the failure name no cause that is known here: read the facts and the log lines."
)
_UNREAD_LOG = "The cause may stand in the log, which could not be read."
_LOG_GAPS = ("logs:", "There is no log ")
_CALLBACK = "waitForTaskToken"
_MOST_SURVIVED = 4


def choose(pipeline: str, execution_arn: str) -> str:
    """The ARN of the execution that a question is about.

    Args:
        pipeline: name, fragment or ARN of a pipeline; empty for any.
        execution_arn: the execution itself; wins over ``pipeline``.

    Raises:
        NotFoundError: the name means no pipeline or several, or there is no execution at all.
    """
    if execution_arn:
        return execution_arn
    if pipeline:
        machine = machines.resolve(pipeline)
        found = executions.newest(machine, statuses=sorted(ENDED_BADLY)) or executions.newest(
            machine
        )
        if found is None:
            raise NotFoundError("execution of the pipeline", machine.name)
        return str(found["executionArn"])
    failed = [one for one in each(_newest_failed, machines.all_pipelines()) if one]
    if not failed:
        raise NotFoundError("failed execution of any pipeline", "")
    return str(max(failed, key=lambda record: record["startDate"])["executionArn"])


def diagnose(execution_arn: str) -> Diagnosis:
    """All that can be looked up about how an execution ended.

    Raises:
        NotFoundError: there is no such execution.
    """
    described = executions.describe(execution_arn)
    dossier = Dossier()
    _opening(described, dossier)
    if described["status"] not in ENDED_BADLY:
        return _not_failed(described, dossier)
    failure, read = _failure(execution_arn, dossier)
    if failure is None:
        _last_words(described, dossier)
    before = changes.last_success(described, dossier)
    if failure:
        good = changes.good_run(before, failure, dossier) if before else None
        readers.read(failure, dossier)
        changes.settings(good, dossier)
    _alarms(described, failure, dossier)
    changes.compare(described, before, read, dossier)
    changes.volumes(read, dossier)
    likely = causes.found(described, failure, dossier)
    if not likely:
        _nothing_known(dossier)
    return Diagnosis(
        execution=executions.summary(described, failure.state if failure else ""),
        resource_kind=dossier.kind,
        resource=dossier.resource,
        facts=dossier.facts,
        hypotheses=tuple(hypothesis for _, hypothesis in likely),
        gaps=dossier.gaps.sentences()[:_MOST_GAPS],
        log_lines=dossier.lines,
        redrive=causes.redrive(described, likely),
    )


def _nothing_known(dossier: Dossier) -> None:
    if any(words in gap for gap in dossier.gaps.sentences() for words in _LOG_GAPS):
        dossier.gaps.add(_UNREAD_LOG)
    dossier.gaps.add(_NO_CAUSE)


def _newest_failed(pipeline: Pipeline) -> Record | None:
    if pipeline.express:
        return None
    return executions.newest(pipeline, statuses=sorted(ENDED_BADLY))


def _opening(described: Record, dossier: Dossier) -> None:
    status, stopped = described["status"], described.get("stopDate")
    lasted = ""
    if isinstance(stopped, datetime):
        lasted = f" after {moments.spoken((stopped - described['startDate']).total_seconds())}"
    said = f" with {described['error']}" if described.get("error") else ""
    count = described.get("redriveCount", 0)
    redriven = f" It has been redriven {counted(count, 'time')}." if count else ""
    dossier.fact(
        f"The execution {described['name']} is {status}{said}{lasted}.{redriven}",
        _DESCRIBE,
        at=moments.iso(stopped or described["startDate"]),
        # The name of an execution is a person's; only the error's name may speak for a cause.
    )


def _last_words(described: Record, dossier: Dossier) -> None:
    """Adds what the execution itself says of its end, where its history cannot be read."""
    if cause := executions.said(described.get("cause") or ""):
        error = described.get("error") or "no error"
        dossier.fact(
            f"It ended with {error}: {cause}",
            _DESCRIBE,
            at=moments.iso(described.get("stopDate")),
            words=f"{error}: {cause}",
        )


def _not_failed(described: Record, dossier: Dossier) -> Diagnosis:
    status = described["status"]
    said = "It has not failed; there is nothing to redrive."
    if status == "RUNNING":
        call = partial(history.read, clients.client("stepfunctions"), described["executionArn"])
        read = dossier.gaps.attempt(_HISTORY, call)
        if read and (current := read.current_state()):
            dossier.fact(f"It is in the state {current}.", _HISTORY)
        said = "It is running; only an execution that has ended badly can be redriven."
    else:
        _survived(described, dossier)
    return Diagnosis(
        execution=executions.summary(described),
        facts=dossier.facts,
        gaps=dossier.gaps.sentences(),
        redrive=said,
    )


def _survived(described: Record, dossier: Dossier) -> None:
    """Adds what failed on the way to a good end: a success may hide a failure that was caught."""
    call = partial(
        history.read, clients.client("stepfunctions"), described["executionArn"], pages=2
    )
    read = dossier.gaps.attempt(_HISTORY, call)
    for failure, how in list(read.survived() if read else ())[:_MOST_SURVIVED]:
        went = "was caught, and the execution went on" if how == "caught" else "was tried again"
        cause = executions.said(failure.cause)
        dossier.fact(
            f"The state {failure.state} failed on the way and {went}: {failure.error}"
            f"{': ' + cause if cause else '.'}",
            _HISTORY,
            at=moments.iso(failure.failed_at),
        )


def _failure(execution_arn: str, dossier: Dossier) -> tuple[Failure | None, History | None]:
    """The failure, followed into the executions that a state started, with its facts.

    Returns:
        The innermost failure, and the history of the execution that was asked about.
    """
    stepfunctions = clients.client("stepfunctions")
    found: Failure | None = None
    outermost: History | None = None
    seen: set[str] = set()
    while execution_arn and execution_arn not in seen and len(seen) < _DEEPEST:
        seen.add(execution_arn)
        read = dossier.gaps.attempt(_HISTORY, partial(history.read, stepfunctions, execution_arn))
        outermost = outermost or read
        inner = read.failure() if read else None
        if inner is None:
            dossier.gaps.add(f"The history of {execution_arn} does not show where it failed.")
            break
        found = inner
        _failed_state(found, dossier)
        execution_arn = _child(found, dossier)
    return found, outermost


def _failed_state(failure: Failure, dossier: Dossier) -> None:
    around = " > ".join(failure.path[:-1])
    inside = f" (inside {around})" if around else ""
    item = f", item {failure.item}," if failure.item is not None else ""
    tries = f" after {failure.attempts} tries" if failure.attempts > 1 else ""
    cause = executions.said(failure.cause)
    dossier.failed_fact = dossier.fact(
        f"The state {failure.state}{inside}{item} failed with {failure.error or 'no error'}{tries}"
        f"{': ' + cause if cause else '.'}",
        _HISTORY,
        at=moments.iso(failure.failed_at),
        # The name of a state is a person's too.
        words=f"{failure.error}: {cause}",
    )
    if failure.call.endswith(_CALLBACK) and failure.error == "States.Timeout":
        said = "Nobody called back with the task's token before the state's timeout"
        dossier.fact(f"{said}.", _HISTORY, at=moments.iso(failure.failed_at), words=said)
    if failure.ended_by:
        dossier.fact(
            f"The failure was caught; the Fail state {failure.ended_by} then ended the execution.",
            _HISTORY,
        )


def _child(failure: Failure, dossier: Dossier) -> str:
    """The execution that the failed state had started; empty when it started none."""
    if failure.map_run:
        dossier.kind, dossier.resource = "execution", failure.map_run
        return map_runs.failed_child(failure.map_run, dossier)
    if failure.service != "states":
        return ""
    child = failure.cause_data.get("ExecutionArn") or failure.answer.get("ExecutionArn", "")
    dossier.kind, dossier.resource = "execution", str(child)
    if not child:
        dossier.gaps.add("No execution: the history does not name the one that was started.")
    return str(child)


def _alarms(described: Record, failure: Failure | None, dossier: Dossier) -> None:
    """Adds the alarms of the pipeline or its resource that have rung since about its beginning."""
    action = "cloudwatch:DescribeAlarms"
    found = dossier.gaps.attempt(action, lambda: alarms.list_alarms("ALARM"))
    since = moments.iso(described["startDate"] - _ALARM_MARGIN)
    words = {described["stateMachineArn"].rpartition(":")[2], dossier.resource}
    words |= set(dossier.resource.replace(":", "/").split("/"))
    words |= {str(value) for value in (failure.parameters if failure else {}).values()}
    names = {word for word in words if len(word) >= _SHORTEST_NAME}
    telling = [
        alarm
        for alarm in found or ()
        if alarm.updated_at >= since
        and any(name in f"{alarm.name} {alarm.metric}" for name in names)
    ]
    for alarm in telling[:_MOST_ALARMS]:
        dossier.fact(f"The alarm {alarm.name} rings: {alarm.reason}", action, at=alarm.updated_at)
