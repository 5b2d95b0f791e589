"""Every order of events that a machine comes up with: with consent, once, and never lost.

The store, the approver and the redrive are the real ones; only their clients are wrapped, so that
between any two calls a process may die, an answer may get lost, or somebody else may act.
"""

import random
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from datetime import timedelta

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from datalfred import clients
from datalfred.approvals.approver import Approver
from datalfred.approvals.audit import AuditTrail
from datalfred.approvals.inbox import open_key
from datalfred.approvals.models import ApprovalState
from datalfred.approvals.store import CLAIM_SECONDS, ApprovalStore
from datalfred.approvals.terms import redrive_summary
from datalfred.definitions.naming import resource_name
from datalfred.errors import DatalfredError
from datalfred.lake import moments

ALLOWED, STRANGER = ("local:ana", "local:ben"), "local:eve"
TROUBLE = (ClientError, BotoCoreError, DatalfredError)
FAULTS = ("die_before", "die_after", "throttled", "lost_answer", "somebody_else")
ENDED = {ApprovalState.EXECUTED, ApprovalState.FAILED, ApprovalState.EXPIRED}
ENDS = {"EXECUTED": "executed", "FAILED": "failed", "EXPIRED": "expired", "DENIED": "denied"}


THREADS = 16


class Died(BaseException):
    """A process that is no more."""


class Wrapped:
    """A client whose calls go through a world."""

    def __init__(self, client, world):
        self._client = client
        self._world = world

    def __getattr__(self, name):
        real = getattr(self._client, name)
        if name in {"exceptions", "meta", "get_paginator"}:
            return real
        return lambda **given: self._world.call(name, real, given)


class World:
    """What happens at which call, and what was really redriven."""

    def __init__(self, stack):
        self.stack = stack
        self.plan = {}
        self.calls = 0
        self.redriven = []
        self.else_do = lambda: None

    def using(self, plan):
        self.plan, self.calls = dict(plan), 0

    def call(self, name, real, given):
        fault = self.plan.pop(self.calls, None)
        self.calls += 1
        if fault == "die_before":
            raise Died
        if fault == "throttled":
            said = {"Code": "ThrottlingException", "Message": "slowly"}
            raise ClientError({"Error": said}, name)
        if fault == "somebody_else":
            rest, self.plan = self.plan, {}
            self.else_do()
            self.plan = rest
        answer = self._counted(name, real, given)
        if fault == "die_after":
            raise Died
        if fault == "lost_answer":
            raise ReadTimeoutError(endpoint_url="here")
        return answer

    def _counted(self, name, real, given):
        if name != "redrive_execution":
            return real(**given)
        before = self.count(given["executionArn"])
        answer = real(**given)
        if self.count(given["executionArn"]) > before:
            self.redriven.append((given["executionArn"], given["clientToken"], before))
        return answer

    def count(self, target):
        stepfunctions = clients.client("stepfunctions")
        return stepfunctions.describe_execution(executionArn=target)["redriveCount"]


def plans():
    troubled = st.dictionaries(st.integers(0, 14), st.sampled_from(FAULTS), max_size=3)
    return st.one_of(st.just({}), troubled)


PRESSED = {
    "data": st.data(),
    "who": st.sampled_from([*ALLOWED, STRANGER]),
    "other": st.sampled_from(["approve", "deny", "resume", "by_hand"]),
    "skew": st.sampled_from([0, 0, -10, 10, 25]),
    "plan": plans(),
}


