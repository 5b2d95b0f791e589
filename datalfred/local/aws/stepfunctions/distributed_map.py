"""A Distributed Map state, by way of a Map Run.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (  # noqa: E501 -- moto's own long name
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment

from datalfred.local.aws.stepfunctions.environment import mark_of
from datalfred.local.aws.stepfunctions.error_names import error_named
from datalfred.local.aws.stepfunctions.map_run import Limits, MapRun

_MOST_REDRIVES = 1000
_EXCEEDED = "States.ExceedToleratedFailureThreshold"
_UNREAD = "States.ItemReaderFailed"


def mend(replace: Callable[[Any, str, Any], Any]) -> None:
    """Puts the Map Run into the interpreter's class."""
    replace(DistributedIterationComponent, "_eval_body", run_map)


def run_map(self: Any, env: Any) -> None:  # noqa: ARG001 -- a method of the interpreter
    """Runs or redrives the Map Run of a Distributed Map state."""
    asked = env.stack.pop()
    mark = mark_of(env)
    env.map_run_record_pool_manager._pool.clear()  # noqa: SLF001 -- records of runs that are ours
    run: MapRun | None = mark.kept_map_run()
    if run is None:
        run = _started(env, asked)
        env.execution.map_runs.append(run)
        details: Any = {"mapRunStartedEventDetails": {"mapRunArn": run.arn}}
        _tell(env, HistoryEventType.MapRunStarted, details)
    else:
        run.redrive()
        told = {"mapRunArn": run.arn, "redriveCount": run.redrive_count}
        _tell(env, HistoryEventType.MapRunRedriven, {"mapRunRedrivenEventDetails": told})
    mark.map_run = run
    try:
        _run(env, asked, run)
    except FailureEventException as failure:
        error, cause = failure.extract_error_cause_pair() or (None, None)
        told = {"error": error, "cause": cause}
        known = {name: value for name, value in told.items() if value is not None}
        _tell(env, HistoryEventType.MapRunFailed, {"mapRunFailedEventDetails": known})
        run.conclude("FAILED")
        raise
    if not env.is_running():
        run.conclude("ABORTED")
        env.stack.append([])
        return
    _tell(env, HistoryEventType.MapRunSucceeded)
    run.conclude("SUCCEEDED")


def _run(env: Any, asked: Any, run: MapRun) -> None:
    if run.redrive_count > _MOST_REDRIVES:
        raise _failure(env, "States.Runtime", "A Map Run can be redriven 1000 times.")
    inputs = run.inputs if run.inputs is not None else _inputs(env, asked)
    if run.run(inputs, env.is_running):
        if any(child.status != "SUCCEEDED" for child in run.children) and not _writes(env, asked):
            raise _failure(
                env,
                "States.Runtime",
                "The embedded AWS does not know what a Distributed Map without ResultWriter "
                "answers for children whose failure is tolerated. Add a ResultWriter.",
            )
        env.stack.append(run.outputs() if not _writes(env, asked) else [])
    elif env.is_running():
        raise _failure(env, _EXCEEDED, "The specified tolerated failure threshold was exceeded")


def _started(env: Any, asked: Any) -> MapRun:
    state = _state(env, asked)
    count = ("ToleratedFailureCount", "ToleratedFailureCountPath")
    share = ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath")
    limits = Limits(
        concurrency=asked.max_concurrency,
        tolerated_count=asked.tolerated_failure_count if state.keys() & set(count) else None,
        tolerated_percentage=(
            float(asked.tolerated_failure_percentage) if state.keys() & set(share) else None
        ),
    )
    return MapRun(env.execution, state, limits)


def _writes(env: Any, asked: Any) -> bool:
    return "ResultWriter" in _state(env, asked)


def _state(env: Any, asked: Any) -> Mapping[str, Any]:
    """The state as the definition has it; names of states are unique in a state machine."""
    machine = json.loads(env.execution.state_machine.definition)
    return next(state for name, state in _states(machine) if name == asked.state_name)


def _states(machine: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in machine.get("States", {}).items():
        yield name, state
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor", {})):
            yield from _states(inner)


def _inputs(env: Any, asked: Any) -> list[Any]:
    """What each child is given: the item, or what the ItemSelector makes of it."""
    if asked.item_reader is None:
        items = asked.input_items
    else:
        try:
            asked.item_reader.eval(env=env)
        except FailureEventException:
            raise
        except Exception as problem:
            raise _failure(env, _UNREAD, str(problem)) from problem
        items = env.stack.pop()
    selector = asked.item_selector or asked.parameters
    if selector is None:
        return list(items)
    return [_selected(env, selector, index, item) for index, item in enumerate(items)]


def _selected(env: Any, selector: Any, index: int, item: Any) -> Any:
    frame = env.open_inner_frame()
    try:
        frame.states.context_object.context_object_data["Map"] = {
            "Item": {"Index": index, "Value": item}
        }
        given = env.states.get_input()
        frame.states.reset(given)
        frame.stack.append(given)
        selector.eval(frame)
        return frame.stack.pop()
    finally:
        env.delete_frame(frame)


def _tell(env: Environment, kind: HistoryEventType, details: Any = None) -> None:
    env.event_manager.add_event(
        context=env.event_history_context, event_type=kind, event_details=details
    )


def _failure(env: Environment, error: str, cause: str) -> FailureEventException:
    details: Any = {"mapRunFailedEventDetails": {"error": error, "cause": cause}}
    event = FailureEvent(env, error_named(error), HistoryEventType.MapRunFailed, details)
    return FailureEventException(event)
