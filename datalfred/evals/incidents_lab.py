"""The laboratory of the incidents: an embedded AWS on which each case is played in its own hours.

Nothing of a case reaches another: each has a state machine of its own, and its executions live in a
stretch of the past that no other case uses, so that logs of one are never near those of another.
"""

import copy
import importlib
import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from datalfred import settings
from datalfred.errors import ConfigurationError
from datalfred.evals.incidents import Call, Expected, Fault, Incident, Run
from datalfred.evals.incidents_injected import ROLE, Refusals, never_asked
from datalfred.local.aws import compute, logs, stepfunctions
from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome, Workload, WorkloadRun
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.front_door import Call as SeenCall
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.local.demo_lake.pipelines import resources
from datalfred.local.demo_lake.pipelines.catalogue import Pipeline, pipelines
from datalfred.local.demo_lake.pipelines.functions import HANDLERS, TOKEN_EXPIRY
from datalfred.local.demo_lake.pipelines.workloads import workloads

logger = logging.getLogger(__name__)

_SLOT = timedelta(minutes=60)
"""How far the cases are apart."""
_LATEST = timedelta(hours=3)
"""How long ago the newest case is."""
ROOM = (timedelta(days=14) - _LATEST) // _SLOT
"""So many cases fit into the two weeks in which an execution can be redriven; the advice on a
redrive of one that is older would be another."""
_NEVER = "0000-00-00"
_ANY = Expected()
_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
_FUNCTION_SECONDS = 0.05
_PATIENCE_SECONDS = 20.0
_DEFAULT_INPUT: Mapping[str, Any] = {
    "costs": [
        {"platform": "search-ads", "spend": "912.40"},
        {"platform": "social-ads", "spend": "1204.50"},
    ],
    "countries": ["DE", "ES"],
}


