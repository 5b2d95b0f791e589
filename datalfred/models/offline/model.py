"""The built-in model: Converse in, Converse events out, decided by rules alone.

It holds no state, does no input or output and reads no clock: the same call gives the same
events. Which agent it speaks for shows in the tools that it was given.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datalfred.models.offline import analyst, conversation, run_guy, small_talk, supervisor
from datalfred.models.offline.conversation import Conversation, Decision
from datalfred.models.port import Message, StreamEvent

_PIECE = re.compile(r"\s*\S+\s*", re.DOTALL)
_CHARACTERS_PER_TOKEN = 4
"""A common rule of thumb for English; the built-in model has no tokens of its own."""


class OfflineModel:
    """The default model: needs no network and no weights, and says so when it cannot answer."""

    @property
    def model_id(self) -> str:
        """``offline``."""
        return "offline"

    def converse_stream(
        self,
        *,
        messages: Sequence[Message],
        system: Sequence[Mapping[str, str]] = (),
        tool_config: Mapping[str, Any] | None = None,
    ) -> Iterator[StreamEvent]:
        """Yields the events of one assistant message; see :class:`datalfred.models.port.Model`."""
        talk = conversation.read(messages, system, tool_config)
        decision = decide(talk)
        read = _tokens(json.dumps([list(messages), list(system), tool_config], default=str))
        written = _tokens(decision.text) + sum(
            _tokens(json.dumps(dict(call.input), default=str)) for call in decision.calls
        )
        yield {"messageStart": {"role": "assistant"}}
        yield from _blocks(decision, talk)
        yield {"messageStop": {"stopReason": "tool_use" if decision.calls else "end_turn"}}
        usage = {"inputTokens": read, "outputTokens": written, "totalTokens": read + written}
        yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 0}}}


def decide(talk: Conversation) -> Decision:
    """Chooses the agent by its tools, and lets it decide."""
    operations = talk.operations
    if small_talk.SEND in operations:
        return supervisor.decide(talk)
    if "run_query" in operations or "search_tables" in operations:
        return analyst.decide(talk)
    if operations.keys() & run_guy.OPERATIONS:
        return run_guy.decide(talk)
    return Decision(small_talk.without_tools(talk))


def _blocks(decision: Decision, talk: Conversation) -> Iterator[StreamEvent]:
    index = 0
    if decision.text or not decision.calls:
        for piece in _PIECE.findall(decision.text) or [decision.text]:
            yield {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": piece}}}
        yield {"contentBlockStop": {"contentBlockIndex": 0}}
        index = 1
    for number, call in enumerate(decision.calls):
        tool = talk.operations[call.operation].name
        body = json.dumps(dict(call.input), ensure_ascii=False)
        start = {"toolUse": {"toolUseId": _use_id(talk, number, body), "name": tool}}
        yield {"contentBlockStart": {"contentBlockIndex": index, "start": start}}
        delta = {"toolUse": {"input": body}}
        yield {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}
        yield {"contentBlockStop": {"contentBlockIndex": index}}
        index += 1


def _use_id(talk: Conversation, number: int, body: str) -> str:
    """Unique within the talk, and the same when the same talk is read again."""
    seed = f"{len(talk.earlier)}|{len(talk.steps)}|{number}|{talk.question}|{body}"
    return "tooluse_" + hashlib.sha256(seed.encode()).hexdigest()[:22]


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
