"""What the services of AWS measure of themselves, until somebody asks for it.

A service notes what it measured in under a microsecond; CloudWatch takes it in when it is asked,
or when an alarm may have to ring. Without CloudWatch the oldest measurements are forgotten.
"""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 20_000

COUNT, MILLISECONDS, PERCENT, BYTES, UNITLESS = (
    "Count",
    "Milliseconds",
    "Percent",
    "Bytes",
    "None",
)
"""Units as CloudWatch names them."""


class Measurement(NamedTuple):
    """What a service measured at one moment.

    Attributes:
        region: where.
        namespace: of its metrics, such as ``AWS/Lambda``.
        dimension: name and value of the only one.
        at: seconds since 1970.
        values: name, value and unit of each metric.
        in_account: whether the same metrics without a dimension count it as well.
    """

    region: str
    namespace: str
    dimension: tuple[str, str]
    at: float
    values: tuple[tuple[str, float, str], ...]
    in_account: bool = False


class Meter:
    """Keeps measurements, in the order in which they came.

    Attributes:
        noticed: is called after each; it must be quick.
    """

    def __init__(self) -> None:
        self.noticed: Callable[[], object] = lambda: None
        self._kept: deque[Measurement] = deque(maxlen=_KEPT)

    def __len__(self) -> int:
        """How many nobody has taken yet."""
        return len(self._kept)

    def record(self, measurement: Measurement) -> None:
        """Keeps one until it is taken."""
        self._kept.append(measurement)
        self.noticed()

    def take(self) -> list[Measurement]:
        """All that are kept; they are kept no longer."""
        return [self._kept.popleft() for _ in range(len(self._kept))]
