"""What a container, a Glue job or an EMR step does when the embedded AWS runs it.

No code of a customer runs on the laptop: whoever seeds the stack says, for each task definition,
job or step, how a run ends and what it logs. A run without a workload succeeds and logs one line.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class WorkloadRun:
    """One run that is about to happen.

    Attributes:
        kind: ``ecs``, ``emr`` for a step, ``emr_cluster``, ``emr_serverless``, ``glue``, or
            ``athena`` for a query of an execution in the past (a query of today is executed).
        name: task definition family, Glue job, EMR step, EMR cluster or EMR Serverless job name,
            workgroup.
        attempt: 1 for the first run of an execution and for its retries, 2 after a redrive, and
            so on.
        arguments: what the caller passed: container overrides, job arguments, step arguments.
    """

    kind: str
    name: str
    attempt: int
    arguments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a run ends.

    Attributes:
        succeeded: whether it did what it should.
        reason: the service's words for the end, such as ``OutOfMemoryError: Container killed due to
            memory usage``.
        exit_code: of the container or step; None where there is none, and for a container that
            never started.
        log_lines: what it wrote, oldest first, without times.
        seconds: how long it takes in an execution of the past. Today nobody waits: the run is
            over at once, and only Glue's ``ExecutionTime`` still says how long it would have been.
        stop_code: why it stopped, in the service's own code. Of an ECS task ``SpotInterruption``
            and the others of ``TaskStopCode``; then ``reason`` is the task's, not the container's.
            Of an EMR cluster one of ``ClusterStateChangeReasonCode``, such as
            ``BOOTSTRAP_FAILURE``. Empty: what follows from the exit code.
        exit_codes: of containers by name, where they are not ``exit_code``.
        state: in which a step, job run or query ends that neither succeeded nor just failed, such
            as ``CANCELLED`` or Glue's ``TIMEOUT``; empty for what ``succeeded`` says.
        ends_cluster: of an EMR step: the code with which its cluster ends together with it, such as
            ``INSTANCE_FAILURE``; empty when the cluster outlives it.
    """

    succeeded: bool = True
    reason: str = ""
    exit_code: int | None = 0
    log_lines: tuple[str, ...] = ()
    seconds: float = 30.0
    stop_code: str = ""
    exit_codes: Mapping[str, int] = field(default_factory=dict)
    state: str = ""
    ends_cluster: str = ""


class Workload(Protocol):
    """Decides the outcome of a run."""

    def __call__(self, run: WorkloadRun) -> Outcome:
        """The outcome of ``run``."""
        ...


Workloads = Mapping[tuple[str, str], Workload]
"""The workload behind each (kind, name)."""
