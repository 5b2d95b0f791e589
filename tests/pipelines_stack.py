"""An embedded AWS with pipelines to run, for the tests of what reads them."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

from datalfred import clients, settings
from datalfred.definitions.approval_tables import tables
from datalfred.local.aws import compute, logs, stepfunctions
from datalfred.local.aws.compute.workload import Outcome
from datalfred.local.aws.embedded import EmbeddedAws
from tests.support.permissions import EVERYTHING

ROLE = "arn:aws:iam::123456789012:role/pipelines"


@dataclass
class PipelinesStack:
    aws: EmbeddedAws
    environment: dict
    machines: dict = field(default_factory=dict)

    def client(self, name):
        return clients.client(name)

    def machine(self, name, definition):
        """Creates or changes a state machine; a bare state becomes a definition of one state."""
        if "StartAt" not in definition:
            definition = {"StartAt": "Only", "States": {"Only": {**definition, "End": True}}}
        stepfunctions = self.client("stepfunctions")
        text = json.dumps(definition)
        if name in self.machines:
            stepfunctions.update_state_machine(stateMachineArn=self.machines[name], definition=text)
        else:
            created = stepfunctions.create_state_machine(name=name, definition=text, roleArn=ROLE)
            self.machines[name] = created["stateMachineArn"]
        return self.machines[name]

    def run(self, name, given=None):
        """The ARN of an execution that has ended."""
        stepfunctions = self.client("stepfunctions")
        arn = stepfunctions.start_execution(
            stateMachineArn=self.machines[name], input=json.dumps(given or {})
        )["executionArn"]
        return self.ended(arn)

    def ended(self, execution_arn):
        self.until(lambda: self.status(execution_arn) != "RUNNING")
        return execution_arn

    def status(self, execution_arn):
        described = self.client("stepfunctions").describe_execution(executionArn=execution_arn)
        return described["status"]

    def until(self, done, seconds=10.0):
        waiting = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if done():
                return
            waiting.wait(0.02)
        raise AssertionError("It did not happen in time.")

    def workload(self, kind, name, *outcomes):
        """What the runs of a task, step or job do: the outcome of each attempt, the last again."""
        self.aws.workloads[kind, name] = lambda run: outcomes[min(run.attempt, len(outcomes)) - 1]

    def cluster(self, name="lake"):
        self.client("ecs").create_cluster(clusterName=name)

    def task(self, family, *, log_group="", memory="2048"):
        """A state that runs an ECS task of a new definition."""
        options = {"awslogs-group": log_group, "awslogs-stream-prefix": "ecs"}
        logging = {"logDriver": "awslogs", "options": options} if log_group else None
        container = {"name": "main", "image": f"{family}:1", "memory": int(memory)}
        self.client("ecs").register_task_definition(
            family=family,
            cpu="1024",
            memory=memory,
            containerDefinitions=[
                {**container, **({"logConfiguration": logging} if logging else {})}
            ],
        )
        return task_state("ecs:runTask.sync", Cluster="lake", TaskDefinition=family)

    def tables(self, project="demo"):
        for definition in tables(project, "local"):
            self.client("dynamodb").create_table(**definition)

    def using(self, **variables):
        """The environment with more variables of Datalfred."""
        named = {f"DATALFRED_{name.upper()}": value for name, value in variables.items()}
        return settings.using({**self.environment, **named})


def task_state(resource, **parameters):
    return {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
    }


def failed(reason, *lines, exit_code=1):
    return Outcome(succeeded=False, reason=reason, exit_code=exit_code, log_lines=lines)


@contextmanager
def pipelines_stack():
    with EmbeddedAws() as aws:
        for room in (compute, logs, stepfunctions):
            room.install(aws)
        aws.permissions.grant(ROLE.rpartition("/")[2], EVERYTHING)
        environment = aws.environment()
        with settings.using(environment):
            yield PipelinesStack(aws, environment)
