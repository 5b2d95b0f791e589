"""Every order of events that a machine comes up with: with consent, once, and never lost.

The store, the approver and the redrive are the real ones; only their clients are wrapped, so that
at any call a process may die, an answer may get lost, or somebody else may act. An execution holds
until it is told to fail, so others can meet it running, or failed once more.

What proves what: the *scenes* aim each trouble at each call that is named, one at a time, and are
what a defect of one guard fails for certain. The *random search* draws whole approvals with such a
trouble, in a history of others: it finds most of the same defects within sixty examples, but no
given one for certain, and adds what nobody has aimed at. Guards that stand behind others, such as
the second look after a refusal or the claim of whoever resumes, hide from both: once and with
consent holds without them, and tests of their own say what they are for.
"""

import random
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from datalfred import clients
from datalfred.approvals.approver import Approver
from datalfred.approvals.inbox import open_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.store import CLAIM_SECONDS
from datalfred.approvals.terms import redrive_summary
from datalfred.errors import DatalfredError, NotFoundError
from datalfred.lake import moments
from tests.approvals.world import BROKEN, Fault, World, Wrapped, explore

ANA, BEN, EVE = "local:ana", "local:ben", "local:eve"
ENDS = {"EXECUTED": "executed", "FAILED": "failed", "EXPIRED": "expired", "DENIED": "denied"}
LAPSED = CLAIM_SECONDS + 2
HOUR = 3600
TOO_OLD, OTHER = "over an hour ago", "Another approval of the same redrive"
WRONG_COUNT = "names another redrive count"
THREADS = 16

OTHERS = (
    "by_hand",
    "by_hand_and_failed",
    "approve",
    "approve_other",
    "deny",
    "resume",
    "take_over",
)
"""What somebody else does in the middle: redrive by hand, press a button, take over a claim."""
_CALLS = ("approve", "describe", "turn", "redrive", "finish", "read", "take_in", "drop")
_AIMED = st.builds(
    Fault,
    call=st.sampled_from([*_CALLS, "claim", "redrive", "redrive", "turn", "finish"]),
    what=st.sampled_from([*BROKEN, *OTHERS]),
    nth=st.sampled_from([1, 1, 1, 2]),
)
AIMED = st.lists(_AIMED, max_size=2)
BY_ONE = [Fault(call, what) for call in _CALLS for what in BROKEN]
BY_OTHERS = [Fault(call, what) for call in _CALLS[:5] for what in OTHERS]
TOO_LATE = [Fault("read", "stands_still", nth) for nth in (1, 2, 3, 4)]
_LATE_CALLS = ("turn", "redrive", "finish")
_WORST = [*TOO_LATE, *(each for each in (*BY_ONE, *BY_OTHERS) if each.call in _LATE_CALLS)]
PRESSED = {
    "data": st.data(),
    "before": st.sampled_from(["", "", *OTHERS, "almost_expired"]),
    "skew": st.sampled_from([0, 0, 0, -10, 25]),
    "faults": AIMED,
    "after": st.sampled_from(["", "fails", "fails"]),
}


