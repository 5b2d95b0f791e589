"""Which workload stands behind which task definition, job or step."""

import threading

from datalfred.local.aws.compute.workload import Outcome, Workload, WorkloadRun


class Workloads:
    """The registry of an embedded AWS. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._workloads: dict[tuple[str, str], Workload] = {}

    def register(self, kind: str, name: str, workload: Workload) -> None:
        """Lets ``workload`` decide every run of ``name``; a second registration replaces it."""
        with self._lock:
            self._workloads[kind, name] = workload

    def outcome(self, run: WorkloadRun) -> Outcome:
        """How ``run`` ends: as its workload says, else well and with one line in its log."""
        with self._lock:
            workload = self._workloads.get((run.kind, run.name))
        if workload is None:
            return Outcome(log_lines=(f"INFO {run.name} finished",))
        return workload(run)
