"""FilterLogEvents and DescribeLogGroups, with pages that end where they say."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.logs.patterns import PatternError, Predicate, compile_pattern
from datalfred.local.aws.logs.store import (
    StoredEvent,
    all_groups,
    events_between,
    group_named,
    invalid,
)

if TYPE_CHECKING:
    from moto.logs.models import LogGroup

_MOST_EVENTS = 10_000
_MOST_BYTES = 1024 * 1024
_MOST_GROUPS = 50

Parameters = Mapping[str, Any]


def pattern_of(text: str) -> Predicate:
    """A compiled filter pattern.

    Raises:
        FaultError: CloudWatch would refuse it.
    """
    try:
        return compile_pattern(text)
    except PatternError as error:
        raise invalid(f"Invalid filter pattern: {error}") from None


def filter_log_events(region: str, parameters: Parameters) -> dict[str, Any]:
    """The events of a group that match a pattern, oldest first across its streams.

    A page ends after ``limit`` events or 1 MB; ``nextToken`` is there whenever events may follow.

    Raises:
        FaultError: a parameter may not be so, or the group does not exist.
    """
    group = group_named(region, _group_of(parameters))
    streams = _streams(parameters, list(group.streams))
    matches = pattern_of(parameters.get("filterPattern", ""))
    limit = int(parameters.get("limit", _MOST_EVENTS))
    if not 1 <= limit <= _MOST_EVENTS:
        raise invalid(f"limit must be from 1 to {_MOST_EVENTS}.")
    after = _place_of(parameters)
    candidates = events_between(
        group, parameters.get("startTime"), parameters.get("endTime"), streams
    )
    following = sorted(event for event in candidates if event[:2] > after)
    page = _page(following, matches, limit)
    answer: dict[str, Any] = {
        "events": [_shown(event) for event in page],
        "searchedLogStreams": [],
    }
    if len(page) == 0 or page[-1] is following[-1]:
        return answer
    if any(matches(event.message) for event in following[following.index(page[-1]) + 1 :]):
        answer["nextToken"] = _token(parameters, page[-1].place)
    return answer


def _group_of(parameters: Parameters) -> str:
    named = [
        parameters[name] for name in ("logGroupName", "logGroupIdentifier") if name in parameters
    ]
    if len(named) != 1:
        raise invalid("Give either logGroupName or logGroupIdentifier.")
    return str(named[0])


def _streams(parameters: Parameters, existing: Sequence[str]) -> list[str] | None:
    """The streams to search; None for all."""
    names, prefix = parameters.get("logStreamNames"), parameters.get("logStreamNamePrefix")
    if names and prefix:
        raise invalid("logStreamNames and logStreamNamePrefix are mutually exclusive.")
    if prefix:
        return [name for name in existing if name.startswith(prefix)]
    return list(names) if names else None


def _page(events: Sequence[StoredEvent], matches: Predicate, limit: int) -> list[StoredEvent]:
    page: list[StoredEvent] = []
    size = 0
    for event in events:
        if not matches(event.message):
            continue
        size += len(event.message.encode(errors="replace"))
        if page and (len(page) == limit or size > _MOST_BYTES):
            break
        page.append(event)
    return page


def _shown(event: StoredEvent) -> dict[str, Any]:
    return {
        "logStreamName": event.stream,
        "timestamp": event.at,
        "message": event.message,
        "ingestionTime": event.ingested,
        "eventId": f"{event.number:056d}",
    }


def _digest(parameters: Parameters) -> str:
    """Tells whether a token is used with the request that it came from."""
    asked = {k: v for k, v in parameters.items() if k not in {"nextToken", "limit"}}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _token(parameters: Parameters, place: tuple[int, int]) -> str:
    text = json.dumps([_digest(parameters), *place])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _place_of(parameters: Parameters) -> tuple[int, int]:
    """Where the page before ended; before everything without a token."""
    token = parameters.get("nextToken")
    if token is None:
        return (-1, -1)
    try:
        digest, at, number = json.loads(base64.urlsafe_b64decode(token))
    except ValueError:
        digest, at, number = "", 0, 0
    if digest != _digest(parameters):
        raise invalid("The specified nextToken is invalid.")
    return (int(at), int(number))


def describe_log_groups(
    region: str, parameters: Parameters, metric_filters: "Callable[[LogGroup], int]"
) -> dict[str, Any]:
    """The log groups whose names begin with a prefix, or hold a pattern; by name.

    Args:
        region: where they are.
        parameters: of DescribeLogGroups.
        metric_filters: how many metric filters a log group has.

    Raises:
        FaultError: a parameter may not be so.
    """
    prefix = parameters.get("logGroupNamePrefix", "")
    pattern = parameters.get("logGroupNamePattern", "")
    if prefix and pattern:
        raise invalid(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    limit = int(parameters.get("limit", _MOST_GROUPS))
    if not 1 <= limit <= _MOST_GROUPS:
        raise invalid(f"limit must be from 1 to {_MOST_GROUPS}.")
    after = parameters.get("nextToken", "")
    groups = all_groups(region)
    names = sorted(
        name for name in groups if name.startswith(prefix) and pattern in name and name > after
    )
    answer: dict[str, Any] = {
        "logGroups": [
            {
                **groups[name].to_describe_dict(),
                "metricFilterCount": metric_filters(groups[name]),
            }
            for name in names[:limit]
        ]
    }
    if len(names) > limit:
        answer["nextToken"] = names[limit - 1]
    return answer