class Interleavings(RuleBasedStateMachine):
    """People who ask, press and resume, with clocks that differ."""

    stack = None

    @initialize(own=st.booleans())
    def begin(self, own):
        project = f"p{uuid.uuid4().hex[:20]}"
        self.stack.tables(project)
        self.world, self.own = World(self.stack, project), own
        stepfunctions = self.world.stepfunctions
        held = {"stateMachineArn": self.stack.machines["held"]}
        self.target = stepfunctions.start_execution(**held)["executionArn"]
        self.another = _another(self.stack.aws, **held)
        self.ids, self.recorded, self.requests, self.tampered = [], {}, {}, set()
        self.consented, self.denied, self.by_hand = set(), set(), 0
        self.asked(forget=False, faults=[])

    def approver(self, skew=0, *, wrapped=True):
        store = self.world.store(skew, wrapped=wrapped)
        stepfunctions = self.world.stepfunctions
        stepfunctions = Wrapped(stepfunctions, self.world) if wrapped else stepfunctions
        return Approver(
            store,
            approvers=(ANA, BEN),
            requester_may_approve=self.own,
            stepfunctions=lambda: stepfunctions,
            now=store._now,
            patience_seconds=0.01,
        )

    @rule(forget=st.booleans(), faults=AIMED, beyond=st.sampled_from([0, 0, 0, 1]))
    def ask(self, forget, faults, beyond):
        self.asked(forget=forget, faults=faults, beyond=beyond)

    def asked(self, *, forget, faults, beyond=0):
        """Ana asks; where the hint that she has asked before is gone, a second time.

        Where a function was taken over, the count of the request is beyond the execution's.
        """
        self.fails()
        dynamodb, table = self.world.dynamodb, self.world.names["requests"]
        if forget:
            key = {"id": {"S": open_key("redrive", self.target)}}
            dynamodb.delete_item(TableName=table, Key=key)
        count = self.count() + beyond
        with self.world.process(faults, self.meanwhile):
            record = self.world.requests().create(
                action="redrive",
                target=self.target,
                summary=redrive_summary(self.target, "Only", ""),
                requester=ANA,
                details={"redrive_count": str(count), "failed_state": "Only"},
            )
            if record.id not in self.ids:
                self.ids.append(record.id)
                self.recorded[record.id] = count
                key = {"id": {"S": record.id}}
                self.requests[record.id] = dynamodb.get_item(TableName=table, Key=key)["Item"]

    @rule(data=st.data())
    def tamper(self, data):
        if self.ids:
            self.put_another_behind(data.draw(st.sampled_from(self.ids)))

    def put_another_behind(self, chosen):
        """Whoever took a function over puts another target behind an id that people have read."""
        words = {"target": self.another, "summary": redrive_summary(self.another, "Only", "")}
        changed = {name: {"S": said} for name, said in words.items()}
        self.world.dynamodb.put_item(
            TableName=self.world.names["requests"], Item={**self.requests[chosen], **changed}
        )
        self.tampered.add(chosen)

    @rule(
        fault=st.one_of(st.sampled_from(_WORST), st.sampled_from([*BY_ONE, *BY_OTHERS])),
        forget=st.booleans(),
        beyond=st.sampled_from([0, 0, 0, 0, 1]),
        wait=st.sampled_from([LAPSED, LAPSED, 1200, HOUR + 120]),
        again=st.sampled_from(["resume", "resume", "approve", "approve_other"]),
    )
    def approve_in_trouble(self, *, fault, forget, beyond, wait, again):
        """A whole approval with one trouble, and whoever comes by when its claim has lapsed."""
        self.asked(forget=forget, faults=[], beyond=beyond)
        self.chosen = self.ids[-1]
        if fault.what == "approve_other":
            self.asked(forget=True, faults=[], beyond=beyond)
        if fault.what == "stands_still":
            self.almost_expired()
        self.act("approve", self.chosen, EVE if self.own else ANA)
        self.it_holds()
        self.act("approve", self.chosen, BEN, 0, [fault])
        self.it_holds()
        self.fails()
        self.world.ahead += wait
        self.meanwhile(again)
        self.it_holds()
        self.fails()

    @rule(who=st.sampled_from([BEN, BEN, BEN, ANA, EVE]), **PRESSED)
    def approve(self, who, **pressed):
        self.press("approve", who, **pressed)

    @rule(who=st.sampled_from([BEN, BEN, ANA, EVE]), **PRESSED)
    def approve_again(self, who, **pressed):
        self.press("approve", who, **pressed)

    @rule(who=st.sampled_from([BEN, ANA, EVE]), **PRESSED)
    def deny(self, who, **pressed):
        self.press("deny", who, **pressed)

    @rule(wait=st.sampled_from([0, LAPSED, LAPSED, 1200, 1200, HOUR + 1]), **PRESSED)
    def resume(self, wait, **pressed):
        self.world.ahead += wait
        self.press("resume", "", **pressed)

    def press(self, what, who, *, data, before, skew, faults, after):
        if not self.ids:
            return
        self.chosen = data.draw(st.sampled_from(self.ids[-2:]))
        if before:
            self.meanwhile(before)
        self.act(what, self.chosen, who, skew, faults)
        if after:
            self.fails()

    def act(self, what, wanted, who, skew=0, faults=()):
        if what == "approve" and who in ({ANA, BEN} if self.own else {BEN}):
            self.consented.add(wanted)
        with self.world.process(faults, self.meanwhile, skew):
            if what == "resume":
                self.approver(skew).resume()
            elif getattr(self.approver(skew), what)(wanted, who).state is ApprovalState.DENIED:
                assert who != EVE, "a stranger denied"
                self.denied.add(wanted)

    def meanwhile(self, what):
        """What others do before a call, while the process that makes it stands still."""
        if what in {"stands_still", "take_over"}:
            self.world.ahead += LAPSED
        if what == "almost_expired":
            self.almost_expired()
        if what.startswith("by_hand"):
            self.redrive_by_hand()
        if what in {"approve", "deny"}:
            self.act(what, self.chosen, BEN)
        if what in {"resume", "take_over"}:
            self.act("resume", "", "")
        if what == "approve_other":
            self.act("approve", self.ids[0 if self.chosen == self.ids[-1] else -1], BEN)
        if what in {"by_hand_and_failed", "resume", "take_over", "approve_other"}:
            self.fails()

    def almost_expired(self):
        """A process that stands still for a claim's time from here on is too late."""
        expires = moments.parsed(self.requests[self.chosen]["expires_at"]["S"])
        left = (expires - self.world.begun - timedelta(seconds=1)).total_seconds()
        self.world.ahead = max(self.world.ahead, int(left))

    @rule()
    def fails(self):
        """What runs of the execution fails; ended it stays as it is."""
        self.world.stepfunctions.stop_execution(executionArn=self.target)

    @rule()
    def redrive_by_hand(self):
        if self.world.describe(self.target)["status"] != "RUNNING":
            self.world.stepfunctions.redrive_execution(executionArn=self.target)
            self.by_hand += 1

    @rule(seconds=st.sampled_from([1, LAPSED, 880, 1200, HOUR + 1]))
    def time_passes(self, seconds):
        self.world.ahead += seconds

    def count(self):
        return self.world.describe(self.target)["redriveCount"]

    @invariant()
    def it_holds(self):
        records = self.world.records()
        count, redriven = self.count(), self.world.redriven
        self.nobody_is_redriven_for_without_a_yes(records)
        tokens = Counter(each.token for each in redriven)
        assert max(tokens.values(), default=0) <= 1
        turns = Counter(self.recorded[token] for token in tokens)
        assert max(turns.values(), default=0) <= 1, "two approvals of one redrive did it"
        assert count == self.by_hand + len(redriven), "redriven twice, or another was"
        self.what_is_told_is_true(records, count)

    def nobody_is_redriven_for_without_a_yes(self, records):
        for each in self.world.redriven:
            assert each.token in self.consented - self.denied
            assert each.target == self.target, "redriven is what nobody has read"
            assert each.described == self.recorded[each.token], "others had done it before"
            record = records[each.token]
            decided = (moments.parsed(record.decided_at) - self.world.begun).total_seconds()
            assert record.decided_at < record.expires_at, "approved after its time"
            assert each.second <= decided + HOUR + LAPSED + 60, "redriven long after the yes"

    def what_is_told_is_true(self, records, count):
        redriven = {each.token for each in self.world.redriven}
        old = {
            each.details["redrive_count"] for each in records.values() if TOO_OLD in each.outcome
        }
        for record in records.values():
            moved = count > self.recorded[record.id]
            if record.state is ApprovalState.EXECUTED:
                assert moved, "it is said to have been carried out, but was not"
            if record.state is ApprovalState.FAILED:
                assert record.id not in redriven, "it is said to have failed, but was carried out"
                same = [
                    each for each in self.ids if self.recorded[each] == self.recorded[record.id]
                ]
                other = record.outcome.startswith(OTHER) and len(same) > 1
                excused = other or WRONG_COUNT in record.outcome
                assert moved or excused or record.details["redrive_count"] in old, record.outcome

    def teardown(self):
        """Whatever happened: one undisturbed run of the schedule ends what was approved."""
        if not hasattr(self, "world"):
            return
        self.fails()
        self.world.ahead += 2 * LAPSED + 60
        with self.world.process():
            self.approver().resume()
        self.fails()
        self.it_holds()
        store = self.world.store(wrapped=False)
        for approval_id in self.ids:
            with suppress(*([NotFoundError] if approval_id in self.tampered else [])):
                self.check(store.get(approval_id), store.audit.of(approval_id))

    def check(self, record, rows):
        moves = [row.event for row in rows if row.event != "refused"]
        waits = record.state is ApprovalState.PENDING
        approved = record.decided_by and record.state is not ApprovalState.DENIED
        assert record.state is not ApprovalState.APPROVED, "an approval was lost"
        begun = ["asked", *(["approved"] if approved else [])]
        assert moves == (begun if waits else [*begun, ENDS[record.state]])


