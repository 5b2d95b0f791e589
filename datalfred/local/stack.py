"""The composition root of a laptop: one stack per project and stage, run once, used by many.

Whoever asks first runs the stack in its own process; others find it by its state directory and
attach. What a stack consists of is written down here, in :func:`_compose`.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from datalfred import __version__
from datalfred.errors import LocalStackError
from datalfred.local.agents import Agents
from datalfred.local.aws.embedded import EmbeddedAws, read_token
from datalfred.local.aws.lambda_api import TOKEN_HEADER
from datalfred.local.deployment import Deployment
from datalfred.local.lakes import DEMO, Lake, lake_named
from datalfred.local.seeding import Seeding, Step
from datalfred.local.state import Announcement, StateDirectory, until

Progress = Callable[[str, float], None]

_ATTACH_SECONDS = 15.0
_USERS_SECONDS = 600.0
_LAKE_SECONDS = 600.0
_LAKE_STEP = "the lake"

_CATALOG = ("glue", "s3", "athena")
_PIPELINES = (
    "states", "ecs", "elasticmapreduce", "emr-serverless", "logs", "monitoring",
    "glue:GetJob", "glue:GetJobs", "glue:GetJobRun", "glue:GetJobRuns", "glue:ListJobs",
)  # fmt: skip


class Stack:
    """A stack that answers, run by this process or by another; a context manager.

    Attributes:
        endpoint: the URL for ``AWS_ENDPOINT_URL``.
        lake: ``demo lake``, or the folder that is served.
        aws: the embedded AWS; None when another process runs it.
        seeding: fills it; None when another process runs it.
    """

    def __init__(
        self,
        announcement: Announcement,
        token: str,
        exits: ExitStack,
        aws: EmbeddedAws | None = None,
        seeding: Seeding | None = None,
    ) -> None:
        self.endpoint = announcement.endpoint
        self.lake = announcement.lake
        self.aws = aws
        self.seeding = seeding
        self._environment = announcement.environment
        self._token = token
        self._exits = exits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stack when this process runs it; else only its use by this process."""
        self._exits.close()

    def environment(self) -> dict[str, str]:
        """The variables with which a client reaches the stack and its agents."""
        return dict(self._environment)

    def wait_for_lake(self) -> None:
        """Returns when the lake is there; until then there is progress to show, little to ask."""
        if self.seeding is not None:
            self.seeding.wait_for(_LAKE_STEP, _LAKE_SECONDS)

    def proof(self) -> dict[str, str]:
        """The header that proves to a function's URL who the user of this machine is."""
        return {TOKEN_HEADER: self._token}


def attach_or_start(
    project: str = "demo",
    stage: str = "local",
    *,
    lake: str | None = None,
    state: Path | None = None,
    port: int = 0,
    progress: Progress | None = None,
) -> Stack:
    """The stack that another process runs, else one that this process runs from now on.

    Args:
        project: the stack's project.
        stage: the stage's stage.
        lake: ``demo`` or a folder; None takes the one that is served, else the demo lake.
        state: the directory of all stacks; by default that of the settings.
        port: of a stack that starts; 0 for any free one.
        progress: told what happens and which fraction is done.

    Raises:
        LocalStackError: the running stack serves another lake or does not answer, the port is
            busy, or there is no such folder.
    """
    directory = StateDirectory(project, stage, state)
    for _ in until(_ATTACH_SECONDS):
        if (lock := directory.acquire()) is not None:
            plan = _Plan(directory, lock, project, stage, port, patient=True)
            return plan.run(lake or DEMO, progress or _silent)
        if (attached := _attach(directory, lake)) is not None:
            return attached
    raise LocalStackError(
        f"A process holds {directory.path}, yet no stack answers there.",
        hint="Wait for the other `datalfred` to end, or set DATALFRED_STATE to another directory.",
    )


def start(
    project: str = "demo",
    stage: str = "local",
    *,
    lake: str = DEMO,
    state: Path | None = None,
    port: int = 0,
    progress: Progress | None = None,
) -> Stack:
    """A stack that this process runs; the arguments are those of :func:`attach_or_start`.

    Raises:
        LocalStackError: another process runs it, the port is busy, or there is no such folder.
    """
    directory = StateDirectory(project, stage, state)
    lock = directory.acquire()
    if lock is None:
        found = directory.announced()
        where = f" at {found.endpoint} (process {found.pid})" if found else ""
        raise LocalStackError(
            f"The stack {project}-{stage} runs already{where}.",
            hint="Use it, stop it, or choose another --state, --project-name or --stage-name.",
        )
    plan = _Plan(directory, lock, project, stage, port, patient=False)
    return plan.run(lake, progress or _silent)


def _attach(directory: StateDirectory, lake: str | None) -> Stack | None:
    """The stack of another process; None when none answers yet."""
    with ExitStack() as exits:
        exits.enter_context(directory.use())
        found = directory.announced()
        if found is None:
            return None
        if lake is not None and (wanted := lake_named(lake, directory.cache).label) != found.lake:
            raise LocalStackError(
                f"The running stack serves {found.lake}, not {wanted}.",
                hint=f"Stop process {found.pid} first, or give this lake a --project-name.",
            )
        return Stack(found, read_token(directory.path), exits.pop_all())


@dataclass(frozen=True)
class _Plan:
    """How this process runs a stack; ``patient`` ones end after the last that uses them."""

    directory: StateDirectory
    lock: IO[str]
    project: str
    stage: str
    port: int
    patient: bool

    def run(self, lake_name: str, progress: Progress) -> Stack:
        """Listens, announces that, and begins to seed; the stack undoes it all when it closes."""
        with ExitStack() as exits:
            exits.enter_context(self.lock)
            after_closing = exits.enter_context(ExitStack())
            lake = lake_named(lake_name, self.directory.cache)
            aws = exits.enter_context(EmbeddedAws(self.directory.path, self.port))
            deployment = Deployment(aws, self.project, self.stage, lake.semantics_uri)
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
            return Stack(announcement, aws.token, exits.pop_all(), aws, seeding)


def _compose(
    aws: EmbeddedAws, deployment: Deployment, directory: StateDirectory, exits: ExitStack
) -> Agents:
    """Puts every service behind the front door, the agents last."""
    from datalfred.local.aws import athena, compute, logs, stepfunctions

    for service in (athena, compute, logs, stepfunctions):
        service.install(aws)
    aws.on_close(lambda: _stop_executions(aws))
    deployment.deploy_functions()
    agents = Agents(deployment, directory.path / "journal.sqlite")
    exits.callback(agents.close)
    aws.register(agents)
    return agents


def _steps(deployment: Deployment, lake: Lake, progress: Progress) -> list[Step]:
    """What fills the stack, in the order in which people ask."""
    aws = deployment.aws
    steps = [
        Step("AWS", (), aws.warm),
        Step(_LAKE_STEP, _CATALOG, lambda: lake.seed(aws, progress)),
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
        running = sfn.list_executions(
            stateMachineArn=machine["stateMachineArn"], statusFilter="RUNNING"
        )
        for execution in running["executions"]:
            sfn.stop_execution(executionArn=execution["executionArn"])


def _silent(_step: str, _fraction: float) -> None:
    """Whoever does not ask for progress is told none."""
