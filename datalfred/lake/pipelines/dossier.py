"""What a diagnosis gathers on its way: facts with their sources, log lines, gaps."""

import re
from collections.abc import Sequence

from datalfred.lake.calls import Gaps
from datalfred.lake.logs.lines import is_complaint, shown
from datalfred.lake.logs.models import LogEvent
from datalfred.lake.logs.telling import telling
from datalfred.lake.paging import counted
from datalfred.lake.pipelines.baseline import Baseline, bare
from datalfred.lake.pipelines.models import Fact

MOST_FACTS = 24
MOST_LINES = 12
_STATEMENT_BYTES = 560
_LINE_BYTES = 280
_COMPLAINTS = 3
_REDACTED_BYTES = 8_000
_CUT = " … ".encode()
_RAISED = re.compile(r"\s*(?:[a-z_]\w*\.)+[A-Z]\w+: ")
_DENIED_ACTION = re.compile(r"not authorized to perform: [\w:*-]+")


def in_short(text: str, limit: int) -> str:
    """The text as it may be shown, in at most ``limit`` bytes: what is too much goes in the middle.

    AWS names what was called at the beginning of a message, and Java and Spark the cause at its
    end. It is redacted before it is cut, so that no half of a secret is left.
    """
    clean = shown(text, _REDACTED_BYTES).encode("utf-8", "replace")
    if len(clean) <= limit:
        return clean.decode("utf-8")
    half = (limit - len(_CUT)) // 2
    kept = _telling_part(clean.decode("utf-8", "ignore"))
    if kept in clean[: half // 2] or kept in clean[-half // 2 :]:
        kept = b""
    if 0 < len(kept) <= half // 2:
        half -= (len(kept) + len(_CUT)) // 2 + 1
    else:
        kept = b""
    head, tail = (part.decode("utf-8", "ignore") for part in (clean[:half], clean[-half:]))
    middle = f"{kept.decode()}{_CUT.decode()}" if kept else ""
    return f"{head.rstrip()}{_CUT.decode()}{middle}{tail.lstrip()}"


def _complains(message: str) -> bool:
    """Whether a line speaks of an error, or is the last one of a traceback."""
    return is_complaint(message) or bool(_RAISED.match(message))


def _telling_part(text: str) -> bytes:
    """The words of a long message without which it says little: the denied action."""
    found = _DENIED_ACTION.search(text)
    return found[0].encode("utf-8", "replace") if found else b""


class Dossier:
    """Facts in the order in which they were found.

    Attributes:
        gaps: what could not be looked up.
        kind: of the resource behind the failed state; empty when there is none.
        resource: its id, as :mod:`datalfred.lake.jobs` or its service calls it.
        settings: of the resource, such as its memory.
        changes: the facts that say what changed: ``definition``, ``input``, ``time``, ``code`` or
            ``volume``; ``less`` where a number fell to less than half, ``size`` where one more than
            doubled.
        changed_here: whether the definition changed where the execution failed, or before that on
            its way.
        failed_fact: the index of the fact that names the failed state.
        usual: how it went in the last execution that succeeded.
    """

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.kind = ""
        self.resource = ""
        self.settings: dict[str, str] = {}
        self.changes: dict[str, int] = {}
        self.changed_here = False
        self.failed_fact: int | None = None
        self.usual = Baseline()
        self._facts: list[Fact] = []
        self._signals: dict[int, str] = {}
        self._lines: tuple[LogEvent, ...] = ()
        self._read: set[str] = set()

    def fact(
        self, statement: str, source: str, *, at: str = "", signal: bool = False, words: str = ""
    ) -> int:
        """Adds a fact.

        Args:
            statement: one sentence.
            source: the AWS call that said it.
            at: when it was so, ISO 8601.
            signal: whether its words may speak for a cause.
            words: those that may, where the statement also holds names that people gave.

        Returns:
            Its index; the last one when the dossier is full.
        """
        if len(self._facts) < MOST_FACTS:
            fact = Fact(statement=in_short(statement, _STATEMENT_BYTES), source=source, at=at)
            self._facts.append(fact)
            if signal or words:
                self._signals[len(self._facts) - 1] = words or fact.statement
        return len(self._facts) - 1

    def log(self, events: Sequence[LogEvent], source: str) -> None:
        """Keeps the telling lines; the first that complain become facts.

        What the last good run wrote as well is kept, but is no complaint.
        """
        self._read.update(bare(event.message) for event in events)
        kept = telling(events, MOST_LINES)
        self._lines = tuple(
            event.model_copy(update={"message": in_short(event.message, _LINE_BYTES)})
            for event in kept
        )
        complaints = [
            event
            for event, shortened in zip(kept, self._lines, strict=True)
            if _complains(shortened.message) and not self.usual.is_usual(event)
        ]
        usual = sum(_complains(event.message) for event in self._lines) - len(complaints)
        for event in complaints[:_COMPLAINTS]:
            message = in_short(event.message, _LINE_BYTES)
            self.fact(f"The log says: {message}", source, at=event.at, words=message)
        if usual:
            self.fact(
                f"Of the log's complaints, {counted(usual, 'line')} also stood in the last "
                "success's log.",
                source,
            )

    @property
    def read_lines(self) -> frozenset[str]:
        """What the whole log that was read says, without what varies from run to run."""
        return frozenset(self._read)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts."""
        return tuple(self._facts)

    @property
    def signals(self) -> tuple[tuple[int, Fact], ...]:
        """The facts whose words may speak for a cause, with their indices."""
        return tuple(
            (index, self._facts[index].model_copy(update={"statement": words}))
            for index, words in self._signals.items()
        )

    @property
    def lines(self) -> tuple[LogEvent, ...]:
        """The telling lines of the log, oldest first."""
        return self._lines
