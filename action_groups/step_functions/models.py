"""What the operations on pipelines return."""

from datalfred.approvals.models import PendingApproval
from datalfred.definitions.result import Result
from datalfred.lake.pipelines.models import Diagnosis, ExecutionSummary, PipelineSummary


class Pipelines(Result):
    """One page of pipelines, by name."""

    pipelines: tuple[PipelineSummary, ...]
    total: int
    page: int
    pages: int


class Executions(Result):
    """One page of executions, newest first."""

    executions: tuple[ExecutionSummary, ...]
    total: int
    page: int
    pages: int


class DiagnosedExecution(Result):
    """Why an execution failed."""

    diagnosis: Diagnosis


class RequestedRedrive(Result):
    """What waits for a person, or the executions that the name fits."""

    pending_approval: PendingApproval | None
    candidates: tuple[ExecutionSummary, ...] = ()
