"""The port that every channel talks to, whatever engine answers: a turn in, events out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Turn:
    """One question of one person in one session.

    Attributes:
        text: what the person wrote.
        session_id: ``[0-9a-zA-Z._:-]{2,100}``; the same value is the same conversation.
        request_id: unique for this turn; operations count their calls by it.
        user: proved identity of the person (``local:NAME``, ``slack:T:U``); empty when unproved.
        channel: where the turn came from, such as ``cli``.
        attributes: further session attributes; they label, they never authorise.
        history: what was said before in this conversation, oldest first, for an engine that has
            forgotten it (its session expired, or another model size takes over).
    """

    text: str
    session_id: str
    request_id: str
    user: str = ""
    channel: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    history: tuple["Said", ...] = ()


@dataclass(frozen=True)
class Said:
    """One earlier message: ``role`` is ``user`` or ``assistant``."""

    role: str
    text: str


@dataclass(frozen=True)
class Text:
    """A piece of the answer's words."""

    text: str


@dataclass(frozen=True)
class Citation:
    """A passage that the answer rests on."""

    text: str
    uri: str


@dataclass(frozen=True)
class AgentAsked:
    """An agent handed a question to a collaborator."""

    agent: str
    by: str
    text: str


@dataclass(frozen=True)
class AgentAnswered:
    """A collaborator gave its answer back."""

    agent: str
    text: str


@dataclass(frozen=True)
class OperationCalled:
    """An agent called an operation of an action group."""

    agent: str
    action_group: str
    operation: str
    input: Mapping[str, str]
    trace_id: str


@dataclass(frozen=True)
class OperationReturned:
    """An operation's result: the JSON text that the model was given."""

    agent: str
    action_group: str
    operation: str
    body: str
    trace_id: str


@dataclass(frozen=True)
class Retrieved:
    """An agent looked something up in the knowledge base."""

    agent: str
    query: str
    passages: tuple[Citation, ...]


@dataclass(frozen=True)
class ModelUsed:
    """A model call ended: its tokens, counted once."""

    agent: str
    model: str
    input_tokens: int
    output_tokens: int
    milliseconds: int


@dataclass(frozen=True)
class Thought:
    """What an agent said to itself before acting."""

    agent: str
    text: str


@dataclass(frozen=True)
class GuardrailActed:
    """The guardrail looked at the turn; ``action`` is ``NONE`` or ``INTERVENED``."""

    action: str


@dataclass(frozen=True)
class ConfirmationRequested:
    """Bedrock returned control. Our agents do not ask for it; another team's may."""

    invocation_id: str
    actions: tuple[str, ...]


@dataclass(frozen=True)
class Failed:
    """The turn ended without an answer.

    Attributes:
        code: stable, in capitals.
        message: what went wrong.
        retryable: whether the same turn may work later.
        hint: the way out, when whoever failed knew one.
    """

    code: str
    message: str
    retryable: bool = False
    hint: str = ""


Event = (
    Text
    | Citation
    | AgentAsked
    | AgentAnswered
    | OperationCalled
    | OperationReturned
    | Retrieved
    | ModelUsed
    | Thought
    | GuardrailActed
    | ConfirmationRequested
    | Failed
)


class AgentRuntime(Protocol):
    """Whatever answers a turn: Bedrock, or the embedded stack that speaks its wire."""

    def invoke(self, turn: Turn) -> Iterator[Event]:
        """Yields what happens, as it happens. Closing the iterator stops the turn."""
        ...
