"""State machines of every kind, each from a file: what it answers, and its exact history.

A file of ``machines/`` holds a definition, its input, what is broken, and what is expected, event
by event; ``redrives`` say what was mended in between and what follows. Lanes run side by side:
their events may be mixed, but each lane keeps its order, and a lane that is ``cut`` may stop
anywhere. Every file names the page that says so.
"""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

WORK = re.compile(r"machine-work-\w+")
MACHINES = sorted((Path(__file__).parent / "machines").glob("*.yaml"))


class Stub:
    """The function of a machine: echoes its input, unless what it names is broken or large."""

    def __init__(self, broken, large):
        self.large = dict(large)
        self.broken = {str(key): dict(plan or {}) for key, plan in broken.items()}
        self.calls = []

    def __call__(self, event, _context):
        key = str(event.get("key") if isinstance(event, dict) else event)
        self.calls.append(key)
        if key in self.large:
            return "x" * self.large[key]
        plan = self.broken.get(key)
        if plan is None or plan.get("times", 1) <= 0:
            return event
        if "times" in plan:
            plan["times"] -= 1
        raise type(plan.get("error", "Broken"), (Exception,), {})(f"{key} is broken")


def label(event):
    """An event in one line: its type, and what tells it from others of that type."""
    kind = event["type"]
    for details in (value for name, value in event.items() if name.endswith("Details")):
        for name in ("name", "index", "error", "length", "redriveCount", "resource"):
            if name in details and not (name == "name" and "index" in details):
                return f"{kind} {details[name]}".replace(
                    "arn:aws:lambda:eu-west-1:123456789012:function:", ""
                ).split(" machine-work")[0]
    return kind


def mixed(events, lanes):
    """Whether ``events`` are the events of ``lanes``, mixed."""
    if not events:
        return all(not lane or cut for lane, cut in lanes)
    return any(
        mixed(events[1:], [*lanes[:number], (lane[1:], cut), *lanes[number + 1 :]])
        for number, (lane, cut) in enumerate(lanes)
        if lane and lane[0] == events[0]
    )


def check_history(events, expected):
    """Compares event by event; what does not fit is shown in its place."""
    rest = list(events)
    for number, wanted in enumerate(expected):
        if isinstance(wanted, str):
            assert rest[:1] == [wanted], f"after {events[: len(events) - len(rest)]}: {rest[:3]}"
            rest = rest[1:]
            continue
        after = expected[number + 1]
        assert after in rest, f"{after} is not in {rest}"
        inside, rest = rest[: rest.index(after)], rest[rest.index(after) :]
        lanes = [
            (lane["cut"], True) if isinstance(lane, dict) else (lane, False) for lane in wanted
        ]
        assert mixed(inside, lanes), f"{inside} are not {wanted}"
    assert not rest


def play(machines, path):
    """The case, and of each attempt at it: how it ended, its events and what was called."""
    case = yaml.safe_load(path.read_text())
    work = f"machine-work-{path.stem}"
    stub = Stub(case.get("broken", {}), case.get("large", {}))
    machines.aws.functions.register(work, stub)
    definition = json.loads(json.dumps(case["definition"]).replace("WORK", work))
    arn = machines.start(definition, case.get("input"))
    if case.get("stop_after"):
        machines.await_event(arn, case["stop_after"])
        machines.client.stop_execution(executionArn=arn)
    attempts = [_attempt(machines, arn, stub)]
    for redrive in case.get("redrives", ()):
        for key in redrive["mended"]:
            stub.broken.pop(str(key), None)
            stub.large.pop(str(key), None)
        stub.calls.clear()
        machines.client.redrive_execution(executionArn=arn)
        attempts.append(_attempt(machines, arn, stub))
    return case, attempts


def _attempt(machines, arn, stub):
    ended = machines.end(arn)
    return ended, machines.events(arn, maxResults=1000), sorted(stub.calls)


def check(ended, events, calls, expected):
    told = {name: ended.get(name) for name in ("status", "error")}
    assert told == {name: expected.get(name) for name in told}, ended.get("cause")
    if "cause" in expected:
        assert WORK.sub("WORK", ended["cause"]) == expected["cause"]
    if "output" in expected:
        assert json.loads(ended["output"]) == expected["output"]
    assert calls == sorted(str(call) for call in expected.get("calls", ()))
    check_history([label(event) for event in events], expected["history"])


@pytest.fixture(scope="module")
def played(machines):
    """Every machine, played beside the others."""
    with ThreadPoolExecutor(8) as pool:
        yield {path: pool.submit(play, machines, path) for path in MACHINES}


@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.stem)
def test_a_machine_does_what_its_source_says(played, path):
    case, attempts = played[path].result()

    assert case["source"].startswith("https://docs.aws.amazon.com/step-functions/")
    seen = 0
    expectations = [case["expect"], *(each["expect"] for each in case.get("redrives", ()))]
    for count, (attempt, expected) in enumerate(zip(attempts, expectations, strict=True)):
        ended, events, calls = attempt
        assert ended["redriveCount"] == count
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert all(event.get("previousEventId", 0) < event["id"] for event in events)
        check(ended, events[seen:], calls, expected)
        seen = len(events)


def test_every_kind_of_state_is_played_with_failures_and_redrives():
    cases = [yaml.safe_load(path.read_text()) for path in MACHINES]
    kinds = {kind for case in cases for kind in _kinds(case["definition"])}
    redriven = {kind for case in cases if "redrives" in case for kind in _kinds(case["definition"])}

    every = {
        "Pass",
        "Task",
        "Choice",
        "Wait",
        "Succeed",
        "Fail",
        "Parallel",
        "INLINE",
        "DISTRIBUTED",
    }
    assert every <= kinds
    assert every <= redriven
    assert len(cases) >= 45


def _kinds(machine):
    for state in machine["States"].values():
        yield state["Type"]
        inner = state.get("ItemProcessor")
        if inner:
            yield inner["ProcessorConfig"]["Mode"]
        for program in (*state.get("Branches", ()), *([inner] if inner else ())):
            yield from _kinds(program)
