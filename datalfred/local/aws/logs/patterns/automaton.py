"""A finite automaton for regular expressions: it reads a message once, whatever the expression.

Python's own ``re`` goes back and tries again, which ``%a*a*a*a*b%`` turns into minutes for one
message. Here a step looks at one character and leads to one state; the states are made as messages
need them.
"""

from collections.abc import Iterable

OTHERS = "\x80"
"""Stands for every character beyond ASCII: no expression can tell two of them apart."""

_MOST_NODES = 2000
_MOST_STATES = 5000


class TooLargeError(ValueError):
    """An expression repeats more than an automaton can hold."""


class Automaton:
    """States, of which each reads a set of characters, or leads on without reading."""

    def __init__(self) -> None:
        self._reads: list[tuple[frozenset[str], int] | None] = []
        self._leads: list[list[tuple[str, int]]] = []
        self._nodes: dict[frozenset[int], _Node] = {}
        self._first = self._last = -1

    def state(self) -> int:
        """A new state.

        Raises:
            TooLargeError: there are too many.
        """
        if len(self._reads) == _MOST_STATES:
            raise TooLargeError
        self._reads.append(None)
        self._leads.append([])
        return len(self._reads) - 1

    def read(self, state: int, characters: frozenset[str], target: int) -> None:
        """Lets ``state`` lead to ``target`` by any of ``characters``."""
        self._reads[state] = (characters, target)

    def lead(self, state: int, target: int, place: str = "") -> None:
        """Lets ``state`` lead to ``target`` at once; ``^`` and ``$`` name the only place for it."""
        self._leads[state].append((place, target))

    def finish(self, first: int, last: int) -> None:
        """Says where an expression begins and ends."""
        self._first, self._last = first, last

    def found_in(self, text: str) -> bool:
        """Whether some part of ``text`` meets the expression; ``$`` ignores a last line break."""
        head = text.removesuffix("\n")
        node = self._node(self._closure([self._first], "^"))
        if node.settled:
            return node.accepts
        for character in head:
            node = node[character]
            if node.settled:
                return node.accepts
        node = self._node(self._closure(node.states, "$" if head else "^$"))
        if node.accepts or len(head) == len(text):
            return node.accepts
        node = node["\n"]
        return self._node(self._closure(node.states, "$")).accepts

    def step(self, states: frozenset[int], character: str) -> "_Node":
        """The node that a character leads to."""
        reached = [self._first]
        for state in states:
            edge = self._reads[state]
            if edge is not None and character in edge[0]:
                reached.append(edge[1])
        return self._node(self._closure(reached))

    def _node(self, states: frozenset[int]) -> "_Node":
        node = self._nodes.get(states)
        if node is None:
            if len(self._nodes) >= _MOST_NODES:
                self._nodes.clear()
            node = self._nodes[states] = _Node(self, states, accepts=self._last in states)
        return node

    def _closure(self, states: Iterable[int], places: str = "") -> frozenset[int]:
        found, waiting = set(states), list(states)
        while waiting:
            for place, target in self._leads[waiting.pop()]:
                if place in places and target not in found:
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)


class _Node(dict[str, "_Node"]):
    """All states that a message can be in, and where each character leads from there."""

    __slots__ = ("_automaton", "accepts", "settled", "states")

    def __init__(self, automaton: Automaton, states: frozenset[int], *, accepts: bool) -> None:
        super().__init__()
        self._automaton = automaton
        self.states = states
        self.accepts = accepts
        self.settled = accepts

    def __missing__(self, character: str) -> "_Node":
        if character > OTHERS:
            return self[OTHERS]
        node = self[character] = self._automaton.step(self.states, character)
        return node