@cache
def _another(aws, **held):
    """An execution that nobody has asked about, and that could be redriven."""
    stepfunctions = aws.client("stepfunctions")
    found = stepfunctions.start_execution(**held)["executionArn"]
    stepfunctions.stop_execution(executionArn=found)
    return found


def scene(stack, fault):
    """One approval with one trouble, and what the schedule makes of it long after."""
    machine = Interleavings()
    machine.stack = stack
    machine.begin(own=False)
    if fault.what == "approve_other":
        machine.asked(forget=True, faults=[])
    machine.chosen = machine.ids[0]
    if fault.what == "stands_still":
        machine.meanwhile("almost_expired")
    for stranger in (EVE, ANA) if fault.call == "finish" else ():
        machine.act("deny" if stranger == EVE else "approve", machine.chosen, stranger)
        machine.act("approve", machine.chosen, stranger)
        machine.it_holds()
    for what, who, faults in (("approve", BEN, [fault]), ("resume", "", [])):
        machine.act(what, machine.chosen, who, 0, faults)
        machine.it_holds()
        machine.fails()
        # Later than a token lives or, where the request got lost, than a yes does.
        machine.world.ahead += HOUR + 120 if fault.what == "lost_request" else 1200
    if fault.what == "lost_answer":
        machine.asked(forget=False, faults=[])
        machine.put_another_behind(machine.ids[-1])
        machine.act("approve", machine.ids[-1], BEN)
    if fault.what == "die_after":
        for beyond in (0, 1):  # as it should be, and by a function that was taken over
            machine.asked(forget=False, faults=[], beyond=beyond)
            machine.act("approve", machine.ids[-1], BEN)
            machine.it_holds()
    machine.teardown()
    return machine.world.hits[fault.call, fault.what]


