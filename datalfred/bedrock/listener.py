"""Whether whoever asked still listens, for work that takes long before its first word.

A server writes to find out that its client left; a turn that waits for a language model has nothing
to write. So the server says here how to look, and the work looks now and then.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listens: ContextVar[Callable[[], bool] | None] = ContextVar("listens", default=None)


@contextmanager
def listening(check: Callable[[], bool]) -> Iterator[None]:
    """Work in this context asks ``check`` whether it is still wanted."""
    token = _listens.set(check)
    try:
        yield
    finally:
        _listens.reset(token)


def somebody_listens() -> bool:
    """Whether the work of this context is still wanted; True when nobody can tell."""
    check = _listens.get()
    return check is None or check()
