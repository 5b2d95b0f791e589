"""What ran in ECS, EMR, EMR Serverless and Glue. Times are ISO 8601 UTC."""

from typing import Literal

from pydantic import Field

from datalfred.definitions.shape import Shape
from datalfred.lake.logs.models import LogEvent

JobKind = Literal["ecs", "emr", "emr_serverless", "glue"]


class JobSummary(Shape):
    """One ECS task, EMR step, EMR Serverless job run or Glue job run."""

    id: str
    """What ``describe_job`` takes: ``ecs:<cluster>/<task>``, ``emr:<cluster>/<step>``,
    ``emr_serverless:<application>/<run>`` or ``glue:<job>/<run>``."""
    kind: JobKind
    name: str
    status: str
    """The service's own word."""
    failed: bool = False
    running: bool = False
    started_at: str = ""
    stopped_at: str = ""


class JobDescription(Shape):
    """One job, why it stopped, and the end of its log."""

    job: JobSummary
    reason: str = ""
    exit_code: int | None = None
    stop_code: str = ""
    attempt: int | None = None
    settings: dict[str, str] = Field(default_factory=dict)
    log_group: str = ""
    log_stream: str = ""
    log_tail: tuple[LogEvent, ...] = ()
    gaps: tuple[str, ...] = ()
