"""From an execution's history to the state that really failed.

A history is a list of events, each of which names the event before it on its own path: branches of
a Parallel and iterations of a Map are paths of their own. Walked from the end of the execution
backward, the path leads through whatever merely passed the failure on (``MapIterationFailed``,
``ParallelStateFailed``, a Fail state behind a Catch) to the event where it began.

Histories reach 25,000 events; the failure stands at their end, so they are read in reverse.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any

_PAGES = 6
_PAGE_EVENTS = 1_000

_ENDINGS = {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}
_PASSED_ON = {"MapStateFailed", "MapIterationFailed", "ParallelStateFailed"}
_BEGINNINGS = {
    "ActivityFailed",
    "ActivityScheduleFailed",
    "ActivityTimedOut",
    "EvaluationFailed",
    "LambdaFunctionFailed",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "LambdaFunctionTimedOut",
    "MapRunFailed",
    "TaskFailed",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "TaskTimedOut",
}
_TIMED_OUT = {"ActivityTimedOut", "ExecutionTimedOut", "LambdaFunctionTimedOut", "TaskTimedOut"}

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Failure:
    """Where an execution failed, and with what words.

    Attributes:
        state: the innermost state that really failed.
        path: the states around it, outermost first, ending in ``state``.
        error: the error's name, such as ``States.TaskFailed``.
        cause: the service's own words, often JSON.
        entered_at: when the state was entered.
        failed_at: when it failed.
        attempts: how often its task was tried.
        item: index of the Map iteration it belongs to; None outside a Map.
        ended_by: the Fail state that ended the execution after a Catch; empty otherwise.
        chosen_by: the Choice that led to a Fail state which no failure led to; empty otherwise.
        service: of the task's integration, such as ``ecs``; empty for other states.
        call: the integration's API, such as ``runTask.sync``.
        parameters: what the task passed to the service.
        answer: what the service said when the task was submitted.
        map_run: ARN of the Map Run that failed; empty for whatever is no Distributed Map.
        event: id of the event in which it began.
    """

    state: str
    path: tuple[str, ...]
    error: str
    cause: str
    entered_at: datetime | None
    failed_at: datetime
    attempts: int = 1
    item: int | None = None
    ended_by: str = ""
    chosen_by: str = ""
    service: str = ""
    call: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    map_run: str = ""
    event: int = 0

    @property
    def cause_data(self) -> Mapping[str, Any]:
        """The cause as the JSON object that ``.sync`` integrations and Lambda put there, or {}."""
        return parsed(self.cause)


@dataclass(frozen=True)
class History:
    """The newest events of an execution.

    Attributes:
        events: by id.
        complete: False when the oldest events were not read.
    """

    events: Mapping[int, Event]
    complete: bool = True

    def failure(self) -> Failure | None:
        """Where the execution failed; None when it did not, or when that was not read."""
        ending = max(
            (event for event in self.events.values() if event["type"] in _ENDINGS),
            key=lambda event: event["id"],
            default=None,
        )
        if ending is None:
            return None
        began, ended_by = self._beginning(ending)
        return self._described(began, ending, ended_by)

    def survived(self) -> Iterator[tuple[Failure, str]]:
        """The failures that did not end the execution: each with ``caught`` or ``retried``."""
        after: dict[int, str] = {}
        for number in sorted(self.events):
            event = self.events[number]
            after.setdefault(event.get("previousEventId", 0), str(event["type"]))
        for number in sorted(self.events):
            event = self.events[number]
            if event["type"] not in _BEGINNINGS:
                continue
            then = after.get(number, "")
            if then.endswith("StateExited"):
                yield self._described(event, event, ""), "caught"
            elif then.endswith("Scheduled"):
                yield self._described(event, event, ""), "retried"

    def entered_before(self, failure: Failure) -> frozenset[str]:
        """The states that had been entered when a failure of this execution began."""
        return frozenset(
            name_of(event)
            for number, event in self.events.items()
            if number <= failure.event and event["type"].endswith("StateEntered")
        )

    def current_state(self) -> str:
        """The innermost state that was entered last and not left; empty when there is none."""
        if not self.events:
            return ""
        states = _open_states(self._path(self.events[max(self.events)]))
        return name_of(states[0]) if states else ""

    def _path(self, event: Event) -> Iterator[Event]:
        """The event and those before it on its path, newest first."""
        seen: set[int] = set()
        while event["id"] not in seen:
            yield event
            seen.add(event["id"])
            before = self.events.get(event.get("previousEventId", 0))
            if before is None:
                return
            event = before

    def _beginning(self, ending: Event) -> tuple[Event, str]:
        """The event where the failure began, and the Fail state that passed it on."""
        ended_by: Event | None = None
        passed_on: Event | None = None
        for event in self._path(ending):
            kind = event["type"]
            if kind in _BEGINNINGS:
                return event, name_of(ended_by)
            if kind == "FailStateEntered":
                ended_by = ended_by or event
            elif kind in _PASSED_ON:
                passed_on = passed_on or event
            elif kind.endswith("StateEntered") and ended_by is None:
                inner = self._inside(event, passed_on) if passed_on else None
                return inner or event, ""
        # A Fail state that no failure led to speaks for itself.
        return ended_by or ending, ""

    def _inside(self, entered: Event, failed: Event) -> Event | None:
        """The first failure inside a Map or Parallel that nothing retried or caught."""
        handled = {
            event.get("previousEventId")
            for event in self.events.values()
            if event["type"] not in _PASSED_ON | _ENDINGS
        }
        return next(
            (
                self.events[number]
                for number in sorted(self.events)
                if entered["id"] < number < failed["id"]
                and self.events[number]["type"] in _BEGINNINGS
                and number not in handled
            ),
            None,
        )

    def _described(self, began: Event, ending: Event, ended_by: str) -> Failure:
        path = list(self._path(began))
        states = _open_states(path)
        said = details(began)
        # Of a state that fails without an event of its own only the execution's end says why.
        words = said if said.get("error") or said.get("cause") else details(ending)
        scheduled = next((event for event in path if event["type"].endswith("Scheduled")), None)
        submitted = next((event for event in path if event["type"] == "TaskSubmitted"), None)
        inside_task = began["type"] in _BEGINNINGS
        return Failure(
            state=name_of(states[0]) if states else "",
            path=tuple(name_of(event) for event in reversed(states)),
            error=words.get("error", "") or _default_error(began, ending),
            cause=words.get("cause", ""),
            entered_at=states[0]["timestamp"] if states else None,
            failed_at=began["timestamp"] if inside_task else ending["timestamp"],
            attempts=_attempts(path, states) if inside_task else 1,
            item=next(
                (details(e)["index"] for e in path if e["type"] == "MapIterationStarted"), None
            ),
            ended_by=ended_by,
            chosen_by=_chosen_by(path),
            map_run=_map_run(path),
            event=began["id"],
            **(task_of(scheduled, submitted) if inside_task and scheduled else {}),
        )


def read(
    stepfunctions: Any,
    execution_arn: str,
    *,
    pages: int = _PAGES,
    events_a_page: int = _PAGE_EVENTS,
) -> History:
    """The newest events of an execution, at most 6,000 unless fewer are asked for."""
    events: dict[int, Event] = {}
    request: dict[str, Any] = {
        "executionArn": execution_arn,
        "reverseOrder": True,
        "maxResults": events_a_page,
    }
    for _ in range(pages):
        page = stepfunctions.get_execution_history(**request)
        events.update((event["id"], event) for event in page["events"])
        if not page.get("nextToken"):
            return History(events)
        request["nextToken"] = page["nextToken"]
    return History(events, complete=False)


def of(events: Iterable[Event]) -> History:
    """A history that was read elsewhere."""
    return History({event["id"]: event for event in events})


def parsed(text: str) -> Mapping[str, Any]:
    """The JSON object in a text; an empty one when there is none."""
    try:
        value = json.loads(text) if text.lstrip().startswith("{") else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def details(event: Event) -> Mapping[str, Any]:
    """The details that belong to the event's type, whatever they are called."""
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def name_of(event: Event | None) -> str:
    """The name of the state that the event is about; empty when there is none."""
    return "" if event is None else str(details(event).get("name", ""))


