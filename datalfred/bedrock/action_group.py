"""What an action group and Bedrock say to each other, beyond Powertools' own classes.

Bedrock gives a Lambda function one event for each call of an operation: the operation's path, its
body as a flat list of named strings, and the session attributes that the channel set [1]_. It
takes back one JSON *string*. This module holds what both sides of that edge rely on: who asked,
the ceiling of calls a turn, and the ceiling of bytes a body.

.. [1] https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
"""

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from datalfred.bedrock.rules import BODY_LONGEST_BYTES
from datalfred.bedrock.untrusted import MARKER, NOTICE, neutral_value
from datalfred.errors import CeilingReachedError

_REMEMBERED_TURNS = 1_000
_SHORTENED = " [shortened to fit 25,000 bytes]"
_SHORTEST_TEXT = 200


@dataclass(frozen=True)
class Requester:
    """Whose turn this call belongs to. It labels what happens; it never authorises.

    Attributes:
        user: typed identity that the channel proved (``local:ana``); empty when unproved.
        request_id: the turn.
        channel: where the turn came from, such as ``cli``.
        session_id: the conversation.
    """

    user: str = ""
    request_id: str = ""
    channel: str = ""
    session_id: str = ""


@dataclass
class Invocation:
    """One call in flight. Every thread has its own, so that calls never mix.

    Attributes:
        event: the event as Bedrock sent it, in the class that the resolver reads.
        lambda_context: Lambda's context object.
        state: what the resolver remembers during the call.
        started: when it came, by the monotonic clock.
    """

    event: Any
    lambda_context: Any
    state: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)


current: ContextVar[Invocation] = ContextVar("invocation")


def requester() -> Requester:
    """Whose turn the current call belongs to; all fields empty outside a call."""
    invocation = current.get(None)
    return Requester() if invocation is None else requester_of(invocation.event.raw_event)


def requester_of(event: Mapping[str, Any]) -> Requester:
    """Reads the requester from an event's session attributes."""
    attributes = event.get("sessionAttributes") or {}
    return Requester(
        user=str(attributes.get("user", "")),
        request_id=str(attributes.get("request_id", "")),
        channel=str(attributes.get("channel", "")),
        session_id=str(attributes.get("session_id") or event.get("sessionId") or ""),
    )


class CallCounter:
    """Counts the calls of each turn, for as long as this process lives.

    On AWS every function has processes of its own, so a turn may spend its ceiling in each action
    group; the ceiling stops a model that runs in circles, it is no budget.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, int] = OrderedDict()

    def count(self, request_id: str, ceiling: int) -> None:
        """Counts one call of the turn; a call without a turn is not counted.

        Raises:
            CeilingReachedError: the turn has called ``ceiling`` operations before this one.
        """
        if not request_id:
            return
        with self._lock:
            calls = self._calls.pop(request_id, 0) + 1
            self._calls[request_id] = calls
            while len(self._calls) > _REMEMBERED_TURNS:
                self._calls.popitem(last=False)
        if calls > ceiling:
            raise CeilingReachedError(
                f"This turn has already called {ceiling} operations, which is the most it may.",
                hint="Answer with what is known, and say what is missing.",
            )


def as_body(result: Mapping[str, Any]) -> str:
    """The result as the JSON string that Bedrock gets, never above the bytes that a body may have.

    It is the one way out of an operation: here every text becomes neutral, and the result says of
    itself, first, that it is data.

    Operations page and sample so that they fit. Should one not, the longest list loses its tail,
    then the longest text its end, until the body fits; ``evidence`` then says so.
    """
    found = neutral_value(json.loads(_dumps(result)))
    body = _dumps({MARKER: NOTICE} | found | {MARKER: NOTICE})
    if len(body.encode()) <= BODY_LONGEST_BYTES:
        return body
    shortened: dict[str, Any] = json.loads(body)
    shortened["evidence"] = f"{shortened.get('evidence', '')}{_SHORTENED}".strip()
    while len((body := _dumps(shortened)).encode()) > BODY_LONGEST_BYTES:
        if not _shorten(shortened):
            return _dumps({MARKER: NOTICE, "evidence": f"The result was lost.{_SHORTENED}"})
    return body


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _shorten(value: dict[str, Any]) -> bool:
    """Halves the largest list of two or more items, else the longest text; False if neither is."""
    lists = [node for _, _, node in _nodes(value) if isinstance(node, list) and len(node) > 1]
    if lists:
        largest = max(lists, key=lambda node: len(_dumps(node)))
        del largest[len(largest) // 2 :]
        return True
    texts = [
        (parent, key, node)
        for parent, key, node in _nodes(value)
        if isinstance(node, str) and len(node) > _SHORTEST_TEXT
    ]
    if not texts:
        return False
    parent, key, text = max(texts, key=lambda found: len(found[2]))
    parent[key] = text[: len(text) // 2] + "…"
    return True


def _nodes(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Every value in ``value`` with what holds it and under which key, outermost first."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, node in list(pairs):
        yield value, key, node
        if isinstance(node, dict | list):
            yield from _nodes(node)
