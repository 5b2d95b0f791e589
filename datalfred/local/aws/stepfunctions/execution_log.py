"""The history of an execution in CloudWatch Logs, as its state machine's logging says.

moto's interpreter has a writer of its own whose records its CloudWatch Logs refuse, silently.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html and
https://docs.aws.amazon.com/step-functions/latest/dg/cloudwatch-log-level.html.

Imported only when the first state machine runs: the interpreter takes a second to load.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.eval.event.logging import is_logging_enabled_for

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.compute.origin import Clock, Origin, acting_for

_DATA = ("input", "inputDetails", "output", "outputDetails")


class ExecutionLog:
    """Writes the events of one execution into its log group."""

    def __init__(
        self, store: LogStore, logging: Mapping[str, Any], execution_arn: str, clock: Clock
    ) -> None:
        """Makes a log.

        Args:
            store: writes lines.
            logging: ``loggingConfiguration`` of the state machine.
            execution_arn: of the execution.
            clock: of the execution.
        """
        self._store = store
        self._level: Any = logging.get("level", "OFF")
        self._with_data = bool(logging.get("includeExecutionData"))
        self._arn = execution_arn
        self._group = _group(logging)
        machine, name = execution_arn.split(":")[6:8]
        self._stream = f"states/{machine}/{clock.now():%Y-%m-%d-%H-%M}/{name}"
        self._origin = Origin(execution_arn, clock=clock)

    def add(
        self,
        number: int,
        before: int,
        kind: HistoryEventType,
        at: datetime,
        details: Mapping[str, Any] | None,
    ) -> None:
        """Writes an event if the level of the logging wants its kind."""
        if not self._group or not is_logging_enabled_for(self._level, kind):
            return
        told = dict(next(iter(details.values()))) if details else {}
        if not self._with_data:
            told = {name: value for name, value in told.items() if name not in _DATA}
        line = {
            "id": str(number),
            "type": kind.value,
            "details": told,
            "previous_event_id": str(before),
            "event_timestamp": str(round(at.timestamp() * 1000)),
            "execution_arn": self._arn,
        }
        with acting_for(self._origin):
            self._store.write(self._group, self._stream, [(at, json.dumps(line, default=str))])


def _group(logging: Mapping[str, Any]) -> str:
    destinations = logging.get("destinations") or [{}]
    arn = str(destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", ""))
    return arn.partition(":log-group:")[2].removesuffix(":*")
