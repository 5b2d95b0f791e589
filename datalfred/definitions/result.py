"""The base of what every operation returns."""

from datalfred.definitions.shape import Shape


class Result(Shape):
    """An operation's result: fields of its own, and the line that a person reads."""

    evidence: str
    """One factual line: what was read, where, how much, for how much."""
