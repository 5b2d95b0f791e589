"""Models of Bedrock: boto3's ``converse_stream``, passed through."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import botocore.exceptions
import urllib3.exceptions

from datalfred.bedrock.failures import (
    DENIED,
    QUOTA_HINT,
    error_code,
    error_message,
    translated,
    without_arns,
)
from datalfred.clients import THROTTLED
from datalfred.errors import DatalfredError, ModelUnavailableError, ThrottledError, UnavailableError
from datalfred.models.port import Message, StreamEvent

_SLOWER = f"Try again in a minute. If it goes on: {QUOTA_HINT}"
_USED_UP = {"ServiceQuotaExceededException"}
_NOT_ENABLED = DENIED | {"ResourceNotFoundException", "ModelNotReadyException"}


class BedrockModel:
    """One model or inference profile.

    Args:
        client: boto3's ``bedrock-runtime``.
        model_id: what is called: a model id, or an inference profile's id or ARN.
        name: the id that answers and prices carry, when ``model_id`` says too little.
    """

    def __init__(self, client: Any, model_id: str, *, name: str = "") -> None:
        self._client = client
        self._called = model_id
        self._name = name or model_id

    @property
    def model_id(self) -> str:
        """The id that answers and prices carry."""
        return self._name

    def converse_stream(
        self,
        *,
        messages: Sequence[Message],
        system: Sequence[Mapping[str, str]] = (),
        tool_config: Mapping[str, Any] | None = None,
    ) -> Iterator[StreamEvent]:
        """Yields Bedrock's own events.

        Raises:
            ModelUnavailableError: the model is not enabled for this account or role.
            ThrottledError: Bedrock asked for slower calls.
            UnavailableError: Bedrock broke off; or another DatalfredError.
        """
        request: dict[str, Any] = {"modelId": self._called, "messages": list(messages)}
        if system:
            request["system"] = list(system)
        if tool_config:
            request["toolConfig"] = tool_config
        try:
            with closing(self._client.converse_stream(**request)["stream"]) as stream:
                yield from self._whole(stream)
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            raise self._said(error) from error
        except urllib3.exceptions.HTTPError as error:  # botocore does not wrap those of a stream
            raise self._broke_off() from error

    def _whole(self, stream: Iterator[StreamEvent]) -> Iterator[StreamEvent]:
        """The stream, and an error when it ends early: botocore takes any end for the end."""
        stopped = False
        for event in stream:
            stopped = stopped or "messageStop" in event
            yield event
        if not stopped:
            raise self._broke_off()

    def _broke_off(self) -> UnavailableError:
        words = f"Bedrock broke off in the middle of an answer of {self._called}."
        return UnavailableError(words, hint="Try again.")

    def _said(self, error: Exception) -> DatalfredError:
        # In the middle of a stream AWS writes the same codes with a small first letter.
        code = error_code(error)
        code = code[:1].upper() + code[1:]
        said = without_arns(error_message(error))
        if code in _NOT_ENABLED:
            return ModelUnavailableError(
                f"Bedrock does not let this role call {self._called}. It said: {said}",
                hint="Enable the model in Bedrock's console, or allow bedrock:InvokeModel* on it.",
            )
        if code in THROTTLED:
            return ThrottledError(
                f"Bedrock asked for slower calls of {self._called}.", hint=_SLOWER
            )
        if code in _USED_UP:
            words = f"A quota of Bedrock for {self._called} is used up."
            return ThrottledError(words, hint=QUOTA_HINT)
        known = translated(error)
        return known or DatalfredError(f"Bedrock failed to run {self._called}: {said}")
