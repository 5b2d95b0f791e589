"""The operations of CloudWatch Logs that we answer; all others are moto's."""

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.logs.definitions import QueryDefinitions
from datalfred.local.aws.logs.queries import Queries
from datalfred.local.aws.logs.records import get_log_group_fields, get_log_record
from datalfred.local.aws.logs.searches import (
    describe_log_groups,
    filter_log_events,
    pattern_of,
)
from datalfred.local.aws.logs.writes import put_log_events
from datalfred.local.aws.message import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.logs.models import LogGroup

_TARGET = "Logs_20140328"


class LogsService:
    """Searches, queries and lists the log groups that moto keeps."""

    def __init__(self, metric_filters: "Callable[[LogGroup], int]") -> None:
        """Knows no query yet.

        Args:
            metric_filters: how many metric filters a log group has.
        """
        self._queries: defaultdict[str, Queries] = defaultdict(Queries)
        self._definitions: defaultdict[str, QueryDefinitions] = defaultdict(QueryDefinitions)
        self._operations: dict[str, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
            "FilterLogEvents": filter_log_events,
            "DescribeLogGroups": lambda region, p: describe_log_groups(region, p, metric_filters),
            "StartQuery": lambda region, p: self._queries[region].start(region, p),
            "GetQueryResults": lambda region, p: self._queries[region].results(p),
            "StopQuery": lambda region, p: self._queries[region].stop(p),
            "PutLogEvents": put_log_events,
            "GetLogRecord": get_log_record,
            "GetLogGroupFields": get_log_group_fields,
            "PutQueryDefinition": lambda region, p: self._definitions[region].put(p),
            "DescribeQueryDefinitions": lambda region, p: self._definitions[region].describe(p),
            "DeleteQueryDefinition": lambda region, p: self._definitions[region].delete(p),
            "DescribeQueries": lambda region, p: self._queries[region].describe(p),
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to an operation of ours.

        Raises:
            FaultError: the request is wrong.
        """
        service, name = request.target
        if service != _TARGET:
            return None
        if name == "PutSubscriptionFilter":
            # moto keeps the filter pattern without a look at it.
            given = json.loads(request.body)
            pattern_of(given.get("filterPattern", ""))
            _check_destination(given.get("destinationArn", ""))
        if name == "StartLiveTail":
            # moto tails the newest group, whichever was asked for.
            return not_implemented(request, name)
        operation = self._operations.get(name)
        if operation is None:
            return None
        answer = operation(request.caller.region, json.loads(request.body or b"{}"))
        headers = {"content-type": "application/x-amz-json-1.1"}
        return Response(200, headers, json.dumps(answer).encode())


def _check_destination(arn: str) -> None:
    """Refuses what moto would look for among functions and streams of its own, of which none is."""
    service = (arn.split(":") + [""] * 3)[2]
    if service in {"lambda", "kinesis", "firehose"}:
        raise FaultError(
            "NotImplementedException",
            "The embedded AWS keeps subscription filters whose destination is a log group, and "
            f"none of {service}.",
        )