@pytest.mark.parametrize(
    "faults",
    [BY_ONE, pytest.param(BY_OTHERS, marks=pytest.mark.slow), TOO_LATE],
    ids=["one", "others", "late"],
)
def test_at_every_call_of_an_approval_every_trouble_leaves_it_once_and_never_lost(stack, faults):

    hits = {fault: scene(stack, fault) for fault in faults}

    assert all(hits.values()), hits


@pytest.mark.parametrize("examples", [12, pytest.param(60, marks=pytest.mark.slow)])
def test_whatever_happens_it_is_with_consent_once_and_never_lost(stack, examples):
    explore(Interleavings, stack, examples)


@pytest.mark.parametrize("rounds", [3, pytest.param(15, marks=pytest.mark.slow)])
def test_threads_that_press_at_once_decide_once(stack, opened, approver, rounds):
    store, one = opened(), approver(patience_seconds=5)
    target, dice = stack.run("orders"), random.Random(7)
    presses, redrives = ("approve", "approve", "deny", "resume"), 0
    with ThreadPoolExecutor(THREADS) as pool:
        for count in range(rounds):
            record = store.create(
                action="redrive",
                target=target,
                summary=redrive_summary(target, "Only", ""),
                requester="local:ana",
                details={"redrive_count": str(redrives), "failed_state": "Only"},
            )
            start = threading.Barrier(THREADS)
            chosen = ["approve", *(dice.choice(presses) for _ in range(THREADS - 1))]

            def press(what, record=record, start=start):
                start.wait(10)
                with suppress(DatalfredError):
                    one.resume() if what == "resume" else getattr(one, what)(record.id, "local:ben")

            futures = [pool.submit(copy_context().run, press, what) for what in chosen]
            for future in futures:
                future.result()
            state = store.get(record.id).state
            events = [row.event for row in store.audit.of(record.id) if row.event != "refused"]
            redrives += state is ApprovalState.EXECUTED
            assert state in {ApprovalState.EXECUTED, ApprovalState.DENIED}, count
            decided = ["denied"] if state is ApprovalState.DENIED else ["approved", "executed"]
            assert events == ["asked", *decided]
            stack.ended(target)
    described = clients.client("stepfunctions").describe_execution(executionArn=target)
    assert described["redriveCount"] == redrives > 0
