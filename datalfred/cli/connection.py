"""Opens what a command talks to: a stack on this laptop, or a deployed one."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from datalfred import settings
from datalfred.approvals.door import ApprovalsDoor, Sign
from datalfred.approvals.signature import signed_headers
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.cli.options import Target
from datalfred.cli.progress import progress
from datalfred.definitions.naming import SIZES, agent_variables
from datalfred.definitions.outputs import model_variables
from datalfred.errors import ConfigurationError

APPROVER_URL = "DATALFRED_APPROVER_URL"
Find = Callable[[str], Mapping[str, str]]
"""A part of a deployed stage to the variables that it tells; see :mod:`datalfred.cli.deployed`."""


def _nowhere(_part: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Connection:
    """An open way to one stack.

    Attributes:
        target: what answers carry, such as ``local: demo lake``.
        environment: what an AWS client of this stack needs.
        user: the person's proved identity there; empty when it cannot be proved.
        sign: proves the person to the approver.
        size: the team that answers.
        find: what the stage tells besides; the environment wins.
        state: the stack's state directory on this machine; None for a deployed stack.
    """

    target: str
    environment: Mapping[str, str]
    user: str
    sign: Sign
    size: str
    find: Find = _nowhere
    state: Path | None = None

    def runtime(self) -> BedrockAgentRuntime:
        """The agents of this stack.

        Raises:
            OperatorError: neither the environment nor the stage names agents of the size.
        """
        named, (agent, alias) = self.environment, agent_variables(self.size)
        if agent not in named:
            named = {**self.find("agents"), **named}
        if agent not in named:
            raise _no_team(agent, self.size, named)
        model, _ = model_variables(self.size)
        return BedrockAgentRuntime.connect(
            named[agent], _required(alias, named), model_id=named.get(model, "")
        )

    def approvals(self) -> ApprovalsDoor:
        """The approver of this stack.

        Raises:
            OperatorError: neither the environment nor the stage names an approver.
        """
        named = self.environment
        if APPROVER_URL not in named:
            named = self.find("channels")
        return ApprovalsDoor(_required(APPROVER_URL, named), self.sign)


def _no_team(variable: str, size: str, named: Mapping[str, str]) -> ConfigurationError:
    """Nobody of that size: other sizes may be deployed."""
    others = [each for each in SIZES if agent_variables(each)[0] in named]
    if not others:
        return _unset(variable)
    return ConfigurationError(
        variable,
        f"is not set: no team of size {size} is deployed.",
        hint=f"Choose -m {' or -m '.join(others)}; or add {size} to the sizes of the stage's"
        " configuration, and deploy.",
    )


def _required(name: str, named: Mapping[str, str]) -> str:
    if name not in named:
        raise _unset(name)
    return named[name]


def _unset(name: str) -> ConfigurationError:
    hint = "Take it from `datalfred stage outputs`, or from `datalfred local`."
    return ConfigurationError(name, "is not set.", hint=hint)


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
    from datalfred.cli.deployed import told

    yield Connection(
        target=f"aws: {target.project}/{target.stage}",
        environment={
            **settings.environment(),
            # Where the stacks are looked for, the agents are called.
            "DATALFRED_BEDROCK_REGION": settings.load().bedrock_region,
        },
        user="",
        sign=signed_headers,
        size=target.size,
        find=partial(told, target.project, target.stage),
    )
