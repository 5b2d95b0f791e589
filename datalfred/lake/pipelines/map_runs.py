"""From a Map Run that failed to the child execution in which it failed.

A Distributed Map runs every item, or batch of items, in an execution of its own; the history of the
parent says no more than that too many of them failed.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from datalfred import clients
from datalfred.lake import moments
from datalfred.lake.paging import counted
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.executions import Record

_DESCRIBE, _LIST = "states:DescribeMapRun", "states:ListExecutions"
_PAGE = 100
_STATUSES = ("FAILED", "TIMED_OUT")
_COUNTED = {"failed": "failed", "timedOut": "timed out", "aborted": "aborted"}


def failed_child(map_run: str, dossier: Dossier) -> str:
    """The child execution that failed first; empty when none can be read.

    Args:
        map_run: ARN.
        dossier: the counts of the children are added, and what could not be looked up.
    """
    described = dossier.gaps.attempt(_DESCRIBE, partial(_described, map_run))
    if described is not None:
        dossier.fact(
            _counts(described["executionCounts"]), _DESCRIBE, at=moments.iso(described["startDate"])
        )
    for status in _STATUSES:
        found = dossier.gaps.attempt(_LIST, partial(_children, map_run, status))
        if found is None:
            return ""
        if found:
            return str(min(found, key=_stopped)["executionArn"])
    dossier.gaps.add("No child execution of the Map Run is listed as failed.")
    return ""


def _described(map_run: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = clients.client("stepfunctions").describe_map_run(mapRunArn=map_run)
    return found


def _children(map_run: str, status: str) -> Sequence[Record]:
    answer = clients.client("stepfunctions").list_executions(
        mapRunArn=map_run, statusFilter=status, maxResults=_PAGE
    )
    found: Sequence[Record] = answer["executions"]
    return found


def _stopped(child: Record) -> Any:
    return child.get("stopDate") or child["startDate"]


def _counts(counts: Mapping[str, int]) -> str:
    ended = [f"{counts[name]} {words}" for name, words in _COUNTED.items() if counts.get(name)]
    said = ", ".join(ended) or "none failed"
    return f"Of the {counted(counts.get('total', 0), 'child execution')} of the Map Run, {said}."
