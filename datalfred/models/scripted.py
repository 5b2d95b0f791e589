"""A model that plays a script: for tests, benchmarks and demonstrations of the engine."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datalfred.models.port import Message, StreamEvent


@dataclass(frozen=True)
class Call:
    """A tool call of a script. An ``input`` that is text is sent as it is, JSON or not."""

    tool: str
    input: Mapping[str, Any] | str = field(default_factory=dict)


@dataclass(frozen=True)
class Say:
    """One answer of a script: words, then tool calls, and what it is said to cost."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    input_tokens: int = 10
    output_tokens: int = 5


@dataclass(frozen=True)
class Heard:
    """What the model was given for one answer."""

    messages: tuple[Message, ...]
    system: tuple[Mapping[str, str], ...]
    tool_config: Mapping[str, Any] | None


Script = Sequence[Say | Exception] | Callable[[Heard], Say | Exception]


class ScriptedModel:
    """Answers from a script, one entry a call, or from a function of what it was given.

    Args:
        script: the answers in order, or a function; an exception is raised instead of answered.
        model_id: what answers and prices carry.
    """

    def __init__(self, script: Script, model_id: str = "scripted") -> None:
        self._script = script
        self._model_id = model_id
        self.heard: list[Heard] = []
        """What it was given, call by call."""

    @property
    def model_id(self) -> str:
        """The id that answers and prices carry."""
        return self._model_id

    def converse_stream(
        self,
        *,
        messages: Sequence[Message],
        system: Sequence[Mapping[str, str]] = (),
        tool_config: Mapping[str, Any] | None = None,
    ) -> Iterator[StreamEvent]:
        """Plays the next answer of the script.

        Raises:
            IndexError: the script has no answer left.
        """
        heard = Heard(tuple(messages), tuple(system), tool_config)
        self.heard.append(heard)
        said = self._next(heard)
        if isinstance(said, Exception):
            raise said
        return stream_of(said, f"call-{len(self.heard)}")

    def _next(self, heard: Heard) -> Say | Exception:
        if callable(self._script):
            return self._script(heard)
        return self._script[len(self.heard) - 1]


def stream_of(said: Say, call_id: str) -> Iterator[StreamEvent]:
    """An answer as the events of a Converse stream."""
    yield {"messageStart": {"role": "assistant"}}
    index = 0
    if said.text:
        yield _delta(index, {"text": said.text})
        yield {"contentBlockStop": {"contentBlockIndex": index}}
        index += 1
    for number, call in enumerate(said.calls):
        tool = {"toolUseId": f"{call_id}-{number}", "name": call.tool}
        yield {"contentBlockStart": {"contentBlockIndex": index, "start": {"toolUse": tool}}}
        given = call.input if isinstance(call.input, str) else json.dumps(call.input)
        yield _delta(index, {"toolUse": {"input": given}})
        yield {"contentBlockStop": {"contentBlockIndex": index}}
        index += 1
    yield {"messageStop": {"stopReason": "tool_use" if said.calls else "end_turn"}}
    usage = {
        "inputTokens": said.input_tokens,
        "outputTokens": said.output_tokens,
        "totalTokens": said.input_tokens + said.output_tokens,
    }
    yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 0}}}


def _delta(index: int, delta: Mapping[str, Any]) -> StreamEvent:
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}
