"""The port over boto3's ``invoke_agent``: Bedrock in the cloud, the embedded stack on a laptop."""

import codecs
import contextlib
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import botocore.exceptions
import urllib3.exceptions

from datalfred import clients
from datalfred.bedrock.failures import QUOTA_HINT, error_code, error_message
from datalfred.bedrock.runtime import (
    ConfirmationRequested,
    Event,
    Failed,
    ModelUsed,
    Text,
    Turn,
)
from datalfred.bedrock.trace import TraceReader, passages

READ_TIMEOUT_SECONDS = 900
"""A turn of several agents is silent while a query runs; boto3's 60 seconds would cut it off."""

PAST_TURNS = 10
"""The window of 20 messages, in Bedrock's turns of a question and an answer."""

Price = Callable[[ModelUsed], float | None]

_WORDS = {
    # Codes of the service model, without "Exception": code, retryable, words.
    "throttling": ("THROTTLED", True, "Bedrock asked for slower calls."),
    "modelNotReady": ("MODEL_UNAVAILABLE", True, "The language model is not ready."),
    "dependencyFailed": ("DEPENDENCY_FAILED", True, "Something that the agent relies on failed."),
    "badGateway": ("UNAVAILABLE", True, "Something that Bedrock relies on failed."),
    "internalServer": ("UNAVAILABLE", True, "Bedrock failed."),
    "serviceUnavailable": ("UNAVAILABLE", True, "Bedrock is not available."),
    "conflict": ("CONFLICT", True, "This conversation is still busy with an earlier question."),
    "accessDenied": ("PERMISSION_MISSING", False, "AWS denied the call of the agent."),
    "resourceNotFound": ("NOT_FOUND", False, "There is no such agent or alias."),
    "serviceQuotaExceeded": ("QUOTA_REACHED", False, "A quota of Bedrock is used up."),
    "validation": ("INVALID_INPUT", False, "Bedrock refused the question."),
}
_SPEAK_FOR_THEMSELVES = {"throttling", "modelNotReady", "dependencyFailed", "internalServer"}
"""What is said with them names the cause; ours, on a laptop, with the way out on a second line."""
_HINTS = {
    "throttling": f"Ask again in a minute. If it goes on: {QUOTA_HINT}",
    "serviceQuotaExceeded": QUOTA_HINT,
}
_UNKNOWN = ("UNAVAILABLE", False, "The agent gave no answer.")
_ARN = re.compile(r"arn:aws[\w-]*:\S+")


