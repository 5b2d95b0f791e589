"""Models behind OpenAI's chat completions: Ollama, llama.cpp, vLLM, LM Studio and their like.

Converse messages go out as chat messages; streamed deltas come back as Converse stream events.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import urllib3

from datalfred.errors import ModelUnavailableError, ThrottledError, TimedOutError
from datalfred.models.port import Message, StreamEvent
from datalfred.models.sse import data_lines

DEFAULT_ENDPOINT = "http://localhost:11434/v1"
"""Ollama's."""

_STOP_REASONS = {
    "tool_calls": "tool_use",
    "length": "max_tokens",
    "content_filter": "content_filtered",
}
_OK, _TOO_MANY = 200, 429
_MAY_PASS = {429, 502, 503, 504}
"""A server that is busy, or still loads its model; each is asked again before a word was said."""
_LONGEST_PAUSES = (1.0, 2.0, 4.0)
_SHOWN_CHARACTERS = 300
_MOST_BYTES = 16 * 1024**2
"""Of one reply; a chunk of JSON carries a few letters only, so this is a long one."""
_MOST_ERROR_BYTES = 64 * 1024
_WAY_OUT = (
    "Start the server, or set DATALFRED_MODEL_ENDPOINT; DATALFRED_MODEL=offline needs no server."
)
_KEY = "Set DATALFRED_MODEL_API_KEY to a key that this server accepts."
_WAYS_OUT = {
    401: _KEY,
    403: _KEY,
    404: "Set DATALFRED_MODEL_NAME to a model of this server and DATALFRED_MODEL_ENDPOINT to the"
    " URL before /chat/completions.",
}
_ENDLESS = "Ask again, or choose another model: DATALFRED_MODEL_NAME."

_pause: Callable[[float], object] = threading.Event().wait
_jitter = random.SystemRandom().uniform


