"""The agents of a stack: orchestrator, model and sessions, behind Bedrock's API.

They are put together at the first request: a stack listens before it has read its agents.
"""

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from datalfred import settings
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.definitions.permissions import APPROVER
from datalfred.local.aws.faults import not_implemented
from datalfred.local.aws.message import ACCOUNT, Request, Response
from datalfred.local.deployment import Deployment
from datalfred.local.records import StageRecords

if TYPE_CHECKING:
    from datalfred.local.aws.agents import AgentServices, ControlPlane
    from datalfred.models.port import Model
    from datalfred.orchestrator.directory import Directory
    from datalfred.orchestrator.sessions import SqliteSessions

_SIGNING_NAME = "bedrock"
_BUILT_IN = "offline"
"""The model that is always there, so that a stack need not load it before it listens."""
_PAUSE_SECONDS = 1.0


class Agents:
    """Answers what is signed for Bedrock; a service of the front door.

    Attributes:
        records: what the owner of the stage reads of it.
    """

    def __init__(self, deployment: Deployment, journal: Path) -> None:
        """Reads no agent yet, but refuses settings that name no model.

        Args:
            deployment: the functions that the agents call.
            journal: the SQLite file in which conversations are kept.

        Raises:
            DatalfredError: the language model of the settings cannot be had.
        """
        self._deployment = deployment
        self._journal = journal
        self._lock = threading.Lock()
        self._teams: dict[str, AgentServices] = {}
        self._sessions: SqliteSessions | None = None
        self._settings = settings.load()
        self._first = (
            None if self._settings.model == _BUILT_IN else _model(self._settings, SIZES[0])
        )
        self._control: ControlPlane | None = None
        self.records = StageRecords(deployment, lambda: self._directories, self.environment)
        self._exits = ExitStack()
        self._turns: set[_Turn] = set()
        self._ended_at = -_PAUSE_SECONDS

    def handle(self, request: Request) -> Response | None:
        """The agents' response; None when the request is for another service.

        What else is signed for Bedrock is not implemented: moto would answer with nothing in it.
        """
        if request.caller.service != _SIGNING_NAME:
            return None
        response = self._team(self._size_asked(request.path)).handle(request)
        if response is None:
            return not_implemented(request, f"Bedrock's {request.method} {request.path}")
        if isinstance(response.body, bytes):
            return response
        turn = _Turn(iter(response.body), self._end)
        self._turns.add(turn)
        return replace(response, body=turn)

    def busy(self) -> bool:
        """Whether a turn is being answered, or ended so lately that the next one may follow."""
        return bool(self._turns) or time.monotonic() < self._ended_at + _PAUSE_SECONDS

    def environment(self) -> dict[str, str]:
        """The variables that name the agents for a client: the large team's, then each size's."""
        deployment = self._deployment
        named = {}
        for size, directory in self._directories.items():
            agent, alias = agent_variables(size)
            named[agent] = directory.supervisor.agent_id
            named[alias] = directory.supervisor.alias_id
        return {
            **named,
            "DATALFRED_KNOWLEDGE_BASE_ID": _id(deployment.name("runbooks"), 10).upper(),
            "DATALFRED_GUARDRAIL_ID": _id(deployment.name("guardrail"), 12),
            "DATALFRED_GUARDRAIL_VERSION": "1",
            "DATALFRED_APPROVER_URL": (
                f"{deployment.aws.endpoint}/lambda-url/{deployment.name(APPROVER)}"
            ),
        }

    def _end(self, turn: "_Turn") -> None:
        self._ended_at = time.monotonic()
        self._turns.discard(turn)

    def close(self) -> None:
        """Closes the conversations' file."""
        with self._lock:
            self._exits.close()

    def _size_asked(self, path: str) -> str:
        """The size of the team that owns the agent of a path; large when it names none of them."""
        for size, directory in self._directories.items():
            if any(f"/{agent.agent_id}/" in f"{path}/" for agent in directory):
                return size
        return SIZES[0]

    @cached_property
    def _directories(self) -> "dict[str, Directory]":
        from datalfred.definitions.agents import load_team
        from datalfred.orchestrator.directory import Directory

        project, stage = self._deployment.project, self._deployment.stage
        return {
            size: Directory(
                load_team(), project, stage, settings.DEFAULT_REGION, ACCOUNT, size=size
            )
            for size in SIZES
        }

    def _team(self, size: str) -> "AgentServices":
        with self._lock:
            if size not in self._teams:
                self._teams[size] = self._open(size)
            return self._teams[size]

    def _open(self, size: str) -> "AgentServices":
        from datalfred.definitions.agents import load_team
        from datalfred.local.aws.agents import AgentServices, ControlPlane
        from datalfred.orchestrator.ceilings import Ceilings
        from datalfred.orchestrator.orchestrator import Orchestrator
        from datalfred.orchestrator.sessions import SqliteSessions

        if self._sessions is None:
            self._sessions = SqliteSessions(self._journal)
            self._exits.callback(self._sessions.close)
        model = self._first if size == SIZES[0] and self._first else _model(self._settings, size)
        orchestrator = Orchestrator(
            load_team(),
            model,
            self._deployment.aws.functions.invoke,
            project=self._deployment.project,
            stage=self._deployment.stage,
            region=settings.DEFAULT_REGION,
            account=ACCOUNT,
            size=size,
            sessions=self._sessions,
            ceilings=Ceilings.for_calls(self._settings.calls_per_turn),
            window_messages=self._settings.window_messages,
        )
        self._control = self._control or ControlPlane(self.records.operations)
        return AgentServices(orchestrator, {}, self._control)


def _id(resource: str, length: int) -> str:
    """Letters and digits like those of AWS, the same on every start."""
    digest = hashlib.sha256(resource.encode()).digest()
    return base64.b32encode(digest).decode().lower()[:length]


class _Turn:
    """A streamed answer, which says when it is closed."""

    def __init__(self, pieces: Iterator[bytes], ended: "Callable[[_Turn], None]") -> None:
        self._pieces = pieces
        self._ended = ended

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Stops the turn, if it has not ended."""
        self._ended(self)
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _model(chosen: settings.Settings, size: str) -> "Model":
    from datalfred.models import choice

    return choice.from_settings(chosen, size)
