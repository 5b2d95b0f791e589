"""Glue job runs. Jobs stay with moto, whose runs all succeed at once and never say why not."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datalfred.local.aws.compute.ledger import Ledger, Run
from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, JsonApi, page
from datalfred.local.aws.compute.workload import Workloads
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response

LOG_GROUP = "/aws-glue/jobs"
_STARTUP = 9.0
_TROUBLE = ("ERROR", "WARN", "Traceback")


@dataclass
class _JobRun:
    run: Run
    id: str
    job: Mapping[str, Any]
    settings: Mapping[str, Any]


class GlueJobRuns:
    """The job-run operations of Glue."""

    def __init__(self, client: Callable[[str], Any], workloads: Workloads) -> None:
        """Makes the service.

        Args:
            client: makes a boto3 client; for the jobs that moto keeps.
            workloads: decide how runs end.
        """
        self._client = client
        self._ledger = Ledger("glue", workloads, client, startup=_STARTUP)
        self._lock = threading.Lock()
        self._runs: dict[str, list[_JobRun]] = {}
        self._api = JsonApi(
            "AWSGlue",
            {
                "StartJobRun": self._start,
                "GetJobRun": self._get,
                "GetJobRuns": self._list,
                "BatchStopJobRun": self._stop,
            },
        )

    def handle(self, request: Request) -> Response | None:
        """The response to a job-run operation; None for others.

        Raises:
            FaultError: the request is wrong.
        """
        if request.target == ("AWSGlue", "CreateJob"):
            self._refuse_another(json.loads(request.body))
        return self._api.handle(request)

    def _start(self, call: Call) -> Mapping[str, Any]:
        name = call.get("JobName", "")
        job = self._job(name)
        self._refuse_too_many(name, job)
        arguments = {**job.get("DefaultArguments", {}), **call.get("Arguments", {})}
        run = self._ledger.begin(name, arguments)
        job_run = _JobRun(run, f"jr_{run.id}{run.id[::-1]}", job, call.parameters)
        self._write_log(job_run)
        with self._lock:
            self._runs.setdefault(name, []).append(job_run)
        return {"JobRunId": job_run.id}

    def _get(self, call: Call) -> Mapping[str, Any]:
        return {"JobRun": _described(self._find(call.get("JobName", ""), call.get("RunId", "")))}

    def _list(self, call: Call) -> Mapping[str, Any]:
        name = call.get("JobName", "")
        self._job(name)
        with self._lock:
            runs = list(self._runs.get(name, []))
        runs.sort(key=lambda job_run: job_run.run.created_at, reverse=True)
        some, more = page(runs, call, 200)
        return {"JobRuns": [_described(job_run) for job_run in some], **more}

    def _stop(self, call: Call) -> Mapping[str, Any]:
        name = call.get("JobName", "")
        stopped, errors = [], []
        for run_id in call.get("JobRunIds", []):
            try:
                self._find(name, run_id).run.stop("Stopped by user")
                stopped.append({"JobName": name, "JobRunId": run_id})
            except FaultError as error:
                detail = {"ErrorCode": error.code, "ErrorMessage": str(error)}
                errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
        return {"SuccessfulSubmissions": stopped, "Errors": errors}

    def _refuse_another(self, wanted: Mapping[str, Any]) -> None:
        """Else moto puts the new job in the place of the one that has its name."""
        name = wanted.get("Name", "")
        try:
            self._job(name)
        except FaultError:
            return
        raise FaultError("AlreadyExistsException", f"Job {name} already exists.")

    def _refuse_too_many(self, name: str, job: Mapping[str, Any]) -> None:
        now = current().clock.now()
        with self._lock:
            runs = list(self._runs.get(name, []))
        working = sum(each.run.created_at <= now < each.run.stopped_at for each in runs)
        if working >= job.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1):
            raise FaultError(
                "ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}"
            )

    def _job(self, name: str) -> Mapping[str, Any]:
        glue = self._client("glue")
        try:
            answer: Mapping[str, Any] = glue.get_job(JobName=name)
        except glue.exceptions.EntityNotFoundException:
            message = f"Job {name} not found."
            raise FaultError("EntityNotFoundException", message) from None
        job: Mapping[str, Any] = answer["Job"]
        return job

    def _find(self, name: str, run_id: str) -> _JobRun:
        with self._lock:
            runs = list(self._runs.get(name, []))
        for job_run in runs:
            if job_run.id == run_id:
                return job_run
        raise FaultError("EntityNotFoundException", f"JobRun {run_id} of job {name} not found.")

    def _write_log(self, job_run: _JobRun) -> None:
        """Warnings and errors go to the error log, everything else to the output, as Spark does."""
        lines = job_run.run.outcome.log_lines
        bad = [line for line in lines if any(word in line for word in _TROUBLE)]
        good = [line for line in lines if line not in bad]
        self._ledger.write(job_run.run, f"{LOG_GROUP}/output", job_run.id, good)
        self._ledger.write(job_run.run, f"{LOG_GROUP}/error", job_run.id, bad)


def _state(job_run: _JobRun) -> str:
    if not job_run.run.ended():
        return "RUNNING"
    if job_run.run.stopped_because is not None:
        return "STOPPED"
    outcome = job_run.run.outcome
    return "SUCCEEDED" if outcome.succeeded else outcome.state or "FAILED"


def _described(job_run: _JobRun) -> dict[str, Any]:
    run, job, state = job_run.run, job_run.job, _state(job_run)
    described = {
        "Id": job_run.id,
        "Attempt": 0,
        "JobName": run.name,
        "JobRunState": state,
        "StartedOn": run.created_at,
        "LastModifiedOn": run.stopped_at if run.ended() else run.started_at,
        "Arguments": dict(run.arguments),
        "PredecessorRuns": [],
        "LogGroupName": LOG_GROUP,
        "ExecutionTime": round(run.outcome.seconds) if run.ended() else 0,
        "Timeout": job_run.settings.get("Timeout", job.get("Timeout", 2880)),
        "ExecutionClass": job_run.settings.get("ExecutionClass", "STANDARD"),
    }
    for name in ("WorkerType", "NumberOfWorkers", "MaxCapacity", "GlueVersion"):
        if (value := job_run.settings.get(name, job.get(name))) is not None:
            described[name] = value
    if run.ended():
        described["CompletedOn"] = run.stopped_at
    if run.ended() and run.stopped_because is None and run.outcome.reason:
        described["ErrorMessage"] = run.outcome.reason
    return described
