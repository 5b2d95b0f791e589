"""Log groups, and finding the one that was meant."""

from typing import Any

from datalfred import clients
from datalfred.errors import InvalidInputError
from datalfred.lake import names
from datalfred.lake.calls import pages
from datalfred.lake.logs.models import LogGroup
from datalfred.lake.paging import fitting

MOST_LISTED = 100
MOST_SEARCHED = 5
_PAGES = 20


def list_groups(fragment: str = "") -> tuple[tuple[LogGroup, ...], int]:
    """The log groups whose name holds the fragment, by name, and how many there are in all.

    At most :data:`MOST_LISTED` are returned, fewer where their names are very long.
    """
    by_name = _all()
    found = sorted(names.holding(fragment, tuple(by_name)))
    return fitting([_group(by_name[name]) for name in found[:MOST_LISTED]]), len(found)


def resolve(asked: str) -> tuple[str, ...]:
    """The names that a comma-separated list of names and fragments means.

    Raises:
        InvalidInputError: no name is given, or more than :data:`MOST_SEARCHED`.
        NotFoundError: a name means no log group, or several.
    """
    wanted = [part.strip() for part in asked.split(",") if part.strip()]
    if not wanted or len(wanted) > MOST_SEARCHED:
        raise InvalidInputError(
            "log_group",
            f"{len(wanted)} names are given.",
            f"one to {MOST_SEARCHED} names, separated by commas",
        )
    existing = tuple(_all())
    found = (names.one_of("log group", each, existing) for each in wanted)
    return tuple(dict.fromkeys(found))


def _all() -> dict[str, dict[str, Any]]:
    logs = clients.client("logs")
    groups, _ = pages(logs.describe_log_groups, "logGroups", most=_PAGES, limit=50)
    return {group["logGroupName"]: group for group in groups}


def _group(raw: dict[str, Any]) -> LogGroup:
    return LogGroup(
        name=raw["logGroupName"],
        bytes=raw.get("storedBytes", 0),
        retention_days=raw.get("retentionInDays"),
    )
