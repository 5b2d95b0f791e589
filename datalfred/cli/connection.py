"""Opens what a command talks to: a stack on this laptop, or a deployed one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from datalfred import settings
from datalfred.approvals.door import ApprovalsDoor, Sign
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.cli.options import Target
from datalfred.cli.progress import progress
from datalfred.clients import signed_headers
from datalfred.definitions.naming import agent_variables
from datalfred.errors import ConfigurationError


@dataclass(frozen=True)
class Connection:
    """An open way to one stack.

    Attributes:
        target: what answers carry, such as ``local: demo lake``.
        environment: what an AWS client of this stack needs.
        user: the person's proved identity there; empty when it cannot be proved.
        sign: proves the person to the approver.
        size: the team that answers.
        state: the stack's state directory on this machine; None for a deployed stack.
    """

    target: str
    environment: Mapping[str, str]
    user: str
    sign: Sign
    size: str
    state: Path | None = None

    def runtime(self) -> BedrockAgentRuntime:
        """The agents of this stack.

        Raises:
            ConfigurationError: the environment names no agent of the size.
        """
        agent, alias = (self._required(name) for name in agent_variables(self.size))
        return BedrockAgentRuntime.connect(agent, alias)

    def approvals(self) -> ApprovalsDoor:
        """The approver of this stack.

        Raises:
            ConfigurationError: the environment names no approver.
        """
        return ApprovalsDoor(self._required("DATALFRED_APPROVER_URL"), self.sign)

    def _required(self, name: str) -> str:
        try:
            return self.environment[name]
        except KeyError:
            hint = "Take it from the outputs of the deployed stack, or from `datalfred local`."
            raise ConfigurationError(name, "is not set.", hint=hint) from None


@contextmanager
def connect(target: Target) -> Iterator[Connection]:
    """Opens the connection and makes its environment the current one.

    Raises:
        OperatorError: the stack cannot be reached or started; the message says why.
    """
    opened = _local(target) if target.kind == "local" else _deployed(target)
    with opened as connection, settings.using(connection.environment):
        yield connection


@contextmanager
def _local(target: Target) -> Iterator[Connection]:
    from datalfred.local import stack
    from datalfred.local.state import StateDirectory

    with progress() as report:
        opened = stack.attach_or_start(target.project, target.stage, progress=report)
        opened.wait_for_lake()
        if opened.seeding and opened.seeding.failure:
            raise opened.seeding.failure
    with opened as running:
        yield Connection(
            target=f"local: {running.lake}",
            environment={**settings.environment(), **running.environment()},
            user=settings.operating_system_user(),
            sign=lambda _url, _body: running.proof(),
            size=target.size,
            state=StateDirectory(target.project, target.stage).path,
        )


@contextmanager
def _deployed(target: Target) -> Iterator[Connection]:
    yield Connection(
        target=f"aws: {target.project}/{target.stage}",
        environment=settings.environment(),
        user="",
        sign=lambda url, body: signed_headers("lambda", url, body),
        size=target.size,
    )
