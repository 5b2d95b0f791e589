"""A language model whose caller may leave: a slow one must not keep a session from going on."""

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Any, cast

from datalfred.bedrock.listener import somebody_listens
from datalfred.errors import UnavailableError
from datalfred.models.port import Model, StreamEvent

_LOOK_SECONDS = 0.2
_END = None


class Abandonable:
    """Asks a model in a thread, and stops waiting for it when nobody listens any more.

    Args:
        model: one that is asked over a network.

    Attributes:
        model: the same.
    """

    def __init__(self, model: Model) -> None:
        self.model = model

    @property
    def model_id(self) -> str:
        """That of the model."""
        return self.model.model_id

    def converse_stream(self, **request: Any) -> Iterator[StreamEvent]:
        """The model's events, as they come.

        Raises:
            DatalfredError: the model's own.
            UnavailableError: nobody listens any more; the model's reply is dropped when it comes.
        """
        events: SimpleQueue[StreamEvent | BaseException | None] = SimpleQueue()
        left = threading.Event()
        work = threading.Thread(
            target=copy_context().run,
            args=(self._ask, request, events, left),
            name="language model",
            daemon=True,
        )
        work.start()
        try:
            while (event := _next(events)) is not _END:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            left.set()

    def _ask(
        self,
        request: dict[str, Any],
        events: "SimpleQueue[StreamEvent | BaseException | None]",
        left: threading.Event,
    ) -> None:
        try:
            # Closing the reply closes the connection: the model may stop, too.
            with closing(
                cast("Generator[StreamEvent]", self.model.converse_stream(**request))
            ) as reply:
                for event in reply:
                    events.put(event)
                    if left.is_set():
                        break
            events.put(_END)
        except BaseException as error:  # noqa: BLE001 -- raised where the events are read
            events.put(error)


def _next(
    events: "SimpleQueue[StreamEvent | BaseException | None]",
) -> StreamEvent | BaseException | None:
    while True:
        try:
            return events.get(timeout=_LOOK_SECONDS)
        except Empty:
            if not somebody_listens():
                raise UnavailableError("Nobody waits for this answer any more.") from None
