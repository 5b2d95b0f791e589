"""Athena queries that a state waited for."""

from collections.abc import Mapping
from typing import Any

from datalfred import clients
from datalfred.lake import moments
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.history import Failure

_ACTION = "athena:GetQueryExecution"


def athena(failure: Failure, dossier: Dossier) -> None:
    """The query of ``athena:startQueryExecution``."""
    dossier.kind = "athena"
    query_id = _query_id(failure.answer) or _query_id(failure.cause_data)
    if not query_id:
        dossier.gaps.add("No query: Athena did not start one for this state.")
        return
    dossier.resource = query_id
    found = dossier.gaps.attempt(
        _ACTION,
        lambda: clients.client("athena").get_query_execution(QueryExecutionId=query_id)[
            "QueryExecution"
        ],
    )
    if found:
        _add(found, dossier)


def _query_id(said: Mapping[str, Any]) -> str:
    inner = said.get("QueryExecution", said)
    return str(inner.get("QueryExecutionId", ""))


def _add(found: Mapping[str, Any], dossier: Dossier) -> None:
    status, statistics = found["Status"], found.get("Statistics", {})
    ended = moments.iso(status.get("CompletionDateTime"))
    read = statistics.get("DataScannedInBytes", 0)
    spent = moments.spoken(statistics.get("TotalExecutionTimeInMillis", 0) / 1000)
    dossier.fact(
        f"The query {found['QueryExecutionId']} ended as {status['State']} after {spent}; "
        f"it read {read:,} bytes.",
        _ACTION,
        at=ended,
    )
    reason = status.get("StateChangeReason") or status.get("AthenaError", {}).get("ErrorMessage")
    if reason:
        dossier.fact(f"Athena says: {reason}", _ACTION, at=ended, signal=True)
    dossier.fact(f"Its SQL: {' '.join(found['Query'].split())}", _ACTION)
    dossier.settings = {"workgroup": found.get("WorkGroup", "")}
