"""EMR Serverless applications and job runs.

All of it is here: moto cuts times to the day and its runs never end. Operations that are not here
are refused.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from datalfred.local.aws.compute.ledger import Ledger, Run
from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, Operation, answer, page
from datalfred.local.aws.compute.workload import Workloads
from datalfred.local.aws.faults import FaultError, not_implemented
from datalfred.local.aws.message import ACCOUNT, Request, Response

LOG_GROUP = "/aws/emr-serverless"
_SIGNING_NAME = "emr-serverless"
_NAMESPACE = uuid.UUID("d6f5d1b2-5a43-5b77-8a65-3c4f4c2b9f10")
_STARTUP = 35.0


@dataclass
class _JobRun:
    run: Run
    id: str
    role: str
    driver: Mapping[str, Any]


@dataclass
class _Application:
    id: str
    name: str
    arn: str
    settings: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    state: str = "CREATED"
    runs: list[_JobRun] = field(default_factory=list)


class EmrServerless:
    """The application and job-run operations of EMR Serverless."""

    def __init__(self, client: Callable[[str], Any], workloads: Workloads) -> None:
        """Makes the service.

        Args:
            client: makes a boto3 client; for the logs.
            workloads: decide how job runs end.
        """
        self._ledger = Ledger("emr_serverless", workloads, client, startup=_STARTUP)
        self._lock = threading.Lock()
        self._applications: dict[str, _Application] = {}
        run = r"/applications/(?P<applicationId>\w+)/jobruns/(?P<jobRunId>\w+)"
        self._routes: tuple[tuple[str, str, Operation], ...] = (
            ("POST", r"/applications", self._create),
            ("GET", r"/applications", self._list),
            ("GET", r"/applications/(?P<applicationId>\w+)", self._get),
            ("DELETE", r"/applications/(?P<applicationId>\w+)", self._delete),
            ("POST", r"/applications/(?P<applicationId>\w+)/start", self._start),
            ("POST", r"/applications/(?P<applicationId>\w+)/stop", self._stop),
            ("POST", r"/applications/(?P<applicationId>\w+)/jobruns", self._start_run),
            ("GET", r"/applications/(?P<applicationId>\w+)/jobruns", self._list_runs),
            ("GET", run, self._get_run),
            ("DELETE", run, self._cancel_run),
        )

    def handle(self, request: Request) -> Response | None:
        """The response to an operation of EMR Serverless."""
        if request.caller.service != _SIGNING_NAME:
            return None
        for method, pattern, operation in self._routes:
            match = re.fullmatch(pattern, request.path)
            if match and request.method == method:
                body = json.loads(request.body) if request.body else {}
                states = {"states": parse_qs(request.query).get("states", [])}
                parameters = {**request.parameters(), **states, **body, **match.groupdict()}
                return answer(operation(Call(parameters, request.caller.region)))
        return not_implemented(request, f"{request.method} {request.path}")

    def _create(self, call: Call) -> Mapping[str, Any]:
        name = call.get("name", "")
        with self._lock:
            count = len(self._applications)
            identity = f"00{uuid.uuid5(_NAMESPACE, f'{name} {count}').hex[:14]}"
            arn = f"arn:aws:emr-serverless:{call.region}:{ACCOUNT}:/applications/{identity}"
            now = current().clock.now()
            application = _Application(identity, name, arn, call.parameters, now, now)
            self._applications[identity] = application
        return {"applicationId": identity, "name": name, "arn": arn}

    def _list(self, call: Call) -> Mapping[str, Any]:
        with self._lock:
            applications = list(self._applications.values())
        states = call.get("states", []) or [each.state for each in applications]
        applications = [each for each in applications if each.state in states]
        some, more = page(applications, call, 50, "maxResults", "nextToken")
        summaries = [{**_application(each), "id": each.id} for each in some]
        return {"applications": summaries, **more}

    def _get(self, call: Call) -> Mapping[str, Any]:
        return {"application": _application(self._find(call))}

    def _start(self, call: Call) -> Mapping[str, Any]:
        _move(self._find(call), "STARTED")
        return {}

    def _stop(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        self._refuse_while_running(application)
        _move(application, "STOPPED")
        return {}

    def _delete(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        if application.state == "STARTED":
            raise FaultError(
                "ValidationException",
                f"Application {application.id} must be in one of the following statuses "
                "[CREATED, STOPPED]. Current status: STARTED",
            )
        _move(application, "TERMINATED")
        return {}

    def _refuse_while_running(self, application: _Application) -> None:
        with self._lock:
            runs = list(application.runs)
        if any(_state(job_run) == "RUNNING" for job_run in runs):
            raise FaultError(
                "ValidationException",
                f"Application {application.id} has job runs that are still active.",
            )

    def _start_run(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        if application.state == "TERMINATED":
            raise FaultError("ValidationException", f"Application {application.id} is terminated.")
        driver = call.get("jobDriver", {})
        arguments = driver.get("sparkSubmit", {}).get("entryPointArguments", [])
        run = self._ledger.begin(
            call.get("name", ""), {str(number): value for number, value in enumerate(arguments)}
        )
        job_run = _JobRun(run, f"00{run.id[:14]}", call.get("executionRoleArn", ""), driver)
        stream = f"applications/{application.id}/jobs/{job_run.id}/SPARK_DRIVER/stderr"
        self._ledger.write(run, LOG_GROUP, stream, run.outcome.log_lines)
        with self._lock:
            _move(application, "STARTED")  # a job starts a stopped application, by default
            application.runs.append(job_run)
        described = _described(application, job_run)
        return {name: described[name] for name in ("applicationId", "jobRunId", "arn")}

    def _list_runs(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        states = call.get("states", [])
        with self._lock:
            runs = list(application.runs)
        runs.sort(key=lambda job_run: job_run.run.created_at, reverse=True)
        after, before = _moment(call, "createdAtAfter"), _moment(call, "createdAtBefore")
        wanted = [
            job_run
            for job_run in runs
            if (not states or _state(job_run) in states)
            and (after is None or job_run.run.created_at >= after)
            and (before is None or job_run.run.created_at <= before)
        ]
        some, more = page(wanted, call, 50, "maxResults", "nextToken")
        summaries = [
            {**_described(application, job_run), "id": job_run.id, "type": "SPARK"}
            for job_run in some
        ]
        return {"jobRuns": summaries, **more}

    def _get_run(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        return {"jobRun": _described(application, self._find_run(application, call))}

    def _cancel_run(self, call: Call) -> Mapping[str, Any]:
        application = self._find(call)
        job_run = self._find_run(application, call)
        job_run.run.stop("The job run was cancelled by a user.")
        return {"applicationId": application.id, "jobRunId": job_run.id}

    def _find(self, call: Call) -> _Application:
        wanted = call.get("applicationId", "")
        with self._lock:
            application = self._applications.get(wanted)
        if application is None:
            raise _not_found(f"Application {wanted} does not exist.")
        return application

    def _find_run(self, application: _Application, call: Call) -> _JobRun:
        wanted = call.get("jobRunId", "")
        with self._lock:
            runs = list(application.runs)
        for job_run in runs:
            if job_run.id == wanted:
                return job_run
        raise _not_found(f"Job run {wanted} does not exist.")


def _move(application: _Application, state: str) -> None:
    """Gives it another state, now."""
    if application.state != state:
        application.state, application.updated_at = state, current().clock.now()


def _moment(call: Call, name: str) -> datetime | None:
    """A time of the query string, ISO 8601."""
    text = call.get(name)
    return datetime.fromisoformat(text) if text else None


def _not_found(message: str) -> FaultError:
    return FaultError("ResourceNotFoundException", message, 404)


def _application(application: _Application) -> dict[str, Any]:
    return {
        "applicationId": application.id,
        "name": application.name,
        "arn": application.arn,
        "releaseLabel": application.settings.get("releaseLabel", "emr-7.5.0"),
        "type": application.settings.get("type", "SPARK"),
        "state": application.state,
        "createdAt": application.created_at,
        "updatedAt": application.updated_at,
        "tags": application.settings.get("tags", {}),
    }


def _state(job_run: _JobRun) -> str:
    if not job_run.run.ended():
        return "RUNNING"
    if job_run.run.stopped_because is not None:
        return "CANCELLED"
    outcome = job_run.run.outcome
    return "SUCCESS" if outcome.succeeded else outcome.state or "FAILED"


def _described(application: _Application, job_run: _JobRun) -> dict[str, Any]:
    run, state = job_run.run, _state(job_run)
    details = {
        "FAILED": run.outcome.reason,
        "CANCELLED": run.stopped_because or run.outcome.reason,
    }
    described = {
        "applicationId": application.id,
        "jobRunId": job_run.id,
        "name": run.name,
        "arn": f"{application.arn}/jobruns/{job_run.id}",
        "createdBy": f"arn:aws:iam::{ACCOUNT}:root",
        "createdAt": run.created_at,
        "updatedAt": run.stopped_at if run.ended() else run.started_at,
        "startedAt": run.started_at,
        "executionRole": job_run.role,
        "state": state,
        "stateDetails": details.get(state) or "",
        "releaseLabel": application.settings.get("releaseLabel", "emr-7.5.0"),
        "totalExecutionDurationSeconds": round((run.stopped_at - run.started_at).total_seconds()),
        "attempt": 1,
    }
    driver = {"jobDriver": job_run.driver} if job_run.driver else {}  # a union is never empty
    return {**described, **driver, **({"endedAt": run.stopped_at} if run.ended() else {})}
