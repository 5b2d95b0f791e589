"""Agents as data: one folder per agent under ``agents/``, an ``agent.yaml`` and its instructions.

The same files feed the laptop's orchestrator, the deployment, the evals and the docs. The limits
are Bedrock's (``datalfred.bedrock.rules``).
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints, ValidationError, model_validator

from datalfred.bedrock import rules
from datalfred.definitions.content import content_folder
from datalfred.definitions.shape import Shape
from datalfred.errors import ConfigurationError

Name = Annotated[str, StringConstraints(pattern=r"^([0-9a-zA-Z][_-]?){1,100}$")]


class Collaboration(Shape):
    """A collaborator as its supervisor sees it."""

    name: Name
    instruction: Annotated[str, StringConstraints(min_length=1, max_length=4000)]
    """When to ask this collaborator, and for what."""
    relay_history: bool = True
    """Whether it is given the person's questions and the answers of this session."""


class AgentDefinition(Shape):
    """One Bedrock agent."""

    name: Name
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    instructions: Annotated[
        str,
        StringConstraints(
            min_length=rules.INSTRUCTIONS_SHORTEST, max_length=rules.INSTRUCTIONS_LONGEST
        ),
    ]
    """Beside ``agent.yaml``, in ``instructions.md``."""
    action_groups: tuple[Name, ...] = ()
    knowledge_bases: tuple[Name, ...] = ()
    asks_user: bool = False
    """Whether the agent may ask the person back (AMAZON.UserInput)."""
    session_ttl_seconds: Annotated[
        int, Field(ge=rules.SESSION_TTL_SHORTEST, le=rules.SESSION_TTL_LONGEST)
    ] = 1800
    collaborators: tuple[Collaboration, ...] = ()

    @model_validator(mode="after")
    def _instructions_are_honoured(self) -> "AgentDefinition":
        """Bedrock ignores the instructions of an agent whose only tool is one knowledge base."""
        has_tools = self.action_groups or self.asks_user or self.collaborators
        if self.knowledge_bases and not has_tools:
            raise ValueError(rules.rule("agent:knowledge-base-is-not-alone").sentence)
        return self


class Team(Shape):
    """A supervisor and the collaborators that it may ask."""

    supervisor: AgentDefinition
    collaborators: dict[str, AgentDefinition]

    @model_validator(mode="after")
    def _everybody_is_there(self) -> "Team":
        missing = {each.name for each in self.supervisor.collaborators} - set(self.collaborators)
        if missing:
            raise ValueError(f"the supervisor names {sorted(missing)}, which no folder defines")
        return self

    @property
    def agents(self) -> tuple[AgentDefinition, ...]:
        """The supervisor, then its collaborators."""
        return (self.supervisor, *self.collaborators.values())


def load_agent(folder: Path) -> AgentDefinition:
    """Reads one agent's folder.

    Raises:
        ConfigurationError: a file is missing, is no YAML or breaks a rule; the message says which.
    """
    import yaml  # noqa: PLC0415 -- a Lambda imports this module for its types and never reads YAML

    wiring = folder / "agent.yaml"
    try:
        values: Any = yaml.safe_load(wiring.read_text("utf-8"))
        instructions = (folder / "instructions.md").read_text("utf-8").strip()
        return AgentDefinition.model_validate({**values, "instructions": instructions})
    except (OSError, yaml.YAMLError, TypeError) as error:
        raise ConfigurationError(str(wiring), f"cannot be read: {error}.") from error
    except ValidationError as error:
        raise ConfigurationError(str(wiring), _first_problem(error)) from error


@cache
def load_team(folder: Path | None = None) -> Team:
    """The team of ``folder``, by default that of ``agents/``.

    Raises:
        ConfigurationError: an agent is missing or breaks a rule.
    """
    folder = folder or content_folder("agents")
    agents = [load_agent(each.parent) for each in sorted(folder.glob("*/agent.yaml"))]
    supervisors = [agent for agent in agents if agent.collaborators]
    if len(supervisors) != 1:
        problem = f"{len(supervisors)} agents have collaborators; a team has one supervisor."
        raise ConfigurationError(str(folder), problem)
    others = {agent.name: agent for agent in agents if not agent.collaborators}
    try:
        return Team(supervisor=supervisors[0], collaborators=others)
    except ValidationError as error:
        raise ConfigurationError(str(folder), _first_problem(error)) from error


def agent_schema() -> dict[str, Any]:
    """The JSON Schema that editors complete and check ``agent.yaml`` with."""
    schema = AgentDefinition.model_json_schema()
    schema["properties"].pop("instructions")
    schema["required"].remove("instructions")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}." if where else f"{first['msg']}."
