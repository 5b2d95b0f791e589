"""AWS calls: several at once, and page after page.

On a laptop the settings and the role of a function live in its context, which a new thread does
not see: every call here runs in a copy of the context of whoever asked for it.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

from datalfred.bedrock.failures import error_code, error_message, translated
from datalfred.errors import DatalfredError, NotFoundError, PermissionMissingError

_THREADS = 8

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(function: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """What ``function`` says of every item, in their order; raises the first error among them."""
    given = list(items)
    if len(given) < 2:  # noqa: PLR2004 -- one item needs no second thread
        return [function(item) for item in given]
    with ThreadPoolExecutor(min(_THREADS, len(given))) as pool:
        futures = [pool.submit(copy_context().run, function, item) for item in given]
        return [future.result() for future in futures]


def pages(  # noqa: D417 -- request holds the call's own arguments
    call: Callable[..., Any], key: str, *, most: int, mark: str = "nextToken", **request: Any
) -> tuple[list[Any], bool]:
    """The items of an AWS list call, page after page.

    Args:
        call: the method of a boto3 client.
        key: where the items stand in each page.
        most: how many pages to read.
        mark: what the service calls the mark of the next page, in requests and answers alike.

    Returns:
        The items, and whether these are all.
    """
    items: list[Any] = []
    for _ in range(most):
        page = call(**request)
        items.extend(page.get(key, []))
        if not page.get(mark):
            return items, True
        request[mark] = page[mark]
    return items, False


class Gaps:
    """What could not be looked up, and why; a look-up that fails costs its fact, not the answer."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def add(self, sentence: str) -> None:
        """Notes one thing that is not known."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def attempt(self, action: str, call: Callable[[], Answer]) -> Answer | None:
        """What the call answers; None, and a gap that names ``action``, when it fails.

        Args:
            action: the IAM action behind the call, such as ``ecs:DescribeTasks``.
            call: the call.
        """
        try:
            return call()
        except Exception as error:
            said = translated(error)
            if said is None:
                raise
            self.add(_why(action, error, said))
            return None

    def sentences(self) -> tuple[str, ...]:
        """The gaps in the order in which they came up."""
        return tuple(self._sentences)


def _why(action: str, error: Exception, said: DatalfredError) -> str:
    if isinstance(said, PermissionMissingError):
        return f"No permission for {action}."
    if isinstance(said, NotFoundError):
        return said.message
    return (
        f"{action} did not answer: {error_code(error) or said.code}: {error_message(error)[:200]}"
    )
