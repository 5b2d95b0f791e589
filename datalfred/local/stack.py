"""One stack per project and stage, run once, used by many.

Whoever asks first runs the stack in its own process (:mod:`datalfred.local.host`); others find it
by its state directory and attach, for which the base package is enough.
"""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from datalfred.errors import LocalStackError
from datalfred.local.lake_tables import Progress
from datalfred.local.lakes import DEMO, LAKE_STEP, lake_named
from datalfred.local.state import Announcement, StateDirectory, until
from datalfred.local.token import TOKEN_HEADER, read_token

if TYPE_CHECKING:
    from datalfred.local.aws.embedded import EmbeddedAws
    from datalfred.local.seeding import Seeding

_ATTACH_SECONDS = 15.0
_LAKE_SECONDS = 600.0


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
        aws: "EmbeddedAws | None" = None,
        seeding: "Seeding | None" = None,
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
            self.seeding.wait_for(LAKE_STEP, _LAKE_SECONDS)

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
            served = lake or DEMO
            return _host(directory, lock, served, (project, stage, port), progress, patient=True)
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
    return _host(directory, lock, lake, (project, stage, port), progress, patient=False)


def _host(
    directory: StateDirectory,
    lock: IO[str],
    lake: str,
    plan: tuple[str, str, int],
    progress: Progress | None,
    *,
    patient: bool,
) -> Stack:
    try:
        from datalfred.local.host import Plan
    except ModuleNotFoundError as missing:
        lock.close()
        raise LocalStackError(
            f"No stack runs here, and to run one a module is missing: {missing.name}.",
            hint="Install it: pip install 'datalfred[local]'. Or ask a deployed stack: -p PROJECT.",
        ) from missing
    hosted = Plan(directory, lock, *plan, patient=patient).run(lake, progress or _silent)
    return Stack(hosted.announcement, hosted.token, hosted.exits, hosted.aws, hosted.seeding)


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


def _silent(_step: str, _fraction: float) -> None:
    """Whoever does not ask for progress is told none."""
