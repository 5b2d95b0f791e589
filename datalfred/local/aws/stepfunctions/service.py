"""Step Functions on the wire: the operations that moto gets wrong or does not have.

All others are moto's, on our backend. The interpreter is loaded when the first request comes; it
takes a second.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.compute.ledger import Ledger
from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, JsonApi, page
from datalfred.local.aws.compute.workload import Workloads
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response
from datalfred.local.aws.meter import Meter
from datalfred.local.aws.stepfunctions import views
from datalfred.local.aws.stepfunctions.links import Links, connect
from datalfred.local.aws.stepfunctions.past_queries import PastQueries
from datalfred.local.aws.stepfunctions.status_change import StatusChanges

if TYPE_CHECKING:
    from datalfred.local.aws.stepfunctions.execution import Execution
    from datalfred.local.aws.stepfunctions.map_run import MapRun

_BATCH = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch"
)
_PAGE = 100
_REDRIVEN = {"REDRIVEN": True, "NOT_REDRIVEN": False}


class StepFunctions:
    """The service.

    Attributes:
        past_queries: Athena for executions of the past; a service of its own.
    """

    def __init__(self, client: Callable[..., Any], workloads: Workloads, meter: Meter) -> None:
        """Makes the service; loads nothing.

        Args:
            client: makes a boto3 client.
            workloads: decide how queries of the past end.
            meter: takes the metrics of executions.
        """
        self._client = client
        self._meter = meter
        self.past_queries = PastQueries(Ledger("athena", workloads, client, startup=1.0))
        self._lock = threading.Lock()
        self._loaded = False
        self._api = JsonApi(
            "AWSStepFunctions",
            {
                "StartExecution": self._start,
                "StartSyncExecution": self._start_sync,
                "StopExecution": self._stop,
                "DescribeExecution": self._describe,
                "DescribeStateMachineForExecution": self._describe_machine,
                "ListExecutions": self._list,
                "GetExecutionHistory": self._history,
                "RedriveExecution": self._redrive,
                "DescribeMapRun": self._describe_map_run,
                "ListMapRuns": self._list_map_runs,
                "SendTaskFailure": self._send_failure,
            },
            version="1.0",
        )

    def handle(self, request: Request) -> Response | None:
        """The response to one of our operations; None lets moto answer on our backend."""
        if request.target[0] != "AWSStepFunctions":
            return None
        self.load()
        return self._api.handle(request)

    def load(self) -> None:
        """Loads and mends the interpreter, once; for a thread that warms up."""
        with self._lock:
            if self._loaded:
                return
            _leave_out_batch()
            from datalfred.local.aws.stepfunctions import backend, mending

            mending.mend()
            backend.install()
            changes = StatusChanges(self._client, self._meter)
            connect(Links(self.past_queries, LogStore(self._client), changes))
            self._loaded = True

    def _start(self, call: Call) -> Mapping[str, Any]:
        from datalfred.local.aws.stepfunctions.backend import backend

        execution = _or_fault(
            lambda: backend(call.region).start_execution(
                call.get("stateMachineArn", ""),
                call.get("name"),
                call.get("input"),
                call.get("traceHeader"),
            )
        )
        return {"executionArn": execution.exec_arn, "startDate": execution.start_date}

    def _start_sync(self, call: Call) -> Mapping[str, Any]:
        from datalfred.local.aws.stepfunctions.backend import backend

        execution = _or_fault(
            lambda: backend(call.region).start_sync_execution(
                call.get("stateMachineArn", ""), call.get("name"), call.get("input")
            )
        )
        execution.finished.wait()
        return views.sync_described(execution)

    def _stop(self, call: Call) -> Mapping[str, Any]:
        execution = _find(call)
        execution.stop(current().clock.now(), call.get("error"), call.get("cause"))
        return {"stopDate": execution.stop_date or current().clock.now()}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        with_data = call.get("includedData", "ALL_DATA") == "ALL_DATA"
        return views.described(_find(call), with_data=with_data)

    def _describe_machine(self, call: Call) -> Mapping[str, Any]:
        return views.machine_of(_find(call))

    def _list(self, call: Call) -> Mapping[str, Any]:
        status, redriven = call.get("statusFilter"), _REDRIVEN.get(call.get("redriveFilter", ""))
        if status == "PENDING_REDRIVE" and not call.get("mapRunArn"):
            raise FaultError("ValidationException", "PENDING_REDRIVE needs a mapRunArn.")
        wanted = [
            execution
            for execution in _executions(call)
            if status in (None, execution.status)
            and redriven in (None, execution.redrive_count > 0)
        ]
        wanted.sort(key=_moment, reverse=True)
        some, more = page(wanted, call, _PAGE, "maxResults", "nextToken")
        return {"executions": [views.listed(execution) for execution in some], **more}

    def _history(self, call: Call) -> Mapping[str, Any]:
        events = views.events(
            _find(call).history(),
            newest_first=bool(call.get("reverseOrder", False)),
            with_data=bool(call.get("includeExecutionData", True)),
        )
        some, more = page(events, call, _PAGE, "maxResults", "nextToken")
        return {"events": some, **more}

    def _describe_map_run(self, call: Call) -> Mapping[str, Any]:
        return views.map_run_described(_map_run(call))

    def _list_map_runs(self, call: Call) -> Mapping[str, Any]:
        runs = [views.map_run_listed(run) for run in _find(call).map_runs]
        some, more = page(runs, call, _PAGE, "maxResults", "nextToken")
        return {"mapRuns": some, **more}

    def _redrive(self, call: Call) -> Mapping[str, Any]:
        execution = _find(call)
        if execution.map_run is not None:
            message = "A child of a Map Run is redriven by a redrive of its parent execution."
            raise FaultError("ExecutionNotRedrivable", message)
        return {"redriveDate": execution.redrive(call.get("clientToken", ""), current().clock)}

    def _send_failure(self, call: Call) -> Mapping[str, Any]:
        from datalfred.local.aws.stepfunctions.backend import backend

        token, error, cause = (call.get(name) for name in ("taskToken", "error", "cause"))
        _or_fault(lambda: backend(call.region).send_task_failure(token, error, cause))
        return {}


def _leave_out_batch() -> None:
    """Keeps the interpreter from loading its integration of Batch, which loads all of EC2 (1 s).

    A state of Batch is refused (:mod:`datalfred.local.aws.stepfunctions.definition`).
    """
    stand_in = ModuleType(_BATCH)
    stand_in.__dict__["StateTaskServiceBatch"] = None
    sys.modules.setdefault(_BATCH, stand_in)


def _find(call: Call) -> "Execution":
    from datalfred.local.aws.stepfunctions.backend import backend

    found: Execution = _or_fault(
        lambda: backend(call.region).describe_execution(call.get("executionArn", ""))
    )
    return found


def _executions(call: Call) -> list["Execution"]:
    from datalfred.local.aws.stepfunctions.backend import NOT_SUPPORTED, backend

    if call.get("mapRunArn"):
        children = _map_run(call).children
        return [child for child in children if child.exec_status is not None]
    machine = _or_fault(
        lambda: backend(call.region).describe_state_machine(call.get("stateMachineArn", ""))
    )
    if machine.type == "EXPRESS":
        raise FaultError("StateMachineTypeNotSupported", NOT_SUPPORTED)
    return list(machine.executions)


def _map_run(call: Call) -> "MapRun":
    from datalfred.local.aws.stepfunctions.backend import backend

    found: MapRun = _or_fault(lambda: backend(call.region).map_run(call.get("mapRunArn", "")))
    return found


def _moment(execution: "Execution") -> datetime:
    """By what ListExecutions sorts: when it ended, else when it was started or redriven."""
    return execution.stop_date or execution.redrive_date or execution.start_date


def _or_fault(ask: Callable[[], Any]) -> Any:
    """What ``ask`` answers; moto's errors become those of the front door."""
    from moto.core.exceptions import JsonRESTError

    try:
        return ask()
    except JsonRESTError as error:
        raise FaultError(error.relative_error_type, str(error.message)) from None
