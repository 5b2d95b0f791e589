"""Runs a stack in this process: the composition root of a laptop.

What a stack consists of is written down here, in :func:`_compose` and :func:`_steps`.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from datalfred import __version__, settings
from datalfred.local.agents import Agents
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.deployment import Deployment
from datalfred.local.lake_tables import Progress
from datalfred.local.lakes import LAKE_STEP, Lake, lake_named
from datalfred.local.seeding import Seeding, Step
from datalfred.local.state import Announcement, StateDirectory

_USERS_SECONDS = 600.0
_CATALOG = ("glue", "s3", "athena")
_PIPELINES = (
    "states", "ecs", "elasticmapreduce", "emr-serverless", "logs", "monitoring",
    "glue:GetJob", "glue:GetJobs", "glue:GetJobRun", "glue:GetJobRuns", "glue:ListJobs",
)  # fmt: skip


@dataclass(frozen=True)
class Hosted:
    """A stack that this process runs.

    Attributes:
        announcement: how others find it.
        token: proves to a function's URL that the caller is the user of this machine.
        exits: ends the stack.
        aws: the embedded AWS.
        seeding: fills it.
    """

    announcement: Announcement
    token: str
    exits: ExitStack
    aws: EmbeddedAws
    seeding: Seeding


@dataclass(frozen=True)
class Plan:
    """How this process runs a stack; ``patient`` ones end after the last that uses them."""

    directory: StateDirectory
    lock: IO[str]
    project: str
    stage: str
    port: int
    patient: bool

    def run(self, lake_name: str, progress: Progress) -> Hosted:
        """Listens, announces that, and begins to seed; the stack undoes it all when it closes."""
        with ExitStack() as exits:
            exits.enter_context(self.lock)
            after_closing = exits.enter_context(ExitStack())
            lake = lake_named(lake_name, self.directory.cache)
            aws = exits.enter_context(EmbeddedAws(self.directory.path, self.port))
            deployment = Deployment(aws, self.project, self.stage, lake.semantics_uri, lake.bucket)
            agents = _compose(aws, deployment, self.directory, exits)
            seeding = Seeding(aws, _steps(deployment, lake, progress), agents.busy)
            exits.callback(seeding.stop)
            after_closing.callback(seeding.join)
            if self.patient:
                exits.callback(self.directory.wait_until_unused, _USERS_SECONDS)
            announcement = Announcement(
                endpoint=aws.endpoint,
                pid=os.getpid(),
                lake=lake.label,
                version=__version__,
                environment={**aws.environment(), **agents.environment()},
            )
            self.directory.announce(announcement)
            exits.callback(self.directory.withdraw)
            seeding.start()
            return Hosted(announcement, aws.token, exits.pop_all(), aws, seeding)


def _compose(
    aws: EmbeddedAws, deployment: Deployment, directory: StateDirectory, exits: ExitStack
) -> Agents:
    """Puts every service behind the front door, the agents last."""
    from datalfred.local.aws import athena, cloudwatch, compute, glue, logs, secrets, stepfunctions
    from datalfred.local.aws.cloudformation import CloudFormation
    from datalfred.local.aws.quotas import ServiceQuotas

    for service in (athena, compute, logs, stepfunctions, glue, cloudwatch, secrets):
        service.install(aws)
    aws.on_close(lambda: _stop_executions(aws))
    deployment.deploy_functions()
    agents = Agents(deployment, directory.path / "journal.sqlite")
    exits.callback(agents.close)
    aws.register(agents)
    aws.register(CloudFormation(agents.records.stacks, settings.DEFAULT_REGION))
    aws.register(ServiceQuotas(agents.records.model_names, settings.DEFAULT_REGION))
    return agents


def _steps(deployment: Deployment, lake: Lake, progress: Progress) -> list[Step]:
    """What fills the stack, in the order in which people ask."""
    aws = deployment.aws
    steps = [
        Step("AWS", (), aws.warm),
        Step(LAKE_STEP, _CATALOG, lambda: lake.seed(aws, progress)),
        Step("the query workgroup", ("athena",), deployment.create_workgroup),
        Step("the tables of approvals", ("dynamodb",), deployment.create_tables),
    ]
    if lake.has_pipelines:
        steps.append(Step("the pipelines", _PIPELINES, lambda: _seed_pipelines(aws)))
    return steps


def _seed_pipelines(aws: EmbeddedAws) -> None:
    from datalfred.local.demo_lake.pipelines import seed_pipelines

    seed_pipelines(aws, datetime.now(UTC))


def _stop_executions(aws: EmbeddedAws) -> None:
    """Ends what still runs: a thread that outlives the stack makes DuckDB complain at the exit."""
    if "states" not in aws.door.used:
        return  # the interpreter was never loaded, which would take a second
    sfn = aws.client("stepfunctions")
    for machine in sfn.list_state_machines()["stateMachines"]:
        if machine["type"] == "EXPRESS":
            continue  # its executions cannot be listed, and end within minutes
        running = sfn.list_executions(
            stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
        )
        for execution in running["executions"]:
            sfn.stop_execution(executionArn=execution["executionArn"])
