"""What a seed needs that the API does not offer: an execution of the past, brought to its end.

Imported only with the interpreter, which takes a second to load.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from datalfred.errors import LocalStackError
from datalfred.local.aws.compute.origin import PastClock
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.stepfunctions.backend import backend
from datalfred.local.aws.stepfunctions.execution import Execution

_PATIENCE_SECONDS = 30.0
_LOOK_SECONDS = 0.002
_PATIENT_LOOK_SECONDS = 0.05


def await_end(execution_arn: str) -> None:
    """Returns when the execution is over, or has caught up with the present and goes on there.

    Raises:
        LocalStackError: neither happens within half a minute.
    """
    execution = _find(execution_arn)
    for _ in range(round(_PATIENCE_SECONDS / _PATIENT_LOOK_SECONDS)):
        if execution.finished.wait(_PATIENT_LOOK_SECONDS) or execution.clock.is_present():
            return
    raise LocalStackError(f"The execution {execution_arn} does not come to its end.")


def await_callback(execution_arn: str) -> str:
    """The token for which the execution waits, once it does.

    Raises:
        LocalStackError: it waits for none after half a minute.
    """
    execution = _find(execution_arn)
    for _ in range(round(_PATIENCE_SECONDS / _LOOK_SECONDS)):
        token = _awaited_token(execution.history())
        if token:
            return token
        threading.Event().wait(_LOOK_SECONDS)
    raise LocalStackError(f"The execution {execution_arn} waits for no callback.")


def call_back(execution_arn: str, token: str, output: Any) -> None:
    """Ends the wait for ``token`` well, with ``output``."""
    region = execution_arn.split(":")[3]
    backend(region).send_task_success(token, json.dumps(output))


def redrive(execution_arn: str, at: datetime, token: str) -> bool:
    """Redrives an execution as it was redriven at that time, to its end.

    Args:
        execution_arn: which one.
        at: when.
        token: the client's; the same token again still is the same redrive.

    Returns:
        Whether it was redriven; False if it is gone by now, or cannot be redriven any more.
    """
    try:
        execution = _find(execution_arn)
        execution.redrive(token, PastClock(at, hurried=True))
    except (FaultError, LocalStackError):
        return False
    await_end(execution_arn)
    return True


def _awaited_token(history: list[dict[str, Any]]) -> str:
    """The token in the parameters of the task that was submitted last."""
    if not any(event["type"] == "TaskSubmitted" for event in history[-1:]):
        return ""
    scheduled = [event for event in history if event["type"] == "TaskScheduled"]
    parameters = json.loads(scheduled[-1]["taskScheduledEventDetails"]["parameters"])
    return str(parameters.get("Payload", {}).get("token", ""))


def _find(execution_arn: str) -> Execution:
    region = execution_arn.split(":")[3]
    return _or_error(lambda: backend(region).describe_execution(execution_arn))


def _or_error(ask: Callable[[], Any]) -> Execution:
    from moto.core.exceptions import JsonRESTError

    try:
        found: Execution = ask()
    except JsonRESTError as error:
        raise LocalStackError(str(error.message)) from None
    return found
