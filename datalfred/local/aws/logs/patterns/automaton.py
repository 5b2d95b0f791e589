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
        self._start: _Node | None = None
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
        node = self._start = self._start or self._node(self._closure([self._first], "^"))
        if node.accepts:
            return True
        for character in head:
            node = node[character]
            if node.accepts:
                return True
        # Where nothing is read, the end is the beginning as well.
        ended = self._ended(node) if head else self._node(self._closure(node.states, "^$"))
        if ended.accepts or len(head) == len(text):
            return ended.accepts
        return self._ended(ended["\n"]).accepts

    def _ended(self, node: "_Node") -> "_Node":
        """What a node becomes at the end of the text."""
        if node.ended is None:
            node.ended = self._node(self._closure(node.states, "$"))
        return node.ended

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
                self._start = None
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

    __slots__ = ("_automaton", "accepts", "ended", "states")

    def __init__(self, automaton: Automaton, states: frozenset[int], *, accepts: bool) -> None:
        super().__init__()
        self._automaton = automaton
        self.states = states
        self.accepts = accepts
        self.ended: _Node | None = None

    def __missing__(self, character: str) -> "_Node":
        if character > OTHERS:
            return self[OTHERS]
        node = self[character] = self._automaton.step(self.states, character)
        return node