@dataclass
class Lab:
    """The embedded AWS with everything that the demo pipelines run on, and no past."""

    aws: EmbeddedAws
    refusals: Refusals
    now: datetime
    cluster: str = ""
    application: str = ""
    _asked: set[str] = field(default_factory=set)
    _played: int = 0
    _catalogue: dict[str, Pipeline] = field(default_factory=dict)

    def prepare(self) -> None:
        """Creates the resources of the demo pipelines."""
        self.aws.permissions.grant(ROLE, _EVERYTHING)
        resources.create_containers(self.aws)
        resources.create_jobs(self.aws)
        self.application = resources.create_application(self.aws)
        self._new_cluster()

    def _new_cluster(self) -> None:
        with acting_for(Origin(clock=PastClock(self.now - timedelta(days=40)))):
            self.cluster = resources.create_cluster(self.aws)
        self._catalogue = {one.name: one for one in pipelines(self.cluster, self.application)}

    def play(self, incident: Incident) -> str:
        """Plays a case to its end; the ARN of the execution that is to be diagnosed.

        Raises:
            ConfigurationError: there is no room for it, or it injects what nothing asked for.
        """
        if self._played >= ROOM:
            raise ConfigurationError(
                "evals/incidents",
                f"there is room for {ROOM} cases, and {incident.id} is one more.",
                hint="Put the cases nearer to each other, or leave some out.",
            )
        start = self.now - _LATEST - self._played * _SLOT
        self._played += 1
        machine = self._machine(incident, incident.id)
        if incident.success is not None:
            self._run(incident, machine, incident.success, start - _SLOT / 2)
        if incident.changed:
            self._change(machine, incident.changed, start)
        for number, (name, run) in enumerate(incident.other.items()):
            other = Incident(id=f"{incident.id}-{name}", story="", pipeline=name, expect=_ANY)
            self._run(other, self._machine(other, other.id), run, start - timedelta(hours=number))
        self._call(incident.noise)
        arn = self._run(incident, machine, incident.run, start)
        if incident.then == "redriven":
            self._redrive(arn)
        return arn

    @contextmanager
    def denying(self, calls: Iterable[str]) -> Iterator[None]:
        """Lets whoever diagnoses have no permission for these calls meanwhile.

        Raises:
            ConfigurationError: not one of them was made, so that nothing was denied.
        """
        denied = frozenset(calls)
        self.refusals.begin({}, denied)
        try:
            yield
        finally:
            self.refusals.denied = frozenset()
        if denied and not self.refusals.asked:
            raise never_asked("the diagnosis", "denies", denied)

    def calls(self) -> tuple[SeenCall, ...]:
        """The calls that came through the door, but those of pipelines.

        A branch of a Parallel that another one failed may still be at work while its execution is
        diagnosed; what it calls is no deed of the diagnosis.
        """
        return tuple(call for call in self.aws.door.calls if call.role != ROLE)

    def clear(self) -> None:
        """Takes away what a case left that others would see: alarms, a cluster that is gone."""
        cloudwatch = self.aws.client("cloudwatch")
        names = [each["AlarmName"] for each in cloudwatch.describe_alarms()["MetricAlarms"]]
        if names:
            cloudwatch.delete_alarms(AlarmNames=names)
        state = self.aws.client("emr").describe_cluster(ClusterId=self.cluster)["Cluster"]
        if state["Status"]["State"] not in {"WAITING", "RUNNING"}:
            self._new_cluster()

    def _machine(self, incident: Incident, name: str) -> str:
        if incident.pipeline:
            definition = json.loads(self._catalogue[incident.pipeline].definition())
        else:
            definition = dict(incident.definition)
        return self._created(name, definition)

    def _created(self, name: str, definition: Mapping[str, Any]) -> str:
        answer = self.aws.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=resources.role_arn(ROLE)
        )
        return str(answer["stateMachineArn"])

    def _change(self, machine: str, changed: Mapping[str, Any], at: datetime) -> None:
        client = self.aws.client("stepfunctions")
        text = client.describe_state_machine(stateMachineArn=machine)["definition"]
        definition = _with(json.loads(text), changed)
        with acting_for(Origin(clock=PastClock(at - timedelta(hours=1)))):
            client.update_state_machine(stateMachineArn=machine, definition=json.dumps(definition))

    def _run(self, incident: Incident, machine: str, run: Run, start: datetime) -> str:
        from datalfred.local.aws.stepfunctions import past  # noqa: PLC0415 -- loads the interpreter

        self._inject(run, start.date())
        with acting_for(Origin(clock=PastClock(start - timedelta(minutes=5)))):
            self._call(run.calls)
        given = {**_DEFAULT_INPUT, "day": (start - timedelta(days=1)).date().isoformat()}
        given |= {"cluster": self.cluster, "application": self.application}
        if incident.child:
            given["child"] = self._child(incident)
        clock = PastClock(start)
        with acting_for(Origin(clock=clock)):
            answer = self.aws.client("stepfunctions").start_execution(
                stateMachineArn=machine,
                name=f"{machine.rpartition(':')[2]}-{start:%Y-%m-%d-%H-%M}",
                input=json.dumps({**given, **run.input}),
            )
        arn = str(answer["executionArn"])
        if run.ends:
            self._until_waiting(arn)
            if run.ends == "aborted":
                self._abort(arn, start + timedelta(minutes=30))
        elif incident.pipeline == "support-tickets-ingestion":
            token = past.await_callback(arn)
            past.call_back(arn, token, {"file": "s3://demo-lake/landing/tickets/export.json"})
        if run.ends != "running":
            past.await_end(arn)
        wanted = {*run.faults, *run.refusals}
        if missing := wanted - self._asked - self.refusals.asked:
            raise never_asked(f"the case {incident.id}", "injects", missing)
        return arn

    def _child(self, incident: Incident) -> str:
        name = f"{incident.id}-child"
        arn = f"arn:aws:states:{settings.DEFAULT_REGION}:{ACCOUNT}:stateMachine:{name}"
        known = self.aws.client("stepfunctions").list_state_machines(maxResults=1000)
        if any(each["stateMachineArn"] == arn for each in known["stateMachines"]):
            return arn
        return self._created(name, incident.child)

    def _abort(self, arn: str, at: datetime) -> None:
        with acting_for(Origin(clock=PastClock(at))):
            self.aws.client("stepfunctions").stop_execution(
                executionArn=arn, error="StoppedByHand", cause="ana stops it for the maintenance"
            )

    def _until_waiting(self, arn: str) -> None:
        client, waiting = self.aws.client("stepfunctions"), threading.Event()
        for _ in range(round(_PATIENCE_SECONDS / 0.02)):
            events = client.get_execution_history(
                executionArn=arn, reverseOrder=True, maxResults=1
            )["events"]
            if events and events[0]["type"] in {"TaskSubmitted", "WaitStateEntered"}:
                return
            waiting.wait(0.02)

    def _redrive(self, arn: str) -> None:
        from datalfred.local.aws.stepfunctions import past  # noqa: PLC0415 -- loads the interpreter

        self._inject(Run(), self.now.date())
        past.redrive(arn, self.now - timedelta(hours=1), "redriven-by-hand")

    def _call(self, calls: tuple[Call, ...]) -> None:
        for call in calls:
            request = json.loads(json.dumps(call.request).replace("$cluster", self.cluster))
            getattr(self.aws.client(call.service), call.operation)(**request)

    def _inject(self, run: Run, night: date) -> None:
        """Puts the faults of a run in the place of what usually happens, and nothing else."""
        self._asked = set()
        self.refusals.begin(run.refusals)
        self.aws.workloads.clear()
        self.aws.workloads.update(workloads(_NEVER))
        environment = {TOKEN_EXPIRY: datetime(night.year + 20, 1, 1, tzinfo=UTC).isoformat()}
        for name, handler in HANDLERS.items():
            self.aws.functions.register(name, handler, environment=environment)
        for key, fault in run.faults.items():
            kind, _, name = key.partition("/")
            if kind == "lambda":
                self._spoil(name, fault, environment)
            else:
                usual = self.aws.workloads.get((kind, name))
                self.aws.workloads[kind, name] = _spoilt(
                    fault, usual, partial(self._asked.add, key)
                )

    def _spoil(self, name: str, fault: Fault, environment: Mapping[str, str]) -> None:
        usual, tries = HANDLERS.get(name, ""), [0]
        ask = partial(self._asked.add, f"lambda/{name}")

        def handler(event: Any, context: object) -> Any:
            ask()
            tries[0] += 1
            if tries[0] > fault.times:
                module, _, function = usual.rpartition(".")
                return getattr(importlib.import_module(module), function)(event, context)
            return _ended(fault)

        seconds = _FUNCTION_SECONDS if fault.times_out else 60.0
        self.aws.functions.register(name, handler, environment=environment, timeout_seconds=seconds)


