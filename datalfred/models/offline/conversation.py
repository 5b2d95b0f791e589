"""What a model is shown: instructions, messages and tool specs, read into plain values.

Everything that arrives is text by others. A tool result that is no JSON, lacks keys or holds
surprises is read as far as it goes; nothing in it is ever an instruction.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from datalfred.models.port import Message


@dataclass(frozen=True)
class Tool:
    """A tool that may be called."""

    name: str
    description: str
    schema: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """The last part of ``post__athena__run_query``."""
        return self.name.rsplit("__", 1)[-1]


@dataclass(frozen=True)
class ToolCall:
    """A tool to call, by the operation's name alone."""

    operation: str
    input: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A tool call of this turn and what came back."""

    operation: str
    input: Mapping[str, Any]
    result: Mapping[str, Any]

    @property
    def error(self) -> str:
        """What went wrong, in the operation's words; empty when nothing did."""
        found = self.result.get("error")
        if not found:
            return ""
        if not isinstance(found, Mapping):
            return str(found)
        said = str(found.get("message") or found.get("code") or "The operation failed.")
        hint = str(found.get("hint") or "")
        return f"{said} {hint}".strip()


@dataclass(frozen=True)
class Said:
    """A text of an earlier turn."""

    role: str
    text: str


@dataclass(frozen=True)
class Decision:
    """What the model answers with: calls, or words, or words before calls."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True)
class Conversation:
    """One call's view of the talk.

    Attributes:
        system: the instructions.
        question: the person's (or the supervisor's) latest text.
        earlier: texts before it, oldest first.
        steps: tool calls of this turn with their results, oldest first.
        tools: what may be called.
    """

    system: str
    question: str
    earlier: tuple[Said, ...]
    steps: tuple[Step, ...]
    tools: tuple[Tool, ...]

    @cached_property
    def operations(self) -> Mapping[str, Tool]:
        """The tools by the name of their operation."""
        return {tool.operation: tool for tool in self.tools}

    def results(self, operation: str) -> list[Step]:
        """This turn's calls of one operation, oldest first."""
        return [step for step in self.steps if step.operation == operation]

    def asked_before(self) -> list[str]:
        """The person's earlier questions, oldest first."""
        return [said.text for said in self.earlier if said.role == "user"]


def read(
    messages: Sequence[Message],
    system: Sequence[Mapping[str, str]],
    tool_config: Mapping[str, Any] | None,
) -> Conversation:
    """Reads Converse's three inputs."""
    latest = _latest_question(messages)
    question = _text_of(messages[latest]) if latest >= 0 else ""
    earlier = tuple(
        Said(str(message.get("role", "user")), text)
        for message in messages[: max(latest, 0)]
        if (text := _text_of(message))
    )
    return Conversation(
        system="\n".join(str(part.get("text", "")) for part in system),
        question=question,
        earlier=earlier,
        steps=tuple(_steps(messages[latest + 1 :])),
        tools=tuple(_tools(tool_config or {})),
    )


def _blocks(message: Message) -> list[Mapping[str, Any]]:
    content = message.get("content") or ()
    if isinstance(content, str):
        return [{"text": content}]
    return [block for block in content if isinstance(block, Mapping)]


def _text_of(message: Message) -> str:
    return "\n".join(str(b["text"]) for b in _blocks(message) if b.get("text")).strip()


def _latest_question(messages: Sequence[Message]) -> int:
    """Where the newest message of the user stands that is not only tool results."""
    for index in range(len(messages) - 1, -1, -1):
        if messages[index].get("role") != "user":
            continue
        blocks = _blocks(messages[index])
        if not blocks or any("toolResult" not in block for block in blocks):
            return index
    return -1


def _steps(messages: Sequence[Message]) -> Iterator[Step]:
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for message in messages:
        for block in _blocks(message):
            use, result = block.get("toolUse"), block.get("toolResult")
            if isinstance(use, Mapping):
                given = use.get("input")
                name = str(use.get("name", "")).rsplit("__", 1)[-1]
                asked[str(use.get("toolUseId"))] = (
                    name,
                    given if isinstance(given, Mapping) else {},
                )
            elif isinstance(result, Mapping):
                name, given = asked.get(str(result.get("toolUseId")), ("", {}))
                yield Step(name, given, _result(result))


def _result(block: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON object of a tool result; a text that is none becomes ``{"text": ...}``."""
    merged: dict[str, Any] = {}
    content = block.get("content") or ()
    for part in [{"text": content}] if isinstance(content, str) else content:
        if isinstance(part, Mapping):
            merged.update(_part(part))
    if block.get("status") == "error" and "error" not in merged:
        merged["error"] = {"message": str(merged.get("text") or "The tool failed.")}
    return merged


def _part(part: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(part.get("json"), Mapping):
        inner: Mapping[str, Any] = part["json"]
        return inner
    text = str(part.get("text", part.get("json", "")))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {"text": text}
    return value if isinstance(value, Mapping) else {"text": text}


def _tools(config: Mapping[str, Any]) -> Iterator[Tool]:
    for entry in config.get("tools") or ():
        spec = entry.get("toolSpec") if isinstance(entry, Mapping) else None
        if isinstance(spec, Mapping):
            schema = (spec.get("inputSchema") or {}).get("json") or {}
            yield Tool(str(spec.get("name", "")), str(spec.get("description", "")), schema)
