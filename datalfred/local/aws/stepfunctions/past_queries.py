"""Athena as an execution of the past sees it.

Athena runs queries today. What it did on a night that never was is said by a workload of the kind
``athena``, named by the workgroup. Whoever asks Athena about such a query is answered here.
"""

import threading
import uuid
from typing import Any

from datalfred.local.aws.compute.ledger import Ledger, Run
from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, JsonApi
from datalfred.local.aws.message import Request, Response

_BYTES_A_MILLISECOND = 23


class PastQueries:
    """The two operations of an Athena client by which a state runs a query, and the service."""

    def __init__(self, ledger: Ledger) -> None:
        """Makes a client without queries.

        Args:
            ledger: of the kind ``athena``.
        """
        self._ledger = ledger
        self._lock = threading.Lock()
        self._queries: dict[str, tuple[Run, dict[str, Any]]] = {}
        self._api = JsonApi("AmazonAthena", {"GetQueryExecution": self._describe})

    def handle(self, request: Request) -> Response | None:
        """The response to a question about a query of the past; None for every other request."""
        try:
            return self._api.handle(request)
        except KeyError:
            return None

    def _describe(self, call: Call) -> dict[str, Any]:
        return self.get_query_execution(call.get("QueryExecutionId", ""))

    def start_query_execution(self, **parameters: Any) -> dict[str, Any]:
        """Begins a query of the past."""
        group = parameters.get("WorkGroup", "primary")
        run = self._ledger.begin(group, {"QueryString": parameters.get("QueryString", "")})
        identity = str(uuid.UUID(run.id))
        with self._lock:
            self._queries[identity] = (run, parameters)
        return {"QueryExecutionId": identity}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 -- boto3's
        """How far the query is, at the time of the execution that asks."""
        with self._lock:
            run, parameters = self._queries[QueryExecutionId]
        status = {"State": _state(run), "SubmissionDateTime": run.created_at}
        if run.ended():
            status["CompletionDateTime"] = run.stopped_at
        if run.outcome.reason:
            status["StateChangeReason"] = run.outcome.reason
        return {
            "QueryExecution": {
                "QueryExecutionId": QueryExecutionId,
                "Query": parameters.get("QueryString", ""),
                "QueryExecutionContext": parameters.get("QueryExecutionContext", {}),
                "StatementType": "DML",
                "Status": status,
                "Statistics": _statistics(run),
                "WorkGroup": parameters.get("WorkGroup", "primary"),
            }
        }


def _state(run: Run) -> str:
    if not run.ended():
        return "RUNNING"
    return "SUCCEEDED" if run.outcome.succeeded else run.outcome.state or "FAILED"


def _statistics(run: Run) -> dict[str, int]:
    end = min(run.stopped_at, current().clock.now())
    spent = round((end - run.started_at).total_seconds() * 1000)
    return {
        "EngineExecutionTimeInMillis": spent,
        "TotalExecutionTimeInMillis": spent,
        "DataScannedInBytes": spent * _BYTES_A_MILLISECOND,
    }
