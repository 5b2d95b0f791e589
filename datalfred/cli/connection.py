"""Opens what a command talks to: a stack on this laptop, or a deployed one."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from datalfred import settings
from datalfred.bedrock.adapter import BedrockAgentRuntime
from datalfred.cli.options import Target
from datalfred.cli.progress import progress
from datalfred.errors import ConfigurationError, OperatorError



@dataclass(frozen=True)
class Connection:
    """An open way to one stack.

    Attributes:
        target: what answers carry, such as ``local: demo lake``.
        environment: what an AWS client of this stack needs.
        user: the person's proved identity there; empty when it cannot be proved.
    """

    target: str
    environment: Mapping[str, str]
    user: str

    def runtime(self) -> BedrockAgentRuntime:
        """The agent runtime of this stack."""
        agent, alias = (self._required(f"DATALFRED_AGENT_{each}") for each in ("ID", "ALIAS_ID"))
        return BedrockAgentRuntime.connect(agent, alias)

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

    with progress() as report:
        opened = stack.attach_or_start(target.project, target.stage, progress=report)
    with opened as running:
        yield Connection(
            target=f"local: {running.lake}",
            environment={**os.environ, **running.environment()},
            user=settings.operating_system_user(),
        )


@contextmanager
def _deployed(target: Target) -> Iterator[Connection]:
    name = f"{target.project}/{target.stage}"
    yield Connection(target=f"aws: {name}", environment=os.environ, user="")
