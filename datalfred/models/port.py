"""The one interface of every language model: Bedrock's Converse, as boto3 shapes it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

Message = Mapping[str, Any]
"""``{"role": "user"|"assistant", "content": [{"text"}|{"toolUse"}|{"toolResult"}, ...]}``."""

StreamEvent = Mapping[str, Any]
"""One of ``messageStart``, ``contentBlockStart``, ``contentBlockDelta``, ``contentBlockStop``,
``messageStop`` and ``metadata``."""


class Model(Protocol):
    """A language model. It sees what it is given here and nothing else."""

    @property
    def model_id(self) -> str:
        """The id that answers and prices carry, such as ``eu.anthropic.claude-sonnet-4-6``."""
        ...

    def converse_stream(
        self,
        *,
        messages: Sequence[Message],
        system: Sequence[Mapping[str, str]] = (),
        tool_config: Mapping[str, Any] | None = None,
    ) -> Iterator[StreamEvent]:
        """Yields Converse stream events; ``metadata`` carries ``usage`` and comes last.

        Args:
            messages: the conversation, oldest first, beginning with a user's message.
            system: ``[{"text": instructions}]``.
            tool_config: ``{"tools": [{"toolSpec": {"name", "description",
                "inputSchema": {"json"}}}]}``.

        Raises:
            ModelUnavailableError: the model cannot be reached or is not enabled.
            ThrottledError: the provider asked for slower calls.
        """
        ...
