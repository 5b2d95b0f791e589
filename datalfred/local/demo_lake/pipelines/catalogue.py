"""Which demo pipelines there are, when they run, and with which input."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

_DEFINITIONS = Path(__file__).with_name("definitions")
_NIGHT_IS_OVER = time(5, 0, tzinfo=UTC)

Input = Callable[[date, bool], Mapping[str, Any]]
"""What a pipeline is given besides its day: the day of the data, and whether it is the bad one."""


def _nothing(_day: date, _bad: bool) -> Mapping[str, Any]:  # noqa: FBT001 -- an Input
    return {}


@dataclass(frozen=True)
class Pipeline:
    """One state machine of the demo.

    Attributes:
        name: of the state machine; its definition has the same name.
        starts: when it runs, UTC.
        nights: how many nights ago it ran, oldest first; 0 is last night.
        fails: whether last night's run failed.
        more: its input besides the day.
    """

    name: str
    starts: time
    nights: tuple[int, ...]
    fails: bool = True
    more: Input = field(default=_nothing)

    def definition(self) -> str:
        """Amazon States Language, as JSON."""
        return (_DEFINITIONS / f"{self.name}.json").read_text(encoding="utf-8")

    def description(self) -> str:
        """What it is for, in one sentence."""
        return str(json.loads(self.definition())["Comment"])

    def start_of(self, night: date) -> datetime:
        """When it ran in that night."""
        return datetime.combine(night, self.starts, UTC)

    def execution_name(self, night: date) -> str:
        """The name of that night's execution, the same in every process."""
        return f"{self.name}-{night.isoformat()}"

    def input_of(self, night: date, *, bad: bool) -> str:
        """The input of that night's execution: the day before is what it loads."""
        day = day_of(night)
        return json.dumps({"day": day.isoformat(), **self.more(day, bad)})


def _costs(_day: date, bad: bool) -> Mapping[str, Any]:  # noqa: FBT001 -- an Input
    return {
        "costs": [
            {"platform": "search-ads", "spend": "912.40"},
            {"platform": "social-ads", "spend": "1.204,50" if bad else "1204.50"},
        ]
    }


def _countries(_day: date, _bad: bool) -> Mapping[str, Any]:  # noqa: FBT001 -- an Input
    return {"countries": ["DE", "ES"]}


def pipelines(cluster: str, application: str) -> tuple[Pipeline, ...]:
    """All pipelines.

    Args:
        cluster: id of the EMR cluster.
        application: id of the EMR Serverless application.
    """
    return (
        Pipeline("product-catalog-refresh", time(1, 0), (6, 2, 0), fails=False),
        Pipeline("campaign-import", time(1, 30), (5, 1, 0), more=_costs),
        Pipeline("orders-ingestion", time(2, 0), (4, 2, 1, 0)),
        Pipeline("customer-sync", time(2, 20), (3, 1, 0)),
        Pipeline(
            "returns-load", time(2, 40), (6, 1, 0), more=lambda *_: {"application": application}
        ),
        Pipeline(
            "web-sessions-aggregation", time(3, 0), (2, 1, 0), more=lambda *_: {"cluster": cluster}
        ),
        Pipeline("daily-sales-report", time(3, 30), (3, 1, 0), more=_countries),
        Pipeline("crm-export", time(3, 45), (5, 1, 0)),
        Pipeline("support-tickets-ingestion", time(4, 10), (2, 1, 0), fails=False),
    )


def last_night(now: datetime) -> date:
    """The day of the newest night that is over at ``now``; nights end at 05:00 UTC."""
    moment = now.astimezone(UTC)
    over = moment.timetz() >= _NIGHT_IS_OVER
    return moment.date() - timedelta(days=0 if over else 1)


def day_of(night: date) -> date:
    """The day whose data a night's run loads."""
    return night - timedelta(days=1)
