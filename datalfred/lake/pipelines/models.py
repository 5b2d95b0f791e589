"""What is known of pipelines and their executions: facts, hypotheses and gaps, never mixed."""

from typing import Annotated

from pydantic import Field

from datalfred.definitions.shape import Shape
from datalfred.lake.logs.models import LogEvent


class PipelineSummary(Shape):
    """One state machine and its newest execution."""

    name: str
    arn: str
    description: str = ""
    last_status: str = ""
    last_started_at: str = ""
    last_execution: str = ""


class ExecutionSummary(Shape):
    """One execution. Times are ISO 8601 UTC."""

    arn: str
    name: str
    pipeline: str
    status: str
    """``RUNNING``, ``SUCCEEDED``, ``FAILED``, ``TIMED_OUT`` or ``ABORTED``."""
    started_at: str = ""
    stopped_at: str = ""
    duration_seconds: float | None = None
    failed_state: str = ""
    error: str = ""
    cause: str = ""
    redrive_count: int = 0
    redrivable: bool = False


class Fact(Shape):
    """One thing that was looked up, and the AWS call that said it."""

    statement: str
    source: str
    """Such as ``states:GetExecutionHistory``."""
    at: str = ""


class Hypothesis(Shape):
    """A possible cause, with the facts (by index) that speak for it. Best first.

    What no fact speaks for cannot be said: such a hypothesis is no valid value.
    """

    cause: str = ""
    """Names the rule that says so, such as ``out_of_memory``."""
    statement: str
    facts: Annotated[tuple[int, ...], Field(min_length=1)]
    remedy: str = ""


class Diagnosis(Shape):
    """Why an execution failed, as far as it can be looked up."""

    execution: ExecutionSummary
    resource_kind: str = ""
    """``ecs``, ``emr``, ``emr_serverless``, ``glue``, ``lambda``, ``athena`` or empty."""
    resource: str = ""
    facts: tuple[Fact, ...]
    hypotheses: tuple[Hypothesis, ...] = ()
    gaps: tuple[str, ...] = ()
    """What could not be looked up, and why."""
    log_lines: tuple[LogEvent, ...] = ()
    redrive: str = ""
    """Whether running it again can help, and why not when it cannot."""
