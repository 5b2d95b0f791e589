"""Where the programs of an execution stand, so that a redrive goes on in each of them.

An execution is a program; the branches of its Parallel states and the iterations of its inline Map
states are programs inside it, and so on. Each has a mark. A redrive copies the marks of the attempt
before: a program that ended keeps its output and is not run again, one that failed or was aborted
is entered at its last state, one that never began begins.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html, "Redrive
behavior of individual states".
"""

import copy
from typing import Any


class Mark:
    """Where one program stands.

    Attributes:
        state: the state that was entered last; None before the first.
        given: what that state was given.
        variables: those of the program's own scope when that state was entered.
        inside: the programs of that state, in order; None when it has none.
        map_run: the Map Run of that state; None when it has none.
        ended: whether the program came to a good end.
        output: what it ended with.
        entered_at: the id of the event with which that state was entered; 0 before it is written.
        resumes: whether the program is still to be entered where it stood.
    """

    def __init__(self) -> None:
        """Marks a program that has not begun."""
        self.state: str | None = None
        self.given: Any = None
        self.entered_at = 0
        self.variables: dict[str, Any] = {}
        self.inside: list[Mark] | None = None
        self.map_run: Any = None
        self.ended = False
        self.output: Any = None
        self.resumes = False
        self._kept = False

    def enter(self, state: str, given: Any, variables: dict[str, Any]) -> None:
        """Notes that a state is entered; the first one of a redrive keeps what is inside it."""
        if not self.resumes:
            self.inside, self.map_run, self._kept = None, None, False
        self.resumes, self.entered_at = False, 0
        self.state, self.given, self.variables = state, given, dict(variables)

    def end(self, output: Any) -> None:
        """Notes a good end."""
        self.ended, self.output = True, output

    def programs(self, count: int) -> list["Mark"]:
        """The marks of the programs of the state that was entered.

        In a redrive these are the ones of the attempt before; a retry of the state runs all anew.
        """
        if not (self._kept and self.inside is not None and len(self.inside) == count):
            self.inside = [Mark() for _ in range(count)]
        self._kept = False
        return list(self.inside)

    def kept_map_run(self) -> Any:
        """The Map Run that this redrive goes on with; None when a new one is to be started."""
        kept, self._kept = self.map_run if self._kept else None, False
        return kept

    def for_redrive(self, *, error: str | None) -> "Mark":
        """A copy for the next attempt, which threads of this one cannot reach.

        Args:
            error: with which the execution failed. A state whose programs all ended well and whose
                own result was too large is run again as a whole.
        """
        other = Mark()
        other.state, other.given = self.state, copy.deepcopy(self.given)
        other.variables = dict(self.variables)
        other.ended, other.output = self.ended, self.output
        other.resumes = self.state is not None
        too_large = error == "States.DataLimitExceeded"
        inside = self.inside
        if inside is not None and not (too_large and all(mark.ended for mark in inside)):
            other.inside = [mark.for_redrive(error=error) for mark in inside]
        other.map_run = None if too_large else self.map_run
        other._kept = True
        return other
