"""Lists that fit: cut into pages, and never above their share of a result's bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from datalfred.definitions.shape import Shape
from datalfred.errors import InvalidInputError

Item = TypeVar("Item")
AnyShape = TypeVar("AnyShape", bound=Shape)

LIST_BYTES = 21_000
"""Of the 25,000 bytes of a result; the rest is for its other fields."""


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list.

    Attributes:
        items: what stands on it.
        total: items on all pages.
        page: its number, from 1.
        pages: how many there are; 1 for an empty list.
    """

    items: tuple[Item, ...]
    total: int
    page: int
    pages: int


def cut(items: Sequence[Item], page: int, size: int) -> Page[Item]:
    """The page of that number.

    Raises:
        InvalidInputError: there is no such page.
    """
    pages = count(len(items), size)
    if not 1 <= page <= pages:
        raise InvalidInputError("page", f"There is no page {page}.", f"1 to {pages}")
    return Page(tuple(items[(page - 1) * size : page * size]), len(items), page, pages)


def count(total: int, size: int) -> int:
    """How many pages a list has; an empty one has one."""
    return max(1, -(-total // size))


def counted(number: int, noun: str) -> str:
    """``1 execution``, ``2 executions``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def fitting(shapes: Sequence[AnyShape], most_bytes: int = LIST_BYTES) -> tuple[AnyShape, ...]:
    """The first of the shapes that together take at most so many bytes of JSON."""
    used = 0
    for at, shape in enumerate(shapes):
        used += len(shape.model_dump_json().encode()) + 1
        if used > most_bytes:
            return tuple(shapes[:at])
    return tuple(shapes)
