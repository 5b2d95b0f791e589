"""What an agent may call, as Bedrock names and describes it to a model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from datalfred.definitions.action_groups import ActionGroup, Operation
from datalfred.definitions.agents import AgentDefinition, Collaboration

SEND_MESSAGE = "AgentCommunication__sendMessage"
ASK_USER = "user__askuser"


@dataclass(frozen=True)
class OperationTool:
    """An operation of an action group."""

    group: str
    operation: Operation


@dataclass(frozen=True)
class CollaboratorTool:
    """The way to every collaborator of an agent, by name."""

    collaborations: Mapping[str, Collaboration]


@dataclass(frozen=True)
class AskUserTool:
    """AMAZON.UserInput: ends the turn with a question to the person."""


Tool = OperationTool | CollaboratorTool | AskUserTool


class Toolbox:
    """The tools of one agent.

    Args:
        agent: whose tools they are.
        load: reads an action group by name.
    """

    def __init__(self, agent: AgentDefinition, load: Callable[[str], ActionGroup]) -> None:
        self._tools: dict[str, Tool] = {}
        specs = []
        for group in map(load, agent.action_groups):
            for operation in group.operations:
                name = operation.tool_name(group.name)
                self._tools[name] = OperationTool(group.name, operation)
                specs.append(_spec(name, operation.description, operation.input_schema()))
        if agent.collaborators:
            by_name = {each.name: each for each in agent.collaborators}
            self._tools[SEND_MESSAGE] = CollaboratorTool(by_name)
            specs.append(_send_message_spec(agent.collaborators))
        if agent.asks_user:
            self._tools[ASK_USER] = AskUserTool()
            specs.append(_ASK_USER_SPEC)
        self.config: Mapping[str, Any] | None = {"tools": specs} if specs else None
        """Converse's ``toolConfig``; None for an agent without tools."""

    @property
    def names(self) -> tuple[str, ...]:
        """What a model may call."""
        return tuple(self._tools)

    def find(self, name: str) -> Tool | None:
        """The tool of that name; None when the agent has none."""
        return self._tools.get(name)


def _spec(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"toolSpec": {"name": name, "description": description, "inputSchema": {"json": schema}}}


def _text(description: str) -> dict[str, str]:
    return {"type": "string", "description": description}


def _send_message_spec(collaborators: tuple[Collaboration, ...]) -> dict[str, Any]:
    who = "\n".join(f"- {each.name}: {each.instruction}" for each in collaborators)
    names = ", ".join(each.name for each in collaborators)
    return _spec(
        SEND_MESSAGE,
        f"Sends a message to another agent and returns its answer. The agents are:\n{who}",
        {
            "type": "object",
            "properties": {
                "recipient": _text(f"The agent's name: {names}."),
                "content": _text("The message, complete: the agent may see nothing else."),
            },
            "required": ["recipient", "content"],
        },
    )


_ASK_USER_SPEC = _spec(
    ASK_USER,
    "Asks the person a question and ends the turn. Their answer comes as the next message.",
    {
        "type": "object",
        "properties": {"question": _text("The question to the person.")},
        "required": ["question"],
    },
)
