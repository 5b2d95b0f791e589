"""Rows at even distances over a whole result, taken in the one pass that reads it.

How long a result is shows only at its end. So every row is a candidate at first, then every second,
every fourth: whenever the candidates are too many, every other one is dropped. Those that are left
lie at one distance over all that was read, in memory that does not grow with it, and the same
rows are left however the result was cut into batches.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from datalfred.lake.sql.delimited import Row

_CANDIDATES = 16
"""For each row wanted: a row lies at most one part in eight behind its ideal place."""

Numbered = tuple[int, Row]
"""A row and its number in the result, from 1."""


class SpacedSample:
    """A few rows of a sequence that comes in batches: the last one, and others before it.

    Args:
        wanted: how many rows; of a sequence with fewer, all.
        skip: so many rows at its start are shown anyhow and take no part.
        cut: applied to each row that is kept.
    """

    def __init__(self, wanted: int, skip: int, cut: Callable[[Row], Row]) -> None:
        self._wanted = wanted
        self._skip = skip
        self._cut = cut
        self._distance = 1
        self._seen = 0
        self._candidates: list[Numbered] = []
        self._last: Numbered | None = None

    def add(self, batch: Sequence[Row]) -> None:
        """Takes the next rows of the sequence."""
        before = max(self._seen - self._skip, 0)
        passed = max(self._skip - self._seen, 0)
        self._seen += len(batch)
        count = self._seen - self._skip
        if count <= before or not self._wanted:
            return
        while count // self._distance > self._wanted * _CANDIDATES:
            self._candidates = self._candidates[1::2]
            self._distance *= 2
        first = self._distance - 1 - before % self._distance
        for place in range(passed + first, len(batch), self._distance):
            number = self._seen - len(batch) + place + 1
            self._candidates.append((number, self._cut(batch[place])))
        self._last = (self._seen, batch[-1])

    def rows(self) -> list[Numbered]:
        """The rows, in their order: the first of ``n`` parts ends with the first row, and so on."""
        if self._last is None:
            return []
        number, row = self._last
        found = self._candidates
        if not found or found[-1][0] < number:
            found = [*found, (number, self._cut(row))]
        numbers = [each for each, _ in found]
        count = number - self._skip
        wanted = min(self._wanted, count)
        places = (self._skip + part * count // wanted for part in range(1, wanted + 1))
        return [found[bisect_left(numbers, place)] for place in places]
