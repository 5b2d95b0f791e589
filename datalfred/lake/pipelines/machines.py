"""Which pipelines there are, and which of them a person means."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from datalfred import clients, settings
from datalfred.lake import moments, names
from datalfred.lake.calls import each, pages
from datalfred.lake.logs.lines import shown
from datalfred.lake.paging import Page, cut
from datalfred.lake.pipelines.history import parsed
from datalfred.lake.pipelines.models import PipelineSummary

PAGE_SIZE = 25
_PAGES = 10
_EXPRESS = "EXPRESS"


@dataclass(frozen=True)
class Pipeline:
    """A state machine by name.

    Attributes:
        name: the state machine's name.
        arn: its ARN.
        express: whether Step Functions keeps no executions of it to list.
    """

    name: str
    arn: str
    express: bool = False


def all_pipelines() -> tuple[Pipeline, ...]:
    """Every state machine that the settings let operations know of, by name."""
    known = settings.load().pipelines
    stepfunctions = clients.client("stepfunctions")
    machines, _ = pages(
        stepfunctions.list_state_machines, "stateMachines", most=_PAGES, maxResults=1000
    )
    found = (
        Pipeline(each["name"], each["stateMachineArn"], each.get("type") == _EXPRESS)
        for each in machines
        if not known or any(fnmatchcase(each["name"], pattern) for pattern in known)
    )
    return tuple(sorted(found, key=lambda pipeline: pipeline.name))


def resolve(asked: str) -> Pipeline:
    """The pipeline that a name, an ARN or a fragment of a name means.

    Raises:
        NotFoundError: none or several could be meant; ``near`` names the likeliest.
    """
    known = {pipeline.name: pipeline for pipeline in all_pipelines()}
    by_arn = {pipeline.arn: pipeline for pipeline in known.values()}
    if asked in by_arn:
        return by_arn[asked]
    return known[names.one_of("pipeline", asked.strip(), tuple(known))]


def matching(asked: str) -> tuple[Pipeline, ...]:
    """The pipelines that a name may mean: the one that it names, else all that hold it."""
    known = {pipeline.name: pipeline for pipeline in all_pipelines()}
    for pipeline in known.values():
        if asked in {pipeline.name, pipeline.arn}:
            return (pipeline,)
    same = [name for name in known if names.plain(name) == names.plain(asked)]
    return tuple(known[name] for name in same or names.holding(asked, tuple(known)))


def list_pipelines(fragment: str, page: int) -> Page[PipelineSummary]:
    """One page of the pipelines whose name holds the fragment, by name.

    Raises:
        InvalidInputError: there is no such page.
    """
    known = {pipeline.name: pipeline for pipeline in all_pipelines()}
    found = cut(names.holding(fragment, tuple(known)), page, PAGE_SIZE)
    summaries = each(_summary, (known[name] for name in found.items))
    return Page(tuple(summaries), found.total, found.page, found.pages)


def _summary(pipeline: Pipeline) -> PipelineSummary:
    stepfunctions = clients.client("stepfunctions")
    described = stepfunctions.describe_state_machine(stateMachineArn=pipeline.arn)
    newest: dict[str, Any] = {}
    if not pipeline.express:
        answer = stepfunctions.list_executions(stateMachineArn=pipeline.arn, maxResults=1)
        newest = next(iter(answer["executions"]), {})
    comment = described.get("description") or parsed(described["definition"]).get("Comment", "")
    return PipelineSummary(
        name=pipeline.name,
        arn=pipeline.arn,
        description=shown(str(comment), 200),
        last_status=newest.get("status", ""),
        last_started_at=moments.iso(newest.get("startDate")),
        last_execution=newest.get("executionArn", ""),
    )
