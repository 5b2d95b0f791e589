"""Which changes of a definition can have to do with a failure, and which cannot.

A state that was not entered before the failure has broken nothing, and a comment never has. So a
changed state counts only when the failure is in it, or when the execution went through it before;
of one that it left in good order, what happens on errors does not count.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred.lake.pipelines.history import Failure, History

_MOST_NAMED = 6
_COMMENTS = frozenset({"Comment"})
_TIME_LIMITS = frozenset(
    {"TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"}
)
_ON_ERRORS = frozenset({"Retry", "Catch"})
_TIMEOUTS = frozenset({"States.Timeout", "States.HeartbeatTimeout"})
_MACHINE = ""
"""The name under which the settings of the machine itself stand, beside those of its states."""

Settings = Mapping[str, Any]
"""What a state, or the machine, says of itself, without the states inside it."""


class Difference:
    """What is different between two definitions of a state machine.

    Args:
        then: the text of the definition in Amazon States Language that succeeded.
        now: the text of the one that failed.
    """

    def __init__(self, then: str, now: str) -> None:
        self._then, self._now = _flat(then), _flat(now)

    @property
    def _changed(self) -> dict[str, frozenset[str]]:
        """The settings that differ, by state; those of the machine under the empty name."""
        names = {*self._then, *self._now}
        pairs = {name: (self._then.get(name, {}), self._now.get(name, {})) for name in names}
        found = {
            name: frozenset(key for key in {*old, *new} if old.get(key) != new.get(key))
            for name, (old, new) in pairs.items()
        }
        return {name: keys for name, keys in found.items() if keys}

    def told(self) -> str:
        """What differs, as the end of a sentence."""
        changed = self._changed
        states = sorted(
            f"{name} (a comment only)" if keys <= _COMMENTS else name
            for name, keys in changed.items()
            if name != _MACHINE
        )
        if not states:
            return (
                "settings outside its states differ"
                if changed.get(_MACHINE, frozenset()) - _COMMENTS
                else "only its comment differs"
                if changed
                else "only how it is written differs"
            )
        more = f" and {len(states) - _MOST_NAMED} more" if len(states) > _MOST_NAMED else ""
        return f"states {', '.join(states[:_MOST_NAMED])}{more} differ"

    def matters_to(self, failure: Failure, read: History) -> bool:
        """Whether any of it can have to do with how an execution failed.

        Args:
            failure: where the execution with the new definition failed.
            read: the history of that same execution.
        """
        around = {_MACHINE, *failure.path}
        passed = read.entered_before(failure) - around
        stumbled = {found.state for found, _ in read.survived()}
        no_matter = _COMMENTS if failure.error in _TIMEOUTS else _COMMENTS | _TIME_LIMITS
        return any(
            keys - (no_matter if name in around | stumbled else no_matter | _ON_ERRORS)
            for name, keys in self._changed.items()
            if name in around | passed
        )


def _flat(definition: str) -> dict[str, Settings]:
    """The settings of every state, however deep, by its name; and of the machine."""
    found = json.loads(definition)
    return {_MACHINE: _own(found), **dict(_states(found))}


def _states(holder: Any) -> Iterator[tuple[str, Settings]]:
    if isinstance(holder, dict):
        states = holder.get("States")
        for name, state in states.items() if isinstance(states, dict) else ():
            yield name, _own(state)
            yield from _states(state)
        for key in ("ItemProcessor", "Iterator"):
            yield from _states(holder.get(key))
        for branch in holder.get("Branches", ()):
            yield from _states(branch)


def _own(holder: Settings) -> Settings:
    """What it says of itself: the states inside it speak for themselves."""
    own = {key: value for key, value in holder.items() if key != "States"}
    for key in ("ItemProcessor", "Iterator"):
        if isinstance(own.get(key), dict):
            own[key] = _uncommented(own[key])
    if isinstance(own.get("Branches"), list):
        own["Branches"] = [_uncommented(branch) for branch in own["Branches"]]
    return own


def _uncommented(holder: Settings) -> Settings:
    return {key: value for key, value in holder.items() if key not in {"States", "Comment"}}