def _ended(fault: Fault) -> Any:
    for line in fault.log:
        level = logging.ERROR if "ERROR" in line else logging.WARNING
        logger.log(level, "%s", line)
    if fault.times_out:
        threading.Event().wait(4 * _FUNCTION_SECONDS)
    if fault.raises:
        raise type(fault.raises, (Exception,), {})(fault.reason)
    return fault.returns


def _spoilt(fault: Fault, usual: Workload | None, ask: Callable[[], None]) -> Workload:
    runs = [0]

    def ended(run: WorkloadRun) -> Outcome:
        ask()
        runs[0] += 1
        if usual is not None and (runs[0] > fault.times or run.attempt > 1):
            return usual(run)
        code = 0 if fault.succeeds else fault.exit_code
        return Outcome(
            fault.succeeds,
            fault.reason,
            code,
            fault.log,
            fault.seconds,
            stop_code=fault.stop_code,
            exit_codes=fault.exit_codes,
            state=fault.state,
            ends_cluster=fault.ends_cluster,
        )

    return ended


def _with(definition: Any, changed: Mapping[str, Any]) -> Any:
    """The definition with new values at dotted paths; null takes one away."""
    result = copy.deepcopy(definition)
    for path, value in changed.items():
        *way, last = path.split(".")
        inner = result
        for step in way:
            inner = inner[step]
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return result


@contextmanager
def laboratory() -> Iterator[Lab]:
    """A running lab, and the settings with which a diagnosis reads it."""
    refusals = Refusals()
    with EmbeddedAws() as aws:
        aws.register(refusals)
        allowed = aws.door.authorize

        def authorize(request: Request) -> None:
            allowed(request)
            refusals.judge(request)

        aws.door.authorize = authorize
        for room in (compute, logs, stepfunctions):
            room.install(aws)
        lab = Lab(aws, refusals, datetime.now(UTC))
        lab.prepare()
        with settings.using(aws.environment()):
            yield lab
