"""CloudWatch alarms: which ones ring, and why."""

from collections.abc import Mapping
from typing import Any

from datalfred import clients
from datalfred.errors import InvalidInputError
from datalfred.lake import moments, names
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.models import AlarmSummary

MOST_LISTED = 40
STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_PAGES = 10


def list_alarms(state: str = "", fragment: str = "") -> tuple[AlarmSummary, ...]:
    """The alarms in that state whose name holds the fragment; ringing first, then newest change.

    Raises:
        InvalidInputError: the state is none of :data:`STATES`.
    """
    wanted = state.strip().upper().replace(" ", "_")
    if wanted and wanted not in STATES:
        raise InvalidInputError("state", f"{state!r} is no state.", f"{', '.join(STATES)} or empty")
    cloudwatch = clients.client("cloudwatch")
    request: dict[str, Any] = {"AlarmTypes": ["MetricAlarm", "CompositeAlarm"]}
    if wanted:
        request["StateValue"] = wanted
    found: list[AlarmSummary] = []
    for _ in range(_PAGES):
        page = cloudwatch.describe_alarms(**request)
        found.extend(map(_alarm, [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]))
        if not page.get("NextToken"):
            break
        request["NextToken"] = page["NextToken"]
    matching = set(names.holding(fragment, [alarm.name for alarm in found]))
    kept = sorted(
        (alarm for alarm in found if alarm.name in matching),
        key=lambda alarm: alarm.updated_at,
        reverse=True,
    )
    return tuple(sorted(kept, key=lambda alarm: STATES.index(alarm.state)))


def _alarm(raw: Mapping[str, Any]) -> AlarmSummary:
    dimensions = ", ".join(f"{each['Name']}={each['Value']}" for each in raw.get("Dimensions", []))
    metric = " ".join(filter(None, (raw.get("Namespace"), raw.get("MetricName"))))
    return AlarmSummary(
        name=raw["AlarmName"],
        state=raw["StateValue"],
        reason=shown(raw.get("StateReason") or "", 300),
        metric=shown(f"{metric} ({dimensions})" if dimensions else metric, 200),
        updated_at=moments.iso(raw.get("StateUpdatedTimestamp")),
        description=shown(raw.get("AlarmDescription") or "", 200),
    )
