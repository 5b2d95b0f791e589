"""The sliding window over a conversation.

A model sees the newest messages. A tool call is never parted from its result, and what a model
sees begins with words of a person: Converse refuses anything else.
"""

from collections.abc import Sequence

from datalfred.models.port import Message


def is_question(message: Message) -> bool:
    """Whether ``message`` is a person's words, not the results of tools."""
    return message["role"] == "user" and "toolResult" not in message["content"][0]


def is_answer(message: Message) -> bool:
    """Whether ``message`` ends a turn: an agent's words without a tool call."""
    return message["role"] == "assistant" and not any(
        "toolUse" in block for block in message["content"]
    )


def newest(messages: Sequence[Message], size: int) -> list[Message]:
    """The newest messages, at most ``size``, cut where a turn begins.

    A single turn that is longer keeps its question and as much of its end as fits.
    """
    if len(messages) <= size:
        return list(messages)
    start = len(messages) - size
    for index in range(start, len(messages)):
        if is_question(messages[index]):
            return list(messages[index:])
    return _end_of_turn(messages, size)


def newest_turns(messages: Sequence[Message], turns: int) -> list[Message]:
    """The messages of the newest ``turns`` questions."""
    starts = [index for index, message in enumerate(messages) if is_question(message)]
    if turns <= 0 or not starts:
        return []
    return list(messages[starts[-turns] :]) if turns < len(starts) else list(messages)


def words_only(messages: Sequence[Message]) -> list[Message]:
    """Questions and final answers, as they are relayed to a collaborator."""
    return [message for message in messages if is_question(message) or is_answer(message)]


def _end_of_turn(messages: Sequence[Message], size: int) -> list[Message]:
    question = next((message for message in reversed(messages) if is_question(message)), None)
    if question is None or size < 2:  # noqa: PLR2004 -- a question and its answer
        return []
    tail = messages[len(messages) - size + 1 :]
    skipped = 0 if tail[0]["role"] == "assistant" else 1
    return [question, *tail[skipped:]]
