"""Collects the events of a Converse stream to one message."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from datalfred.models.port import Message, StreamEvent


@dataclass(frozen=True)
class ToolUse:
    """A tool call of a model. ``input`` is None when it was no JSON object."""

    id: str
    name: str
    input: dict[str, Any] | None


@dataclass
class Reply:
    """What a model answered.

    Attributes:
        text: its words, all blocks together.
        tool_uses: the tools it calls, in order.
        input_tokens: as the provider counted.
        output_tokens: as the provider counted.
    """

    text: str = ""
    tool_uses: list[ToolUse] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def message(self) -> Message:
        """The reply as an assistant's message of the conversation."""
        content: list[dict[str, Any]] = [{"text": self.text}] if self.text else []
        content += [
            {"toolUse": {"toolUseId": use.id, "name": use.name, "input": use.input or {}}}
            for use in self.tool_uses
        ]
        return {"role": "assistant", "content": content}


@dataclass
class _Block:
    tool: dict[str, Any] | None = None
    parts: list[str] = field(default_factory=list)


def collect(events: Iterator[StreamEvent]) -> Reply:
    """Reads a Converse stream to its end."""
    blocks: dict[int, _Block] = {}
    reply = Reply()
    for event in events:
        if delta := event.get("contentBlockDelta"):
            block = blocks.setdefault(delta["contentBlockIndex"], _Block())
            block.parts.append(_piece(delta["delta"]))
        elif start := event.get("contentBlockStart"):
            block = blocks.setdefault(start["contentBlockIndex"], _Block())
            block.tool = start["start"].get("toolUse")
        elif metadata := event.get("metadata"):
            usage = metadata.get("usage", {})
            reply.input_tokens += usage.get("inputTokens", 0)
            reply.output_tokens += usage.get("outputTokens", 0)
    for _, block in sorted(blocks.items()):
        content = "".join(block.parts)
        if block.tool is None:
            reply.text += content
        else:
            use = ToolUse(block.tool["toolUseId"], block.tool["name"], _object(content))
            reply.tool_uses.append(use)
    reply.text = reply.text.strip()
    return reply


def _piece(delta: dict[str, Any]) -> str:
    """Words or a piece of a tool's input; reasoning is the model's own and is left out."""
    if "toolUse" in delta:
        return str(delta["toolUse"].get("input", ""))
    return str(delta.get("text", ""))


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