class OpenAiModel:
    """One model of one server.

    Args:
        endpoint: base URL with the version, such as ``http://localhost:11434/v1``.
        name: the model's name there.
        api_key: sent as a bearer token unless empty; never logged.
        connect_timeout: seconds.
        read_timeout: seconds without a word from the server; a large model thinks long.
        longest_seconds: for one reply; a longer one is given up.
    """

    def __init__(
        self,
        endpoint: str,
        name: str,
        *,
        api_key: str = "",
        connect_timeout: float = 5.0,
        read_timeout: float = 300.0,
        longest_seconds: float = 900.0,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._name = name
        self._headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"
        timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        self._longest_seconds = longest_seconds
        self._pool = urllib3.PoolManager(timeout=timeout, retries=False)

    @property
    def model_id(self) -> str:
        """The model's name."""
        return self._name

    def converse_stream(
        self,
        *,
        messages: Sequence[Message],
        system: Sequence[Mapping[str, str]] = (),
        tool_config: Mapping[str, Any] | None = None,
    ) -> Iterator[StreamEvent]:
        """Yields Converse stream events; ``metadata`` carries ``usage`` and comes last.

        Raises:
            ModelUnavailableError: the server cannot be reached, does not know the model, or
                answers what no such server answers.
            ThrottledError: the server asked for slower calls.
            TimedOutError: the server fell silent.
        """
        body = {
            "model": self._name,
            "messages": _chat_messages(messages, system),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if tool_config:
            body["tools"] = [_function(tool["toolSpec"]) for tool in tool_config["tools"]]
        try:
            response = self._answer(body)
            try:
                self._check(response)
                yield from self._events(data_lines(self._pieces(response)))
            finally:
                response.close()
                response.release_conn()
        except urllib3.exceptions.ReadTimeoutError as error:
            words = f"The language model {self._name} at {self._endpoint} fell silent."
            raise TimedOutError(words, hint="Try again, or use a smaller model.") from error
        except urllib3.exceptions.ProtocolError as error:
            raise self._unavailable("broke off its answer") from error
        except urllib3.exceptions.HTTPError as error:
            raise self._unavailable(f"cannot be reached ({type(error).__name__})") from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # JSON, but of shapes that only a reader at every turn would tell apart.
            raise self._unavailable("answered what no chat server answers") from error

    def _answer(self, body: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        """The first answer that is no request for patience, else the last; full jitter between."""
        for longest in _LONGEST_PAUSES:
            response = self._post(body)
            if response.status not in _MAY_PASS:
                return response
            response.close()
            _pause(_jitter(0, longest))
        return self._post(body)

    def _post(self, body: Mapping[str, Any]) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            "POST",
            f"{self._endpoint}/chat/completions",
            body=json.dumps(body).encode(),
            headers=self._headers,
            preload_content=False,
        )

    def _check(self, response: urllib3.BaseHTTPResponse) -> None:
        if response.status == _OK:
            return
        said = _error_words(response.read(_MOST_ERROR_BYTES, decode_content=True))
        if response.status == _TOO_MANY:
            raise ThrottledError(
                f"{self._endpoint} asked for slower calls. It said: {said}", hint="Try again later."
            )
        problem = f"answered with status {response.status}: {said}"
        raise self._unavailable(problem, _WAYS_OUT.get(response.status, _WAY_OUT))

    def _events(self, lines: Iterator[str]) -> Iterator[StreamEvent]:
        blocks = _Blocks()
        usage: Mapping[str, Any] = {}
        stop, done = "", False
        yield {"messageStart": {"role": "assistant"}}
        for line in lines:
            done = line == "[DONE]"
            if done:
                break
            chunk = self._chunk(line)
            usage = chunk.get("usage") or usage
            for choice in (chunk.get("choices") or ())[:1]:
                yield from blocks.feed(choice.get("delta") or {})
                stop = choice.get("finish_reason") or stop
        if not (stop or done):
            problem = "broke off" if blocks.begun else "gave nothing that a chat server gives"
            raise self._unavailable(problem)
        yield from blocks.end()
        reason = "tool_use" if blocks.has_tools else _STOP_REASONS.get(stop, "end_turn")
        yield {"messageStop": {"stopReason": reason}}
        yield {"metadata": {"usage": _usage(usage)}}

    def _chunk(self, line: str) -> Mapping[str, Any]:
        try:
            chunk = json.loads(line)
        except ValueError:
            chunk = None
        if not isinstance(chunk, dict):
            raise self._unavailable(f"answered what is no JSON: {line[:_SHOWN_CHARACTERS]!r}")
        if error := chunk.get("error"):
            raise self._unavailable(f"failed: {_words_of(error)}")
        return chunk

    def _pieces(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """The body as it comes, within bounds; ``stream`` waits for blocks if it is not chunked."""
        read, deadline = 0, time.monotonic() + self._longest_seconds
        while piece := response.read1(8192):
            yield piece
            read += len(piece)
            if read > _MOST_BYTES or time.monotonic() > deadline:
                raise self._unavailable("does not come to an end", _ENDLESS)

    def _unavailable(self, what: str, hint: str = _WAY_OUT) -> ModelUnavailableError:
        return ModelUnavailableError(
            f"The language model {self._name} at {self._endpoint} {what}.", hint=hint
        )


class _Blocks:
    """Numbers content blocks: a new one whenever words turn to a tool call or to another one."""

    def __init__(self) -> None:
        self.has_tools = False
        self._index = -1
        self._open: Any = None

    @property
    def begun(self) -> bool:
        return self._index >= 0

    def feed(self, delta: Mapping[str, Any]) -> Iterator[StreamEvent]:
        if text := delta.get("content"):
            yield from self._switch("text", {})
            yield self._delta({"text": text})
        for call in delta.get("tool_calls") or ():
            yield from self._call(call)

    def end(self) -> Iterator[StreamEvent]:
        if self._open is not None:
            yield {"contentBlockStop": {"contentBlockIndex": self._index}}
            self._open = None

    def _call(self, call: Mapping[str, Any]) -> Iterator[StreamEvent]:
        function = call.get("function") or {}
        # Some servers send every call as number 0, each with an id of its own.
        same = self._open == ("tool", call.get("index", 0)) and not function.get("name")
        if not same:
            self.has_tools = True
            tool_id = call.get("id") or f"call_{self._index + 1}"
            start = {"toolUse": {"toolUseId": tool_id, "name": function.get("name") or ""}}
            yield from self.end()
            yield from self._switch(("tool", call.get("index", 0)), start)
        if arguments := function.get("arguments"):
            whole = arguments if isinstance(arguments, str) else json.dumps(arguments)
            yield self._delta({"toolUse": {"input": whole}})

    def _switch(self, kind: Any, start: Mapping[str, Any]) -> Iterator[StreamEvent]:
        if self._open == kind:
            return
        yield from self.end()
        self._open = kind
        self._index += 1
        if start:
            yield {"contentBlockStart": {"start": start, "contentBlockIndex": self._index}}

    def _delta(self, delta: Mapping[str, Any]) -> StreamEvent:
        return {"contentBlockDelta": {"delta": delta, "contentBlockIndex": self._index}}


def _chat_messages(
    messages: Sequence[Message], system: Sequence[Mapping[str, str]]
) -> list[dict[str, Any]]:
    instructions = "\n\n".join(block["text"] for block in system)
    chat: list[dict[str, Any]] = []
    if instructions:
        chat.append({"role": "system", "content": instructions})
    for message in messages:
        content = message["content"]
        chat += [_tool_message(block["toolResult"]) for block in content if "toolResult" in block]
        text = "\n".join(block["text"] for block in content if "text" in block)
        calls = [_tool_call(block["toolUse"]) for block in content if "toolUse" in block]
        if calls:
            chat.append({"role": message["role"], "content": text or None, "tool_calls": calls})
        elif text:
            chat.append({"role": message["role"], "content": text})
    return chat


def _tool_message(result: Mapping[str, Any]) -> dict[str, Any]:
    parts = [
        block["text"] if "text" in block else json.dumps(block["json"])
        for block in result["content"]
    ]
    return {"role": "tool", "tool_call_id": result["toolUseId"], "content": "\n".join(parts)}


def _tool_call(use: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": use["name"], "arguments": json.dumps(use["input"])}
    return {"id": use["toolUseId"], "type": "function", "function": function}


def _function(spec: Mapping[str, Any]) -> dict[str, Any]:
    function = {
        "name": spec["name"],
        "description": spec.get("description", ""),
        "parameters": spec["inputSchema"]["json"],
    }
    return {"type": "function", "function": function}


def _usage(usage: Mapping[str, Any]) -> dict[str, int]:
    given, written = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return {"inputTokens": given, "outputTokens": written, "totalTokens": given + written}


def _error_words(body: bytes) -> str:
    text = body.decode("utf-8", errors="replace")
    try:
        document = json.loads(text)
    except ValueError:
        return text[:_SHOWN_CHARACTERS]
    found = document.get("error", document) if isinstance(document, dict) else document
    return _words_of(found)


def _words_of(error: Any) -> str:
    words = error.get("message", error) if isinstance(error, dict) else error
    return str(words)[:_SHOWN_CHARACTERS]