class BedrockAgentRuntime:
    """Asks one alias of one agent.

    Args:
        client: boto3's ``bedrock-agent-runtime``; see :meth:`connect`.
        agent_id: of the supervisor.
        alias_id: of its alias.
        agent: the supervisor's name, for events: traces name collaborators only.
        model_id: the model of the team, for events: traces seldom name it.
        past_turns: how many earlier turns the model sees; None leaves it to the engine.
        price: what a model call cost, in US dollars; None when it is not known.
        ceiling_usd: a turn that costs more is stopped by reading no further.
    """

    def __init__(
        self,
        client: Any,
        agent_id: str,
        alias_id: str,
        *,
        agent: str = "supervisor",
        model_id: str = "",
        past_turns: int | None = None,
        price: Price | None = None,
        ceiling_usd: float = float("inf"),
    ) -> None:
        self._client = client
        self._target = {"agentId": agent_id, "agentAliasId": alias_id}
        self._agent = agent
        self._model_id = model_id
        self._past_turns = past_turns
        self._price = price or (lambda _used: None)
        self._ceiling_usd = ceiling_usd

    @classmethod
    def connect(cls, agent_id: str, alias_id: str, **options: Any) -> "BedrockAgentRuntime":
        """The adapter with a client of the current environment.

        A turn is never sent twice: the client does not retry, since an agent may have acted.
        """
        client = clients.client(
            "bedrock-agent-runtime", read_timeout=READ_TIMEOUT_SECONDS, retries=0
        )
        return cls(client, agent_id, alias_id, **options)

    def invoke(self, turn: Turn) -> Iterator[Event]:
        """Yields what happens. Failures of the call are events too: :class:`Failed` comes last.

        A failure carries the turn's id, by which its lines in the log are found.
        """
        with closing(self._invoke(turn)) as events:
            for event in events:
                yield _findable(event, turn) if isinstance(event, Failed) else event

    def _invoke(self, turn: Turn) -> Generator[Event, None, None]:
        reader = TraceReader(self._agent, self._model_id)
        try:
            response = self._client.invoke_agent(**self._target, **self._request(turn))
            with closing(response["completion"]) as stream:
                yield from self._bounded(_events(stream, reader))
        except botocore.exceptions.ClientError as error:
            yield _failed(error)
        except botocore.exceptions.ParamValidationError as error:
            yield Failed("INVALID_INPUT", f"The question cannot be sent: {error}")
        except (botocore.exceptions.ReadTimeoutError, urllib3.exceptions.ReadTimeoutError):
            yield Failed("TIMED_OUT", "The agent fell silent and was given up.", retryable=True)
        except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError) as error:
            yield Failed("UNAVAILABLE", f"Bedrock could not be reached: {error}", retryable=True)

    def end(self, session_id: str) -> None:
        """Ends a session: the engine forgets it. What cannot be ended expires by itself."""
        request = {"sessionId": session_id, "inputText": "", "endSession": True}
        with contextlib.suppress(
            botocore.exceptions.ClientError,
            botocore.exceptions.BotoCoreError,
            urllib3.exceptions.HTTPError,
        ):
            response = self._client.invoke_agent(**self._target, **request)
            with closing(response["completion"]) as stream:
                for _ in stream:
                    pass

    def _request(self, turn: Turn) -> dict[str, Any]:
        attributes = {
            **turn.attributes,
            "request_id": turn.request_id,
            "user": turn.user,
            "channel": turn.channel,
            "session_id": turn.session_id,
        }
        state: dict[str, Any] = {"sessionAttributes": attributes}
        if turn.history:
            state["conversationHistory"] = {
                "messages": [
                    {"role": said.role, "content": [{"text": said.text}]} for said in turn.history
                ]
            }
        request = {
            "sessionId": turn.session_id,
            "inputText": turn.text,
            "enableTrace": True,
            "sessionState": state,
        }
        if self._past_turns is not None:
            request["promptCreationConfigurations"] = {
                "previousConversationTurnsToInclude": self._past_turns
            }
        return request

    def _bounded(self, events: Iterator[Event]) -> Iterator[Event]:
        spent = 0.0
        for event in events:
            yield event
            if isinstance(event, ModelUsed):
                spent += self._price(event) or 0.0
            if spent > self._ceiling_usd:
                words = f"This question has cost more than {self._ceiling_usd:.2f} US dollars."
                yield Failed("CEILING_REACHED", f"{words} It was stopped. Ask a narrower one.")
                return


def _events(stream: Any, reader: TraceReader) -> Iterator[Event]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    answered = False
    for part in stream:
        if "trace" in part:
            yield from reader.read(part["trace"])
        elif "chunk" in part:
            answered = True
            yield from _chunk(part["chunk"], decoder)
        elif "returnControl" in part:
            answered = True
            yield _confirmation(part["returnControl"])
    if reader.failure:
        said, _, hint = reader.failure.partition("\n")
        yield Failed("AGENT_FAILED", f"The agent gave up: {said}", hint=hint)
    elif not answered:
        yield Failed("UNAVAILABLE", "The answer broke off before its first word.", retryable=True)


def _chunk(chunk: Mapping[str, Any], decoder: codecs.IncrementalDecoder) -> Iterator[Event]:
    if text := decoder.decode(chunk.get("bytes", b"")):
        yield Text(text)
    for citation in chunk.get("attribution", {}).get("citations", ()):
        yield from passages(citation.get("retrievedReferences", ()))


def _confirmation(control: Mapping[str, Any]) -> ConfirmationRequested:
    actions = []
    for each in control.get("invocationInputs", ()):
        for asked in each.values():  # an apiInvocationInput or a functionInvocationInput
            name = asked.get("apiPath") or asked.get("function", "")
            actions.append(f"{asked.get('actionGroup', '')} {name}".strip())
    return ConfirmationRequested(control.get("invocationId", ""), tuple(actions))


def _findable(failed: Failed, turn: Turn) -> Failed:
    way_out = failed.hint or ("Ask again in a moment." if failed.retryable else "")
    hint = f"{way_out} Correlation id: {turn.request_id}."
    return replace(failed, hint=hint.strip())


def _failed(error: Exception) -> Failed:
    """AWS's error in our words, and what it said: ARNs are for the log, not for a chat."""
    name = error_code(error).removesuffix("Exception")
    name = name[:1].lower() + name[1:]
    code, retryable, words = _WORDS.get(name, _UNKNOWN)
    said, _, hint = _ARN.sub("(a resource)", error_message(error)).partition("\n")
    hint = hint or _HINTS.get(name, "")
    if name not in _SPEAK_FOR_THEMSELVES:
        said = f"{words} It said: {said}" if said else words
    return Failed(code, said or words, retryable, hint)
