"""What a redrive of an execution would run again, read from its history.

A state that was left does not run again. Of a Map and of a Parallel the items and branches that
did not succeed go on from where they stopped; a Fail state is entered again and fails at once [1]_.

.. [1] https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html
"""

from collections.abc import Iterator

from datalfred.lake.pipelines import history
from datalfred.lake.pipelines.history import Event, Failure, History

_MOST_NAMED = 10
_ENTERED = "StateEntered"


def state(read: History) -> str:
    """The state at which it would begin again; empty when that is not known."""
    failure = read.failure()
    if failure is None:
        return read.current_state()
    return failure.ended_by or failure.state


def fail_state(read: History) -> str:
    """The Fail state that ended the execution; empty when none did."""
    failure = read.failure()
    if failure is None:
        return ""
    entered = _entered(read, failure.ended_by or failure.state)
    return history.name_of(entered) if entered and entered["type"] == f"Fail{_ENTERED}" else ""


def sentence(read: History) -> str:
    """Which items or branches would run again; empty where none are concerned or all is unknown."""
    failure = read.failure()
    if failure is None or failure.ended_by or not failure.path:
        return ""
    entered = _entered(read, failure.path[0])
    if entered is None:
        return ""
    if entered["type"] == f"Map{_ENTERED}":
        return _of_map(read, failure)
    if entered["type"] == f"Parallel{_ENTERED}" and len(failure.path) > 1:
        return _of_parallel(read, entered)
    return ""


def _entered(read: History, name: str) -> Event | None:
    """The newest event that entered a state of this name."""
    found = [
        event
        for event in read.events.values()
        if event["type"].endswith(_ENTERED) and history.name_of(event) == name
    ]
    return max(found, key=lambda event: event["id"], default=None)


def _of_map(read: History, failure: Failure) -> str:
    name = failure.path[0]
    said = f"Of the items of {name}, those that did not succeed run again"
    if any(event["type"] == "MapRunStarted" for event in read.events.values()):
        return f"{said}, each as a child execution."
    items = _items(read, name)
    if items is None:
        return f"{said}."
    again, total = items
    named = ", ".join(str(index) for index in again[:_MOST_NAMED])
    more = ", …" if len(again) > _MOST_NAMED else ""
    return f"{said}: {len(again)} of {total} (counted from 0: {named}{more})."


def _items(read: History, name: str) -> tuple[list[int], int] | None:
    """The items that run again, and how many there are; None when the history does not tell."""
    entries = [
        event
        for event in read.events.values()
        if event["type"] == f"Map{_ENTERED}" and history.name_of(event) == name
    ]
    redrives = sum(event["type"] == "ExecutionRedriven" for event in read.events.values())
    begun = {event["id"] for event in entries}
    lengths = [
        int(history.details(event).get("length") or 0)
        for event in read.events.values()
        if event["type"] == "MapStateStarted" and event.get("previousEventId") in begun
    ]
    # A Map that a loop enters again has items of its own each time.
    if not read.complete or len(entries) > redrives + 1 or not any(lengths):
        return None
    done = {
        history.details(event).get("index")
        for event in read.events.values()
        if event["type"] == "MapIterationSucceeded" and history.name_of(event) == name
    }
    total = max(lengths)
    return [index for index in range(total) if index not in done], total


def _of_parallel(read: History, entered: Event) -> str:
    stopped = [each for each in _branches(read, entered) if each]
    named = ", ".join(stopped[:_MOST_NAMED])
    at = f" (at {named})" if named else ""
    return (
        f"Of the branches of {history.name_of(entered)}, those that did not succeed go on from"
        f" where they stopped{at}."
    )


def _branches(read: History, entered: Event) -> Iterator[str]:
    """Of each branch of the newest attempt the state in which it stopped; empty if it was left."""
    after: dict[int, list[Event]] = {}
    for event in read.events.values():
        after.setdefault(event.get("previousEventId", 0), []).append(event)
    started = next(
        (each for each in after.get(entered["id"], ()) if each["type"] == "ParallelStateStarted"),
        None,
    )
    if started is None:
        return
    for first in after.get(started["id"], ()):
        if not first["type"].endswith(_ENTERED):
            continue
        branch, waiting = [], [first]
        while waiting:
            event = waiting.pop()
            branch.append(event)
            waiting.extend(each for each in after.get(event["id"], ()) if not _ends(each, entered))
        yield history.of(branch).current_state()


def _ends(event: Event, entered: Event) -> bool:
    """Whether an event is no longer of the branches."""
    kind = event["type"]
    return kind.startswith("Execution") or (
        kind.startswith("ParallelState") and history.name_of(event) == history.name_of(entered)
    )
