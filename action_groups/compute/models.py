"""What the operations on jobs return."""

from datalfred.definitions.result import Result
from datalfred.lake.jobs.models import JobDescription, JobSummary


class Jobs(Result):
    """One page of jobs, newest first."""

    jobs: tuple[JobSummary, ...]
    total: int
    page: int
    pages: int


class DescribedJob(Result):
    """One job with the end of its log."""

    job: JobDescription
