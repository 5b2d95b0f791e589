"""What a diagnosis gathers on its way: facts with their sources, log lines, gaps."""

from collections.abc import Sequence

from datalfred.lake.calls import Gaps
from datalfred.lake.logs.lines import is_complaint, shown
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.telling import telling
from datalfred.lake.pipelines.models import Fact

MOST_FACTS = 20
MOST_LINES = 12
_STATEMENT_BYTES = 360
_LINE_BYTES = 280
_COMPLAINTS = 3


class Dossier:
    """Facts in the order in which they were found.

    Attributes:
        gaps: what could not be looked up.
        kind: of the resource behind the failed state; empty when there is none.
        resource: its id, as :mod:`datalfred.lake.jobs` or its service calls it.
        settings: of the resource, such as its memory.
        changes: the facts that say what changed: ``definition``, ``input`` or ``time``.
    """

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.kind = ""
        self.resource = ""
        self.settings: dict[str, str] = {}
        self.changes: dict[str, int] = {}
        self._facts: list[Fact] = []
        self._signals: list[int] = []
        self._lines: tuple[LogEvent, ...] = ()

    def fact(self, statement: str, source: str, *, at: str = "", signal: bool = False) -> int:
        """Adds a fact.

        Args:
            statement: one sentence.
            source: the AWS call that said it.
            at: when it was so, ISO 8601.
            signal: whether its words may speak for a cause.

        Returns:
            Its index; the last one when the dossier is full.
        """
        if len(self._facts) < MOST_FACTS:
            fact = Fact(statement=shown(statement, _STATEMENT_BYTES), source=source, at=at)
            self._facts.append(fact)
            if signal:
                self._signals.append(len(self._facts) - 1)
        return len(self._facts) - 1

    def log(self, events: Sequence[LogEvent], source: str) -> None:
        """Keeps the telling lines; the first that complain become facts."""
        kept = telling(events, MOST_LINES)
        self._lines = tuple(
            event.model_copy(update={"message": shown(event.message, _LINE_BYTES)})
            for event in kept
        )
        complaints = [event for event in self._lines if is_complaint(event.message)]
        for event in complaints[:_COMPLAINTS]:
            self.fact(f"The log says: {event.message}", source, at=event.at, signal=True)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts."""
        return tuple(self._facts)

    @property
    def signals(self) -> tuple[tuple[int, Fact], ...]:
        """The facts whose words may speak for a cause, with their indices."""
        return tuple((index, self._facts[index]) for index in self._signals)

    @property
    def lines(self) -> tuple[LogEvent, ...]:
        """The telling lines of the log, oldest first."""
        return self._lines