def _open_states(path: Iterable[Event]) -> list[Event]:
    """The states on a path that were entered and not left, innermost first.

    A redrive enters its state once more; names are unique in a state machine, so each counts once.
    """
    left: set[str] = set()
    states: dict[str, Event] = {}
    for event in path:
        if event["type"].endswith("StateExited"):
            left.add(name_of(event))
        elif event["type"].endswith("StateEntered"):
            if name_of(event) in left:
                left.remove(name_of(event))
            else:
                states.setdefault(name_of(event), event)
    return list(states.values())


def _chosen_by(path: Sequence[Event]) -> str:
    """The Choice just before a Fail state that speaks for itself."""
    if path[0]["type"] != "FailStateEntered":
        return ""
    before = next((e for e in path[1:] if e["type"].endswith("StateExited")), None)
    return name_of(before) if before and before["type"] == "ChoiceStateExited" else ""


def _map_run(path: Sequence[Event]) -> str:
    """The Map Run that the first event of a path ended; a redrive names it once more."""
    if path[0]["type"] != "MapRunFailed":
        return ""
    return next((details(e)["mapRunArn"] for e in path if "mapRunArn" in details(e)), "")


def _attempts(path: Iterable[Event], states: list[Event]) -> int:
    """How often the task of the innermost state was scheduled, since the last redrive."""
    entered = states[0]["id"] if states else 0
    since = takewhile(lambda e: e["id"] > entered and e["type"] != "ExecutionRedriven", path)
    return sum(e["type"].endswith("Scheduled") for e in since) or 1


def _default_error(began: Event, ending: Event) -> str:
    timed_out = began["type"] in _TIMED_OUT or ending["type"] == "ExecutionTimedOut"
    aborted = "Aborted" if ending["type"] == "ExecutionAborted" else ""
    return "States.Timeout" if timed_out else aborted


def task_of(scheduled: Event, submitted: Event | None) -> dict[str, Any]:
    """Service, call, parameters and answer of a task."""
    said = details(scheduled)
    if "resourceType" not in said:
        # A function named by its ARN: LambdaFunctionScheduled or ActivityScheduled.
        is_lambda = scheduled["type"].startswith("Lambda")
        return {
            "service": "lambda" if is_lambda else "activity",
            "call": "invoke" if is_lambda else "",
            "parameters": {"FunctionName": said.get("resource", "")},
        }
    return {
        "service": said["resourceType"],
        "call": said.get("resource", ""),
        "parameters": parsed(said.get("parameters", "")),
        "answer": parsed(details(submitted).get("output", "")) if submitted else {},
    }