class Interleavings(RuleBasedStateMachine):
    """People who ask, press and resume, with clocks that differ."""

    stack = None

    @initialize()
    def begin(self):
        self.world = World(self.stack)
        project = f"p{uuid.uuid4().hex[:20]}"
        self.stack.tables(project)
        self.names = {
            what: resource_name(project, "local", what)
            for what in ("requests", "approvals", "audit")
        }
        self.ahead = 0
        self.target = self.stack.run("orders")
        self.ids, self.recorded = [], {}
        self.consented, self.denied, self.by_hand = set(), set(), 0
        self.asked(forget=False, plan={})

    def store(self, skew=0, *, wrapped=True):
        real = clients.client("dynamodb")
        dynamodb = Wrapped(real, self.world) if wrapped else real
        return ApprovalStore(
            dynamodb,
            requests=self.names["requests"],
            approvals=self.names["approvals"],
            audit=AuditTrail(dynamodb, self.names["audit"]),
            minutes=15,
            now=lambda: moments.now() + timedelta(seconds=self.ahead + skew),
        )

    def approver(self, skew=0, *, wrapped=True):
        real = clients.client("stepfunctions")
        store = self.store(skew, wrapped=wrapped)
        return Approver(
            store,
            approvers=ALLOWED,
            requester_may_approve=True,
            stepfunctions=lambda: Wrapped(real, self.world),
            now=store._now,
            patience_seconds=0.05,
        )

    def settled(self):
        self.world.using({})
        self.stack.ended(self.target)

    @rule(forget=st.booleans(), plan=plans())
    def ask(self, forget, plan):
        self.asked(forget=forget, plan=plan)

    def asked(self, *, forget, plan):
        if forget:
            clients.client("dynamodb").delete_item(
                TableName=self.names["requests"],
                Key={"id": {"S": open_key("redrive", self.target)}},
            )
        count = self.world.count(self.target)
        self.world.using(plan)
        with suppress(Died, *TROUBLE):
            record = self.store().create(
                action="redrive",
                target=self.target,
                summary=redrive_summary(self.target, "Only", ""),
                requester="local:ana",
                details={"redrive_count": str(count), "failed_state": "Only"},
            )
            if record.id not in self.ids:
                self.ids.append(record.id)
                self.recorded[record.id] = count
        self.settled()

    def press(self, *, data, what, who, other, skew, plan):
        wanted, another = (data.draw(st.sampled_from(self.ids[-2:])) for _ in range(2))
        self.world.else_do = lambda: self.act(other, another, ALLOWED[1], 0)
        self.world.using(plan)
        self.act(what, wanted, who, skew)
        self.settled()

    approve = rule(what=st.just("approve"), **PRESSED)(press)
    approve_again = rule(what=st.just("approve"), **PRESSED)(press)
    deny_or_approve = rule(what=st.sampled_from(["approve", "deny"]), **PRESSED)(press)
    resume = rule(what=st.just("resume"), **PRESSED)(press)

    def act(self, what, wanted, who, skew):
        if what == "by_hand":
            return self.redrive_by_hand()
        if what == "approve" and who in ALLOWED:
            self.consented.add(wanted)
        with suppress(Died, *TROUBLE):
            if what == "resume":
                self.approver(skew).resume()
            elif getattr(self.approver(skew), what)(wanted, who).state is ApprovalState.DENIED:
                self.denied.add(wanted)
        return None

    @rule()
    def redrive_by_hand(self):
        self.stack.ended(self.target)
        clients.client("stepfunctions").redrive_execution(executionArn=self.target)
        self.by_hand += 1
        self.stack.ended(self.target)

    @rule(seconds=st.sampled_from([1, CLAIM_SECONDS + 2, CLAIM_SECONDS + 2, 890, 1200, 3601]))
    def time_passes(self, seconds):
        self.ahead += seconds

    @invariant()
    def nobody_is_redriven_for_without_a_yes(self):
        for _, token, count in self.world.redriven if hasattr(self, "world") else ():
            assert token in self.consented
            assert token not in self.denied
            assert count == self.recorded[token], "redriven after others had done it"

    @invariant()
    def nothing_is_redriven_twice(self):
        if not hasattr(self, "world"):
            return
        assert max(Counter(each[1] for each in self.world.redriven).values(), default=0) <= 1
        assert max(Counter(each[2] for each in self.world.redriven).values(), default=0) <= 1
        done = self.by_hand + len(self.world.redriven)
        assert self.world.count(self.target) == done

    def teardown(self):
        """Whatever happened: one undisturbed run of the schedule ends what was approved."""
        if not hasattr(self, "world"):
            return
        self.settled()
        self.ahead += 2 * CLAIM_SECONDS + 60
        self.approver(wrapped=False).resume()
        self.stack.ended(self.target)
        self.nobody_is_redriven_for_without_a_yes()
        self.nothing_is_redriven_twice()
        store = self.store(wrapped=False)
        for approval_id in self.ids:
            self.check(store.get(approval_id), store.audit.of(approval_id))

    def check(self, record, rows):
        moves = [row.event for row in rows if row.event != "refused"]
        waits = record.state is ApprovalState.PENDING
        approved = record.decided_by and record.state is not ApprovalState.DENIED
        assert not approved or record.state in ENDED, "an approval was lost"
        begun = ["asked", *(["approved"] if approved else [])]
        assert moves == (begun if waits else [*begun, ENDS[record.state]])
        if record.id in {each[1] for each in self.world.redriven}:
            assert record.state is ApprovalState.EXECUTED
        if record.state is ApprovalState.EXECUTED:
            assert self.world.count(self.target) > int(record.details["redrive_count"])


@pytest.mark.parametrize(
    "examples", [8, pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)
def test_whatever_happens_it_is_with_consent_once_and_never_lost(stack, examples):
    class Here(Interleavings):
        pass

    Here.stack = stack
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        ),
    )


@pytest.mark.parametrize("rounds", [5, pytest.param(50, marks=pytest.mark.slow)])
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
