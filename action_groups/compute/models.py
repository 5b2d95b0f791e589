"""What the operations on jobs return."""

from datalfred.definitions.result import Result
from datalfred.lake.jobs.models import JobDescription, JobKind, JobSummary


class Jobs(Result):
    """One page of jobs, newest first."""

    jobs: tuple[JobSummary, ...]
    total: int | None
    """None when no kind that was asked for is known."""
    page: int
    pages: int
    unknown: tuple[JobKind, ...] = ()
    """Kinds that did not answer: whether they have such jobs is not known."""
    gaps: tuple[str, ...] = ()


class DescribedJob(Result):
    """One job with the end of its log."""

    job: JobDescription
