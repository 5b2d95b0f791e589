"""What happens while an answer is made, one line a step."""

from datalfred.bedrock.runtime import (
    AgentAnswered,
    AgentAsked,
    Event,
    ModelUsed,
    OperationCalled,
    OperationReturned,
    Retrieved,
    Thought,
)
from datalfred.cli.render.words import printable

_LONGEST = 100
_LONGEST_TRACED = 2_000


def step_line(event: Event, *, traced: bool) -> str:
    """The line that says what ``event`` was; empty for what a reader does not follow.

    Args:
        event: what happened.
        traced: whether every detail was asked for (``--trace``), or one short line a step.
    """
    longest = _LONGEST_TRACED if traced else _LONGEST
    match event:
        case AgentAsked(agent=agent, text=text):
            return f"→ {agent}: {_cut(text, longest)}"
        case OperationCalled(action_group=group, operation=operation, input=given):
            arguments = ", ".join(f"{name}={value!r}" for name, value in given.items())
            return f"  · {group}.{operation}({_cut(arguments, longest)})"
        case Retrieved(query=query):
            return f"  · knowledge base: {_cut(query, longest)}"
        case _ if traced:
            return _detail(event)
    return ""


def _detail(event: Event) -> str:
    match event:
        case OperationReturned(body=body):
            return f"    {_cut(body, _LONGEST_TRACED)}"
        case AgentAnswered(agent=agent, text=text):
            return f"← {agent}: {_cut(text, _LONGEST_TRACED)}"
        case Thought(agent=agent, text=text):
            return f"  ({agent} thinks: {_cut(text, _LONGEST_TRACED)})"
        case ModelUsed(agent=agent, model=model, input_tokens=read, output_tokens=written):
            spent = f"{read:,} tokens in, {written:,} out, {event.milliseconds} ms"
            return f"  [{agent}: {model}, {spent}]"
    return ""


def _cut(text: str, longest: int) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"
