"""Jobs of every kind in one list, and one job by its id."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import get_args

from datalfred.errors import InvalidInputError
from datalfred.lake import names
from datalfred.lake.calls import Gaps, each
from datalfred.lake.jobs import ecs, emr, emr_serverless, glue
from datalfred.lake.jobs.models import JobDescription, JobKind, JobSummary

KINDS: tuple[str, ...] = get_args(JobKind)
STATUSES = ("running", "failed", "succeeded")
TAIL_LINES = 20

_SUMMARIES: Mapping[str, Callable[[datetime, Gaps], list[JobSummary] | None]] = {
    "ecs": ecs.summaries,
    "emr": emr.summaries,
    "emr_serverless": emr_serverless.summaries,
    "glue": glue.summaries,
}
_DESCRIBE: Mapping[str, Callable[..., JobDescription]] = {
    "ecs": ecs.describe,
    "emr": emr.describe,
    "emr_serverless": emr_serverless.describe,
    "glue": glue.describe,
}
_ID = re.compile(r"(?P<kind>ecs|emr|emr_serverless|glue):(?P<parent>[^/]+)/(?P<run>[^/]+)")


@dataclass(frozen=True)
class Listing:
    """The jobs of some kinds.

    Attributes:
        jobs: those that are known, newest first.
        kinds: the kinds that were asked for.
        unknown: those of them of which nothing is known: not that there are none.
        partial: those of which some jobs may be missing.
        gaps: what could not be listed, and why.
    """

    jobs: tuple[JobSummary, ...]
    kinds: tuple[str, ...]
    unknown: tuple[str, ...]
    partial: tuple[str, ...]
    gaps: tuple[str, ...]


def list_jobs(kind: str, status: str, name: str, since: datetime) -> Listing:
    """The jobs that run or began since then, newest first, and what could not be listed.

    Args:
        kind: one of :data:`KINDS`, or empty for all.
        status: one of :data:`STATUSES`, or empty for all.
        name: a fragment of the name; case, dashes and underscores do not matter.
        since: beginning of the window.

    Raises:
        InvalidInputError: the kind or status is none.
    """
    kind, status = kind.strip().lower(), status.strip().lower()
    _check("kind", kind, KINDS)
    _check("status", status, STATUSES)
    kinds = (kind,) if kind else KINDS
    answers = dict(zip(kinds, each(partial(_of_kind, since), kinds), strict=True))
    found = [job for jobs, _ in answers.values() for job in jobs or ()]
    kept = set(names.holding(name, [job.name for job in found]))
    chosen = [job for job in found if job.name in kept and _has(job, status)]
    return Listing(
        jobs=tuple(sorted(chosen, key=lambda job: job.started_at, reverse=True)),
        kinds=kinds,
        unknown=tuple(one for one, (jobs, _) in answers.items() if jobs is None),
        partial=tuple(one for one, (jobs, gaps) in answers.items() if jobs is not None and gaps),
        gaps=tuple(dict.fromkeys(gap for _, gaps in answers.values() for gap in gaps)),
    )


def _of_kind(since: datetime, kind: str) -> tuple[list[JobSummary] | None, tuple[str, ...]]:
    gaps = Gaps()
    return _SUMMARIES[kind](since, gaps), gaps.sentences()


def describe(job_id: str, *, tail: int = TAIL_LINES) -> JobDescription:
    """One job with the end of its log.

    Raises:
        InvalidInputError: the id has none of the known forms.
        NotFoundError: there is no such job.
    """
    match = _ID.fullmatch(job_id.strip())
    if match is None:
        raise InvalidInputError(
            "job_id",
            f"{job_id!r} is no id.",
            "ecs:<cluster>/<task>, emr:<cluster>/<step>, emr_serverless:<application>/<run> or "
            "glue:<job>/<run>, as list_jobs returns them",
        )
    parent, run = match["parent"], match["run"]
    return _DESCRIBE[match["kind"]](parent, run, tail=tail)


def _check(field: str, given: str, allowed: tuple[str, ...]) -> None:
    if given and given not in allowed:
        raise InvalidInputError(field, f"{given!r} is none.", f"{', '.join(allowed)} or empty")


def _has(job: JobSummary, status: str) -> bool:
    succeeded = not job.failed and not job.running
    return {"running": job.running, "failed": job.failed, "succeeded": succeeded}.get(status, True)
