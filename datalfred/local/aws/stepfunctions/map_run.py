"""A Map Run: what a Distributed Map starts, one child execution for each item.

moto's interpreter runs the items inside its parent, without executions, tolerances or results. Here
every child is an execution with a history of its own, which a redrive of the parent goes on with.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html and
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-map-run.html.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.stepfunctions.execution import Execution

if TYPE_CHECKING:
    from datetime import datetime

    from datalfred.local.aws.compute.origin import Clock

_MOST_AT_ONCE = 12
"""Threads are dear here; AWS runs 10,000 children at once."""
_LOOK_SECONDS = 0.02
_GOOD = "SUCCEEDED"
_BAD = {"FAILED", "TIMED_OUT", "ABORTED"}
_COUNTED = {
    "RUNNING": "running",
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "timedOut",
    "ABORTED": "aborted",
}


@dataclass(frozen=True)
class Limits:
    """What the state says of its Map Run.

    Attributes:
        concurrency: children at once; 0 for no limit.
        tolerated_count: failed children that are tolerated; None when the state does not say.
        tolerated_percentage: the same, of all children, 0 to 100.
    """

    concurrency: int
    tolerated_count: int | None
    tolerated_percentage: float | None

    def exceeded(self, failed: int, total: int) -> bool:
        """Whether so many failures of so many children fail the Map Run."""
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return failed > 0
        too_many = self.tolerated_count is not None and failed > self.tolerated_count
        share = 100 * failed / total if total else 0.0
        return too_many or (
            self.tolerated_percentage is not None and share > self.tolerated_percentage
        )


class MapRun:
    """One Map Run.

    Attributes:
        parent: the execution whose state started it.
        arn: its own.
        limits: how many children may run at once, and may fail.
        machine: of the children.
        inputs: of the children, in order; None until they were read.
        children: as many of them as were made.
        status: RUNNING, SUCCEEDED, FAILED or ABORTED.
        redrive_count: how often it was redriven.
        redrive_date: when last.
        start_date: when it was started.
        stop_date: when it was over; None while it runs.
        results_written: whether a ResultWriter wrote the results.
    """

    def __init__(self, parent: Execution, state: Mapping[str, Any], limits: Limits) -> None:
        """Starts a Map Run that has no items yet.

        Args:
            parent: the execution.
            state: the Distributed Map, as the definition has it.
            limits: of the state.
        """
        self.parent = parent
        self.limits = limits
        self.start_date = parent.clock.now()
        label = state.get("Label") or uuid.uuid4().hex
        machine: Any = parent.state_machine
        self.arn = f"{machine.arn.replace(':stateMachine:', ':mapRun:')}/{label}:{uuid.uuid4()}"
        self.machine = _child_machine(machine, label, state["ItemProcessor"])
        self.inputs: list[Any] | None = None
        self.children: list[Execution] = []
        self.status = "RUNNING"
        self.redrive_count = 0
        self.redrive_date: datetime | None = None
        self.stop_date: datetime | None = None
        self.results_written = False

    def redrive(self) -> None:
        """Begins another attempt, at the children that did not end well."""
        self.status, self.stop_date = "RUNNING", None
        self.redrive_count += 1
        self.redrive_date = self.parent.clock.now()

    def run(self, inputs: Sequence[Any], goes_on: Callable[[], bool]) -> bool:
        """Runs the children that did not end well yet.

        Args:
            inputs: one for each child.
            goes_on: whether the parent still runs; when it does not, the children are stopped.

        Returns:
            Whether no more failed than are tolerated, and the parent still runs.
        """
        if self.inputs is None:
            self.inputs = list(inputs)
            self.children = [self._child(given) for given in self.inputs]
        waiting = deque(child for child in self.children if child.exec_status != _GOOD)
        running: list[Execution] = []
        most = min(self.limits.concurrency or _MOST_AT_ONCE, _MOST_AT_ONCE)
        attempted: list[Execution] = []
        while waiting or running:
            while waiting and len(running) < most:
                child = waiting.popleft()
                running.append(child)
                attempted.append(child)
                self._begin(child)
            running[0].finished.wait(_LOOK_SECONDS)
            running = [child for child in running if not child.finished.is_set()]
            failed = sum(child.exec_status in _BAD for child in attempted)
            if not goes_on() or self.limits.exceeded(failed, len(self.children)):
                _stop(running)
                return False
        return True

    def conclude(self, status: str) -> None:
        """Notes how it ended."""
        self.status, self.stop_date = status, self.parent.clock.now()

    def outputs(self) -> list[Any]:
        """What the children ended with, in the order of their items."""
        return [json.loads(child.output) for child in self.children]

    def counts(self) -> dict[str, int]:
        """How many children there are of each kind; each has one item."""
        counts = Counter(
            _COUNTED[child.status] if child.exec_status else "pending" for child in self.children
        )
        written = counts["succeeded"] if self.results_written else 0
        names = [*_COUNTED.values(), "pending"]
        return {
            **{name: counts[name] for name in names},
            "total": len(self.children),
            "resultsWritten": written,
            "failuresNotRedrivable": sum(
                child.exec_status in _BAD and bool(child.why_not_redrivable())
                for child in self.children
            ),
            "pendingRedrive": 0,
        }

    def _begin(self, child: Execution) -> None:
        clock: Clock = self.parent.clock
        if child.exec_status is None:
            child.start_date, child.clock = clock.now(), clock
            child.start()
        elif child.is_standard:
            if not child.why_not_redrivable():
                child.redrive("", clock)
        else:
            child.restart(clock)

    def _child(self, given: Any) -> Execution:
        name = str(uuid.uuid4())
        machine = self.machine
        arn = machine.arn.replace(":stateMachine:", ":execution:")
        parent = self.parent
        return Execution(
            parent.clock,
            self,
            name=name,
            sm_type=machine.sm_type,
            role_arn=machine.roleArn,
            exec_arn=f"{arn}:{name}",
            account_id=parent.account_id,
            region_name=parent.region_name,
            state_machine=machine,
            start_date=parent.clock.now(),
            cloud_watch_logging_session=None,
            input_data=json.dumps(given),
            trace_header=None,
            activity_store={},
        )


def _stop(running: Sequence[Execution]) -> None:
    stops = [
        threading.Thread(target=child.stop, args=(child.clock.now(), None, None), daemon=True)
        for child in running
    ]
    for stop in stops:
        stop.start()
    for stop in stops:
        stop.join()


def _child_machine(machine: Any, label: str, processor: Mapping[str, Any]) -> Any:
    """The state machine of the children: the item processor, as a machine of its own."""
    kept = {name: processor[name] for name in ("StartAt", "States")}
    language = processor.get("QueryLanguage") or json.loads(machine.definition).get("QueryLanguage")
    kind = processor.get("ProcessorConfig", {}).get("ExecutionType", "STANDARD")
    return SimpleNamespace(
        arn=f"{machine.arn}/{label}",
        name=f"{machine.name}/{label}",
        definition=json.dumps(kept | ({"QueryLanguage": language} if language else {})),
        roleArn=machine.roleArn,
        type=kind,
        sm_type="STANDARD",
        update_date=machine.update_date,
        executions=[],
    )
